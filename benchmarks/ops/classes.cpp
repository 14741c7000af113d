#include "ops/rows.h"
#include "ops/tensors.h"

namespace ops {

void classes(const Arguments& arguments) {
  const Tensor x = leaf({64, 10000}), g = randn({64, 10000}), t = randint(10000, {64});
  row(arguments, "softmax_64x10000_fb", [&] {
    x.softmax(1).backward(g);
    drop(x);
  });
  row(arguments, "log_softmax_64x10000_fb", [&] {
    x.log_softmax(1).backward(g);
    drop(x);
  });
  row(arguments, "cross_entropy_64x10000_fb", [&] {
    F::cross_entropy(x, t).backward();
    drop(x);
  });
}

}  // namespace ops
