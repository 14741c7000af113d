// What every operation owes, tested row by row.
#include <cmath>
#include <random>

#include "catch.h"
#include "ops/table.h"
#include "taper/autograd/autograd.h"
#include "taper/autograd/gradcheck.h"
#include "taper/base/generator.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"

using namespace taper;
using namespace taper_test;

namespace {

// The sample as leaves; those to be differentiated require grad.
Tensors leaves(const std::vector<Input>& inputs) {
  Tensors result = make(inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].differentiable) result[i].requires_grad_();
  return result;
}

Tensors differentiable(const std::vector<Input>& inputs, const Tensors& tensors) {
  Tensors result;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].differentiable) result.push_back(tensors[i]);
  return result;
}

std::vector<std::vector<Input>> samples(const OpRow& row) {
  std::vector<std::vector<Input>> result{row.inputs};
  result.insert(result.end(), row.more.begin(), row.more.end());
  return result;
}

Tensors run(const OpRow& row, const Tensors& inputs) {
  if (row.random) manual_seed(5);
  return row.call(inputs);
}

// The call, seeded alike each time.
Callable<Tensors(const Tensors&)> function(const OpRow& row) {
  return [&row](const Tensors& x) { return run(row, x); };
}

Tensor uneven(const Shape& shape, unsigned seed) {
  std::mt19937 bits(seed);
  std::vector<double> values(static_cast<std::size_t>(numel(shape)));
  for (double& value : values) value = (bits() % 2 == 0 ? 1 : -1) * (0.2 + static_cast<double>(bits()) * 0x1p-32);
  return tensor(values).reshape(shape);
}

// The gradients of all results that have one, under uneven cotangents.
Tensors gradients(const Tensors& outputs, const Tensors& inputs, bool strided_cotangents = false);

// The same numbers with other strides and an offset, NaN (or a wild index) standing in the gaps.
Tensor strided(const Tensor& x) {
  Shape shape;
  Shape order;
  for (int d = x.dim() - 1; d >= 0; --d) {
    shape.push_back(x.shape()[d]);
    order.push_back(d);
  }
  if (x.dim() == 0) {
    const Tensor line = full({3}, NAN, {.dtype = x.dtype()});
    Tensor place = line.select(0, 1);
    place.copy_(x);
    return place.detach();
  }
  shape[shape.size() - 1] = 2 * shape[shape.size() - 1] + 1;
  const Tensor buffer =
      is_floating_point(x.dtype()) ? full(shape, NAN, {.dtype = x.dtype()}) : full(shape, 77, {.dtype = x.dtype()});
  Tensor place = buffer.slice(-1, 1, {}, 2).permute(order);
  place.copy_(x);
  return place.detach();
}

Tensors gradients(const Tensors& outputs, const Tensors& inputs, bool strided_cotangents) {
  Tensors roots;
  Tensors cotangents;
  for (const Tensor& output : outputs) {
    if (!output.requires_grad()) continue;
    roots.push_back(output);
    const Tensor g = uneven(output.shape(), static_cast<unsigned>(30 + roots.size())).to(output.dtype());
    cotangents.push_back(strided_cotangents ? strided(g) : g);
  }
  return autograd::grad(roots, inputs, {.grad_outputs = cotangents, .allow_unused = true});
}

bool close(const Tensor& a, const Tensor& b) {
  if (a.defined() != b.defined()) return false;
  if (!a.defined()) return true;
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  const std::vector<double> x = a.to_vector<double>();
  const std::vector<double> y = b.to_vector<double>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) && std::isnan(y[i])) continue;
    if (x[i] != y[i] && !(std::abs(x[i] - y[i]) <= 1e-11 * (1 + std::abs(y[i])))) return false;
  }
  return true;
}

bool close(const Tensors& a, const Tensors& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!close(a[i], b[i])) return false;
  return true;
}

// Runs `body` for a row; what it throws is a failure that names the row.
template <class Body>
void examine(const OpRow& row, Body body) {
  INFO(row.title());
  try {
    body();
  } catch (const std::exception& e) {
    FAIL_CHECK(e.what());
  }
}

template <class Body>
void for_differentiable_rows(Body body) {
  for (const OpRow& row : all_rows())
    if (row.differentiable()) examine(row, [&] { body(row); });
}

}  // namespace

TEST_CASE("every operation's gradient is the one that differences give") {
  for_differentiable_rows([](const OpRow& row) {
    for (const std::vector<Input>& inputs : samples(row)) CHECK(autograd::gradcheck(function(row), leaves(inputs)));
  });
}

TEST_CASE("every operation's gradient has itself a gradient") {
  for_differentiable_rows([](const OpRow& row) {
    if (!row.second) return;
    for (const std::vector<Input>& inputs : samples(row)) CHECK(autograd::gradgradcheck(function(row), leaves(inputs)));
  });
}

TEST_CASE("an operation's results and gradients do not depend on its inputs' strides") {
  for (const OpRow& row : all_rows())
    examine(row, [&] {
      for (const std::vector<Input>& inputs : samples(row)) {
        const Tensors plain = leaves(inputs);
        Tensors gaps;
        for (const Tensor& x : plain) gaps.push_back(strided(x.detach()));
        for (std::size_t i = 0; i < inputs.size(); ++i)
          if (inputs[i].differentiable) gaps[i].requires_grad_();
        const Tensors expected = run(row, plain);
        const Tensors found = run(row, gaps);
        CHECK(close(found, expected));
        if (!row.differentiable()) continue;
        const Tensors reference = gradients(expected, differentiable(inputs, plain));
        CHECK(close(gradients(found, differentiable(inputs, gaps), true), reference));
      }
    });
}

TEST_CASE("operations take tensors of no elements and give gradients of the inputs' shapes") {
  for (const OpRow& row : all_rows())
    examine(row, [&] {
      for (const std::vector<Input>& inputs : row.empty) {
        const Tensors arguments = leaves(inputs);
        const Tensors outputs = run(row, arguments);
        if (!row.differentiable()) continue;
        const Tensors wanted = differentiable(inputs, arguments);
        const Tensors found = gradients(outputs, wanted);
        for (std::size_t i = 0; i < found.size(); ++i) {
          CAPTURE(i);
          if (found[i].defined()) CHECK(found[i].shape() == wanted[i].shape());
        }
      }
    });
}

TEST_CASE("operands that broadcast give what their expanded copies give") {
  for (const OpRow& row : all_rows()) {
    if (!row.elementwise) continue;
    examine(row, [&] {
      for (const std::vector<Input>& inputs : row.more) {
        const Tensors small = make(inputs);
        Shape whole;
        for (const Tensor& x : small) whole = broadcast_shapes("test", whole, x.shape());
        Tensors big;
        for (const Tensor& x : small) big.push_back(x.expand(whole).contiguous());
        CHECK(close(run(row, small), run(row, big)));
      }
    });
  }
}

TEST_CASE("operations are recorded under PyTorch's names, and not at all under NoGradGuard") {
  for_differentiable_rows([](const OpRow& row) {
    const Tensors recorded = run(row, leaves(row.inputs));
    CHECK(recorded.at(0).requires_grad());
    if (!row.node.empty()) CHECK(recorded[0].grad_fn_name() == row.node);
    const NoGradGuard no_grad;
    for (const Tensor& output : run(row, leaves(row.inputs))) {
      CHECK(output.grad_fn_name().empty());
      CHECK_FALSE(output.requires_grad());
    }
  });
}

namespace {

enum class Outcome { same, refused, wrong };

// What backward does after the numbers of `changed` have been changed behind the tape's back.
Outcome backward_after_change(const Tensors& outputs, const Tensors& wanted, Tensor changed, const Tensors& reference) {
  changed.detach().mul_(1.5);
  try {
    return close(gradients(outputs, wanted), reference) ? Outcome::same : Outcome::wrong;
  } catch (const GradError& e) {
    return std::string(e.what()).find("was changed in place") != std::string::npos ? Outcome::refused : Outcome::wrong;
  }
}

void check_changes(const OpRow& row) {
  const auto fresh = [&] {
    const Tensors start = leaves(row.inputs);
    Tensors inputs;
    for (const Tensor& x : start) inputs.push_back(is_floating_point(x.dtype()) ? x * 1 : x);
    return std::pair(differentiable(row.inputs, start), inputs);
  };
  const auto [first, arguments] = fresh();
  const Tensors reference = gradients(run(row, arguments), first);
  for (std::size_t i = 0; i < row.inputs.size(); ++i) {
    if (!is_floating_point(arguments[i].dtype())) continue;
    CAPTURE(i);
    const auto [wanted, inputs] = fresh();
    const Outcome outcome = backward_after_change(run(row, inputs), wanted, inputs[i], reference);
    CHECK(outcome != Outcome::wrong);
    if (std::find(row.saves.begin(), row.saves.end(), static_cast<int>(i)) != row.saves.end())
      CHECK(outcome == Outcome::refused);
  }
  const auto [wanted, inputs] = fresh();
  const Tensors outputs = run(row, inputs);
  if (outputs[0].strides() != contiguous_strides(outputs[0].shape())) return;
  const Outcome outcome = backward_after_change(outputs, wanted, outputs[0], reference);
  CHECK(outcome != Outcome::wrong);
  if (row.saves_result) CHECK(outcome == Outcome::refused);
}

}  // namespace

TEST_CASE("a change in place of what backward needs is found, and never gives a wrong gradient") {
  for_differentiable_rows([](const OpRow& row) { check_changes(row); });
}

TEST_CASE("operations refuse wrong arguments with a sentence") {
  for (const OpRow& row : all_rows())
    for (const Refusal& refusal : row.refusals) {
      INFO(row.title() << ": " << refusal.fragment);
      try {
        refusal.call();
        FAIL_CHECK("nothing was thrown");
      } catch (const Error& e) {
        CHECK(refusal.is_kind(e));
        CHECK_THAT(e.what(), ContainsSubstring(refusal.fragment));
      }
    }
}
