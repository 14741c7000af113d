// A sparse gradient's values are the cotangent itself until one of the two is written.
#include "autograd/row_gradient.h"
#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/ops/embedding.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"
#include "taper/optim/sgd.h"
#include "tensor/loan.h"

using namespace taper;

namespace {

Tensor table() { return ones({5, 2}).requires_grad_(); }

void look_up(const Tensor& weight, const Tensor& cotangent) {
  embedding(tensor({1, 3, 1}), weight, {.sparse = true}).backward(cotangent);
}

Tensor cotangent() { return tensor({{1.0F, 2.0F}, {3.0F, 4.0F}, {5.0F, 6.0F}}); }

bool lent(const Tensor& weight, const Tensor& g) { return detail::values_to_read(weight.grad()).shares_memory_with(g); }

const std::vector<float> numbers{1, 2, 3, 4, 5, 6};
const std::vector<float> doubled{2, 4, 6, 8, 10, 12};

}  // namespace

TEST_CASE("a sparse gradient borrows the cotangent's memory") {
  const Tensor weight = table(), g = cotangent();
  look_up(weight, g);
  CHECK(lent(weight, g));
  optim::SGD({weight}, {.lr = 1}).step();
  CHECK(weight.to_vector<float>() == std::vector<float>{1, 1, -5, -7, 1, 1, -2, -3, 1, 1});
  CHECK(lent(weight, g));
}

TEST_CASE("a change of the cotangent in place does not reach the gradient that borrowed it") {
  const Tensor weight = table();
  Tensor g = cotangent();
  look_up(weight, g);
  SECTION("by an operation") { g.mul_(7); }
  SECTION("by a copy") { g.copy_(zeros({3, 2})); }
  SECTION("of a view") { g[0].zero_(); }
  SECTION("through numbers drawn") { g.uniform_(); }
  SECTION("by an optimizer") {
    g.requires_grad_();
    g.set_grad(ones({3, 2}));
    optim::SGD({g}, {.lr = 1}).step();
  }
  CHECK_FALSE(lent(weight, g));
  CHECK(weight.grad().values().to_vector<float>() == numbers);
}

TEST_CASE("a write through a pointer to the cotangent does not reach the gradient that borrowed it") {
  const Tensor weight = table(), g = cotangent();
  look_up(weight, g);
  SECTION("of the cotangent") { g.data<float>()[0] = 7; }
  SECTION("of a view") { g[0].data<float>()[0] = 7; }
  CHECK_FALSE(lent(weight, g));
  CHECK(weight.grad().values().to_vector<float>() == numbers);
}

TEST_CASE("a gradient of dense meaning borrows a cotangent that nobody has a pointer to, and no other") {
  const Tensor weight = ones({20, 2}).requires_grad_(), ids = tensor({1, 3, 1});
  Tensor g = cotangent() * 1;
  const auto held = [&] { return detail::values_to_read(detail::held_gradient(weight)); };
  SECTION("written through a pointer from before") {
    auto* numbers_of_g = g.data<float>();
    embedding(ids, weight).backward(g);
    CHECK_FALSE(held().shares_memory_with(g));
    numbers_of_g[0] = 7;
  }
  SECTION("written through a pointer from later") {
    embedding(ids, weight).backward(g);
    CHECK(held().shares_memory_with(g));
    g.data<float>()[0] = 7;
    CHECK_FALSE(held().shares_memory_with(g));
  }
  SECTION("written by an operation") {
    embedding(ids, weight).backward(g);
    CHECK(held().shares_memory_with(g));
    g.zero_();
  }
  SECTION("lent already") {
    const Tensor other = table();
    look_up(other, g);
    embedding(ids, weight).backward(g);
    CHECK(lent(other, g));
    CHECK_FALSE(held().shares_memory_with(g));
    g.zero_();
  }
  SECTION("that nobody else has") { (embedding(ids, weight) * 1).backward(g); }
  optim::SGD({weight}, {.lr = 1}).step();
  CHECK(weight.narrow(0, 0, 4).to_vector<float>() == std::vector<float>{1, 1, -5, -7, 1, 1, -2, -3});
}

TEST_CASE("a change of the gradient in place does not reach the cotangent") {
  const Tensor weight = table(), g = cotangent();
  look_up(weight, g);
  Tensor gradient = weight.grad();
  SECTION("by an operation") { gradient.mul_(2); }
  SECTION("of its values") { gradient.values().mul_(2); }
  SECTION("of its detach()") { gradient.detach().mul_(2); }
  CHECK(weight.grad().values().to_vector<float>() == doubled);
  CHECK(g.to_vector<float>() == numbers);
}

TEST_CASE("one of two gradients borrows a cotangent, and either way they are two") {
  const Tensor a = table(), b = table();
  Tensor g = cotangent();
  look_up(a, g);
  look_up(b, g);
  CHECK(lent(a, g));
  CHECK_FALSE(lent(b, g));
  a.grad().values().mul_(2);
  g.zero_();
  CHECK(a.grad().values().to_vector<float>() == doubled);
  CHECK(b.grad().values().to_vector<float>() == numbers);
}

TEST_CASE("a loan ends with either side") {
  const Tensor weight = table();
  Tensor g = cotangent();
  look_up(weight, g);
  SECTION("the gradient's end") {
    weight.set_grad({});
    g.mul_(2);
    look_up(weight, g);
    CHECK(lent(weight, g));
    CHECK(weight.grad().values().to_vector<float>() == doubled);
  }
  SECTION("the cotangent's end") {
    g = Tensor();
    CHECK(weight.grad().values().to_vector<float>() == numbers);
  }
  SECTION("a second backward adds") {
    look_up(weight, g);
    g.zero_();
    CHECK(weight.grad().to_dense().to_vector<float>() == std::vector<float>{0, 0, 12, 16, 0, 0, 6, 8, 0, 0});
  }
}
