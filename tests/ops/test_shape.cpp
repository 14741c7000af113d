#include "catch.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

using namespace taper;

TEST_CASE("an expanded view of what is later changed in place gets the sum of its gradients") {
  const Tensor x = tensor({{1.0}, {2.0}}, {.requires_grad = true});
  Tensor y = x * 1;
  const Tensor view = y.expand({2, 3});
  y.mul_(2);
  (view * tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}})).sum().backward();
  CHECK(x.grad().to_vector<float>() == std::vector<float>{12, 30});
}
