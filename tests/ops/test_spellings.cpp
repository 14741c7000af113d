// One call in the several ways in which Python writes it.
#include <cmath>

#include "catch.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"

using namespace taper;
using taper_test::ContainsSubstring;
using Bools = std::vector<bool>;
using Numbers = std::vector<double>;

TEST_CASE("a tensor is compared with a number by operator, function and method alike") {
  const Tensor x = tensor({1.0, 2.0, 3.0});
  const auto same = [&](const Tensor& a, const Tensor& b, const Tensor& c, const Bools& expected) {
    CHECK(a.dtype() == bool_);
    CHECK(a.to_vector<bool>() == expected);
    CHECK(b.to_vector<bool>() == expected);
    CHECK(c.to_vector<bool>() == expected);
  };
  same(x == 2, eq(x, 2), x.eq(2), {false, true, false});
  same(x != 2, ne(x, 2), x.ne(2), {true, false, true});
  same(x < 2, lt(x, 2), x.lt(2.0), {true, false, false});
  same(x <= 2, le(x, 2), x.le(2.0), {true, true, false});
  same(x > 2, gt(x, 2.0), x.gt(2), {false, false, true});
  same(x >= 2, ge(x, 2.0), x.ge(2), {false, true, true});
  CHECK(tensor({1, 2}).gt(1.5).to_vector<bool>() == Bools{false, true});
  CHECK(tensor({1.0, NAN}).isnan().to_vector<bool>() == Bools{false, true});
  CHECK(tensor({{0, 3}, {4, 0}}).nonzero().to_vector<int>() == std::vector<int>{0, 1, 1, 0});
}

TEST_CASE("sizes and dimensions stand in braces or without") {
  const Tensor x = arange(6).reshape(2, 3);
  CHECK(x.shape() == Shape{2, 3});
  CHECK(x.view(-1).shape() == Shape{6});
  CHECK(x.view(3, std::int64_t{-1}).equal(x.view({3, -1})));
  CHECK(x.reshape(-1, 1).shape() == Shape{6, 1});
  CHECK(x.permute(1, 0).equal(x.permute({1, 0})));
  CHECK(x.unsqueeze(0).expand(4, -1, -1).shape() == Shape{4, 2, 3});
  CHECK(x.repeat(2, 1).equal(x.repeat({2, 1})));
  CHECK(tensor({7}).view({}).shape() == Shape{});
  CHECK_THROWS_AS(x.view(4), ShapeError);
  CHECK_THROWS_WITH(x.reshape(4, -1), ContainsSubstring("[4, -1]"));
  CHECK_THROWS_AS(x.permute(0, 0), ValueError);
}

TEST_CASE("a slice goes to the end and over the first dimension unless told otherwise") {
  const Tensor x = arange(5);
  CHECK(x.slice().equal(x));
  CHECK(x.slice(0, 3).to_vector<double>() == Numbers{3, 4});
  CHECK(x.slice(0, -2).to_vector<double>() == Numbers{3, 4});
  CHECK(x.slice(0, {}, 2).to_vector<double>() == Numbers{0, 1});
  CHECK(x.slice(0, 1, {}, 3).to_vector<double>() == Numbers{1, 4});
}
