#include "kernels/orthogonal.h"

#include <cmath>
#include <limits>

namespace taper::kernels {
namespace {

double dot(const double* a, const double* b, std::int64_t n) {
  constexpr int lanes = 8;  // sums of their own, so that the compiler may take several at a time
  double sums[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (int k = 0; k < lanes; ++k) sums[k] += a[i + k] * b[i + k];
  double sum = 0;
  for (; i < n; ++i) sum += a[i] * b[i];
  for (const double s : sums) sum += s;
  return sum;
}

}  // namespace

// Gram and Schmidt's way, each vector taken twice: what the first time leaves by rounding, the second takes away.
void orthonormalize(double* vectors, std::int64_t count, std::int64_t n) {
  for (std::int64_t j = 0; j < count; ++j) {
    double* v = vectors + j * n;
    const double before = std::sqrt(dot(v, v, n));
    for (int time = 0; time < 2; ++time)
      for (std::int64_t i = 0; i < j; ++i) {
        const double* q = vectors + i * n;
        const double part = dot(q, v, n);
        for (std::int64_t k = 0; k < n; ++k) v[k] -= part * q[k];
      }
    const double length = std::sqrt(dot(v, v, n));
    const bool dependent = !(length > before * static_cast<double>(n) * std::numeric_limits<double>::epsilon());
    for (std::int64_t k = 0; k < n; ++k) v[k] = dependent ? 0.0 : v[k] / length;
  }
}

}  // namespace taper::kernels
