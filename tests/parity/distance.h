#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "taper/tensor/tensor.h"

namespace taper_test {

/// How far numbers are from those expected, at the worst place.
struct Distance {
  double absolute = 0;
  double relative = 0;
  double ulp = 0;  ///< infinite where only one is finite, where integers differ, and where shapes or dtypes do
  std::string where{};

  void take(const Distance& other) {
    absolute = std::max(absolute, other.absolute);
    relative = std::max(relative, other.relative);
    if (other.ulp > ulp) where = other.where;
    ulp = std::max(ulp, other.ulp);
  }
  static Distance infinite(std::string where) { return {INFINITY, INFINITY, INFINITY, std::move(where)}; }
};

namespace detail {

// Bits as integers that are ordered as the numbers are; minus zero stands one below zero.
inline std::int64_t ordered(float x) {
  const auto bits = std::bit_cast<std::int32_t>(x);
  return bits < 0 ? std::int64_t{std::numeric_limits<std::int32_t>::min()} - bits - 1 : bits;
}
inline std::int64_t ordered(double x) {
  const auto bits = std::bit_cast<std::int64_t>(x);
  return bits < 0 ? std::numeric_limits<std::int64_t>::min() - bits - 1 : bits;
}

template <class T>
double steps(T a, T b) {
  const auto x = static_cast<std::uint64_t>(ordered(a)), y = static_cast<std::uint64_t>(ordered(b));
  return static_cast<double>(ordered(a) > ordered(b) ? x - y : y - x);
}

template <class T>
std::string place(std::size_t i, T found, T expected) {
  std::ostringstream out;
  out.precision(std::numeric_limits<T>::max_digits10);
  out << found << " for " << expected << " at element " << i;
  return out.str();
}

template <class T>
Distance distance(const std::vector<T>& found, const std::vector<T>& expected, double scale) {
  Distance result;
  const T largest = static_cast<T>(scale);
  const double unit = double{std::nextafter(largest, T(INFINITY))} - double{largest};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const T a = found[i], b = expected[i];
    if (std::isnan(a) && std::isnan(b)) continue;
    if (ordered(a) == ordered(b)) continue;
    if (!std::isfinite(a) || !std::isfinite(b)) return Distance::infinite(place(i, a, b));
    const double difference = std::abs(static_cast<double>(a) - static_cast<double>(b));
    const double relative =
        difference == 0 ? 0
                        : difference / std::max({std::abs(double{b}), scale, double{std::numeric_limits<T>::min()}});
    result.take({difference, relative, scale > 0 ? difference / unit : steps(a, b), place(i, a, b)});
  }
  return result;
}

}  // namespace detail

/// Relative to `scale` and in its ulps where it is above 0, else element by element.
inline Distance distance(const taper::Tensor& found, const taper::Tensor& expected, double scale) {
  if (found.shape() != expected.shape() || found.dtype() != expected.dtype()) {
    std::ostringstream out;
    out << found.dtype() << ' ' << found.shape() << " for " << expected.dtype() << ' ' << expected.shape();
    return Distance::infinite(out.str());
  }
  if (found.dtype() == taper::float32)
    return detail::distance(found.to_vector<float>(), expected.to_vector<float>(), scale);
  if (found.dtype() == taper::float64)
    return detail::distance(found.to_vector<double>(), expected.to_vector<double>(), scale);
  const auto a = found.to_vector<std::int64_t>(), b = expected.to_vector<std::int64_t>();
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i]) return Distance::infinite(detail::place(i, a[i], b[i]));
  return {};
}

}  // namespace taper_test
