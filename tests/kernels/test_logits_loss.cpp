// The loss of logits in one pass gives the bits of the same in operations, which is what a weight that broadcasts
// takes.
#include <cmath>
#include <limits>

#include "catch.h"
#include "kernels/each_target.h"
#include "taper/base/generator.h"
#include "taper/base/threads.h"
#include "taper/ops/create.h"
#include "taper/ops/loss.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/random.h"
#include "taper/ops/shape.h"

using namespace taper;

namespace {

struct Case {
  Tensor x, y, weight, g;
  std::string reduction;

  Case(std::int64_t n, DType dtype, std::string how) : reduction(std::move(how)) {
    manual_seed(n);
    x = randn({2, n}, {.dtype = dtype}) * 8;
    x.slice(1, 0, 3).copy_(tensor({100.0, -100.0, 0.0}));
    x.requires_grad_();
    y = rand({2, n}, {.dtype = dtype});
    weight = rand({1, n}, {.dtype = dtype}) + 0.5;
    g = reduction == "none" ? rand({2, n}, {.dtype = dtype}) : rand({}, {.dtype = dtype});
  }
  std::vector<double> run(const Tensor& w) const {
    x.set_grad({});
    const Tensor loss = binary_cross_entropy_with_logits(x, y, {.weight = w, .reduction = reduction});
    loss.backward(g);
    std::vector<double> result = loss.detach().reshape({-1}).to_vector<double>();
    const std::vector<double> slope = x.grad().reshape({-1}).to_vector<double>();
    result.insert(result.end(), slope.begin(), slope.end());
    return result;
  }
};

}  // namespace

TEST_CASE("the loss of logits in one pass has the bits of its operations, on every target and number of threads") {
  for (const DType dtype : {float32, float64}) {
    for (const char* reduction : {"none", "sum", "mean"}) {
      for (const std::int64_t n : {3, 37, 20001}) {
        const Case c(n, dtype, reduction);
        const std::vector<double> in_operations = c.run(c.weight);
        const Tensor whole = c.weight.expand({2, n}).contiguous();
        taper_test::for_each_target([&](const char* target) {
          INFO(target << ' ' << name(dtype) << ' ' << reduction << ' ' << n);
          CHECK(c.run(whole) == in_operations);
        });
        const int before = get_num_threads();
        set_num_threads(2);
        CHECK(c.run(whole) == in_operations);
        set_num_threads(before);
      }
    }
  }
}

TEST_CASE("logits beyond all bounds have PyTorch's loss and slope") {
  const float infinity = std::numeric_limits<float>::infinity();
  const Tensor x = tensor({infinity, -infinity, infinity, std::nanf(""), -200.0F}, {.requires_grad = true});
  const Tensor y = tensor({0.0F, 0.0F, 1.0F, 0.0F, 1.0F});
  const Tensor loss = binary_cross_entropy_with_logits(x, y, {.reduction = "none"});
  loss.sum().backward();
  const std::vector<float> values = loss.to_vector<float>(), slopes = x.grad().to_vector<float>();
  CHECK(values[0] == infinity);
  for (const std::size_t i : {1U, 2U, 3U}) CHECK(std::isnan(values[i]));
  CHECK(values[4] == 200);
  CHECK(slopes[0] == 1);
  CHECK(slopes[1] == 0);
  CHECK(slopes[2] == 0);
  CHECK(std::isnan(slopes[3]));
  CHECK(slopes[4] == -1);
}

TEST_CASE("an infinite logit's loss in one pass is what the operations give, NaN at minus infinity") {
  const double inf = std::numeric_limits<double>::infinity();
  taper_test::for_each_target([&](const char* target) {
    INFO(target);
    for (const DType dtype : {float32, float64}) {
      const Tensor x = tensor({inf, inf, inf, -inf, -inf, -inf}).to(dtype);
      const Tensor y = tensor({0.0, 1.0, 2.0, 0.0, 1.0, 2.0}).to(dtype);
      const auto loss = binary_cross_entropy_with_logits(x, y, {.reduction = "none"}).to_vector<double>();
      CHECK(loss[0] == inf);
      CHECK(std::isnan(loss[1]));
      CHECK(loss[2] == -inf);
      for (std::size_t i = 3; i < 6; ++i) CHECK(std::isnan(loss[i]));
    }
  });
}
