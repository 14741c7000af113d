#include "taper/autograd/gradcheck.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <random>

#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "tensor/make.h"

namespace taper::autograd {
namespace {

using Tensors = std::vector<Tensor>;
using Many = Callable<Tensors(const Tensors&)>;

Tensor zeros_of(const Shape& shape) {
  Tensor result = taper::detail::make_tensor(shape, DType::float64);
  std::memset(result.get().data, 0, static_cast<std::size_t>(result.numel()) * sizeof(double));
  return result;
}

// Uneven numbers of both signs, none near zero, that no generator of the program's is asked for.
Tensor random_cotangent(const Shape& shape, std::mt19937_64& bits) {
  Tensor result = taper::detail::make_tensor(shape, DType::float64);
  double* data = result.data<double>();
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    const double size = 0.25 + static_cast<double>(bits() >> 11) * 0x1p-53;
    data[i] = (bits() & 1) != 0 ? size : -size;
  }
  return result;
}

// The offset in elements of entry `i` in row-major order.
std::int64_t offset_of(const Tensor& x, std::int64_t i) {
  std::int64_t offset = 0;
  for (int d = x.dim() - 1; d >= 0; --d) {
    offset += i % x.shape()[d] * x.strides()[d];
    i /= x.shape()[d];
  }
  return offset;
}

std::string place(const Tensor& x, std::int64_t i) {
  Shape at = x.shape();
  for (int d = x.dim() - 1; d >= 0; --d) {
    at[d] = i % x.shape()[d];
    i /= x.shape()[d];
  }
  return to_string(at);
}

// Leaves with the inputs' numbers, and which of them are checked.
struct Copies {
  Tensors all;
  Tensors checked;
  std::vector<std::size_t> positions;

  Copies(const char* op, const Tensors& inputs) {
    bool any = false;
    for (const Tensor& input : inputs) any |= input.defined() && input.requires_grad();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      all.push_back(inputs[i].defined() ? inputs[i].detach().clone() : Tensor());
      if (!inputs[i].defined()) continue;
      const bool chosen = any ? inputs[i].requires_grad() : inputs[i].dtype() == DType::float64;
      if (!chosen) continue;
      if (inputs[i].dtype() != DType::float64)
        throw TypeError(fmt::format("{}: input {} holds {}; differences need float64, as x.to(float64) gives", op, i,
                                    name(inputs[i].dtype())));
      all.back().requires_grad_();
      checked.push_back(all.back());
      positions.push_back(i);
    }
    if (checked.empty()) throw ValueError(fmt::format("{}: no input requires grad or holds float64", op));
  }
};

class Check {
 public:
  Check(const char* op, const Many& fn, const Tensors& inputs, const GradcheckOptions& options)
      : op_(op), fn_(fn), options_(options), inputs_(op, inputs) {}

  void run() {
    const Tensors outputs = fn_(inputs_.all);
    for (std::size_t o = 0; o < outputs.size(); ++o) {
      if (outputs[o].requires_grad() && outputs[o].dtype() != DType::float64)
        throw TypeError(
            fmt::format("{}: result {} holds {}; differences need float64", op_, o, name(outputs[o].dtype())));
    }
    for (std::size_t i = 0; i < inputs_.checked.size(); ++i) differentiate(i, outputs);
    for (std::size_t o = 0; o < outputs.size(); ++o) compare(o, outputs[o]);
  }

 private:
  // Central differences: column k of input i is the change of all outputs with its element k.
  void differentiate(std::size_t i, const Tensors& outputs) {
    const Tensor& x = inputs_.checked[i];
    numeric_.emplace_back(outputs.size());
    for (std::int64_t k = 0; k < x.numel(); ++k) {
      double& number = x.data<double>()[offset_of(x, k)];
      const double before = number;
      number = before + options_.eps;
      const Tensors up = fn_(inputs_.all);
      const std::vector<std::vector<double>> high = values(up);
      number = before - options_.eps;
      const Tensors down = fn_(inputs_.all);
      const std::vector<std::vector<double>> low = values(down);
      number = before;
      for (std::size_t o = 0; o < outputs.size(); ++o) {
        std::vector<double>& column = numeric_[i][o].emplace_back();
        for (std::size_t j = 0; j < high[o].size(); ++j)
          column.push_back((high[o][j] - low[o][j]) / (2 * options_.eps));
      }
    }
  }

  static std::vector<std::vector<double>> values(const Tensors& tensors) {
    std::vector<std::vector<double>> result;
    for (const Tensor& tensor : tensors) result.push_back(tensor.to_vector<double>());
    return result;
  }

  Tensors gradients(const Tensor& output, const Tensor& cotangent) const {
    if (!output.requires_grad()) return Tensors(inputs_.checked.size());
    Tensors result =
        grad({output}, inputs_.checked, {.grad_outputs = {cotangent}, .retain_graph = true, .allow_unused = true});
    for (std::size_t i = 0; i < result.size(); ++i)
      if (result[i].defined() && result[i].shape() != inputs_.checked[i].shape())
        throw AssertionError(fmt::format("{}: the gradient of input {} has shape {}; the input has {}", op_,
                                         inputs_.positions[i], to_string(result[i].shape()),
                                         to_string(inputs_.checked[i].shape())));
    return result;
  }

  void compare(std::size_t o, const Tensor& output) const {
    for (std::int64_t j = 0; j < output.numel(); ++j) {
      Tensor one = zeros_of(output.shape());
      one.data<double>()[j] = 1;
      const Tensors given = gradients(output, one);
      for (std::size_t i = 0; i < given.size(); ++i)
        close(
            i, given[i], [&](std::size_t k) { return numeric_[i][o][k][static_cast<std::size_t>(j)]; },
            [&] { return fmt::format("of output {} at {}", o, place(output, j)); });
    }
    std::mt19937_64 bits(20 + o);
    const Tensor cotangent = random_cotangent(output.shape(), bits);
    const double* weight = cotangent.data<double>();
    const Tensors given = gradients(output, cotangent);
    for (std::size_t i = 0; i < given.size(); ++i)
      close(
          i, given[i],
          [&](std::size_t k) {
            double sum = 0;
            for (std::size_t j = 0; j < numeric_[i][o][k].size(); ++j) sum += weight[j] * numeric_[i][o][k][j];
            return sum;
          },
          [&] { return fmt::format("of output {} under a random cotangent", o); });
  }

  template <class Numeric, class Where>
  void close(std::size_t i, const Tensor& gradient, Numeric numeric, Where where) const {
    const Tensor& x = inputs_.checked[i];
    const std::vector<double> analytic =
        gradient.defined() ? gradient.to_vector<double>() : std::vector<double>(static_cast<std::size_t>(x.numel()));
    for (std::size_t k = 0; k < analytic.size(); ++k) {
      const double expected = numeric(k);
      const double tolerance = options_.atol + options_.rtol * std::abs(expected);
      if (analytic[k] == expected || std::abs(analytic[k] - expected) <= tolerance) continue;
      throw AssertionError(fmt::format(
          "{}: the gradient {} for input {} at {} is {} by backward and {} by differences (tolerance {:.3g})", op_,
          where(), inputs_.positions[i], place(x, static_cast<std::int64_t>(k)), analytic[k], expected, tolerance));
    }
  }

  const char* op_;
  const Many& fn_;
  GradcheckOptions options_;
  Copies inputs_;
  std::vector<std::vector<std::vector<std::vector<double>>>>
      numeric_;  // [input][output][input element][output element]
};

bool check(const Many& fn, const Tensors& inputs, const GradcheckOptions& options) {
  const EnableGradGuard recording;
  Check("gradcheck", fn, inputs, options).run();
  return true;
}

// The gradients of fn at the first `count` tensors under the cotangents behind them.
Tensors gradient_of(const Many& fn, const Tensors& inputs, std::size_t count) {
  const Tensors arguments(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(count));
  Tensors wanted;
  for (const Tensor& x : arguments)
    if (x.defined() && x.requires_grad()) wanted.push_back(x);
  Tensors outputs;
  Tensors cotangents;
  const Tensors all = fn(arguments);
  for (std::size_t o = 0; o < all.size(); ++o) {
    if (!all[o].requires_grad()) continue;
    outputs.push_back(all[o]);
    cotangents.push_back(inputs[count + o]);
  }
  if (outputs.empty()) return {};
  Tensors result = grad(outputs, wanted, {.grad_outputs = cotangents, .create_graph = true, .allow_unused = true});
  for (std::size_t i = 0; i < result.size(); ++i)
    if (!result[i].defined()) result[i] = zeros_of(wanted[i].shape());
  return result;
}

bool check_second(const Many& fn, const Tensors& inputs, const GradcheckOptions& options) {
  const EnableGradGuard recording;
  Tensors extended = Copies("gradgradcheck", inputs).all;
  const std::size_t count = extended.size();
  std::mt19937_64 bits(7);
  for (const Tensor& output : fn(extended)) {
    extended.push_back(random_cotangent(output.shape(), bits));
    extended.back().requires_grad_();
  }
  const Many first = [&fn, count](const Tensors& all) { return gradient_of(fn, all, count); };
  Check("gradgradcheck", first, extended, options).run();
  return true;
}

Many lift(const Callable<Tensor(const Tensor&)>& fn, const Tensors& inputs) {
  if (inputs.size() != 1)
    throw ValueError(
        fmt::format("gradcheck: {} inputs for a function of one tensor; take a std::vector<Tensor>", inputs.size()));
  return [&fn](const Tensors& x) { return Tensors{fn(x[0])}; };
}
Many lift(const Callable<Tensor(const Tensors&)>& fn) {
  return [&fn](const Tensors& x) { return Tensors{fn(x)}; };
}

}  // namespace

bool gradcheck(const Callable<Tensor(const Tensor&)>& fn, const Tensors& inputs, GradcheckOptions options) {
  return check(lift(fn, inputs), inputs, options);
}
bool gradcheck(const Callable<Tensor(const Tensors&)>& fn, const Tensors& inputs, GradcheckOptions options) {
  return check(lift(fn), inputs, options);
}
bool gradcheck(const Many& fn, const Tensors& inputs, GradcheckOptions options) { return check(fn, inputs, options); }

bool gradgradcheck(const Callable<Tensor(const Tensor&)>& fn, const Tensors& inputs, GradcheckOptions options) {
  return check_second(lift(fn, inputs), inputs, options);
}
bool gradgradcheck(const Callable<Tensor(const Tensors&)>& fn, const Tensors& inputs, GradcheckOptions options) {
  return check_second(lift(fn), inputs, options);
}
bool gradgradcheck(const Many& fn, const Tensors& inputs, GradcheckOptions options) {
  return check_second(fn, inputs, options);
}

}  // namespace taper::autograd
