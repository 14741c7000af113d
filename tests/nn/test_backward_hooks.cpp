// Full backward hooks on modules. What is expected is what PyTorch 1.13.1 gives.
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/container.h"
#include "taper/nn/embedding.h"
#include "taper/nn/linear.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

using namespace taper;
using taper_test::ContainsSubstring;
using Tensors = std::vector<Tensor>;
using Numbers = std::vector<double>;

namespace hooked {

struct Three : nn::Module {
  std::tuple<Tensor, Tensor, int> forward(const Tensor& a, const Tensor& b, double s) { return {a * s, b * 2, 7}; }
  TAPER_MODULE()
};
struct InPlace : nn::Module {
  Tensor forward(Tensor x) { return x.relu_(); }
  TAPER_MODULE()
};
struct Lookup : nn::Module {
  nn::Embedding table{3, 2};
  Tensor forward(const Tensor& ids) { return table(ids); }
  TAPER_MODULE(table)
};

}  // namespace hooked

namespace {

Numbers numbers(const Tensor& x) { return x.to_vector<double>(); }
Tensor row() { return ones({1, 2}, {.requires_grad = true}); }

// A layer that adds its inputs up.
nn::Linear adding() {
  nn::Linear layer(2, 2);
  const NoGradGuard no_grad;
  layer.weight.fill_(1);
  layer.bias.fill_(0);
  return layer;
}

}  // namespace

TEST_CASE("a full backward hook sees the gradients at both ends of a call, until it is removed") {
  nn::Linear layer = adding();
  int calls = 0;
  HookHandle handle =
      layer.register_full_backward_hook([&](nn::Module& module, const Tensors& grad_input, const Tensors& grad_output) {
        ++calls;
        CHECK(&module == &layer);
        REQUIRE(grad_input.size() == 1);
        REQUIRE(grad_output.size() == 1);
        CHECK(numbers(grad_input[0]) == Numbers{2, 2});
        CHECK(numbers(grad_output[0]) == Numbers{1, 1});
      });
  const Tensor x = row();
  const Tensor y = layer(x);
  CHECK(y.grad_fn_name() == "BackwardHookFunctionBackward");
  y.sum().backward();
  CHECK(calls == 1);
  handle.remove();
  layer(x).sum().backward();
  CHECK(calls == 1);
  CHECK(numbers(x.grad()) == Numbers{4, 4});
}

TEST_CASE("full backward hooks replace the input's gradient in turn, and leave the parameters' alone") {
  nn::Linear layer = adding();
  layer.register_full_backward_hook(
      [](nn::Module&, const Tensors& grad_input, const Tensors&) { return grad_input[0] * 10; });
  layer.register_full_backward_hook([](nn::Module&, const Tensors& grad_input, const Tensors&) {
    CHECK(numbers(grad_input[0]) == Numbers{20, 20});
    return Tensors{grad_input[0] + 1};
  });
  const Tensor x = row();
  layer(x).sum().backward();
  CHECK(numbers(x.grad()) == Numbers{21, 21});
  CHECK(numbers(layer.weight.grad()) == Numbers{1, 1, 1, 1});
}

TEST_CASE("where no input requires grad the hook sees none, and may give none") {
  nn::Linear layer = adding();
  int calls = 0;
  HookHandle looks = layer.register_full_backward_hook([&](nn::Module&, const Tensors& grad_input, const Tensors& out) {
    ++calls;
    REQUIRE(grad_input.size() == 1);
    CHECK_FALSE(grad_input[0].defined());
    CHECK(numbers(out[0]) == Numbers{1, 1});
  });
  layer(ones({1, 2})).sum().backward();
  CHECK(calls == 1);
  hooked::Lookup words;
  words.register_full_backward_hook([&](nn::Module&, const Tensors& grad_input, const Tensors& out) {
    ++calls;
    CHECK_FALSE(grad_input[0].defined());
    CHECK(numbers(out[0]) == Numbers{1, 1, 1, 1});
  });
  words(tensor({0, 2})).sum().backward();
  CHECK(calls == 2);
  layer.register_full_backward_hook([](nn::Module&, const Tensors&, const Tensors& out) { return out[0]; });
  CHECK_THROWS_AS(layer(ones({1, 2})).sum().backward(), ValueError);
}

TEST_CASE("the hook has an entry for each tensor of the call, undefined where nothing wants it") {
  hooked::Three module;
  int calls = 0;
  module.register_full_backward_hook([&](nn::Module&, const Tensors& grad_input, const Tensors& grad_output) {
    ++calls;
    REQUIRE(grad_input.size() == 2);
    CHECK(numbers(grad_input[0]) == Numbers{3, 3});
    CHECK(numbers(grad_input[1]) == Numbers{0, 0});
    REQUIRE(grad_output.size() == 2);
    CHECK(numbers(grad_output[0]) == Numbers{1, 1});
  });
  const Tensor a = tensor({1.0, 2.0}, {.requires_grad = true});
  const auto [product, twice, seven] = module(a, ones({2}), 3.0);
  CHECK(seven == 7);
  CHECK_FALSE(twice.requires_grad());
  product.sum().backward();
  CHECK(calls == 1);
  CHECK(numbers(a.grad()) == Numbers{3, 3});
  module.register_full_backward_hook(
      [](nn::Module&, const Tensors& grad_input, const Tensors&) { return Tensors{grad_input[0]}; });
  CHECK_THROWS_WITH(std::get<0>(module(a, ones({2}), 3.0)).sum().backward(),
                    ContainsSubstring("Three: a full backward hook returned 1 gradients for 2 inputs"));
}

TEST_CASE("what goes in and out of a hooked call cannot be changed in place") {
  hooked::InPlace module;
  module.register_full_backward_hook([](nn::Module&, const Tensors&, const Tensors&) {});
  const Tensor x = row();
  CHECK_THROWS_AS(module(x * 1), GradError);
  nn::Linear layer = adding();
  layer.register_full_backward_hook([](nn::Module&, const Tensors&, const Tensors&) {});
  Tensor y = layer(x * 1);
  CHECK_THROWS_AS(y.add_(1), GradError);
}

TEST_CASE("hooks of nested modules run from the outputs to the inputs, the outermost last") {
  nn::Sequential model{adding(), adding()};
  std::string order;
  model.register_full_backward_hook([&](nn::Module&, const Tensors&, const Tensors&) { order += 'm'; });
  model[0].register_full_backward_hook([&](nn::Module&, const Tensors&, const Tensors&) { order += '0'; });
  model[1].register_full_backward_hook([&](nn::Module&, const Tensors&, const Tensors&) { order += '1'; });
  model(row()).sum().backward();
  CHECK(order == "10m");
}

TEST_CASE("forward hooks stand inside backward hooks: pre-hooks, backward's input end, forward, hooks, output end") {
  nn::Linear layer = adding();
  std::string order;
  layer.register_forward_pre_hook([&](nn::Module&, const Tensors& inputs) {
    order += 'p';
    return inputs[0] * 2;
  });
  layer.register_forward_hook([&](nn::Module&, const Tensors& inputs, const Tensor& output) {
    order += 'f';
    CHECK(inputs[0].grad_fn_name() == "BackwardHookFunctionBackward");
    return output * 0;
  });
  layer.register_full_backward_hook([&](nn::Module&, const Tensors& grad_input, const Tensors& grad_output) {
    order += 'b';
    CHECK(numbers(grad_input[0]) == Numbers{0, 0});
    CHECK(numbers(grad_output[0]) == Numbers{1, 1});
  });
  layer(row()).sum().backward();
  CHECK(order == "pfb");
}

TEST_CASE("a full backward hook's gradients are recorded under create_graph, and a second backward calls it again") {
  nn::Linear layer = adding();
  std::vector<bool> recorded;
  layer.register_full_backward_hook([&](nn::Module&, const Tensors& grad_input, const Tensors& grad_output) {
    recorded.push_back(grad_input[0].requires_grad());
    recorded.push_back(grad_output[0].requires_grad());
  });
  const Tensor x = row();
  autograd::grad({layer(x).exp().sum()}, {x}, {.create_graph = true})[0].sum().backward();
  CHECK(recorded == std::vector<bool>{true, true, false, false});
}

TEST_CASE("a call without a tape has no backward hooks") {
  nn::Linear layer = adding();
  layer.register_full_backward_hook([](nn::Module&, const Tensors&, const Tensors&) {});
  {
    const NoGradGuard no_grad;
    CHECK_FALSE(layer(row()).requires_grad());
  }
  layer.requires_grad_(false);
  CHECK_FALSE(layer(ones({1, 2})).requires_grad());
}

TEST_CASE("backward hooks follow a module that moves, go with a copy, and say so where it lives no more") {
  std::optional<nn::Linear> first = adding();
  const nn::Module* seen = nullptr;
  first->register_full_backward_hook([&](nn::Module& module, const Tensors&, const Tensors&) { seen = &module; });
  const Tensor moved_before_backward = (*first)(row()).sum();
  nn::Linear second = std::move(*first);
  moved_before_backward.backward();
  CHECK(seen == &second);
  nn::Linear copy = second;
  copy(row()).sum().backward();
  CHECK(seen == &copy);
  Tensor orphan;
  {
    nn::Linear third = copy;
    orphan = third(row()).sum();
  }
  CHECK_THROWS_WITH(orphan.backward(), ContainsSubstring("the module lives no more"));
}
