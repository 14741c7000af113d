#include "kernels/nll.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace taper::kernels {
namespace {

// Calls f(number of the target, its class, where its log-probability stands) for every target that is not ignored.
template <class F>
void for_each_target(std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* target,
                     std::int64_t ignore, F f) {
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < inner; ++i) {
      const std::int64_t k = o * inner + i;
      if (target[k] != ignore) f(k, target[k], (o * n + target[k]) * inner + i);
    }
}

// Eight partial sums, each of which takes over the one before it whenever a power of two of places has gone by.
template <class T>
class Cascade {
 public:
  explicit Cascade(std::int64_t count) {
    const int log2 = count <= 1 ? 0 : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(count - 1)));
    power_ = std::max(4, log2 / static_cast<int>(levels));
    mask_ = (std::int64_t{1} << power_) - 1;
  }
  void add(std::int64_t place, T x) {
    sums_[0] += x;
    for (std::size_t j = 0; j + 1 < levels; ++j) {
      if ((place & (mask_ << (static_cast<int>(j) * power_))) != 0) break;
      sums_[j + 1] += sums_[j];
      sums_[j] = 0;
    }
  }
  T total() const {
    T result = 0;
    for (const T sum : sums_) result += sum;
    return result;
  }

 private:
  static constexpr std::size_t levels = 8;
  std::array<T, levels> sums_{};
  int power_;
  std::int64_t mask_;
};

template <class T>
T weight_of(const T* weight, std::int64_t c) {
  return weight != nullptr ? weight[c] : T(1);
}

}  // namespace

template <class T>
void nll(const T* x, std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* target,
         std::int64_t ignore, const T* weight, T* out) {
  std::fill_n(out, outer * inner, T(0));
  for_each_target(outer, n, inner, target, ignore,
                  [&](std::int64_t k, std::int64_t c, std::int64_t at) { out[k] = -x[at] * weight_of(weight, c); });
}

template <class T>
T nll_sum(const T* x, std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* target,
          std::int64_t ignore, const T* weight) {
  Cascade<T> sum(outer * inner);
  for_each_target(outer, n, inner, target, ignore, [&](std::int64_t k, std::int64_t c, std::int64_t at) {
    sum.add(k, -(x[at] * weight_of(weight, c)));
  });
  return sum.total();
}

template <class T>
T nll_weight(std::int64_t count, const std::int64_t* target, std::int64_t ignore, const T* weight) {
  if (weight == nullptr) return static_cast<T>(count - std::count(target, target + count, ignore));
  Cascade<T> sum(count);
  for (std::int64_t k = 0; k < count; ++k)
    if (target[k] != ignore) sum.add(k, weight[target[k]]);
  return sum.total();
}

template <class T>
void nll_picked(const T* x, std::int64_t count, const std::int64_t* target, std::int64_t ignore, const T* weight,
                T* out) {
  for (std::int64_t k = 0; k < count; ++k) out[k] = target[k] != ignore ? -x[k] * weight_of(weight, target[k]) : T(0);
}

template <class T>
T nll_picked_sum(const T* x, std::int64_t count, const std::int64_t* target, std::int64_t ignore, const T* weight) {
  Cascade<T> sum(count);
  for (std::int64_t k = 0; k < count; ++k)
    if (target[k] != ignore) sum.add(k, -(x[k] * weight_of(weight, target[k])));
  return sum.total();
}

template <class T>
void nll_backward(const T* g, std::int64_t step, std::int64_t outer, std::int64_t n, std::int64_t inner,
                  const std::int64_t* target, std::int64_t ignore, const T* weight, T* dx) {
  for_each_target(outer, n, inner, target, ignore, [&](std::int64_t k, std::int64_t c, std::int64_t at) {
    dx[at] = weight_of(weight, c) * -g[k * step];
  });
}

using I64 = std::int64_t;
template void nll(const float*, I64, I64, I64, const I64*, I64, const float*, float*);
template void nll(const double*, I64, I64, I64, const I64*, I64, const double*, double*);
template float nll_sum(const float*, I64, I64, I64, const I64*, I64, const float*);
template double nll_sum(const double*, I64, I64, I64, const I64*, I64, const double*);
template float nll_weight(I64, const I64*, I64, const float*);
template double nll_weight(I64, const I64*, I64, const double*);
template void nll_picked(const float*, I64, const I64*, I64, const float*, float*);
template void nll_picked(const double*, I64, const I64*, I64, const double*, double*);
template float nll_picked_sum(const float*, I64, const I64*, I64, const float*);
template double nll_picked_sum(const double*, I64, const I64*, I64, const double*);
template void nll_backward(const float*, I64, I64, I64, I64, const I64*, I64, const float*, float*);
template void nll_backward(const double*, I64, I64, I64, I64, const I64*, I64, const double*, double*);

}  // namespace taper::kernels
