#include "kernels/inverse_erf.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace taper::kernels {
namespace {

// c[0] + c[1] x + ..., fused as PyTorch's compiler fuses it.
template <class T, int N>
T polynomial(T x, const T (&c)[N]) {
  T sum = c[N - 1];
  for (int i = N - 2; i >= 0; --i) sum = std::fma(sum, x, c[i]);
  return sum;
}

// A rational approximation, then two steps of Newton's method.
template <class T>
T solve(T y) {
  const T size = std::abs(y);
  if (size > 1) return std::numeric_limits<T>::quiet_NaN();
  if (size == 1) return std::copysign(std::numeric_limits<T>::infinity(), y);
  T x;
  if (size <= T(0.7)) {
    const T z = y * y;
    const T above = polynomial(z, {T(0.886226899), T(-1.645349621), T(0.914624893), T(-0.140543331)});
    const T below = polynomial(z, {T(1), T(-2.118377725), T(1.442710462), T(-0.329097515), T(0.012229801)});
    x = y * above / below;
  } else {
    const T z = std::sqrt(-std::log((T(1) - size) / T(2)));
    const T above = polynomial(z, {T(-1.970840454), T(-1.624906493), T(3.429567803), T(1.641345311)});
    x = std::copysign(above, y) / polynomial(z, {T(1), T(3.543889200), T(1.637067800)});
  }
  const T slope = T(2) / static_cast<T>(std::sqrt(std::numbers::pi));
  for (int step = 0; step < 2; ++step) x -= (std::erf(x) - y) / (slope * std::exp(-x * x));
  return x;
}

}  // namespace

float inverse_erf(float y) { return solve(y); }
double inverse_erf(double y) { return solve(y); }

}  // namespace taper::kernels
