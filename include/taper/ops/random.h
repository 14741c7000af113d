#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

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
/// Integers of [0, high) or [low, high), int64 unless another dtype is named. ValueError if there is none, or if an
/// integer dtype does not hold them all. Bounds that float32 or float64 does not hold move inwards to the next that it
/// does; beyond 2^24 and 2^53, where there are gaps, that warns.
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

/// Normal numbers with a mean and a standard deviation for each element, broadcast where both are tensors; the dtype is
/// that of `mean` where it is one, else that of `std`. Gradients are zero. TypeError unless floating-point, ValueError
/// for a deviation that is negative or NaN. (Tensor::normal_ is without `size`.)
Tensor normal(const Tensor& mean, const Tensor& std, Generator* generator = nullptr);
Tensor normal(const Tensor& mean, double std = 1.0, Generator* generator = nullptr);
Tensor normal(double mean, const Tensor& std, Generator* generator = nullptr);
Tensor normal(double mean, double std, const Shape& size, RandomOptions options = {});

/// 1 with the probability that stands in `p`, else 0; shape and dtype of p. TypeError unless p is floating-point,
/// ValueError for a number outside [0, 1]. Its gradient is zero.
Tensor bernoulli(const Tensor& p, Generator* generator = nullptr);

/// `num_samples` categories, int64, of those whose weights are `input`'s elements, or the elements of each of its rows;
/// with `replacement` a category may come again. Weights need not sum up to 1. ShapeError unless input has one or two
/// dimensions, TypeError unless it is floating-point, ValueError for fewer than 1 sample, for more than there are
/// categories without replacement, for more than 2^24 categories, and for weights that are negative, infinite, NaN or
/// all 0.
Tensor multinomial(const Tensor& input, std::int64_t num_samples, bool replacement = false,
                   Generator* generator = nullptr);

// In place, methods of Tensor. Elements are visited as they lie in memory, whatever the order of the dimensions, and
// the gradient of what was there before is zero. TypeError for a dtype that a method does not take, ValueError for
// arguments outside their range.
//
// uniform_(from, to): uniform numbers of [from, to), floating-point only. ValueError unless from <= to, both are finite
// in the dtype, and so is their difference. normal_(mean, std): normal numbers, floating-point only; std >= 0.
// exponential_(lambda): density lambda e^(-lambda x), floating-point only; lambda >= 0. log_normal_(mean, std): e to
// the power of a normal number, floating-point only; std > 0. cauchy_(median, sigma): floating-point only.
// geometric_(p): how many trials of probability p until the first that succeeds, any dtype but bool; p in (0, 1).
//
// bernoulli_(p): 1 with probability p, else 0, of any dtype; p in [0, 1]. bernoulli_(tensor): with the probabilities of
// a tensor, which is broadcast.
//
// random_(): integers from 0 to the largest of the dtype, or to 2^24 for float32 and 2^53 for float64. random_(to): of
// [0, to). random_(from, to): of [from, to). random_(from, None): from `from` to the largest, 2^24 or 2^53. ValueError
// where there is none or an integer dtype does not hold them; floating-point dtypes hold some of them only, beyond 2^24
// and 2^53, which warns.

/// A generator's state as PyTorch holds it in a tensor: 5056 bytes, which Taper's files give as integers. `state_bytes`
/// makes of such a tensor what Generator::set_state and set_rng_state take; `state_tensor` makes of
/// Generator::get_state a tensor, int32, that Python turns into PyTorch's by `.to(torch.uint8)`. TypeError unless the
/// tensor holds integers, ValueError unless all are of [0, 255].
std::vector<std::uint8_t> state_bytes(const Tensor& state);
Tensor state_tensor(std::span<const std::uint8_t> state);
/// The default generator goes on from such a tensor (torch.set_rng_state).
void set_rng_state(const Tensor& state);

}  // namespace taper
