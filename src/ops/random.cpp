#include "taper/ops/random.h"

#include <fmt/format.h>

#include <utility>

#include "ops/distributions.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"

namespace taper {
namespace {

using detail::check_dense;
using detail::draw;
using detail::Integers;
using detail::Normal;
using detail::Uniform;

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

template <class Distribution>
Tensor make_like(const char* op, const Distribution& distribution, const Tensor& like, const RandomOptions& options) {
  check_dense(op, like);
  const DType dtype = options.dtype.value_or(like.dtype());
  check_options(op, options, dtype);
  distribution.check(op, dtype);
  Tensor out = detail::make_like(like, dtype);
  draw(distribution, out, options.generator);
  if (options.requires_grad) out.requires_grad_();
  return out;
}

void check_normal(const Tensor& x) {
  check_dense("normal", x);
  Normal{}.check("normal", x.dtype());
}

void check_deviation(const Tensor& std) {
  check_normal(std);
  for (const double x : std.to_vector<double>()) Normal{0.0, x}.check("normal", std.dtype());
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
  const DType dtype = options.dtype.value_or(int64);
  check_options("randint", options, dtype);
  return make("randint", Integers::between("randint", low, high, dtype), shape, options, int64);
}
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, DType dtype) {
  return randint(low, high, shape, RandomOptions{.dtype = dtype});
}
Tensor randint(std::int64_t high, const Shape& shape, RandomOptions options) {
  return randint(0, high, shape, options);
}
Tensor randint(std::int64_t high, const Shape& shape, DType dtype) { return randint(0, high, shape, dtype); }
Tensor randint_like(const Tensor& like, std::int64_t low, std::int64_t high, RandomOptions options) {
  const DType dtype = options.dtype.value_or(like.dtype());
  check_options("randint_like", options, dtype);
  return make_like("randint_like", Integers::between("randint_like", low, high, dtype), like, options);
}
Tensor randint_like(const Tensor& like, std::int64_t high, RandomOptions options) {
  return randint_like(like, 0, high, options);
}

Tensor randperm(std::int64_t n, RandomOptions options) {
  const DType dtype = options.dtype.value_or(int64);
  check_options("randperm", options, dtype);
  if (n < 0) throw ValueError(fmt::format("randperm: {} numbers; n >= 0 is needed", n));
  if (dtype == bool_) throw TypeError("randperm: a permutation of bool; an integer or floating-point dtype is needed");
  const std::int64_t most = detail::largest_held(dtype);
  if (n - 1 > most)
    throw ValueError(fmt::format("randperm: {} numbers; {} holds [0, {}] without gaps", n, name(dtype), most));
  Tensor out = detail::make_tensor({n}, int64);
  {
    Generator& source = detail::chosen(options.generator);
    const GeneratorLock lock(source);
    kernels::fill_randperm(out.data<std::int64_t>(), n, source);
  }
  out = detail::cast_raw(out, dtype);
  if (options.requires_grad) out.requires_grad_();
  return out;
}
Tensor randperm(std::int64_t n, DType dtype) { return randperm(n, RandomOptions{.dtype = dtype}); }

Tensor normal(const Tensor& mean, const Tensor& std, Generator* generator) {
  check_normal(mean);
  check_deviation(std);
  const Shape shape = broadcast_shapes("normal", mean.shape(), std.shape());
  Tensor out = detail::make_tensor(shape, mean.dtype());
  draw(Normal{}, out, generator);
  out.mul_(std.detach()).add_(mean.detach());
  return record("NormalBackward3", std::move(out), {mean, std}, saved(Like(mean), Like(std)),
                [](Grads& dx, const Tensor&, const Like& m, const Like& s) {
                  if (dx.wants(0)) dx.add(0, zeros(m.shape, m.dtype));
                  if (dx.wants(1)) dx.add(1, zeros(s.shape, s.dtype));
                });
}
Tensor normal(const Tensor& mean, double std, Generator* generator) {
  check_normal(mean);
  const Normal distribution{0.0, std};
  distribution.check("normal", mean.dtype());
  Tensor out = detail::make_tensor(mean.shape(), mean.dtype());
  draw(distribution, out, generator);
  out.add_(mean.detach());
  return record("NormalBackward1", std::move(out), {mean}, saved(),
                [](Grads& dx, const Tensor& g) { dx.add(0, zeros_like(g)); });
}
Tensor normal(double mean, const Tensor& std, Generator* generator) {
  check_deviation(std);
  Tensor out = detail::make_tensor(std.shape(), std.dtype());
  draw(Normal{}, out, generator);
  out.mul_(std.detach()).add_(mean);
  return record("NormalBackward2", std::move(out), {std}, saved(),
                [](Grads& dx, const Tensor& g) { dx.add(0, zeros_like(g)); });
}
Tensor normal(double mean, double std, const Shape& size, RandomOptions options) {
  return make("normal", Normal{mean, std}, size, options, float32);
}

Tensor bernoulli(const Tensor& p, Generator* generator) {
  check_dense("bernoulli", p);
  const detail::CoinOf coins{p.detach()};
  coins.check("bernoulli", p.dtype());
  Tensor out = detail::make_tensor(p.shape(), p.dtype());
  draw(coins, out, generator);
  return record("BernoulliBackward0", std::move(out), {p}, saved(),
                [](Grads& dx, const Tensor& g) { dx.add(0, zeros_like(g)); });
}

std::vector<std::uint8_t> state_bytes(const Tensor& state) {
  check_dense("state_bytes", state);
  if (is_floating_point(state.dtype()) || state.dtype() == bool_)
    throw TypeError(
        fmt::format("state_bytes: RNG state must be a tensor of bytes; this one holds {}", name(state.dtype())));
  std::vector<std::uint8_t> bytes;
  for (const std::int64_t x : state.to_vector<std::int64_t>()) {
    if (x < 0 || x > 255)
      throw ValueError(fmt::format("state_bytes: element {} is {}; a byte of [0, 255] is needed", bytes.size(), x));
    bytes.push_back(static_cast<std::uint8_t>(x));
  }
  return bytes;
}

Tensor state_tensor(std::span<const std::uint8_t> state) {
  return tensor(std::vector<std::int32_t>(state.begin(), state.end()));
}

void set_rng_state(const Tensor& state) { set_rng_state(state_bytes(state)); }

}  // namespace taper
