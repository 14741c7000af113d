#pragma once

#include <cstdint>

// Matrix products. OpenBLAS is behind this header alone. Results do not depend on the number of threads.
namespace taper::kernels {

/// A matrix: its element (i, j) is data[i * down + j * across].
template <class T>
struct Laid {
  const T* data;
  std::int64_t down;
  std::int64_t across;
  const T* at(std::int64_t i, std::int64_t j) const { return data + i * down + j * across; }
};

/// C = alpha A B + beta base with C [m][n], A [m][k], B [k][n] and base [m][n]. C's rows are contiguous and `c_down`
/// apart; A and B have a stride of 1, and the other one leaves room for what lies along that. The base may be C itself,
/// and is not read where beta is 0. T is float, double, int64_t or int32_t; integers wrap around.
template <class T>
struct Product {
  std::int64_t m, n, k;
  T alpha;
  Laid<T> a;
  Laid<T> b;
  T beta;
  Laid<T> base;
  T* c;
  std::int64_t c_down;
};

template <class T>
void gemm(const Product<T>& product);

/// How many elements further on the next product's operands stand.
struct BatchStrides {
  std::int64_t a, b, base, c;
};

/// `batch` products as above.
template <class T>
void gemm_batch(std::int64_t batch, const Product<T>& first, const BatchStrides& strides);

/// The sum of x[i] y[i].
template <class T>
T dot(std::int64_t n, const T* x, const T* y);

}  // namespace taper::kernels
