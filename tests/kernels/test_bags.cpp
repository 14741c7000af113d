#include <cmath>
#include <cstdint>
#include <vector>

#include "catch.h"
#include "kernels/bags.h"
#include "kernels/values.h"

using namespace taper::kernels;
using namespace taper_test;

namespace {

constexpr std::int64_t kRows = 50, kDim = 37, kCount = 9000, kBags = 300, kPadding = 7;

// Bags of 0 to 60 entries.
std::vector<std::int64_t> bounds() {
  std::vector<std::int64_t> result{0};
  for (std::int64_t b = 1; b <= kBags; ++b) result.push_back(b * (b - 1) * kCount / (kBags * (kBags - 1)));
  return result;
}

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

template <class F>
void for_each_entry(const std::vector<std::int64_t>& ends, const std::vector<std::int64_t>& indices, F&& f) {
  for (std::int64_t b = 0; b < kBags; ++b)
    for (std::int64_t i = ends[at(b)]; i < ends[at(b + 1)]; ++i)
      if (indices[at(i)] != kPadding) f(b, i, indices[at(i)]);
}

}  // namespace

TEST_CASE("a bag's sum is added up in the order of its list, fused or rounded, on any target and number of threads") {
  const auto ends = bounds();
  const auto indices = integers(5, kCount, kRows);
  const auto table = values<float>(6, kRows * kDim);
  const auto weights = values<float>(7, kCount);
  for (const bool fused : {true, false}) {
    std::vector<float> expected(at(kBags * kDim));
    for_each_entry(ends, indices, [&](std::int64_t b, std::int64_t i, std::int64_t k) {
      for (std::int64_t j = 0; j < kDim; ++j) {
        float& sum = expected[at(b * kDim + j)];
        const float x = table[at(k * kDim + j)];
        const float rounded = x * weights[at(i)];
        sum = fused ? std::fma(x, weights[at(i)], sum) : sum + rounded;
      }
    });
    on_every_target([&] {
      const auto out = same_on_threads([&] {
        std::vector<float> to(expected.size(), 5.0F);
        const Bags<std::int64_t> bags{indices.data(), ends.data(), kBags, kPadding};
        sum_bags(table.data(), kDim, bags, weights.data(), fused, to.data());
        return to;
      });
      CHECK(bits(out) == bits(expected));
    });
  }
}

TEST_CASE("a bag's maximum is the first of equal ones, and what was read there is given back") {
  const auto ends = bounds();
  const auto indices = integers<std::int32_t>(5, kCount, kRows);
  auto table = values<double>(6, kRows * kDim);
  for (double& x : table) x = std::trunc(2 * x);  // many are equal
  std::vector<std::int64_t> where(at(kBags * kDim));
  const auto out = same_on_threads([&] {
    std::vector<double> to(where.size());
    const Bags<std::int32_t> bags{indices.data(), ends.data(), kBags, kPadding};
    max_bags(table.data(), kDim, bags, to.data(), where.data());
    return to;
  });
  for (std::int64_t b = 0; b < kBags; ++b)
    for (std::int64_t j = 0; j < kDim; ++j) {
      std::int64_t first = -1;
      for (std::int64_t i = ends[at(b)]; i < ends[at(b + 1)]; ++i) {
        const std::int64_t k = indices[at(i)];
        if (k != kPadding && (first < 0 || table[at(k * kDim + j)] > table[at(first * kDim + j)])) first = k;
      }
      REQUIRE(where[at(b * kDim + j)] == first);
      REQUIRE(out[at(b * kDim + j)] == (first < 0 ? 0.0 : table[at(first * kDim + j)]));
    }
  std::vector<double> again(out.size());
  take_at_max(table.data(), kDim, where.data(), kBags, again.data());
  CHECK(again == out);
  std::vector<double> counts(table.size());
  add_at_max(counts.data(), kDim, where.data(), kBags, std::vector<double>(out.size(), 1.0).data());
  double sum = 0;
  for (const double count : counts) sum += count;
  double reached = 0;
  for (const std::int64_t k : where) reached += k >= 0 ? 1 : 0;
  CHECK(sum == reached);
}

TEST_CASE("bags' gradients are added group by group, in place or side by side") {
  const auto ends = bounds();
  const auto indices = integers(5, kCount, kRows);
  std::vector<std::int64_t> bag_of(at(kCount));
  for (std::int64_t b = 0; b < kBags; ++b)
    for (std::int64_t i = ends[at(b)]; i < ends[at(b + 1)]; ++i) bag_of[at(i)] = b;
  const auto g = values<float>(8, kBags * kDim);
  const auto scale = values<float>(9, kCount);
  const RowGroups groups = group_rows(indices.data(), kCount);
  std::vector<float> expected(at(kRows * kDim));
  for (const std::int64_t i : groups.position)
    for (std::int64_t j = 0; j < kDim && indices[at(i)] != kPadding; ++j) {
      float& sum = expected[at(indices[at(i)] * kDim + j)];
      sum = std::fma(g[at(bag_of[at(i)] * kDim + j)], scale[at(i)], sum);
    }
  on_every_target([&] {
    for (const bool in_place : {true, false}) {
      const auto out = same_on_threads([&] {
        std::vector<float> to(expected.size(), in_place ? 0.0F : 5.0F);
        add_bag_gradients(groups, indices.data(), kPadding, in_place, g.data(), kDim, bag_of.data(), scale.data(),
                          to.data());
        return to;
      });
      CHECK(groups.size() == kRows);  // so that both forms lie alike
      CHECK(bits(out) == bits(expected));
    }
  });
}

TEST_CASE("each entry gets its bag's gradient, or so many times that") {
  const auto ends = bounds();
  const auto g = values<float>(8, kBags * kDim);
  const auto scale = values<float>(9, kCount);
  for (const bool scaled : {false, true}) {
    std::vector<float> expected(at(kCount * kDim));
    for (std::int64_t b = 0; b < kBags; ++b)
      for (std::int64_t i = ends[at(b)]; i < ends[at(b + 1)]; ++i)
        for (std::int64_t j = 0; j < kDim; ++j)
          expected[at(i * kDim + j)] = scaled ? g[at(b * kDim + j)] * scale[at(i)] : g[at(b * kDim + j)];
    on_every_target([&] {
      const auto out = same_on_threads([&] {
        std::vector<float> to(expected.size(), 5.0F);
        spread_bags(g.data(), kDim, ends.data(), kBags, scaled ? scale.data() : nullptr, to.data());
        return to;
      });
      CHECK(bits(out) == bits(expected));
    });
  }
}

TEST_CASE("products of rows are the same on any target, and nothing for the row left out") {
  const auto a_rows = integers(5, 500, 20);
  const auto b_rows = integers(6, 500, kRows);
  const auto a = values<float>(7, 20 * kDim);
  const auto b = values<float>(8, kRows * kDim);
  std::vector<std::uint64_t> first;
  on_every_target([&] {
    const auto out = same_on_threads([&] {
      std::vector<float> to(500);
      row_products(a.data(), a_rows.data(), b.data(), b_rows.data(), 500, kDim, kPadding, to.data());
      return to;
    });
    if (first.empty()) first = bits(out);
    CHECK(bits(out) == first);
    for (std::int64_t i = 0; i < 500; ++i) {
      double exact = 0;
      double size = 0;
      for (std::int64_t j = 0; j < kDim && b_rows[at(i)] != kPadding; ++j) {
        const double product =
            static_cast<double>(a[at(a_rows[at(i)] * kDim + j)]) * static_cast<double>(b[at(b_rows[at(i)] * kDim + j)]);
        exact += product;
        size += std::abs(product);
      }
      REQUIRE(std::abs(static_cast<double>(out[at(i)]) - exact) <= 1e-6 * size);
    }
  });
}
