#include "catch.h"
#include "taper/base/error.h"
#include "taper/base/shape.h"

using namespace taper;
using taper_test::ContainsSubstring;

TEST_CASE("shapes broadcast from the right, a size of one stretching") {
  CHECK(broadcast_shapes("add", {2, 1, 3}, {4, 1}) == Shape{2, 4, 3});
  CHECK(broadcast_shapes("add", {}, {0, 2}) == Shape{0, 2});
  CHECK_THROWS_WITH(broadcast_shapes("add", {2, 3}, {4}),
                    "add: shapes [2, 3] and [4] do not broadcast: 3 vs 4 at dimension 1");
  CHECK_THROWS_WITH(broadcast_shapes("add", {4}, {2, 3}), ContainsSubstring("4 vs 3 at dimension 1"));
}

TEST_CASE("a shape's size is checked for sign and overflow") {
  CHECK(numel({}) == 1);
  CHECK(numel({3, 0, 5}) == 0);
  CHECK_THROWS_AS(numel({2, -1}), ShapeError);
  CHECK_THROWS_AS(numel({int64_t{1} << 40, int64_t{1} << 30}), ShapeError);
  CHECK_THROWS_WITH(numel({int64_t{1} << 40, int64_t{1} << 30}), ContainsSubstring("size overflows"));
  CHECK_THROWS_AS((Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}), ShapeError);
}
