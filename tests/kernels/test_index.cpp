#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "catch.h"
#include "kernels/index.h"
#include "kernels/values.h"

using namespace taper::kernels;
using namespace taper_test;

namespace {

constexpr std::array<std::int64_t, 3> shapes[] = {{1, 11, 1}, {1, 11, 80}, {4, 11, 1}, {3, 11, 5}};
constexpr std::int64_t count = 300;

template <class T>
std::vector<T> numbers(std::int64_t seed, std::int64_t size) {
  if constexpr (std::is_floating_point_v<T>)
    return values<T>(seed, size);
  else
    return integers<T>(seed, size, 1 << 30);
}

}  // namespace

TEMPLATE_TEST_CASE("index_add and index_select agree with plain loops", "", float, double, std::int64_t) {
  using T = TestType;
  for (const auto& shape : shapes) {
    const std::int64_t outer = shape[0], n = shape[1], inner = shape[2];
    const auto index = integers<std::int32_t>(1, count, static_cast<std::uint64_t>(n));
    const auto start = numbers<T>(2, outer * n * inner), src = numbers<T>(3, outer * count * inner);
    for (const T alpha : {T{1}, T{3}}) {
      auto expected = start;
      for (std::int64_t o = 0; o < outer; ++o)
        for (std::int64_t i = 0; i < count; ++i)
          for (std::int64_t j = 0; j < inner; ++j) {
            T& to = expected[static_cast<std::size_t>((o * n + index[static_cast<std::size_t>(i)]) * inner + j)];
            const T x = src[static_cast<std::size_t>((o * count + i) * inner + j)];
            if constexpr (std::is_floating_point_v<T>)
              to = std::fma(x, alpha, to);
            else
              to += x * alpha;
          }
      const auto out = same_on_threads([&] {
        auto to = start;
        index_add(to.data(), outer, n, inner, index.data(), count, src.data(), alpha);
        return to;
      });
      CHECK(out == expected);
    }
    std::vector<T> picked(src.size());
    index_select(start.data(), outer, n, inner * static_cast<std::int64_t>(sizeof(T)), index.data(), count,
                 picked.data());
    for (std::int64_t o = 0; o < outer; ++o)
      for (std::int64_t i = 0; i < count; ++i)
        for (std::int64_t j = 0; j < inner; ++j)
          REQUIRE(picked[static_cast<std::size_t>((o * count + i) * inner + j)] ==
                  start[static_cast<std::size_t>((o * n + index[static_cast<std::size_t>(i)]) * inner + j)]);
  }
}

TEMPLATE_TEST_CASE("gather, scatter and scatter_add agree with plain loops", "", float, double, std::int32_t) {
  using T = TestType;
  for (const auto& shape : shapes) {
    const std::int64_t outer = shape[0], n = shape[1], inner = shape[2];
    const auto index = integers(4, outer * count * inner, static_cast<std::uint64_t>(n));
    const auto start = numbers<T>(5, outer * n * inner), src = numbers<T>(6, outer * count * inner);
    auto sums = start, places = start;
    std::vector<T> picked(src.size());
    for (std::int64_t o = 0; o < outer; ++o)
      for (std::int64_t i = 0; i < count; ++i)
        for (std::int64_t j = 0; j < inner; ++j) {
          const auto at = static_cast<std::size_t>((o * count + i) * inner + j);
          const auto place = static_cast<std::size_t>((o * n + index[at]) * inner + j);
          picked[at] = start[place];
          places[place] = src[at];
          if constexpr (std::is_floating_point_v<T>)
            sums[place] += src[at];
          else
            sums[place] = static_cast<T>(static_cast<std::uint32_t>(sums[place]) + static_cast<std::uint32_t>(src[at]));
        }
    CHECK(same_on_threads([&] {
            std::vector<T> out(src.size());
            gather(start.data(), outer, n, inner, index.data(), count, out.data());
            return out;
          }) == picked);
    CHECK(same_on_threads([&] {
            auto out = start;
            scatter_add(out.data(), outer, n, inner, index.data(), count, src.data());
            return out;
          }) == sums);
    CHECK(same_on_threads([&] {
            auto out = start;
            scatter(out.data(), outer, n, inner, index.data(), count, src.data());
            return out;
          }) == places);
  }
}
