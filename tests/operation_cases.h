#pragma once

#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "dump.h"
#include "taper/io/tensor_files.h"
#include "taper/ops/copy.h"
#include "tensor/make.h"

/// The dumps of python_parity/make_lookup_vectors.py and make_bag_vectors.py.
namespace taper_test {

using Case = std::map<std::string, taper::Tensor>;

/// What a dump has for each "case/dtype", by name.
inline std::map<std::string, Case> operation_cases(const std::string& file) {
  std::map<std::string, Case> result;
  for (const auto& [key, tensor] : taper::load(dump_path(file), {.warn = false})) {
    const std::size_t first = key.find('/');
    const std::size_t last = key.rfind('/');
    if (first == std::string::npos) continue;
    result[key.substr(0, first) + key.substr(last)][key.substr(first + 1, last - first - 1)] = tensor;
  }
  return result;
}

inline std::string case_name(const std::string& key) { return key.substr(0, key.find('/')); }

/// Same shape, dtype and bits, whatever the strides.
inline bool same_numbers(const taper::Tensor& a, const taper::Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  const taper::Tensor x = a.detach().contiguous();
  const taper::Tensor y = b.detach().contiguous();
  return std::memcmp(x.get().data, y.get().data, static_cast<std::size_t>(x.numel()) * taper::size_of(x.dtype())) == 0;
}

/// Same shape and dtype, and elements as near as rounding lets them be after a few operations on numbers up to
/// `largest`, or up to b's own.
inline bool near(const taper::Tensor& a, const taper::Tensor& b, double largest = 0) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  const double tolerance = a.dtype() == taper::float32 ? 3e-6 : 1e-13;
  const std::vector<double> x = a.to_vector<double>();
  const std::vector<double> y = b.to_vector<double>();
  for (const double value : y) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) && std::isnan(y[i])) continue;
    if (!(std::abs(x[i] - y[i]) <= tolerance * (std::abs(y[i]) + 0.1 * largest))) return false;
  }
  return true;
}

}  // namespace taper_test
