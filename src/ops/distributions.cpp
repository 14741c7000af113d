#include "ops/distributions.h"

#include <bit>

#include "taper/base/warning.h"

namespace taper::detail {
namespace {

constexpr std::int64_t largest_int64 = std::numeric_limits<std::int64_t>::max();

// Through T and back; too large becomes the smallest, as on PyTorch's machines.
template <class T>
std::int64_t rounded(std::int64_t x) {
  const T there = static_cast<T>(x);
  return there >= T{0x1p63} ? std::numeric_limits<std::int64_t>::min() : static_cast<std::int64_t>(there);
}

template <class T>
std::int64_t step_at(std::int64_t x) {
  const auto magnitude = x < 0 ? 0 - static_cast<std::uint64_t>(x) : static_cast<std::uint64_t>(x);
  return std::int64_t{1} << (std::bit_width(magnitude) - std::numeric_limits<T>::digits);
}

// The first number at or above `low`, and the first above the last below `high`, that T holds.
template <class T>
std::int64_t held_from(std::int64_t low) {
  if (low == largest_int64) return low;
  const std::int64_t next = rounded<T>(low + 1);
  return next < low ? next + step_at<T>(low + 1) : low;
}
template <class T>
std::int64_t held_to(std::int64_t high) {
  const std::int64_t previous = rounded<T>(high - 1);
  return previous >= high ? previous - step_at<T>(high - 1) : high;
}

void warn_of_gaps(const char* op, std::int64_t bound, DType dtype) {
  const std::int64_t most = largest_held(dtype);
  if (bound < -most || bound > most)
    warn(fmt::format("{}: {} lies outside [-{}, {}], where {} holds every integer: some will never be drawn", op, bound,
                     most, most, name(dtype)));
}

void check_empty(const char* op, std::int64_t low, std::int64_t high) {
  if (low >= high)
    throw ValueError(fmt::format("{}: no integer lies in [{}, {}); low < high is needed", op, low, high));
}

std::int64_t least_held(DType dtype) {
  return dispatch(dtype, [](auto zero) -> std::int64_t {
    using Limits = std::numeric_limits<decltype(zero)>;
    if constexpr (Limits::is_integer) return Limits::min();
    return -(std::int64_t{1} << Limits::digits);
  });
}

void check_fits(const char* op, const Integers& integers, DType dtype) {
  const std::int64_t least = least_held(dtype);
  const std::int64_t most = largest_held(dtype);
  if (integers.base < least || integers.last > most)
    throw ValueError(fmt::format("{}: integers of [{}, {}] do not fit into {}, which holds [{}, {}]", op, integers.base,
                                 integers.last, name(dtype), least, most));
}

}  // namespace

std::int64_t largest_held(DType dtype) {
  return dispatch(dtype, [](auto zero) -> std::int64_t {
    using Limits = std::numeric_limits<decltype(zero)>;
    if constexpr (Limits::is_integer) return Limits::max();
    return std::int64_t{1} << Limits::digits;
  });
}

Integers Integers::between(const char* op, std::int64_t low, std::int64_t high, DType dtype) {
  check_empty(op, low, high);
  if (!is_floating_point(dtype)) {
    const Integers integers{low, high - 1};
    check_fits(op, integers, dtype);
    return integers;
  }
  dispatch_floating(dtype, [&](auto zero) {
    low = held_from<decltype(zero)>(low);
    high = held_to<decltype(zero)>(high);
  });
  if (low >= high)
    throw ValueError(
        fmt::format("{}: {} holds no integer between the bounds; [{}, {}) is left", op, name(dtype), low, high));
  warn_of_gaps(op, low, dtype);
  warn_of_gaps(op, high - 1, dtype);
  return {low, high - 1};
}

Integers Integers::from(const char* op, std::int64_t low, DType dtype) {
  const std::int64_t last = largest_held(dtype);
  if (!is_floating_point(dtype)) {
    const Integers integers{low, last};
    check_fits(op, integers, dtype);
    return integers;
  }
  if (low == std::numeric_limits<std::int64_t>::min()) return {low, largest_int64};
  dispatch_floating(dtype, [&](auto zero) { low = held_from<decltype(zero)>(low); });
  check_empty(op, low, last);
  warn_of_gaps(op, low, dtype);
  return {low, last};
}

}  // namespace taper::detail
