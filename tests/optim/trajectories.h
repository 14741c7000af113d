#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bits.h"
#include "kernels/values.h"
#include "taper/ops/create.h"
#include "taper/tensor/tensor.h"
#include "tensor/make.h"

namespace taper_test {

/// The tensor that python_parity/kernel_values.py's values() makes.
inline taper::Tensor values(std::int64_t seed, const taper::Shape& shape, taper::DType dtype) {
  taper::Tensor result = taper::empty(shape, dtype);
  taper::detail::dispatch_floating(dtype, [&](auto zero) {
    const auto numbers = values<decltype(zero)>(seed, result.numel());
    for (std::size_t i = 0; i < numbers.size(); ++i) result.data<decltype(zero)>()[i] = numbers[i];
  });
  return result;
}

inline taper::Tensor parameter(std::int64_t seed, const taper::Shape& shape, taper::DType dtype) {
  taper::Tensor result = values(seed, shape, dtype);
  result.requires_grad_();
  return result;
}

/// A row-sparse gradient as the backward of a table leaves it.
inline taper::Tensor sparse_gradient(const std::vector<std::int64_t>& rows, const taper::Tensor& values,
                                     const taper::Shape& shape) {
  const auto count = static_cast<std::int64_t>(rows.size());
  taper::Tensor indices = taper::empty({1, count}, taper::int64);
  for (std::size_t i = 0; i < rows.size(); ++i) indices.data<std::int64_t>()[i] = rows[i];
  return taper::detail::make_sparse(indices, values, shape, count < 2);
}

/// FNV-1a of all tensors' bytes, one behind the other.
inline std::uint64_t hash_of(const std::vector<taper::Tensor>& tensors) {
  std::string bytes;
  for (const taper::Tensor& t : tensors) {
    const taper::Tensor flat = t.detach().contiguous();
    bytes.append(flat.get().data, static_cast<std::size_t>(flat.numel()) * taper::size_of(flat.dtype()));
  }
  return fnv1a(bytes.data(), bytes.size());
}

}  // namespace taper_test
