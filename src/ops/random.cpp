#include "taper/ops/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/generator_lock.h"
#include "kernels/random.h"
#include "ops/elementwise.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"

namespace taper {
namespace {

Generator& chosen(Generator* generator) { return generator != nullptr ? *generator : default_generator(); }

// The dimensions of a tensor from the fastest in memory to the slowest: a stable sort by stride, to which a stride of 0
// says nothing, as PyTorch's iterator does it.
Shape memory_order(const Tensor& x) {
  Shape order;
  for (int d = x.dim() - 1; d >= 0; --d) order.push_back(d);
  const auto compare = [&x](std::int64_t a, std::int64_t b) {
    const int i = static_cast<int>(a);
    const int j = static_cast<int>(b);
    const std::int64_t left = x.strides()[i];
    const std::int64_t right = x.strides()[j];
    if (left == 0 || right == 0) return 0;
    if (left != right) return left < right ? -1 : 1;
    return x.shape()[i] > x.shape()[j] ? 1 : 0;
  };
  for (int i = 1; i < order.size(); ++i)
    for (int high = i, low = i - 1; low >= 0; --low) {
      const int relation = compare(order[low], order[high]);
      if (relation < 0) break;
      if (relation == 0) continue;
      std::swap(order[low], order[high]);
      high = low;
    }
  return order;
}

// fill(numbers, n) writes n numbers in a row, which become x's elements in the order of memory.
template <class T, class F>
void fill_in_memory_order(const Tensor& x, F&& fill) {
  T* data = reinterpret_cast<T*>(x.get().data);
  Shape sizes;
  Shape strides;
  bool dense = true;
  std::int64_t step = 1;
  for (const std::int64_t d : memory_order(x)) {
    const std::int64_t size = x.shape()[static_cast<int>(d)];
    if (size == 1) continue;
    sizes.push_back(size);
    strides.push_back(x.strides()[static_cast<int>(d)]);
    dense = dense && strides.back() == step;
    step *= size;
  }
  if (dense || x.numel() == 0) return fill(data, x.numel());
  const auto numbers = std::make_unique<T[]>(static_cast<std::size_t>(x.numel()));
  fill(numbers.get(), x.numel());
  Shape index = Shape::filled(sizes.size(), 0);
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    *data = numbers[static_cast<std::size_t>(i)];
    for (int k = 0; k < sizes.size(); ++k) {
      data += strides[k];
      if (++index[k] < sizes[k]) break;
      data -= strides[k] * sizes[k];
      index[k] = 0;
    }
  }
}

// What each distribution takes and writes; `op` names the caller in messages.

struct Uniform {
  double from = 0;
  double to = 1;

  void check(const char* op, DType dtype) const {
    if (!is_floating_point(dtype))
      throw TypeError(fmt::format("{}: uniform numbers of {}; float32 or float64 is needed", op, name(dtype)));
    const double most = dtype == float32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
    if (!(from >= -most && from <= most && to >= -most && to <= most))
      throw ValueError(
          fmt::format("{}: bounds {} and {} do not fit into {}; both must be finite", op, from, to, name(dtype)));
    if (from > to) throw ValueError(fmt::format("{}: from {} lies above to {}; from <= to is needed", op, from, to));
    if (!(to - from <= most))
      throw ValueError(fmt::format("{}: the range from {} to {} is too wide for {}", op, from, to, name(dtype)));
  }
  void fill(const Tensor& x, Generator& generator) const {
    detail::dispatch_floating(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      fill_in_memory_order<T>(x, [&](T* out, std::int64_t n) { kernels::fill_uniform(out, n, from, to, generator); });
    });
  }
};

struct Normal {
  double mean = 0;
  double std = 1;

  void check(const char* op, DType dtype) const {
    if (!is_floating_point(dtype))
      throw TypeError(fmt::format("{}: normal numbers of {}; float32 or float64 is needed", op, name(dtype)));
    if (!(std >= 0)) throw ValueError(fmt::format("{}: std {}; std >= 0 is needed", op, std));
  }
  void fill(const Tensor& x, Generator& generator) const {
    detail::dispatch_floating(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      fill_in_memory_order<T>(x, [&](T* out, std::int64_t n) {
        if (x.is_contiguous()) return kernels::fill_normal(out, n, mean, std, generator);
        for (std::int64_t i = 0; i < n; ++i) out[i] = kernels::next_normal<T>(mean, std, generator);
      });
    });
  }
};

struct Integers {
  std::int64_t low;
  std::int64_t high;

  void check(const char* op, DType dtype) const {
    if (low >= high)
      throw ValueError(fmt::format("{}: no integer lies in [{}, {}); low < high is needed", op, low, high));
    const auto [least, most] = bounds(dtype);
    if (low < least || high - 1 > most)
      throw ValueError(fmt::format("{}: integers of [{}, {}) do not fit into {}, which holds [{}, {}]", op, low, high,
                                   name(dtype), least, most));
  }
  void fill(const Tensor& x, Generator& generator) const {
    detail::dispatch(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      fill_in_memory_order<T>(x, [&](T* out, std::int64_t n) { kernels::fill_randint(out, n, low, high, generator); });
    });
  }
  // The integers that a dtype holds without gaps.
  static std::pair<std::int64_t, std::int64_t> bounds(DType dtype) {
    return detail::dispatch(dtype, [](auto zero) -> std::pair<std::int64_t, std::int64_t> {
      using Limits = std::numeric_limits<decltype(zero)>;
      if constexpr (std::is_floating_point_v<decltype(zero)>) {
        constexpr std::int64_t most = std::int64_t{1} << Limits::digits;
        return {-most, most};
      } else {
        return {Limits::min(), Limits::max()};
      }
    });
  }
};

struct Coin {
  double p;

  void check(const char* op, DType) const {
    if (!(p >= 0 && p <= 1)) throw ValueError(fmt::format("{}: probability {} is outside [0, 1]", op, p));
  }
  void fill(const Tensor& x, Generator& generator) const {
    detail::dispatch(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      fill_in_memory_order<T>(x, [&](T* out, std::int64_t n) { kernels::fill_bernoulli(out, n, p, generator); });
    });
  }
};

template <class Distribution>
void draw(const Distribution& distribution, const Tensor& out, Generator* generator) {
  Generator& source = chosen(generator);
  const GeneratorLock lock(source);
  distribution.fill(out, source);
}

void check_dense(const char* op, const Tensor& x) {
  if (x.is_sparse()) throw TypeError(fmt::format("{}: a sparse tensor; a dense one is needed", op));
}

void check_options(const char* op, const RandomOptions& options, DType dtype) {
  if (options.device != "cpu")
    throw ValueError(fmt::format("{}: device '{}'; there is only 'cpu'", op, options.device));
  if (options.requires_grad && !is_floating_point(dtype))
    throw TypeError(fmt::format("{}: only floating-point tensors have gradients, not {}", op, name(dtype)));
}

template <class Distribution>
Tensor make(const char* op, const Distribution& distribution, const Shape& shape, const RandomOptions& options,
            DType inferred) {
  const DType dtype = options.dtype.value_or(inferred);
  check_options(op, options, dtype);
  distribution.check(op, dtype);
  Tensor out = detail::make_tensor(shape, dtype);
  draw(distribution, out, options.generator);
  if (options.requires_grad) out.requires_grad_();
  return out;
}

// A dense tensor whose dimensions lie in memory in the order of `like`'s.
Tensor make_like(const Tensor& like, DType dtype) {
  if (like.is_contiguous()) return detail::make_tensor(like.shape(), dtype);
  Shape strides = like.shape();
  std::int64_t step = 1;
  for (const std::int64_t d : memory_order(like)) {
    strides[static_cast<int>(d)] = step;
    step *= std::max<std::int64_t>(like.shape()[static_cast<int>(d)], 1);
  }
  return detail::alias(detail::make_tensor(like.shape(), dtype), like.shape(), strides);
}

template <class Distribution>
Tensor make_like(const char* op, const Distribution& distribution, const Tensor& like, const RandomOptions& options) {
  check_dense(op, like);
  const DType dtype = options.dtype.value_or(like.dtype());
  check_options(op, options, dtype);
  distribution.check(op, dtype);
  Tensor out = make_like(like, dtype);
  draw(distribution, out, options.generator);
  if (options.requires_grad) out.requires_grad_();
  return out;
}

// New memory with x's strides, holes and all.
Tensor same_geometry(const Tensor& x) {
  std::int64_t span = x.numel() > 0 ? 1 : 0;
  for (int d = 0; d < x.dim() && span > 0; ++d) span += (x.shape()[d] - 1) * x.strides()[d];
  return detail::alias(detail::make_tensor({span}, x.dtype()), x.shape(), x.strides());
}

template <class Distribution>
Tensor& fill_in_place(const char* op, const char* node, const Distribution& distribution, Tensor& self,
                      Generator* generator) {
  check_dense(op, self);
  distribution.check(op, self.dtype());
  detail::check_in_place(op, self);
  if (!would_record({self})) {
    draw(distribution, self, generator);
    detail::bump_version(self);
    return self;
  }
  Tensor numbers = same_geometry(self);
  draw(distribution, numbers, generator);
  const Tensor before = detail::snapshot(self);
  detail::assign_in_place(op, self, record(node, std::move(numbers), {before}, saved(), [](Grads& dx, const Tensor& g) {
                            dx.add(0, zeros_like(g));
                          }));
  return self;
}

}  // namespace

Tensor rand(const Shape& shape, RandomOptions options) { return make("rand", Uniform{}, shape, options, float32); }
Tensor rand(const Shape& shape, DType dtype) { return rand(shape, RandomOptions{.dtype = dtype}); }
Tensor rand_like(const Tensor& like, RandomOptions options) { return make_like("rand_like", Uniform{}, like, options); }

Tensor randn(const Shape& shape, RandomOptions options) { return make("randn", Normal{}, shape, options, float32); }
Tensor randn(const Shape& shape, DType dtype) { return randn(shape, RandomOptions{.dtype = dtype}); }
Tensor randn_like(const Tensor& like, RandomOptions options) {
  return make_like("randn_like", Normal{}, like, options);
}

Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, RandomOptions options) {
  return make("randint", Integers{low, high}, shape, options, int64);
}
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, DType dtype) {
  return randint(low, high, shape, RandomOptions{.dtype = dtype});
}
Tensor randint(std::int64_t high, const Shape& shape, RandomOptions options) {
  return randint(0, high, shape, options);
}
Tensor randint(std::int64_t high, const Shape& shape, DType dtype) { return randint(0, high, shape, dtype); }
Tensor randint_like(const Tensor& like, std::int64_t low, std::int64_t high, RandomOptions options) {
  return make_like("randint_like", Integers{low, high}, like, options);
}
Tensor randint_like(const Tensor& like, std::int64_t high, RandomOptions options) {
  return randint_like(like, 0, high, options);
}

Tensor randperm(std::int64_t n, RandomOptions options) {
  const DType dtype = options.dtype.value_or(int64);
  check_options("randperm", options, dtype);
  if (n < 0) throw ValueError(fmt::format("randperm: {} numbers; n >= 0 is needed", n));
  if (dtype == bool_) throw TypeError("randperm: a permutation of bool; an integer or floating-point dtype is needed");
  if (n > 0) Integers{0, n}.check("randperm", dtype);
  Tensor out = detail::make_tensor({n}, int64);
  {
    Generator& source = chosen(options.generator);
    const GeneratorLock lock(source);
    kernels::fill_randperm(out.data<std::int64_t>(), n, source);
  }
  out = detail::cast_raw(out, dtype);
  if (options.requires_grad) out.requires_grad_();
  return out;
}
Tensor randperm(std::int64_t n, DType dtype) { return randperm(n, RandomOptions{.dtype = dtype}); }

Tensor bernoulli(const Tensor& p, Generator* generator) {
  check_dense("bernoulli", p);
  if (!is_floating_point(p.dtype()))
    throw TypeError(fmt::format("bernoulli: probabilities of {}; float32 or float64 is needed", name(p.dtype())));
  Tensor out = detail::make_tensor(p.shape(), p.dtype());
  const Tensor row_major = contiguous(p.detach());
  detail::dispatch_floating(p.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* probability = row_major.data<T>();
    for (std::int64_t i = 0; i < p.numel(); ++i)
      if (!(probability[i] >= 0 && probability[i] <= 1))
        throw ValueError(fmt::format("bernoulli: probability {} is outside [0, 1]", probability[i]));
    Generator& source = chosen(generator);
    const GeneratorLock lock(source);
    kernels::fill_bernoulli(out.data<T>(), probability, p.numel(), source);
  });
  return record("BernoulliBackward0", std::move(out), {p}, saved(),
                [](Grads& dx, const Tensor& g) { dx.add(0, zeros_like(g)); });
}

Tensor& Tensor::uniform_(double from, double to, Generator* generator) {
  return fill_in_place("uniform_", "UniformBackward0", Uniform{from, to}, *this, generator);
}
Tensor& Tensor::normal_(double mean, double std, Generator* generator) {
  return fill_in_place("normal_", "NormalBackward0", Normal{mean, std}, *this, generator);
}
Tensor& Tensor::bernoulli_(double p, Generator* generator) {
  return fill_in_place("bernoulli_", "BernoulliBackward2", Coin{p}, *this, generator);
}

}  // namespace taper
