#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "taper/base/dtype.h"

/// Elementwise loops by dtype, chosen once for the processor. A loop takes n elements of each operand at a stride in
/// elements; an output may be one of the inputs.
namespace taper::kernels {

using UnaryLoop = void (*)(std::int64_t n, void* out, std::int64_t so, const void* x, std::int64_t sx,
                           const double* parameters);
using BinaryLoop = void (*)(std::int64_t n, void* out, std::int64_t so, const void* a, std::int64_t sa, const void* b,
                            std::int64_t sb);
using TernaryLoop = void (*)(std::int64_t n, void* out, std::int64_t so, const void* a, std::int64_t sa, const void* b,
                             std::int64_t sb, const void* c, std::int64_t sc);

/// A loop for each dtype of the operands, null where the operation does not take it.
template <class Loop>
struct ByDType {
  std::array<Loop, 5> loops{};
  Loop operator[](DType dtype) const { return loops[static_cast<std::size_t>(dtype)]; }
};
using Unary = ByDType<UnaryLoop>;
using Binary = ByDType<BinaryLoop>;
using Ternary = ByDType<TernaryLoop>;

struct UnaryTables {
  Unary neg, abs, sign, square, logical_not;
  Unary exp, expm1, log, log1p, sqrt, rsqrt, reciprocal, sin, cos, tanh, sigmoid, relu, erf, erfinv, gelu, silu,
      logsigmoid;
  // With parameters:
  Unary pow;       // the exponent
  Unary clamp;     // least, greatest
  Unary softplus;  // beta, threshold
};

struct BinaryTables {
  Binary add, sub, mul, div, pow_tensor, maximum, minimum;
  Binary bit_and, bit_or;
  // These write bool:
  Binary eq, ne, lt, le, gt, ge, logical_and, logical_or;
  // Gradients in one pass, of g and the result:
  Binary tanh_backward, sigmoid_backward, relu_backward;
  // and of g and the input:
  Binary gelu_backward, silu_backward, logsigmoid_backward;
  // Of three operands; where's first is bool.
  Ternary where, lerp;
};

const UnaryTables& unary_pointwise();
const BinaryTables& binary_pointwise();

struct PointwiseTables : UnaryTables, BinaryTables {};
inline constinit std::atomic<const PointwiseTables*> pointwise_tables{nullptr};
const PointwiseTables& make_pointwise();

/// The tables of all operations, made when first asked for.
inline const PointwiseTables& pointwise() {
  if (const PointwiseTables* made = pointwise_tables.load(std::memory_order_acquire)) return *made;
  return make_pointwise();
}

/// Writes n numbers of one dtype as another.
using CastLoop = void (*)(std::int64_t n, void* out, std::int64_t so, const void* x, std::int64_t sx);
CastLoop cast(DType from, DType to);

}  // namespace taper::kernels
