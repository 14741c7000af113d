// InferenceMode. What is expected is what PyTorch 1.13.1 does.
#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/embedding.h"
#include "taper/nn/linear.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

using namespace taper;
using taper_test::ContainsSubstring;

namespace {

using Numbers = std::vector<double>;
Numbers numbers(const Tensor& x) { return x.to_vector<double>(); }
Tensor leaf() { return tensor({1.0, 2.0}, {.requires_grad = true}); }

Tensor made_inside() {
  const InferenceMode guard;
  return ones({2});
}

}  // namespace

TEST_CASE("what is made in inference mode is an inference tensor, and nothing is recorded") {
  const Tensor x = leaf();
  {
    const InferenceMode guard;
    CHECK(InferenceMode::is_enabled());
    CHECK_FALSE(is_grad_enabled());
    const Tensor y = x * 2;
    CHECK(y.is_inference());
    CHECK_FALSE(y.requires_grad());
    CHECK_FALSE(x.detach().is_inference());
    CHECK_FALSE(x.slice(0, 0, 1).is_inference());
    const EnableGradGuard enabled;
    CHECK(is_grad_enabled());
    CHECK_FALSE((x * 2).requires_grad());
    CHECK((x * 2).is_inference());
    const InferenceMode normal(false);
    CHECK((x * 2).requires_grad());
    CHECK_FALSE((x * 2).is_inference());
  }
  CHECK_FALSE(InferenceMode::is_enabled());
  CHECK((x * 2).requires_grad());
}

TEST_CASE(
    "whatever its size and layout, what an elementwise operation makes in inference mode is an inference tensor") {
  for (const std::int64_t n : {0, 1, 4, 100'000}) {
    INFO(n << " numbers");
    const Tensor x = full({n}, 0.5, {.requires_grad = true});
    const Tensor y = full({n}, 2.0);
    const Tensor strided = full({n, 2}, 2.0).select(1, 0);
    const Tensor scalar = tensor(3.0);
    const auto results = [&] {
      return std::vector<Tensor>{x + y,
                                 x - y,
                                 x * y,
                                 x / y,
                                 x + 1,
                                 1 - x,
                                 x * 2,
                                 2 / x,
                                 -x,
                                 x.relu(),
                                 x.exp(),
                                 x.tanh(),
                                 x.square(),
                                 x.sigmoid(),
                                 x.pow(2),
                                 x > y,
                                 x == 0.5,
                                 x + scalar,
                                 x * strided,
                                 strided * 2,
                                 y.to(int64) + 1,
                                 maximum(x, y),
                                 where(x > 0, x, y),
                                 x.clamp(0, 1),
                                 x.to(float64)};
    };
    {
      const InferenceMode guard;
      for (const Tensor& result : results()) {
        CHECK(result.is_inference());
        CHECK_FALSE(result.requires_grad());
      }
    }
    for (const Tensor& result : results()) CHECK_FALSE(result.is_inference());
  }
}

TEST_CASE("the result of a small elementwise operation in inference mode is refused outside, as a large one's is") {
  for (const std::int64_t n : {2, 100'000}) {
    INFO(n << " numbers");
    const Tensor x = full({n}, 0.5, {.requires_grad = true});
    Tensor made;
    {
      const InferenceMode guard;
      made = x * 2;
    }
    CHECK_THROWS_AS(x * made, GradError);
    CHECK_THROWS_AS(made.add_(1), GradError);
    CHECK_THROWS_AS(made.requires_grad_(), GradError);
    CHECK(made[0].item<double>() == 1);
    CHECK_NOTHROW(x + made);
  }
}

TEST_CASE("InferenceMode(false) is the normal mode inside a NoGradGuard, too") {
  const NoGradGuard no_grad;
  {
    const InferenceMode normal(false);
    CHECK(is_grad_enabled());
  }
  CHECK_FALSE(is_grad_enabled());
}

TEST_CASE("outside, an inference tensor is read, viewed and cloned") {
  const Tensor x = made_inside();
  CHECK(x.is_inference());
  CHECK(x[0].is_inference());
  CHECK(x.view({2, 1}).is_inference());
  CHECK(x.detach().is_inference());
  CHECK_FALSE((x * 2).is_inference());
  CHECK_FALSE(x.clone().is_inference());
  CHECK(x.str() == "tensor([1., 1.])");
  CHECK_THROWS_AS(x.version(), GradError);
}

TEST_CASE("outside, an inference tensor is neither changed nor made a leaf") {
  Tensor x = made_inside();
  CHECK_THROWS_WITH(x.add_(1), ContainsSubstring("inference tensor cannot be changed in place outside InferenceMode"));
  CHECK_THROWS_AS(x.requires_grad_(), GradError);
  CHECK_THROWS_AS(nn::Parameter(x), GradError);
  CHECK_NOTHROW(x.requires_grad_(false));
  {
    const NoGradGuard no_grad;
    CHECK_THROWS_AS(x.zero_(), GradError);
    CHECK_THROWS_AS(x.copy_(zeros({2})), GradError);
    CHECK_THROWS_AS(x[0].fill_(3), GradError);
  }
  CHECK(numbers(x) == Numbers{1, 1});
  const InferenceMode guard;
  x.add_(1);
  x[0].fill_(7);
  CHECK(numbers(x) == Numbers{7, 2});
}

TEST_CASE("an inference tensor is not saved for backward, where backward needs it not, it may take part") {
  const Tensor c = made_inside();
  const Tensor x = leaf();
  CHECK_THROWS_WITH(x * c, ContainsSubstring("inference tensor, of shape [2]"));
  Tensor ids;
  {
    const InferenceMode guard;
    ids = tensor({0, 1});
  }
  CHECK_THROWS_AS(nn::Embedding(3, 2)(ids), GradError);
  const Tensor y = x + c;
  y.sum().backward();
  CHECK(numbers(x.grad()) == Numbers{1, 1});
  Tensor z = x * 1;
  z.add_(c);
  CHECK(numbers(z) == Numbers{2, 3});
  const NoGradGuard no_grad;
  CHECK(numbers(x * c) == Numbers{1, 2});
}

TEST_CASE("in inference mode ordinary tensors change, and count it") {
  Tensor x = leaf();
  const Tensor y = x * x;
  Tensor view;
  {
    const InferenceMode guard;
    x.add_(1);
    view = x.slice(0, 0, 1);
  }
  CHECK(x.version() == 1);
  CHECK(numbers(x) == Numbers{2, 3});
  CHECK_THROWS_AS(y.sum().backward(), GradError);
  CHECK_THROWS_WITH(view.add_(1), ContainsSubstring("made in an InferenceMode"));
}

TEST_CASE("a module made in inference mode keeps to it, and a cotangent may be an inference tensor") {
  const Tensor x = leaf();
  (x * 2).backward(made_inside());
  CHECK(numbers(x.grad()) == Numbers{2, 2});
  CHECK_FALSE(x.grad().is_inference());
  x.set_grad({});
  x.backward(made_inside());
  CHECK_FALSE(x.grad().is_inference());
  {
    const InferenceMode guard;
    CHECK(nn::Linear(2, 2).weight.is_inference());
    CHECK(nn::Linear(2, 2).weight.requires_grad());
  }
  x.set_grad(made_inside());
  CHECK_THROWS_AS((x * 2).sum().backward(), GradError);
}
