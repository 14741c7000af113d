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

TEST_CASE("distinct rows stand in the order of their first appearance, and their entries in the list's") {
  const auto count = GENERATE(std::int64_t{0}, 1, 2, 300, 3000);
  const auto rows = GENERATE(std::uint64_t{1}, 50, 257, 1000000);
  const auto indices = integers<std::int32_t>(9, count, rows);
  const DistinctRows list = distinct_rows(indices.data(), count);
  std::vector<std::int64_t> expected;
  std::vector<std::vector<std::int64_t>> entries;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const auto known = std::find(expected.begin(), expected.end(), indices[i]) - expected.begin();
    if (known == static_cast<std::ptrdiff_t>(expected.size())) {
      expected.push_back(indices[i]);
      entries.emplace_back();
    }
    entries[static_cast<std::size_t>(known)].push_back(static_cast<std::int64_t>(i));
  }
  CHECK(list.rows == expected);
  REQUIRE(list.size() == static_cast<std::int64_t>(expected.size()));
  for (std::size_t r = 0; r < entries.size(); ++r) {
    std::vector<std::int64_t> found{list.first[r]};
    while (const std::int64_t next = list.next[static_cast<std::size_t>(found.back())]) found.push_back(next);
    REQUIRE(found == entries[r]);
  }
}

TEST_CASE("sums of distinct rows are what a zeroed table gets row by row") {
  constexpr std::int64_t rows = 40, dim = 5, count = 100;
  const auto indices = integers(10, count, rows);
  auto x = values<float>(11, count * dim);
  x[0] = -0.0F;
  const bool is_scaled = GENERATE(false, true);
  std::vector<std::int64_t> counts(rows);
  count_indices(indices.data(), count, counts.data());
  std::vector<float> expected(rows * dim);
  add_rows(expected.data(), dim, indices.data(), count, x.data(), 1, 4, is_scaled ? counts.data() : nullptr);
  const DistinctRows list = distinct_rows(indices.data(), count);
  on_every_target([&] {
    std::vector<float> out(static_cast<std::size_t>(list.size() * dim), 1.0F);
    sum_distinct(list, 0, x.data(), dim, is_scaled, 4, out.data());
    for (std::int64_t r = 0; r < list.size(); ++r) {
      const std::int64_t row = list.rows[static_cast<std::size_t>(r)];
      CHECK(std::memcmp(out.data() + r * dim, expected.data() + row * dim, dim * sizeof(float)) == 0);
    }
  });
}

TEST_CASE("sums of distinct rows go on from rows that stand there already") {
  constexpr std::int64_t dim = 3;
  const std::vector<std::int64_t> indices{7, 2, 5, 2, 9, 7, 9};
  const auto x = values<double>(12, 7 * dim);
  const DistinctRows list = distinct_rows(indices.data(), 7);
  std::vector<double> whole(4 * dim), continued(4 * dim, 1.0);
  sum_distinct(list, 0, x.data(), dim, false, -1, whole.data());
  std::copy_n(x.data(), 3 * dim, continued.data());
  sum_distinct(list, 3, x.data() + 3 * dim, dim, false, -1, continued.data());
  CHECK(continued == whole);
}

TEST_CASE("adding distinct rows to a table is summing them and adding the sums") {
  const std::int64_t dim = GENERATE(1, 5, 1500);  // the longest rows are more than one thread's share
  const std::int64_t rows = dim < 100 ? 40 : 3000, count = dim < 100 ? 60 : 2500;
  const auto indices = integers(10, count, static_cast<std::uint64_t>(rows));
  auto x = values<float>(11, count * dim);
  x[0] = -0.0F;
  std::vector<float> sums(static_cast<std::size_t>(rows * dim));
  add_rows(sums.data(), dim, indices.data(), count, x.data());
  auto start = values<float>(13, rows * dim);
  start[static_cast<std::size_t>(indices[0] * dim)] = -0.0F;
  auto expected = start;
  for (const std::int64_t k : distinct_indices(indices.data(), count, rows))
    for (std::int64_t j = k * dim; j < (k + 1) * dim; ++j)
      expected[static_cast<std::size_t>(j)] =
          std::fma(sums[static_cast<std::size_t>(j)], -0.3F, expected[static_cast<std::size_t>(j)]);
  const DistinctRows list = distinct_rows(indices.data(), count);
  on_every_target([&] {
    const auto out = same_on_threads([&] {
      auto to = start;
      add_distinct(to.data(), dim, list, x.data(), -0.3);
      return to;
    });
    CHECK(bits(out) == bits(expected));
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
