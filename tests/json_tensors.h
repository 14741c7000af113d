#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "bits.h"
#include "tensor/make.h"

// Tensors as python_parity/json_tensors.py writes them.
namespace taper_test {

// A tensor of the elements whose bits `words` holds, repeated as often as needed.
inline taper::Tensor tensor_of(const taper::Shape& shape, taper::DType dtype, const std::string& words) {
  std::istringstream in(words);
  std::vector<std::uint64_t> bits;
  for (std::string word; in >> word;) bits.push_back(std::stoull(word, nullptr, 16));
  taper::Tensor tensor = taper::detail::make_tensor(shape, dtype);
  for (std::int64_t i = 0; i < tensor.numel(); ++i)
    std::memcpy(tensor.get().data + static_cast<std::size_t>(i) * taper::size_of(dtype),
                &bits[static_cast<std::size_t>(i) % bits.size()], taper::size_of(dtype));
  return tensor;
}

inline taper::Tensor tensor_of(const nlohmann::json& c) {
  const taper::Shape shape(c["shape"].get<std::vector<std::int64_t>>());
  const taper::DType dtype = dtype_named(c["dtype"]);
  taper::Tensor tensor;
  if (c.contains("indices")) {
    const auto rows = c["indices"].get<std::vector<std::vector<std::int64_t>>>();
    const auto nnz = static_cast<std::int64_t>(rows[0].size());
    taper::Tensor indices = taper::detail::make_tensor({static_cast<std::int64_t>(rows.size()), nnz}, taper::int64);
    std::int64_t* out = indices.data<std::int64_t>();
    for (const auto& row : rows) out = std::copy(row.begin(), row.end(), out);
    taper::Shape values_shape(c["tail"].get<std::vector<std::int64_t>>());
    values_shape.insert(0, nnz);
    tensor = taper::detail::make_sparse(indices, tensor_of(values_shape, dtype, c["bits"]), shape, false);
  } else {
    tensor = tensor_of(shape, dtype, c["bits"]);
  }
  tensor.get().is_parameter = c.value("parameter", false);
  tensor.get().requires_grad = c.value("requires_grad", false);
  return tensor;
}

}  // namespace taper_test
