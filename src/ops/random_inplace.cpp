#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "ops/distributions.h"
#include "taper/base/error.h"
#include "taper/ops/random.h"

namespace taper {
namespace {

using detail::AnyInteger;
using detail::Coin;
using detail::CoinOf;
using detail::fill_in_place;
using detail::Integers;
using detail::Normal;
using detail::Uniform;

void check_fractions(const char* op, DType dtype) {
  if (!is_floating_point(dtype))
    throw TypeError(fmt::format("{}: numbers of {}; float32 or float64 is needed", op, name(dtype)));
}

// f(out, n) writes n numbers.
template <class F>
void fill_fractions(const Tensor& x, F f) {
  detail::dispatch_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    detail::fill_in_memory_order<T>(x, f);
  });
}

struct Exponential {
  double lambda;

  void check(const char* op, DType dtype) const {
    check_fractions(op, dtype);
    if (!(lambda >= 0)) throw ValueError(fmt::format("{}: lambda {}; lambda >= 0 is needed", op, lambda));
  }
  void fill(const Tensor& x, Generator& generator) const {
    fill_fractions(x, [&](auto* out, std::int64_t n) { kernels::fill_exponential(out, n, lambda, generator); });
  }
};

struct LogNormal {
  double mean;
  double std;

  void check(const char* op, DType dtype) const {
    check_fractions(op, dtype);
    if (!(std > 0)) throw ValueError(fmt::format("{}: std {}; std > 0 is needed", op, std));
  }
  void fill(const Tensor& x, Generator& generator) const {
    fill_fractions(x, [&](auto* out, std::int64_t n) { kernels::fill_log_normal(out, n, mean, std, generator); });
  }
};

struct Cauchy {
  double median;
  double sigma;

  void check(const char* op, DType dtype) const { check_fractions(op, dtype); }
  void fill(const Tensor& x, Generator& generator) const {
    fill_fractions(x, [&](auto* out, std::int64_t n) { kernels::fill_cauchy(out, n, median, sigma, generator); });
  }
};

struct Geometric {
  double p;

  void check(const char* op, DType dtype) const {
    if (dtype == bool_)
      throw TypeError(fmt::format("{}: counts of bool; an integer or floating-point dtype is needed", op));
    if (!(p > 0 && p < 1)) throw ValueError(fmt::format("{}: probability {} is outside (0, 1)", op, p));
  }
  void fill(const Tensor& x, Generator& generator) const {
    detail::dispatch(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      if constexpr (!std::is_same_v<T, bool>)
        detail::fill_in_memory_order<T>(x,
                                        [&](T* out, std::int64_t n) { kernels::fill_geometric(out, n, p, generator); });
    });
  }
};

}  // namespace

Tensor& Tensor::uniform_(double from, double to, Generator* generator) {
  return fill_in_place("uniform_", "UniformBackward0", Uniform{from, to}, *this, generator);
}
Tensor& Tensor::normal_(double mean, double std, Generator* generator) {
  return fill_in_place("normal_", "NormalBackward0", Normal{mean, std}, *this, generator);
}
Tensor& Tensor::exponential_(double lambda, Generator* generator) {
  return fill_in_place("exponential_", "ExponentialBackward0", Exponential{lambda}, *this, generator);
}
Tensor& Tensor::log_normal_(double mean, double std, Generator* generator) {
  return fill_in_place("log_normal_", "LogNormalBackward0", LogNormal{mean, std}, *this, generator);
}
Tensor& Tensor::cauchy_(double median, double sigma, Generator* generator) {
  return fill_in_place("cauchy_", "CauchyBackward0", Cauchy{median, sigma}, *this, generator);
}
Tensor& Tensor::geometric_(double p, Generator* generator) {
  return fill_in_place("geometric_", "GeometricBackward0", Geometric{p}, *this, generator);
}

Tensor& Tensor::random_(Generator* generator) {
  return fill_in_place("random_", "RandomBackward2", AnyInteger{}, *this, generator);
}
Tensor& Tensor::random_below(std::int64_t to, Generator* generator) {
  return fill_in_place("random_", "RandomBackward1", Integers::between("random_", 0, to, dtype()), *this, generator);
}
Tensor& Tensor::random_between(std::int64_t from, std::optional<std::int64_t> to, Generator* generator) {
  const Integers integers =
      to ? Integers::between("random_", from, *to, dtype()) : Integers::from("random_", from, dtype());
  return fill_in_place("random_", "RandomBackward0", integers, *this, generator);
}

Tensor& Tensor::bernoulli_(double p, Generator* generator) {
  return fill_in_place("bernoulli_", "BernoulliBackward2", Coin{p}, *this, generator);
}
Tensor& Tensor::bernoulli_(const Tensor& p, Generator* generator) {
  constexpr const char* op = "bernoulli_";
  detail::check_dense(op, *this);
  detail::check_dense(op, p);
  const CoinOf coins{p.detach().expand(shape())};
  coins.check(op, dtype());
  detail::check_in_place(op, *this, would_record({*this, p}));
  if (!would_record({*this, p})) {
    detail::draw(coins, *this, generator);
    detail::bump_version(*this);
    return *this;
  }
  Tensor numbers = detail::same_geometry(*this);
  detail::draw(coins, numbers, generator);
  const Tensor before = requires_grad() ? detail::snapshot(*this) : *this;
  detail::assign_in_place(op, *this,
                          record("BernoulliBackward1", std::move(numbers), {before, p}, saved(Like(p)),
                                 [](Grads& dx, const Tensor& g, const Like& like) {
                                   if (dx.wants(0)) dx.add(0, zeros_like(g));
                                   if (dx.wants(1)) dx.add(1, zeros(like.shape, like.dtype));
                                 }));
  return *this;
}

}  // namespace taper
