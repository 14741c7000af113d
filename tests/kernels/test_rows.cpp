#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include "catch.h"
#include "kernels/rows.h"
#include "kernels/values.h"

using namespace taper::kernels;
using namespace taper_test;

namespace {

template <class T>
std::vector<std::uint64_t> coalesced(const Vector& v) {
  const auto rows = integers(3, v.integer(0), static_cast<std::uint64_t>(v.integer(1)));
  const auto x = values<T>(4, 2 * v.integer(0));
  const RowGroups groups = group_rows(rows.data(), v.integer(0));
  std::vector<std::int64_t> out_rows(static_cast<std::size_t>(groups.size()));
  std::vector<T> out(out_rows.size() * 2);
  sum_groups(groups, rows.data(), x.data(), 2, out_rows.data(), out.data());
  CHECK(std::is_sorted(out_rows.begin(), out_rows.end()));
  return bits(out);
}

template <class T>
std::vector<std::uint64_t> merged(const Vector& v) {
  const std::int64_t count = v.integer(0);
  const auto rows_a = integers(3, count, static_cast<std::uint64_t>(v.integer(1)));
  auto rows_b = rows_a;
  std::reverse(rows_b.begin(), rows_b.end());
  for (auto& row : rows_b) row /= 2;
  const auto a = values<T>(4, 2 * count), b = values<T>(6, 2 * count);
  const std::int64_t total = merged_count(rows_a.data(), count, rows_b.data(), count);
  std::vector<std::int64_t> out_rows(static_cast<std::size_t>(total));
  std::vector<T> out(out_rows.size() * 2);
  merge_rows(rows_a.data(), a.data(), count, rows_b.data(), b.data(), count, 2, out_rows.data(), out.data());
  return bits(out);
}

template <class T>
std::vector<std::uint64_t> scaled(const Vector& v) {
  const auto indices = integers<std::int32_t>(3, v.integer(0), static_cast<std::uint64_t>(v.integer(1)));
  const auto x = values<T>(4, 2 * v.integer(0));
  std::vector<std::int64_t> counts(static_cast<std::size_t>(v.integer(1)));
  count_indices(indices.data(), v.integer(0), counts.data());
  std::vector<T> out(counts.size() * 2);
  add_rows(out.data(), 2, indices.data(), v.integer(0), x.data(), 1, -1, counts.data());
  return bits(out);
}

template <class T>
std::vector<std::uint64_t> renormed(const Vector& v) {
  auto table = values<T>(v.integer(1), 2 * v.integer(0));
  const std::int64_t rows[] = {0, 1};
  renorm_rows(table.data(), v.integer(0), rows, 2, 1.25, 2);
  return bits(table);
}

template <class T>
std::vector<std::uint64_t> computed(const Vector& v) {
  if (v.what == "coalesce") return coalesced<T>(v);
  if (v.what == "merge") return merged<T>(v);
  if (v.what == "scaled") return scaled<T>(v);
  return renormed<T>(v);
}

}  // namespace

TEST_CASE("coalesced, merged and scaled rows and renormed tables have PyTorch's bits") {
  const auto vectors = read_vectors("kernels.txt");
  on_every_target([&] {
    int seen = 0;
    for (const Vector& v : vectors) {
      if (v.what == "sum" || v.what == "norm") continue;
      INFO(v.what << " " << v.dtype << " " << v.arguments[0] << " " << v.arguments[1]);
      CHECK((v.dtype == "float32" ? computed<float>(v) : computed<double>(v)) == v.words);
      ++seen;
    }
    CHECK(seen > 50);
  });
}

TEST_CASE("the first index outside the table is found, of either sign and width") {
  for (const std::int64_t at : {0, 1, 255, 256, 999}) {
    auto indices = integers(1, 1000, 50);
    CHECK(find_bad_index(indices.data(), 1000, 50) == -1);
    indices[999] = 50;
    indices[static_cast<std::size_t>(at)] = -1;
    CHECK(find_bad_index(indices.data(), 1000, 50) == at);
    auto narrow = integers<std::int32_t>(1, 1000, 50);
    narrow[static_cast<std::size_t>(at)] = 50;
    CHECK(find_bad_index(narrow.data(), 1000, 50) == at);
  }
  const std::int64_t zero = 0;
  CHECK(find_bad_index(&zero, 0, 0) == -1);
  CHECK(find_bad_index(&zero, 1, 0) == 0);
}

TEST_CASE("gathered rows are the table's, whatever their size in bytes") {
  constexpr std::int64_t rows = 31, count = 24000;  // the longest rows are more than one thread's share
  for (const std::int64_t bytes : {1, 3, 8, 400}) {
    const auto table = integers<char>(2, rows * bytes, 251);
    const auto indices = integers<std::int32_t>(3, count, rows);
    const auto out = same_on_threads([&] {
      std::vector<char> to(static_cast<std::size_t>(count * bytes));
      gather_rows(table.data(), bytes, indices.data(), count, to.data());
      return to;
    });
    for (std::int64_t i = 0; i < count; ++i) {
      const auto row = static_cast<std::int64_t>(indices[static_cast<std::size_t>(i)]);
      REQUIRE(std::memcmp(out.data() + i * bytes, table.data() + row * bytes, static_cast<std::size_t>(bytes)) == 0);
    }
  }
}

TEST_CASE("rows are added in the order of the list, on any number of threads") {
  constexpr std::int64_t dim = 37, count = 60000;  // enough numbers for several threads
  const auto rows =
      GENERATE(std::int64_t{13}, 50000);  // every thread's share names the same rows; few rows are named twice
  const auto indices = integers(5, count, static_cast<std::uint64_t>(rows));
  const auto x = values<float>(6, count * dim);
  auto expected = values<float>(7, rows * dim);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t k = indices[static_cast<std::size_t>(i)];
    if (k == 4) continue;
    for (std::int64_t j = 0; j < dim; ++j) {
      float& to = expected[static_cast<std::size_t>(k * dim + j)];
      to = std::fma(x[static_cast<std::size_t>(i * dim + j)], -0.3F, to);
    }
  }
  on_every_target([&] {
    const auto out = same_on_threads([&] {
      auto table = values<float>(7, rows * dim);
      add_rows(table.data(), dim, indices.data(), count, x.data(), -0.3, 4);
      return table;
    });
    CHECK(bits(out) == bits(expected));
  });
}

TEST_CASE("groups of a list's entries are in the order of rows and then of the list") {
  const auto count = GENERATE(std::int64_t{0}, 1, 300, 3000);
  const auto rows = GENERATE(std::int64_t{1}, 50, 257, 1000000);
  const auto indices = integers<std::int32_t>(9, count, static_cast<std::uint64_t>(rows));
  std::vector<std::int64_t> expected(indices.size());
  std::iota(expected.begin(), expected.end(), 0);
  const auto row_of = [&](std::int64_t i) { return indices[static_cast<std::size_t>(i)]; };
  std::stable_sort(expected.begin(), expected.end(), [&](auto a, auto b) { return row_of(a) < row_of(b); });
  const RowGroups groups = group_stably(indices.data(), count, rows);
  CHECK(groups.position == expected);
  for (std::int64_t g = 0; g < groups.size(); ++g)
    for (std::int64_t i = groups.start[static_cast<std::size_t>(g)]; i <= groups.start[static_cast<std::size_t>(g) + 1];
         ++i)
      if (i < count)
        REQUIRE((row_of(groups.position[static_cast<std::size_t>(i)]) == row_of(groups.first(g))) ==
                (i < groups.start[static_cast<std::size_t>(g) + 1]));
}

TEST_CASE("sums of groups are what a zeroed table gets row by row") {
  constexpr std::int64_t rows = 40, dim = 5, count = 100;
  const auto indices = integers(10, count, rows);
  auto x = values<float>(11, count * dim);
  x[0] = -0.0F;
  const bool is_scaled = GENERATE(false, true);
  std::vector<std::int64_t> counts(rows);
  count_indices(indices.data(), count, counts.data());
  std::vector<float> expected(rows * dim);
  add_rows(expected.data(), dim, indices.data(), count, x.data(), 1, 4, is_scaled ? counts.data() : nullptr);
  const RowGroups groups = group_stably(indices.data(), count, rows);
  on_every_target([&] {
    std::vector<float> out(static_cast<std::size_t>(groups.size() * dim), 1.0F);
    add_groups(groups, indices.data(), x.data(), dim, is_scaled, 4, out.data());
    for (std::int64_t g = 0; g < groups.size(); ++g) {
      const std::int64_t row = indices[static_cast<std::size_t>(groups.first(g))];
      CHECK(std::memcmp(out.data() + g * dim, expected.data() + row * dim, dim * sizeof(float)) == 0);
    }
  });
}

TEST_CASE("distinct indices are ascending, from short and from long lists") {
  for (const std::uint64_t limit : {7U, 100000U}) {
    const auto indices = integers(8, 300, limit);
    auto expected = indices;
    std::sort(expected.begin(), expected.end());
    expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
    CHECK(distinct_indices(indices.data(), 300, static_cast<std::int64_t>(limit)) == expected);
  }
}
