#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "taper/base/generator.h"
#include "taper/tensor/tensor.h"

/// Random tensors, to the bit those of PyTorch's CPU generator. Each function ends in a dtype or in keywords.
/// ShapeError for a negative size, ValueError for a device other than "cpu", TypeError for requires_grad of an integer
/// dtype.
namespace taper {

/// The keywords of every function that makes a random tensor, in PyTorch's order.
struct RandomOptions {
  Generator* generator = nullptr;   ///< the default generator where null
  std::optional<DType> dtype{};     ///< the function's own default where empty
  std::string_view device = "cpu";  ///< "cpu"; anything else is a ValueError
  bool requires_grad = false;       ///< of floating-point tensors alone; TypeError otherwise
};

/// Uniform numbers of [0, 1): float32 unless float64 is asked for; TypeError for other dtypes.
Tensor rand(const Shape& shape, RandomOptions options = {});
Tensor rand(const Shape& shape, DType dtype);
/// Normal numbers of mean 0 and variance 1: float32 unless float64 is asked for; TypeError for other dtypes.
Tensor randn(const Shape& shape, RandomOptions options = {});
Tensor randn(const Shape& shape, DType dtype);
/// Integers of [0, high) or [low, high), int64 unless another dtype is named. ValueError if there is none, or if the
/// dtype does not hold them all exactly.
Tensor randint(std::int64_t high, const Shape& shape, RandomOptions options = {});
Tensor randint(std::int64_t high, const Shape& shape, DType dtype);
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, RandomOptions options = {});
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, DType dtype);
/// 0, 1, ... n - 1 in random order, int64 unless another dtype is named; TypeError for bool, ValueError for a negative
/// n.
Tensor randperm(std::int64_t n, RandomOptions options = {});
Tensor randperm(std::int64_t n, DType dtype);

/// The shape, dtype and order in memory of `like`, unless the options name another dtype.
Tensor rand_like(const Tensor& like, RandomOptions options = {});
Tensor randn_like(const Tensor& like, RandomOptions options = {});
Tensor randint_like(const Tensor& like, std::int64_t high, RandomOptions options = {});
Tensor randint_like(const Tensor& like, std::int64_t low, std::int64_t high, RandomOptions options = {});

/// 1 with the probability that stands in `p`, else 0; shape and dtype of p. TypeError unless p is floating-point,
/// ValueError for a number outside [0, 1]. Its gradient is zero.
Tensor bernoulli(const Tensor& p, Generator* generator = nullptr);

// In place, methods of Tensor. Elements are visited as they lie in memory, whatever the order of the dimensions, and
// the gradient of what was there before is zero.
//
// uniform_(from, to): uniform numbers of [from, to), floating-point only. ValueError unless from <= to, both are finite
// in the dtype, and so is their difference. normal_(mean, std): normal numbers, floating-point only. ValueError unless
// std >= 0. bernoulli_(p): 1 with probability p, else 0, of any dtype. ValueError unless p lies in [0, 1].

}  // namespace taper
