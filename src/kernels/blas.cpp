#include "kernels/blas.h"

#include <cblas.h>

#include <algorithm>
#include <limits>
#include <type_traits>

#include "base/parallel.h"

namespace taper::kernels {
namespace {

using I64 = std::int64_t;

// OpenBLAS picks other roundings on more threads, so it gets one, and threads take tiles that depend on the shape
// alone.
void use_one_blas_thread() {
  static const bool done = (openblas_set_num_threads(1), true);
  static_cast<void>(done);
}

constexpr bool fits(I64 size) { return size <= std::numeric_limits<blasint>::max(); }

template <class T>
struct Operand {
  const T* data;
  I64 stride;
  bool transposed;
  // Where the element (row, column) of op(X) stands.
  const T* at(I64 row, I64 column) const { return data + (transposed ? column * stride + row : row * stride + column); }
};

// The product by the plain loop; integers are multiplied as unsigned ones, whose overflow is defined.
template <class T>
void plain_rows(I64 begin, I64 end, I64 n, I64 k, T alpha, Operand<T> a, Operand<T> b, T beta, T* c, I64 ldc) {
  using Wrap = typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>, std::type_identity<T>>::type;
  for (I64 i = begin; i < end; ++i) {
    for (I64 j = 0; j < n; ++j) {
      Wrap total = 0;
      for (I64 p = 0; p < k; ++p) total += static_cast<Wrap>(*a.at(i, p)) * static_cast<Wrap>(*b.at(p, j));
      T& out = c[i * ldc + j];
      const Wrap old = beta == T{0} ? Wrap{0} : static_cast<Wrap>(beta) * static_cast<Wrap>(out);
      out = static_cast<T>(static_cast<Wrap>(alpha) * total + old);
    }
  }
}

template <class T>
void blas_tile(I64 m, I64 n, I64 k, T alpha, Operand<T> a, Operand<T> b, T beta, T* c, I64 ldc) {
  const auto flag = [](bool transposed) { return transposed ? CblasTrans : CblasNoTrans; };
  const auto size = [](I64 value) { return static_cast<blasint>(value); };
  if constexpr (std::is_same_v<T, float>) {
    cblas_sgemm(CblasRowMajor, flag(a.transposed), flag(b.transposed), size(m), size(n), size(k), alpha, a.data,
                size(a.stride), b.data, size(b.stride), beta, c, size(ldc));
  } else {
    cblas_dgemm(CblasRowMajor, flag(a.transposed), flag(b.transposed), size(m), size(n), size(k), alpha, a.data,
                size(a.stride), b.data, size(b.stride), beta, c, size(ldc));
  }
}

constexpr I64 worth_a_thread = I64{1} << 20;  // multiplications

struct Tile {
  I64 m;
  I64 n;
};
Tile tile_for(I64 m, I64 n, I64 k) {
  if (m * n * k <= worth_a_thread && fits(m) && fits(n)) return {m, n};
  Tile tile{256, 1024};
  const auto count = [&] { return ((m + tile.m - 1) / tile.m) * ((n + tile.n - 1) / tile.n); };
  while (count() < 4 && (tile.m > 64 || tile.n > 64)) (tile.n >= tile.m ? tile.n : tile.m) /= 2;
  return tile;
}

template <class T>
void scale(I64 m, I64 n, T beta, T* c, I64 ldc) {
  for (I64 i = 0; i < m; ++i)
    for (I64 j = 0; j < n; ++j) c[i * ldc + j] = beta == T{0} ? T{0} : beta * c[i * ldc + j];
}

}  // namespace

template <class T>
void gemm(bool transpose_a, bool transpose_b, I64 m, I64 n, I64 k, T alpha, const T* a, I64 lda, const T* b, I64 ldb,
          T beta, T* c, I64 ldc) {
  if (m == 0 || n == 0) return;
  // BLAS asks for sensible row lengths even where there is one row only.
  const Operand<T> left{a, std::max<I64>({lda, transpose_a ? m : k, 1}), transpose_a};
  const Operand<T> right{b, std::max<I64>({ldb, transpose_b ? k : n, 1}), transpose_b};
  ldc = std::max(ldc, n);
  if constexpr (std::is_floating_point_v<T>) {
    if (k == 0) return scale(m, n, beta, c, ldc);
    if (fits(k) && fits(left.stride) && fits(right.stride) && fits(ldc)) {
      use_one_blas_thread();
      const Tile tile = tile_for(m, n, k);
      const I64 across = (n + tile.n - 1) / tile.n;
      parallel_for(0, (m + tile.m - 1) / tile.m * across, 1, [&](I64 begin, I64 end) {
        for (I64 t = begin; t < end; ++t) {
          const I64 i = t / across * tile.m;
          const I64 j = t % across * tile.n;
          blas_tile(std::min(tile.m, m - i), std::min(tile.n, n - j), k, alpha,
                    {left.at(i, 0), left.stride, transpose_a}, {right.at(0, j), right.stride, transpose_b}, beta,
                    c + i * ldc + j, ldc);
        }
      });
      return;
    }
  }
  parallel_for(0, m, std::max<I64>(1, (1 << 14) / std::max<I64>(n * k, 1)),
               [&](I64 begin, I64 end) { plain_rows(begin, end, n, k, alpha, left, right, beta, c, ldc); });
}

template <class T>
void gemm_batch(I64 batch, bool transpose_a, bool transpose_b, I64 m, I64 n, I64 k, T alpha, const T* a, I64 lda,
                I64 stride_a, const T* b, I64 ldb, I64 stride_b, T beta, T* c, I64 ldc, I64 stride_c) {
  const I64 work = std::max<I64>(m * n * k, 1);
  const auto products = [&](I64 begin, I64 end) {
    for (I64 i = begin; i < end; ++i) {
      gemm(transpose_a, transpose_b, m, n, k, alpha, a + i * stride_a, lda, b + i * stride_b, ldb, beta,
           c + i * stride_c, ldc);
    }
  };
  if (work > worth_a_thread) return products(0, batch);  // each product has its own threads
  parallel_for(0, batch, std::max<I64>(1, worth_a_thread / 4 / (work + 64)), products);
}

template <class T>
T dot(I64 n, const T* x, const T* y) {
  if constexpr (std::is_floating_point_v<T>) {
    use_one_blas_thread();
    constexpr I64 most = std::numeric_limits<blasint>::max();
    T total = 0;
    for (I64 i = 0; i < n; i += most) {
      const auto count = static_cast<blasint>(std::min(most, n - i));
      if constexpr (std::is_same_v<T, float>) {
        total += cblas_sdot(count, x + i, 1, y + i, 1);
      } else {
        total += cblas_ddot(count, x + i, 1, y + i, 1);
      }
    }
    return total;
  } else {
    using Wrap = std::make_unsigned_t<T>;
    Wrap total = 0;
    for (I64 i = 0; i < n; ++i) total += static_cast<Wrap>(x[i]) * static_cast<Wrap>(y[i]);
    return static_cast<T>(total);
  }
}

using I32 = std::int32_t;
template void gemm(bool, bool, I64, I64, I64, float, const float*, I64, const float*, I64, float, float*, I64);
template void gemm(bool, bool, I64, I64, I64, double, const double*, I64, const double*, I64, double, double*, I64);
template void gemm(bool, bool, I64, I64, I64, I64, const I64*, I64, const I64*, I64, I64, I64*, I64);
template void gemm(bool, bool, I64, I64, I64, I32, const I32*, I64, const I32*, I64, I32, I32*, I64);
template void gemm_batch(I64, bool, bool, I64, I64, I64, float, const float*, I64, I64, const float*, I64, I64, float,
                         float*, I64, I64);
template void gemm_batch(I64, bool, bool, I64, I64, I64, double, const double*, I64, I64, const double*, I64, I64,
                         double, double*, I64, I64);
template void gemm_batch(I64, bool, bool, I64, I64, I64, I64, const I64*, I64, I64, const I64*, I64, I64, I64, I64*,
                         I64, I64);
template void gemm_batch(I64, bool, bool, I64, I64, I64, I32, const I32*, I64, I64, const I32*, I64, I64, I32, I32*,
                         I64, I64);
template float dot(I64, const float*, const float*);
template double dot(I64, const double*, const double*);
template I64 dot(I64, const I64*, const I64*);
template I32 dot(I64, const I32*, const I32*);

}  // namespace taper::kernels
