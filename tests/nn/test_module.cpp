#include <type_traits>

#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/module.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "warnings.h"

using namespace taper;
using taper_test::ContainsSubstring;

namespace {

struct Scale : nn::Module {
  nn::Parameter weight;
  nn::Buffer count;
  explicit Scale(const Tensor& start) : weight(start), count(tensor(std::vector<int64_t>{7})) {}
  Tensor forward(const Tensor& x) const { return x * weight; }
  TAPER_MODULE(count, weight)
};

struct Pair : nn::Module {
  Scale first;
  nn::Parameter shift;
  Scale second;
  int calls = 0;
  Pair() : first(tensor({1.0, 2.0})), shift(tensor({10.0, 20.0})), second(tensor({3.0, 4.0})) {}
  Tensor forward(const Tensor& x) {
    ++calls;
    return second(first(x)) + shift;
  }
  std::string extra_repr() const override { return "k=1"; }
  TAPER_MODULE(first, shift, second)
};

struct Two : nn::Module {
  Scale a;
  Scale b;
  explicit Two(double fill, int64_t n) : a(full({2}, fill)), b(full({n}, fill)) {}
  TAPER_MODULE(a, b)
};

struct Outer : nn::Module {
  Scale a;
  Pair unlisted;
  Scale b;
  Outer() : a(ones({2})), b(ones({2})) {
    nn::tie(b.weight, a.weight);
    nn::tie(unlisted.second.weight, unlisted.first.weight);
  }
  TAPER_MODULE(a, b)
};

struct Base : nn::Module {
  nn::Parameter weight{ones({2})};
  Tensor forward(const Tensor& x) { return x * weight; }
  TAPER_MODULE(weight)
};

struct Derived : Base {
  nn::Parameter bias{ones({2})};
  Tensor forward(const Tensor& x) { return Base::forward(x) + bias; }
  TAPER_MODULE(this->weight, bias)
};

struct Any : nn::Module {
  std::pair<Tensor, int> forward(int k, const Tensor& x, std::string_view, Tensor y) { return {x * y, k}; }
  TAPER_MODULE()
};

struct Nothing : nn::Module {
  int seen = 0;
  void forward(int& k) { seen = ++k; }
  TAPER_MODULE()
};

struct Forgetful : nn::Module {
  Scale scale{ones({2})};
  nn::Parameter hidden{ones({3, 2})};
  Tensor forward(const Tensor& x) { return (scale(x) * hidden).sum(); }
  TAPER_MODULE(scale)
};
struct Brittle {
  bool breaks = false;
  Brittle() = default;
  Brittle(const Brittle& other) : breaks(other.breaks) {
    if (breaks) throw ValueError("broken");
  }
};

struct Fragile : nn::Module {
  nn::Parameter a{ones({2})};
  Brittle brittle;
  nn::Parameter b{ones({2})};
  TAPER_MODULE(a, b)
};

struct Passing : nn::Module {
  nn::Buffer kept{ones({2})};
  nn::Buffer passing{ones({2}), false};
  nn::Buffer none;
  TAPER_MODULE(kept, passing, none)
};

std::vector<std::string> names(const std::vector<std::pair<std::string, Tensor>>& pairs) {
  std::vector<std::string> result;
  for (const auto& [name, value] : pairs) result.push_back(name);
  return result;
}

std::vector<std::string> names(const TensorMap& map) {
  std::vector<std::string> result;
  for (const auto& [name, value] : map) result.push_back(name);
  return result;
}

using Names = std::vector<std::string>;
using Numbers = std::vector<double>;

}  // namespace

TEST_CASE("a module lists its own parameters, then its buffers, then its children, in written order") {
  Pair model;
  CHECK(names(model.named_parameters()) == Names{"shift", "first.weight", "second.weight"});
  CHECK(names(model.named_parameters("net")) == Names{"net.shift", "net.first.weight", "net.second.weight"});
  CHECK(names(model.named_parameters("", false)) == Names{"shift"});
  CHECK(names(model.named_buffers()) == Names{"first.count", "second.count"});
  CHECK(names(model.state_dict()) == Names{"shift", "first.weight", "first.count", "second.weight", "second.count"});
  CHECK(names(model.state_dict("net.")).front() == "net.shift");
  CHECK(model.parameters().size() == 3);
  CHECK(model.named_modules().size() == 3);
  CHECK(model.named_modules()[1].first == "first");
  CHECK(model.named_children()[1].second == &model.second);
  CHECK(model.modules()[0] == &model);
}

TEST_CASE("parameters are handles that share and know what they are, a state dict's are off the tape") {
  Pair model;
  const Tensor handle = model.parameters()[0];
  CHECK(handle.is(model.shift));
  CHECK(handle.is_parameter());
  CHECK(handle.requires_grad());
  const TensorMap state = model.state_dict();
  const Tensor& saved = state.at("shift");
  CHECK(saved.shares_memory_with(model.shift));
  CHECK_FALSE(saved.requires_grad());
  CHECK_FALSE(saved.is_parameter());
}

TEST_CASE("a Parameter takes a tensor's memory, a copy has its own, a move steals") {
  const Tensor start = tensor({1.0, 2.0});
  nn::Parameter a(start);
  CHECK(a.shares_memory_with(start));
  CHECK_FALSE(start.requires_grad());
  (a * 2).sum().backward();
  nn::Parameter b = a;
  CHECK_FALSE(b.shares_memory_with(a));
  CHECK(b.is_parameter());
  CHECK(b.requires_grad());
  CHECK_FALSE(b.grad().defined());
  CHECK(b.to_vector<double>() == Numbers{1, 2});
  const Tensor handle = a;
  nn::Parameter c = std::move(a);
  CHECK(c.is(handle));
  CHECK(c.grad().defined());
  const nn::Parameter frozen(start, false);
  CHECK_FALSE(frozen.requires_grad());
  CHECK_FALSE(nn::Parameter(frozen).requires_grad());
}

TEST_CASE("a Parameter refuses integers that are to learn, and assignment but from one of its shape") {
  CHECK_THROWS_AS(nn::Parameter(tensor({1, 2})), TypeError);
  CHECK(nn::Parameter(tensor({1, 2}), false).dtype() == int64);
  STATIC_REQUIRE_FALSE(std::is_assignable_v<nn::Parameter&, Tensor>);
  STATIC_REQUIRE_FALSE(std::is_assignable_v<nn::Parameter&, const Tensor&>);
  STATIC_REQUIRE_FALSE(std::is_assignable_v<nn::Parameter&, const nn::Buffer&>);
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<nn::Parameter>);
  nn::Parameter a(tensor({1.0, 2.0}));
  const Tensor handle = a;
  a = nn::Parameter(tensor({3.0, 4.0}));
  CHECK(a.is(handle));
  CHECK(handle.to_vector<double>() == Numbers{3, 4});
  CHECK_THROWS_AS(a = nn::Parameter(tensor({1.0})), ShapeError);
  CHECK(handle.to_vector<double>() == Numbers{3, 4});
}

TEST_CASE("copying a module is a deep snapshot, moving it steals") {
  Pair model;
  model.eval();
  const Pair snapshot = model;
  {
    const NoGradGuard no_grad;
    model.first.weight.fill_(0);
    model.first.count.fill_(0);
  }
  CHECK(snapshot.first.weight.to_vector<double>() == Numbers{1, 2});
  CHECK(snapshot.first.count.to_vector<double>() == Numbers{7});
  CHECK_FALSE(snapshot.second.training);
  const Tensor handle = model.first.weight;
  Pair moved = std::move(model);
  CHECK(moved.first.weight.is(handle));
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Pair>);
}

TEST_CASE("assigning a module writes its numbers in place, so that handles stay") {
  Pair model;
  const std::vector<Tensor> handles = model.parameters();
  Pair best = model;
  {
    const NoGradGuard no_grad;
    for (Tensor& parameter : best.parameters()) parameter.fill_(5);
  }
  best.first.count.fill_(9);
  model = best;
  for (const Tensor& handle : handles) CHECK(handle.to_vector<double>() == Numbers{5, 5});
  CHECK(model.first.count.to_vector<double>() == Numbers{9});
  CHECK(model.parameters()[1].is(handles[1]));
  CHECK_FALSE(model.shift.shares_memory_with(best.shift));
  std::swap(model, best);
  const Pair& itself = model;
  model = itself;
  CHECK(model.shift.to_vector<double>() == Numbers{5, 5});
}

TEST_CASE("assigning a module of other shapes is a ShapeError and changes nothing") {
  Two model(1, 2);
  const Two other(2, 3);
  CHECK_THROWS_WITH(model = other, ContainsSubstring("'b.weight' has shape [2], but [3] is to be assigned"));
  CHECK_THROWS_AS(model = other, ShapeError);
  CHECK(model.a.weight.to_vector<double>() == Numbers{1, 1});
  CHECK(model.str() == "Two(\n  (a): Scale()\n  (b): Scale()\n)");
}

TEST_CASE("what is tied is one parameter, and stays so in copies") {
  Pair model;
  nn::tie(model.second.weight, model.first.weight);
  CHECK(names(model.named_parameters()) == Names{"shift", "first.weight"});
  CHECK(model.state_dict().size() == 5);
  const Pair copy = model;
  CHECK(copy.second.weight.is(copy.first.weight));
  CHECK_FALSE(copy.second.weight.is(model.first.weight));
  CHECK_FALSE(copy.shift.is(copy.first.weight));
  const Pair again = model;
  CHECK_FALSE(again.first.weight.is(copy.first.weight));
  CHECK(again.second.weight.is(again.first.weight));
  const nn::Parameter alone = model.first.weight;
  const Pair third = copy;
  CHECK_FALSE(third.first.weight.is(alone));
  CHECK(third.second.weight.is(third.first.weight));
  const Pair moved = std::move(model);
  CHECK(moved.second.weight.is(moved.first.weight));
  nn::Parameter other(ones({3}));
  CHECK_THROWS_AS(nn::tie(other, model.shift), ValueError);
  nn::Parameter pair(ones({2}));
  CHECK_THROWS_AS(nn::tie(other, pair), ShapeError);
}

TEST_CASE("ties survive a copy that goes on around another module's copy") {
  const taper_test::Warnings warnings;  // of what is not listed
  const Outer model;
  const Outer copy = model;
  CHECK(copy.a.weight.is(copy.b.weight));
  CHECK(copy.unlisted.first.weight.is(copy.unlisted.second.weight));
  CHECK_FALSE(copy.a.weight.is(copy.unlisted.first.weight));
  CHECK_FALSE(copy.a.weight.is(model.a.weight));
}

TEST_CASE("a copy that was thrown out of leaves no trace in later ones") {
  Fragile model;
  nn::tie(model.b, model.a);
  model.brittle.breaks = true;
  CHECK_THROWS_AS(Fragile(model), ValueError);
  const nn::Parameter alone = model.b;
  const nn::Parameter other = model.a;
  CHECK_FALSE(alone.is(other));
  model.brittle.breaks = false;
  const Fragile copy(model);
  CHECK(copy.b.is(copy.a));
  CHECK_FALSE(copy.b.is(alone));
}

TEST_CASE("buffers that are not persistent are listed but not saved, and undefined ones are neither") {
  const Passing module;
  CHECK(names(module.named_buffers()) == Names{"kept", "passing"});
  CHECK(names(module.state_dict()) == Names{"kept"});
  CHECK_FALSE(Passing(module).kept.shares_memory_with(module.kept));
}

TEST_CASE("a derived module lists inherited members too, and templates may name them through this") {
  Derived model;
  CHECK(names(model.named_parameters()) == Names{"weight", "bias"});
  CHECK(model(ones({2})).to_vector<double>() == Numbers{2, 2});
  CHECK(model.str() == "Derived()");
  nn::tie(model.bias, model.weight);
  const Derived copy = model;
  CHECK(copy.bias.is(copy.weight));
}

TEST_CASE("load_state_dict writes in place, converting") {
  Pair model;
  const Tensor handle = model.shift;
  const nn::IncompatibleKeys keys = model.load_state_dict(
      {{"shift", tensor({5.0, 6.0}, float64)}, {"first.weight", tensor({1, 2})}}, {.strict = false});
  CHECK(handle.to_vector<double>() == Numbers{5, 6});
  CHECK(keys.missing_keys == Names{"first.count", "second.weight", "second.count"});
  CHECK(keys.unexpected_keys.empty());
  CHECK(keys.str() ==
        "_IncompatibleKeys(missing_keys=['first.count', 'second.weight', 'second.count'], unexpected_keys=[])");
  CHECK(model.load_state_dict(model.state_dict()).str() == "<All keys matched successfully>");
  Pair other;
  CHECK(other.load_state_dict(model.state_dict()).missing_keys.empty());
  CHECK(other.shift.to_vector<double>() == Numbers{5, 6});
  CHECK(other.shift.requires_grad());
}

TEST_CASE("load_state_dict names all that does not match in one error and loads nothing") {
  Pair model;
  const TensorMap state{
      {"shift", ones({3})},       {"first.weight", zeros({2})},        {"first.count", zeros({1}, int64)},
      {"first.extra", ones({1})}, {"second.count", zeros({1}, int64)}, {"odd", ones({1})}};
  std::string message;
  try {
    model.load_state_dict(state);
  } catch (const StateError& error) {
    message = error.what();
  }
  CHECK(message ==
        "Error(s) in loading state_dict for Pair:\n"
        "\tMissing key(s) in state_dict: \"second.weight\". \n"
        "\tUnexpected key(s) in state_dict: \"odd\", \"first.extra\". \n"
        "\tsize mismatch for shift: copying a param with shape torch.Size([3]) from checkpoint, the shape in current "
        "model is torch.Size([2]).");
  CHECK(model.first.weight.to_vector<double>() == Numbers{1, 2});
  CHECK_THROWS_AS(model.load_state_dict(state, {.strict = false}), StateError);
  CHECK(model.first.weight.to_vector<double>() == Numbers{1, 2});
}

TEST_CASE("train, eval, requires_grad_ and zero_grad reach every child, apply visits children first") {
  Pair model;
  CHECK(&model.eval() == &model);
  CHECK_FALSE(model.second.training);
  model.train();
  CHECK(model.second.training);
  Names order;
  model.apply([&](nn::Module& module) {
    order.emplace_back(module.name());
    if (auto* scale = module.as<Scale>()) scale->training = false;
  });
  CHECK(order == Names{"Scale", "Scale", "Pair"});
  CHECK_FALSE(model.first.training);
  CHECK(model.training);
  model(ones({2})).sum().backward();
  const Tensor gradient = model.shift.grad();
  model.zero_grad(false);
  CHECK(model.shift.grad().to_vector<double>() == Numbers{0, 0});
  model.zero_grad();
  CHECK_FALSE(model.shift.grad().defined());
  model.requires_grad_(false);
  CHECK_FALSE(model.second.weight.requires_grad());
  CHECK_FALSE(model(ones({2})).requires_grad());
}

TEST_CASE("to converts behind the handles, leaves integers alone and refuses integers") {
  Pair model;
  const Tensor handle = model.shift;
  Tensor loss = (model.shift * model.shift).sum();
  loss.backward();
  Tensor stale = (model.shift * model.shift).sum();
  CHECK(&model.to(float64) == &model);
  CHECK(handle.dtype() == float64);
  CHECK(handle.to_vector<double>() == Numbers{10, 20});
  CHECK(handle.grad().dtype() == float64);
  CHECK(handle.is_parameter());
  CHECK(model.first.count.dtype() == int64);
  CHECK(model(ones({2}, float64)).dtype() == float64);
  CHECK_THROWS_AS(stale.backward(), GradError);
  CHECK_THROWS_AS(model.to(int64), TypeError);
}

TEST_CASE("hooks see and replace the tensors of a call, and leave when their handle says so") {
  Pair model;
  int before = 0;
  HookHandle pre = model.register_forward_pre_hook([&](nn::Module& module, std::vector<Tensor>& inputs) {
    ++before;
    CHECK(&module == &model);
    inputs[0] = inputs[0] * 2;
  });
  HookHandle look =
      model.register_forward_hook([&](nn::Module&, const std::vector<Tensor>& inputs, const Tensor& output) {
        CHECK(inputs[0].to_vector<double>() == Numbers{2, 2});
        CHECK(output.to_vector<double>() == Numbers{16, 36});
      });
  HookHandle replace = model.register_forward_hook(
      [](nn::Module&, const std::vector<Tensor>&, const Tensor& output) { return output + 1; });
  CHECK(model(ones({2})).to_vector<double>() == Numbers{17, 37});
  CHECK(before == 1);
  look.remove();
  pre.remove();
  CHECK(model(ones({2})).to_vector<double>() == Numbers{14, 29});
  Pair copy = model;
  Pair moved = std::move(model);
  replace.remove();
  CHECK(moved(ones({2})).to_vector<double>() == Numbers{13, 28});
  CHECK(copy(ones({2})).to_vector<double>() == Numbers{14, 29});
}

TEST_CASE("a pre-hook may return what takes the inputs' place, one for each") {
  Pair model;
  HookHandle twice = model.register_forward_pre_hook(
      [](nn::Module&, const std::vector<Tensor>& inputs) { return std::vector<Tensor>{inputs[0] * 2}; });
  CHECK(model(ones({2})).to_vector<double>() == Numbers{16, 36});
  HookHandle plus =
      model.register_forward_pre_hook([](nn::Module&, const std::vector<Tensor>& inputs) { return inputs[0] + 1; });
  CHECK(model(ones({2})).to_vector<double>() == Numbers{19, 44});
  model.register_forward_pre_hook([](nn::Module&, std::vector<Tensor>& inputs) { inputs.clear(); });
  CHECK_THROWS_AS(model(ones({2})), ValueError);
}

TEST_CASE("forward may take and return anything, and hooks see the tensors among it") {
  Any any;
  any.register_forward_hook([](nn::Module&, const std::vector<Tensor>& inputs, const Tensor& output) {
    REQUIRE(inputs.size() == 2);
    return inputs[0] + inputs[1] + output;
  });
  const auto [product, k] = any(3, tensor({2.0}), "word", tensor({5.0}));
  CHECK(k == 3);
  CHECK(product.item<double>() == 17);
  Nothing nothing;
  int calls = 0;
  nothing.register_forward_hook(
      [&](nn::Module&, const std::vector<Tensor>&, const Tensor& output) { calls += output.defined() ? 100 : 1; });
  int number = 4;
  nothing(number);
  CHECK(number == 5);
  CHECK(calls == 1);
  CHECK(nothing.str() == "Nothing()");
}

TEST_CASE("a const module with a const forward can be called") {
  const Scale scale(tensor({2.0, 3.0}));
  CHECK(scale(ones({2})).to_vector<double>() == Numbers{2, 3});
  STATIC_REQUIRE(std::is_invocable_v<const Scale&, Tensor>);
  STATIC_REQUIRE_FALSE(std::is_invocable_v<const Pair&, Tensor>);
  STATIC_REQUIRE(std::is_invocable_v<Pair&, Tensor>);
}

TEST_CASE("check_registered finds a parameter that took part but is not listed") {
  const taper_test::Warnings warnings;
  Forgetful model;
  const Tensor loss = model(ones({2}));
  CHECK_THROWS_AS(nn::check_registered(model, loss), StateError);
  CHECK_THROWS_WITH(nn::check_registered(model, loss), ContainsSubstring("[3, 2]") && ContainsSubstring("Forgetful"));
  Pair good;
  CHECK_NOTHROW(nn::check_registered(good, good(ones({2})).sum()));
}

TEST_CASE("repr shows extra lines before children") {
  const Pair model;
  CHECK(model.str() == "Pair(\n  k=1\n  (first): Scale()\n  (second): Scale()\n)");
}
