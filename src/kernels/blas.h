#pragma once

#include <cstdint>

// Matrix products. OpenBLAS is behind this header alone. Results do not depend on the number of threads.
namespace taper::kernels {

/// C = alpha op(A) op(B) + beta C with C [m][n], op(A) [m][k], op(B) [k][n], all row-major; `lda`, `ldb` and `ldc` are
/// the elements from one stored row to the next, and op transposes where asked. C is not read where beta is 0. T is
/// float, double, int64_t or int32_t; integers wrap around.
template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, T alpha, const T* a,
          std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc);

/// `batch` products as above; the operands of the next one stand stride_a, stride_b and stride_c elements further on.
template <class T>
void gemm_batch(std::int64_t batch, bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
                T alpha, const T* a, std::int64_t lda, std::int64_t stride_a, const T* b, std::int64_t ldb,
                std::int64_t stride_b, T beta, T* c, std::int64_t ldc, std::int64_t stride_c);

/// The sum of x[i] y[i].
template <class T>
T dot(std::int64_t n, const T* x, const T* y);

}  // namespace taper::kernels
