// Graphs that several threads build and go through.
#include <atomic>
#include <thread>

#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

using namespace taper;

namespace {

using Numbers = std::vector<double>;
Numbers numbers(const Tensor& x) { return x.to_vector<double>(); }

template <class F>
void on_two_threads(F f) {
  std::thread other([&] { f(0); });
  f(1);
  other.join();
}

}  // namespace

TEST_CASE("two threads may go backward through what their graphs share") {
  const Tensor x = ones({64}, {.requires_grad = true});
  Tensor shared = x;
  for (int i = 0; i < 50; ++i) shared = shared * 1.0;
  const Tensor tails[2] = {(shared * 2).sum(), (shared * 3).sum()};
  on_two_threads([&](int me) {
    for (int i = 0; i < 100; ++i) tails[me].backward({.retain_graph = true});
  });
  CHECK(numbers(x.grad()) == Numbers(64, 500.0));
}

TEST_CASE("two threads may ask for gradients of one graph at once") {
  const Tensor x = ones({16}, {.requires_grad = true});
  Tensor y = x;
  for (int i = 0; i < 20; ++i) y = y * x;
  const Tensor total = y.sum();
  std::atomic<int> right{0};
  on_two_threads([&](int) {
    for (int i = 0; i < 100; ++i)
      right += static_cast<int>(numbers(autograd::grad({total}, {x}, {.retain_graph = true})[0]) == Numbers(16, 21.0));
  });
  CHECK(right == 200);
}

TEST_CASE("of two threads that spend one graph, one has it and the other is told") {
  for (int round = 0; round < 50; ++round) {
    const Tensor x = ones({8}, {.requires_grad = true});
    const Tensor total = (x * x).sum();
    std::atomic<int> told{0};
    on_two_threads([&](int) {
      try {
        total.backward();
      } catch (const GradError&) {
        ++told;
      }
    });
    CHECK(told == 1);
    CHECK(numbers(x.grad()) == Numbers(8, 2.0));
  }
}

TEST_CASE("grad mode and inference mode belong to their thread") {
  const Tensor x = ones({2}, {.requires_grad = true});
  const NoGradGuard no_grad;
  bool recorded = false;
  std::thread other([&] { recorded = (x * 2).requires_grad(); });
  other.join();
  CHECK(recorded);
  const InferenceMode inference;
  bool inside = true;
  std::thread another([&] { inside = InferenceMode::is_enabled() || (x * 2).is_inference(); });
  another.join();
  CHECK_FALSE(inside);
}

TEST_CASE("a result that retains its gradient may end on one thread while backward runs on another") {
  const Tensor x = ones({8}, {.requires_grad = true});
  for (int round = 0; round < 200; ++round) {
    Tensor y = x * 2;
    y.retain_grad();
    const Tensor total = y.sum();
    std::thread other([&] { y = Tensor(); });
    total.backward();
    other.join();
  }
  CHECK(numbers(x.grad()) == Numbers(8, 400.0));
}

TEST_CASE("tensors may end while the graph that they made lives, on whichever thread") {
  const Tensor x = ones({8}, {.requires_grad = true});
  Tensor total;
  std::thread maker([&] {
    Tensor y = x * 2;
    Tensor z = y * y;
    total = z.sum();
  });
  maker.join();
  std::thread user([&] { total.backward(); });
  user.join();
  CHECK(numbers(x.grad()) == Numbers(8, 8.0));
  std::thread ender([&] { total = Tensor(); });
  ender.join();
}
