#include <cmath>
#include <limits>

#include "catch.h"
#include "kernels/values.h"
#include "optim/trajectories.h"
#include "taper/base/error.h"
#include "taper/nn/embedding.h"
#include "taper/nn/linear.h"
#include "taper/nn/utils.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "tensor/extra.h"

using namespace taper;
using namespace taper_test;
using Numbers = std::vector<double>;

namespace {

Tensor with_gradient(const Tensor& gradient) {
  Tensor parameter = zeros(gradient.shape(), {.requires_grad = true});
  parameter.set_grad(gradient);
  return parameter;
}

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("clip_grad_norm_ scales all gradients together, and only down") {
  const Tensor a = with_gradient(tensor({3.0}));
  const Tensor b = with_gradient(tensor({0.0, 4.0}));
  const Tensor none = zeros({2}, {.requires_grad = true});
  const Tensor handle = a.grad();
  CHECK(nn::utils::clip_grad_norm_({a, b, none}, 10.0).item<double>() == 5);
  CHECK(a.grad().item<double>() == 3);
  CHECK(nn::utils::clip_grad_norm_({a, b, none}, 2.5).item<double>() == 5);
  CHECK(a.grad().is(handle));
  CHECK(handle.item<double>() == Approx(1.5).epsilon(1e-5));
  CHECK(b.grad()[1].item<double>() == Approx(2.0).epsilon(1e-5));
  CHECK_FALSE(none.grad().defined());
  CHECK(nn::utils::clip_grad_norm_({none}, 1.0).item<double>() == 0);
}

TEST_CASE("clip_grad_norm_ takes any p, infinity too, and may refuse what is not finite") {
  const Tensor a = with_gradient(tensor({-3.0, 1.0}));
  const Tensor b = with_gradient(tensor({2.0}));
  CHECK(nn::utils::clip_grad_norm_({a, b}, 100.0, {.norm_type = 1.0}).item<double>() == 6);
  CHECK(nn::utils::clip_grad_norm_({a, b}, 1.5, {.norm_type = infinity}).item<double>() == 3);
  CHECK(b.grad().item<double>() == Approx(1.0).epsilon(1e-5));
  const Tensor bad = with_gradient(tensor({infinity, 1.0}));
  CHECK_THROWS_AS(nn::utils::clip_grad_norm_({bad}, 1.0, {.error_if_nonfinite = true}), NumericError);
  detail::extra(bad).name = "fc.weight";
  CHECK_THROWS_WITH(
      nn::utils::clip_grad_norm_({a, bad}, 1.0, {.error_if_nonfinite = true}),
      "clip_grad_norm_: The total norm of order 2.0 for gradients from `parameters` is non-finite, so it cannot be "
      "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
      "`error_if_nonfinite=False`. It is inf, first in the gradient of 'fc.weight'");
  CHECK(bad.grad()[1].item<double>() == 1);
  nn::utils::clip_grad_norm_({a, bad}, 1.0);
  CHECK(bad.grad()[1].item<double>() == 0);
  CHECK(std::isnan(bad.grad()[0].item<double>()));
}

TEST_CASE("a sparse gradient is clipped as the dense one would be") {
  nn::Embedding table(4, 2, {.sparse = true});
  (table(tensor({2, 0, 2})) * tensor({{3.0, 0.0}, {0.0, 8.0}, {3.0, 0.0}})).sum().backward();
  CHECK(nn::utils::clip_grad_norm_(table.parameters(), 5.0).item<double>() == 10);
  REQUIRE(table.weight.grad().is_sparse());
  const Numbers clipped = table.weight.grad().to_dense().to_vector<double>();
  CHECK(clipped[1] == Approx(4.0).epsilon(1e-5));
  CHECK(clipped[4] == Approx(3.0).epsilon(1e-5));
  nn::utils::clip_grad_value_(table.parameters(), 0.5);
  CHECK(table.weight.grad().to_dense().to_vector<double>() == Numbers{0, 0.5, 0, 0, 0.5, 0, 0, 0});
  CHECK_THROWS_AS(nn::utils::clip_grad_value_(table.parameters(), -1.0), ValueError);
}

TEST_CASE("one parameter is clipped without braces") {
  const Tensor a = with_gradient(tensor({3.0, 4.0}));
  CHECK(nn::utils::clip_grad_norm_(a, 2.5).item<double>() == 5);
  CHECK(a.grad()[1].item<double>() == Approx(2.0).epsilon(1e-5));
  nn::Linear linear(1, 1);
  linear.weight.set_grad(tensor({{3.0}}));
  nn::utils::clip_grad_value_(linear.weight, 0.25);
  CHECK(linear.weight.grad().item<double>() == 0.25);
}

TEST_CASE("clip_grad_norm_ leaves PyTorch's bits", "[parity]") {
  const auto vectors = read_vectors("clip.txt");
  REQUIRE(vectors.size() == 24);
  for (const Vector& v : vectors) {
    INFO(v.dtype << " norm_type " << v.arguments[1] << " max_norm " << v.arguments[2]);
    const DType dtype = dtype_named(v.dtype);
    std::vector<Tensor> params;
    for (const Shape& shape : {Shape{37, 41}, Shape{5}, Shape{3, 2, 50}}) {
      params.push_back(zeros(shape, {.dtype = dtype, .requires_grad = true}));
      params.back().set_grad(values(v.integer(0) + static_cast<std::int64_t>(params.size()) - 1, shape, dtype));
    }
    const Tensor total = nn::utils::clip_grad_norm_(params, v.arguments[2], {.norm_type = v.arguments[1]});
    std::vector<std::uint64_t> words{dtype == float32 ? bits(total.item<float>()) : bits(total.item<double>())};
    for (const Tensor& p : params) words.push_back(hash_of({p.grad()}));
    CHECK(words == v.words);
  }
}
