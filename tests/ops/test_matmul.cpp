// Products, and how operands may lie.
#include "catch.h"
#include "taper/ops/create.h"
#include "taper/ops/matmul.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/random.h"
#include "taper/ops/shape.h"

using namespace taper;

TEST_CASE("a weight that is used through its transpose gets a contiguous gradient") {
  const Tensor weight = randn({4, 3}, {.requires_grad = true});
  linear(randn({5, 3}), weight, randn({4})).sum().backward();
  CHECK(weight.grad().is_contiguous());
  const Tensor plain = randn({3, 4}, {.requires_grad = true});
  mm(randn({5, 3}), plain).sum().backward();
  CHECK(plain.grad().is_contiguous());
}

TEST_CASE("matrices multiply right however they lie") {
  const Tensor a = arange(24, {.dtype = float64}).reshape({4, 6});
  const Tensor b = arange(24, {.dtype = float64}).reshape({6, 4}) * 0.5 - 3;
  const auto plain = [](const Tensor& x, const Tensor& y) {
    return (x.contiguous().unsqueeze(2) * y.contiguous().unsqueeze(0)).sum(1).to_vector<double>();
  };
  const std::vector<std::pair<Tensor, Tensor>> layouts{
      {a, b},
      {a.slice(1, 0, {}, 2), b.slice(0, 1, {}, 2)},
      {a.slice(0, 1, 3), b.slice(1, 0, {}, 3)},
      {b.t(), a.t()},
      {b.t().slice(0, 1, 2), a.t().slice(1, 2, 3)},
      {a.narrow(1, 2, 1), b.narrow(0, 3, 1)},
      {a.narrow(1, 0, 1).expand({4, 6}), b},
      {a.narrow(0, 0, 1).expand({5, 6}), b.narrow(1, 3, 1)},
      {a.flip({1}), b.flip({0})},
  };
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    CAPTURE(i);
    const auto& [x, y] = layouts[i];
    CHECK(mm(x, y).to_vector<double>() == plain(x, y));
    CHECK(bmm(x.unsqueeze(0), y.unsqueeze(0)).to_vector<double>() == plain(x, y));
    CHECK(bmm(x.unsqueeze(0).expand({2, x.size(0), x.size(1)}), y.unsqueeze(0).expand({2, y.size(0), y.size(1)}))
              .select(0, 1)
              .to_vector<double>() == plain(x, y));
    CHECK(mv(x, y.select(1, 0)).to_vector<double>() == plain(x, y.narrow(1, 0, 1)));
    CHECK(dot(x.select(0, 0), y.select(1, 0)).item<double>() == plain(x.narrow(0, 0, 1), y.narrow(1, 0, 1))[0]);
  }
}

TEST_CASE("integers multiply exactly, and addmm with beta 0 does not look at its input") {
  const Tensor big = tensor({{9007199254740993L, 1L}, {0L, 2L}});
  CHECK(mm(big, eye(2, {.dtype = int64})).to_vector<std::int64_t>() ==
        std::vector<std::int64_t>{9007199254740993, 1, 0, 2});
  const Tensor out = addmm(full({2}, NAN), ones({2, 3}), ones({3, 2}), 0);
  CHECK(out.to_vector<float>() == std::vector<float>(4, 3));
}
