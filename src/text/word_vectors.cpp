#include "taper/text/word_vectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/atomic_file.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "text/line_reader.h"
#include "text/unicode.h"

namespace taper::text {
namespace {

/// Eight sums side by side, which every compiler turns into vector instructions.
float dot(const float* a, const float* b, std::size_t n) {
  float sums[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::size_t lane = 0; lane < 8; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  for (std::size_t lane = 0; i < n; ++i, ++lane) sums[lane] += a[i] * b[i];
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

double length(std::span<const float> vector) {
  double sum = 0;
  for (const float value : vector) sum += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(sum);
}

/// A tensor that is a floating-point matrix.
const Tensor& matrix_checked(const Tensor& matrix) {
  if (!is_floating_point(matrix.dtype()))
    throw TypeError(fmt::format("WordVectors: a matrix of {}; it must be float32 or float64", name(matrix.dtype())));
  if (matrix.dim() != 2)
    throw ShapeError(
        fmt::format("WordVectors: a tensor of shape {}; it must be [words, dim]", to_string(matrix.shape())));
  return matrix;
}

}  // namespace

WordVectors::WordVectors(std::span<const std::string> words, const Tensor& matrix)
    : WordVectors(words, matrix_checked(matrix).detach().to_vector<float>(), matrix_checked(matrix).size(1)) {}

Tensor WordVectors::matrix() const {
  Tensor result = empty({size(), dim_}, DType::float32);
  std::copy(values_.begin(), values_.end(), result.data<float>());
  return result;
}

WordVectors::WordVectors(std::span<const std::string> words, std::vector<float> values, std::int64_t dim)
    : values_(std::move(values)), dim_(dim) {
  if (dim < 1) throw ValueError(fmt::format("WordVectors: dim is {}; it must be at least 1", dim));
  if (values_.size() % static_cast<std::size_t>(dim) != 0 ||
      values_.size() / static_cast<std::size_t>(dim) != words.size())
    throw ShapeError(
        fmt::format("WordVectors: {} values for {} words of dimension {}", values_.size(), words.size(), dim));
  for (const std::string& word : words) {
    const std::int64_t before = words_.size();
    if (words_.add(word) != before)
      throw ValueError(fmt::format("WordVectors: the word {} is there twice", quoted(word)));
  }
  const auto bad = std::find_if(values_.begin(), values_.end(), [](float value) { return !std::isfinite(value); });
  if (bad != values_.end()) {
    const auto at = bad - values_.begin();
    throw NumericError(fmt::format("WordVectors: value {} of the word {} is {}; word vectors are finite", at % dim,
                                   quoted(words_.word(at / dim)), *bad));
  }
  measure();
}

void WordVectors::measure() {
  scales_.resize(static_cast<std::size_t>(size()));
  const auto width = static_cast<std::size_t>(dim_);
  for (std::size_t row = 0; row < scales_.size(); ++row) {
    const double norm = length({values_.data() + row * width, width});
    scales_[row] = norm > 0 ? static_cast<float>(1 / norm) : 0;
  }
}

std::int64_t WordVectors::id(std::string_view word) const {
  const std::int64_t found = words_.find(word);
  if (found < 0) throw IndexError(unknown_word_message("WordVectors", words_, word));
  return found;
}

std::span<const float> WordVectors::operator[](std::string_view word) const {
  const auto width = static_cast<std::size_t>(dim_);
  return {values_.data() + static_cast<std::size_t>(id(word)) * width, width};
}

double WordVectors::similarity(std::string_view a, std::string_view b) const {
  const std::span<const float> x = (*this)[a], y = (*this)[b];
  const double scale = length(x) * length(y);
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  return scale > 0 ? sum / scale : 0;
}

std::vector<Neighbor> WordVectors::neighbors(std::string_view word, std::int64_t k) const {
  const std::int64_t self = id(word);
  return neighbors((*this)[word], k, {&self, 1});
}

std::vector<Neighbor> WordVectors::neighbors(std::span<const float> vector, std::int64_t k,
                                             std::span<const std::int64_t> except) const {
  if (k < 0) throw ValueError(fmt::format("neighbors: k is {}; it must not be negative", k));
  if (static_cast<std::int64_t>(vector.size()) != dim_)
    throw ShapeError(fmt::format("neighbors: a vector of {} numbers; these have {}", vector.size(), dim_));
  const double norm = length(vector);
  std::vector<float> unit(vector.size());
  std::transform(vector.begin(), vector.end(), unit.begin(),
                 [&](float value) { return norm > 0 ? static_cast<float>(static_cast<double>(value) / norm) : 0; });

  struct Found {
    float similarity;
    std::int64_t row;
  };
  std::vector<Found> found;
  found.reserve(static_cast<std::size_t>(size()));
  for (std::int64_t row = 0; row < size(); ++row) {
    if (std::find(except.begin(), except.end(), row) != except.end()) continue;
    const auto at = static_cast<std::size_t>(row);
    found.push_back({dot(unit.data(), values_.data() + at * unit.size(), unit.size()) * scales_[at], row});
  }
  const auto wanted = static_cast<std::size_t>(std::min(k, static_cast<std::int64_t>(found.size())));
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(wanted), found.end(),
                    [](const Found& a, const Found& b) {
                      return a.similarity != b.similarity ? a.similarity > b.similarity : a.row < b.row;
                    });
  std::vector<Neighbor> result;
  for (std::size_t i = 0; i < wanted; ++i) result.push_back({std::string(word(found[i].row)), found[i].similarity});
  return result;
}

std::vector<Neighbor> WordVectors::analogy(std::string_view a, std::string_view b, std::string_view c,
                                           std::int64_t k) const {
  const std::int64_t rows[] = {id(a), id(b), id(c)};
  const float signs[] = {-1, 1, 1};
  std::vector<float> sum(static_cast<std::size_t>(dim_));
  for (std::size_t term = 0; term < 3; ++term) {
    const auto row = static_cast<std::size_t>(rows[term]);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += signs[term] * scales_[row] * values_[row * sum.size() + i];
  }
  return neighbors(sum, k, rows);
}

void WordVectors::save(const std::string& path) const {
  for (std::int64_t row = 0; row < size(); ++row) {
    const std::string_view name = word(row);
    constexpr std::string_view blanks = " \t\r";
    if (name.empty() || name.find('\n') != std::string_view::npos ||
        blanks.find(name.front()) != std::string_view::npos || blanks.find(name.back()) != std::string_view::npos)
      throw ValueError(
          fmt::format("WordVectors.save: word {}, {}, is empty, holds a line break or begins or ends with a blank", row,
                      quoted(name)));
  }
  AtomicFile file("WordVectors.save", path);
  file.write(fmt::format("{} {}\n", size(), dim_));
  std::string line;
  char digits[32];
  for (std::int64_t row = 0; row < size(); ++row) {
    line = word(row);
    for (const float value : (*this)[word(row)]) {
      line += ' ';
      line.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    }
    line += '\n';
    file.write(line);
  }
  file.commit();
}

}  // namespace taper::text
