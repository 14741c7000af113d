// Against python_parity/make_optimizer_states.py, which says what the lines of the dump mean.
#include <fstream>
#include <functional>

#include "catch.h"
#include "dump.h"
#include "optim/trajectories.h"
#include "taper/base/error.h"
#include "taper/base/warning.h"
#include "taper/nn/linear.h"
#include "taper/ops/pointwise.h"
#include "taper/optim/adadelta.h"
#include "taper/optim/adagrad.h"
#include "taper/optim/adam.h"
#include "taper/optim/adamax.h"
#include "taper/optim/adamw.h"
#include "taper/optim/nadam.h"
#include "taper/optim/radam.h"
#include "taper/optim/rmsprop.h"
#include "taper/optim/sgd.h"
#include "taper/optim/sparse_adam.h"
#include "tensor/extra.h"

using namespace taper;
using namespace taper_test;
using optim::Adam;
using optim::SGD;

namespace {

using Params = std::vector<Tensor>;
using Made = std::unique_ptr<optim::Optimizer>;
using Maker = std::function<Made(const Params&)>;

struct Line {
  std::string name, state, text;
};

std::string with_newlines(std::string text) {
  for (std::size_t at = 0; (at = text.find("\\n", at)) != std::string::npos;) text.replace(at, 2, "\n");
  return text;
}

struct Dump {
  std::int64_t offset = 0;
  std::vector<Line> lines;
};

Dump read_dump() {
  std::ifstream file(dump_path("optimizer_states.txt"));
  Dump dump;
  std::string word;
  file >> word >> word >> dump.offset >> std::ws;
  for (std::string text; std::getline(file, text);) {
    const auto first = text.find(" | "), second = text.find(" | ", first + 3);
    dump.lines.push_back({text.substr(0, first), with_newlines(text.substr(first + 3, second - first - 3)),
                          with_newlines(text.substr(second + 3))});
  }
  return dump;
}

// Two groups: the last of three parameters in one of its own.
template <class Optimizer, class Group, class Options>
Maker grouped(const Options& options) {
  return [options](const Params& p) {
    std::vector<Group> groups{{.params = {p[0], p[1]}}, {.params = {p[2]}, .lr = 0.5}};
    return std::make_unique<Optimizer>(groups, options);
  };
}

struct Setting {
  std::string name;
  Maker make;
};

std::vector<Setting> settings() {
  using namespace optim;
  return {
      {"SGD", grouped<SGD, SGDGroup>(SGDOptions{.lr = 0.1})},
      {"SGD", grouped<SGD, SGDGroup>(SGDOptions{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.25, .nesterov = true})},
      {"Adam", grouped<Adam, AdamGroup>(AdamOptions{})},
      {"Adam",
       grouped<Adam, AdamGroup>(AdamOptions{.lr = 0.01, .betas = {0.5, 0.0}, .amsgrad = true, .maximize = true})},
      {"AdamW", grouped<AdamW, AdamWGroup>(AdamWOptions{})},
      {"AdamW", grouped<AdamW, AdamWGroup>(AdamWOptions{.weight_decay = 0.25, .amsgrad = true})},
      {"Adagrad", grouped<Adagrad, AdagradGroup>(AdagradOptions{})},
      {"Adagrad", grouped<Adagrad, AdagradGroup>(AdagradOptions{.lr_decay = 0.1, .initial_accumulator_value = 0.5})},
      {"RMSprop", grouped<RMSprop, RMSpropGroup>(RMSpropOptions{})},
      {"RMSprop", grouped<RMSprop, RMSpropGroup>(RMSpropOptions{.momentum = 0.5, .centered = true})},
      {"Adadelta", grouped<Adadelta, AdadeltaGroup>(AdadeltaOptions{})},
      {"Adamax", grouped<Adamax, AdamaxGroup>(AdamaxOptions{})},
      {"NAdam", grouped<NAdam, NAdamGroup>(NAdamOptions{})},
      {"RAdam", grouped<RAdam, RAdamGroup>(RAdamOptions{})},
      {"SparseAdam", grouped<SparseAdam, SparseAdamGroup>(SparseAdamOptions{})}};
}

Params three(std::int64_t offset, DType dtype = float32) {
  return {parameter(offset, {2}, dtype), parameter(offset + 1, {1, 2}, dtype), parameter(offset + 2, {2, 2}, dtype)};
}

// Gradients for the first two; the third gets none.
void step(optim::Optimizer& optimizer, const Params& params, std::int64_t seed, bool sparse) {
  for (std::size_t i = 0; i < 2; ++i) {
    const Tensor grad = values(seed + static_cast<std::int64_t>(i), params[i].shape(), params[i].dtype());
    const std::vector<std::int64_t> rows = i == 0 ? std::vector<std::int64_t>{0, 1} : std::vector<std::int64_t>{0};
    params[i].set_grad(sparse ? sparse_gradient(rows, grad, params[i].shape()) : grad);
  }
  optimizer.step();
}

std::string text_of(const optim::Optimizer& optimizer) { return Value(optimizer.state_dict()).str(); }

// A copy with other parts, as a file would give: nothing shared.
Value changed(const Dict& state, const std::function<void(Dict& first_state, Dict& first_group)>& change) {
  Dict states = state.at("state").dict();
  List groups = state.at("param_groups").list();
  Dict first = states.empty() ? Dict() : states.at(0).dict();
  Dict group = groups.at(0).dict();
  change(first, group);
  if (!states.empty()) states[0] = first;
  groups[0] = group;
  return Dict{{"state", states}, {"param_groups", groups}};
}

template <class F>
void check_refused(F load, const std::string& text) {
  INFO(text);
  CHECK_THROWS_AS(load(), StateError);
  CHECK_THROWS_WITH(load(), ContainsSubstring(text));
}

}  // namespace

TEST_CASE("an optimizer's state and text are PyTorch's, key by key", "[optim][parity]") {
  const Dump dump = read_dump();
  const auto all = settings();
  REQUIRE(dump.lines.size() == all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    INFO(i << " " << all[i].name);
    REQUIRE(dump.lines[i].name == all[i].name);
    const Params params = three(dump.offset);
    const Made optimizer = all[i].make(params);
    for (std::int64_t t = 1; t <= 3; ++t) step(*optimizer, params, dump.offset + 10 * t, all[i].name == "SparseAdam");
    CHECK(text_of(*optimizer) == dump.lines[i].state);
    CHECK(optimizer->str() == dump.lines[i].text);
  }
}

TEST_CASE("an optimizer with another's state goes on as that one does, to the bit", "[optim]") {
  const DType dtype = GENERATE(float32, float64);
  for (const Setting& setting : settings()) {
    INFO(setting.name);
    const bool sparse = setting.name == "SparseAdam";
    const Params one = three(1, dtype);
    const Made first = setting.make(one);
    for (std::int64_t t = 1; t <= 5; ++t) step(*first, one, 10 * t, sparse);
    Params two;
    for (const Tensor& p : one) two.push_back(p.detach().clone().requires_grad_());
    const Made second = setting.make(two);
    second->lr(0) = 1;
    second->load_state_dict(first->state_dict());
    // PyTorch, too, brings NAdam's product into the parameters' dtype.
    const bool same = setting.name != "NAdam" || dtype == float32;
    CHECK((text_of(*second) == text_of(*first)) == same);
    CHECK(second->lr(0) == first->lr(0));
    for (std::int64_t t = 6; t <= 9; ++t) {
      step(*first, one, 10 * t, sparse);
      step(*second, two, 10 * t, sparse);
    }
    if (same) CHECK(hash_of(one) == hash_of(two));
    CHECK(hash_of(one) != hash_of(three(1, dtype)));
  }
}

TEST_CASE("a loaded state is a copy, while state_dict gives the optimizer's own tensors", "[optim]") {
  const Params params = three(1);
  Adam first({params[0], params[1]}), second({params[0], params[1]});
  step(first, params, 10, false);
  const Dict state = first.state_dict();
  second.load_state_dict(state);
  const std::string before = text_of(second);
  step(first, params, 20, false);
  CHECK(text_of(second) == before);
  CHECK(Value(state).str() != before);
  CHECK(state.at("state")[0]["exp_avg"].as<Tensor>().is(first.state_dict().at("state")[0]["exp_avg"].as<Tensor>()));
}

TEST_CASE("what older and newer versions of PyTorch write is read, too", "[optim]") {
  const Params params = three(1);
  Adam adam({params[0], params[1]});
  step(adam, params, 10, false);
  const Dict state = adam.state_dict();
  const auto load = [&](const std::function<void(Dict&, Dict&)>& change) {
    adam.load_state_dict(changed(state, change));
  };
  SECTION("a step as a number or in one dimension") {
    for (const Value& step : {Value(7), Value(7.0), Value(tensor({7.0})), Value(tensor(7))}) {
      load([&](Dict& first, Dict&) { first["step"] = step; });
      CHECK(adam.state_dict().at("state")[0]["step"].str() == "tensor(7.)");
    }
  }
  SECTION("options that are not there yet, as ints, as a list or a tensor") {
    load([](Dict&, Dict& group) {
      group.erase("maximize");
      group.erase("foreach");
      group["lr"] = 1;
      group["betas"] = List{0.5, 0};
    });
    CHECK(adam.param_groups()[0].lr == 1);
    CHECK(adam.param_groups()[0].betas == std::pair(0.5, 0.0));
    CHECK_FALSE(adam.param_groups()[0].maximize);
    load([](Dict&, Dict& group) { group["lr"] = tensor(0.25); });
    CHECK(adam.param_groups()[0].lr == 0.25);
  }
  SECTION("keys without a meaning here, which are kept and written again") {
    load([](Dict&, Dict& group) {
      group["foreach"] = true;
      group["capturable"] = true;
      group["initial_lr"] = 0.75;
      group["max_lr"] = 3.5;
      group["decoupled_weight_decay"] = false;
    });
    CHECK(adam.param_groups()[0].initial_lr == 0.75);
    CHECK_THAT(text_of(adam),
               ContainsSubstring("'maximize': False, 'foreach': True, 'capturable': True, 'differentiable': False, "
                                 "'fused': False, 'initial_lr': 0.75, 'max_lr': 3.5, 'decoupled_weight_decay': False, "
                                 "'params': [0, 1]}"));
    CHECK_THAT(adam.str(), ContainsSubstring("    initial_lr: 0.75\n"));
  }
  SECTION("parameters under other numbers, in any order, and states that are empty") {
    Dict group = state.at("param_groups")[0].dict();
    group["params"] = List{3, 7};
    Dict states;
    states[7] = state.at("state")[1];
    states[3] = Dict();
    adam.load_state_dict(Dict{{"state", states}, {"param_groups", List{group}}});
    const Dict now = adam.state_dict();
    CHECK(now.at("state").size() == 1);
    CHECK(now.at("state")[1].dict().size() == 3);
  }
}

TEST_CASE("an option of a newer version that would change the numbers is warned of", "[optim]") {
  const Params params = three(1);
  optim::NAdam nadam({params[0], params[1]});
  std::vector<std::string> said;
  WarningHandler before = set_warning_handler([&](const std::string& text) { said.push_back(text); });
  const auto load = [&](const char* key, const Value& value) {
    nadam.load_state_dict(changed(nadam.state_dict(), [&](Dict&, Dict& group) { group[key] = value; }));
  };
  load("capturable", true);
  load("maximize", false);
  CHECK(said.empty());
  load("decoupled_weight_decay", true);
  set_warning_handler(std::move(before));
  CHECK(said ==
        std::vector<std::string>{"NAdam.load_state_dict: group 0 has 'decoupled_weight_decay': True, which NAdam "
                                 "does not know here: it is kept, without effect"});
}

TEST_CASE("a state in another dtype is brought into the parameter's", "[optim]") {
  const Params doubles = three(1, float64), floats = three(1);
  Adam from({doubles[0], doubles[1]}), to({floats[0], floats[1]});
  step(from, doubles, 10, false);
  to.load_state_dict(from.state_dict());
  CHECK(to.state_dict().at("state")[0]["exp_avg"].as<Tensor>().dtype() == float32);
  step(to, floats, 20, false);
}

TEST_CASE("SGD's momentum of sparse gradients survives the way through a state", "[optim]") {
  const Tensor one = parameter(1, {4, 2}, float32), two = parameter(1, {4, 2}, float32);
  SGD first(one, {.lr = 0.1, .momentum = 0.9}), second(two, {.lr = 0.1, .momentum = 0.9});
  const auto gradient = [](std::int64_t seed) {
    return sparse_gradient({2, 0, 2}, values(seed, {3, 2}, float32), {4, 2});
  };
  one.set_grad(gradient(3));
  first.step();
  two.detach().copy_(one.detach());
  second.load_state_dict(first.state_dict());
  for (std::int64_t t = 4; t < 7; ++t) {
    one.set_grad(gradient(t));
    two.set_grad(gradient(t));
    first.step();
    second.step();
  }
  CHECK(hash_of({one}) == hash_of({two}));
}

TEST_CASE("a state that does not fit names the parameter and leaves the optimizer as it was", "[optim]") {
  Params params = three(1);
  detail::extra(params[0]).name = "fc.weight";
  Adam adam({params[0], params[1]});
  step(adam, params, 10, false);
  const Dict state = adam.state_dict();
  const std::string before = text_of(adam);
  const auto refused = [&](const std::string& text, const std::function<void(Dict&, Dict&)>& change) {
    check_refused([&] { adam.load_state_dict(changed(state, change)); }, text);
    CHECK(text_of(adam) == before);
  };
  refused(
      "Adam.load_state_dict: the state of parameter 'fc.weight' has 'exp_avg' of shape [3], but the parameter is "
      "float32 [2]",
      [](Dict& first, Dict&) { first["exp_avg"] = zeros({3}); });
  refused("parameter 'fc.weight' has no 'exp_avg_sq'", [](Dict& first, Dict&) { first.erase("exp_avg_sq"); });
  refused("parameter 'fc.weight' has no 'step'", [](Dict& first, Dict&) { first.erase("step"); });
  refused("parameter 'fc.weight' has 'exp_avg' of kind str; it must be a Tensor",
          [](Dict& first, Dict&) { first["exp_avg"] = "x"; });
  refused("parameter 'fc.weight' has 'momentum_buffer', which Adam does not know",
          [](Dict& first, Dict&) { first["momentum_buffer"] = zeros({2}); });
  for (const Value& bad : {Value(-1), Value(0.5), Value("1"), Value(tensor({1.0, 2.0})), Value()})
    refused("has the 'step'", [&](Dict& first, Dict&) { first["step"] = bad; });
  refused("group 0 has no 'lr'", [](Dict&, Dict& group) { group.erase("lr"); });
  refused("'lr' of group 0 is 'fast', of kind str", [](Dict&, Dict& group) { group["lr"] = "fast"; });
  refused("'betas' of group 0 is 0.5, of kind float", [](Dict&, Dict& group) { group["betas"] = 0.5; });
  refused("'amsgrad' of group 0 is 1, of kind int", [](Dict&, Dict& group) { group["amsgrad"] = 1; });
  refused("group 0 has 1 parameters instead of 2", [](Dict&, Dict& group) { group["params"] = List{0}; });
  refused("parameter 0 stands twice", [](Dict&, Dict& group) { group["params"] = List{0, 0}; });
  refused("that of 0, which no group names", [](Dict&, Dict& group) { group["params"] = List{1, 2}; });
  refused("group 0 of the state has no list of 'params'", [](Dict&, Dict& group) { group.erase("params"); });
  CHECK_THROWS_AS(adam.load_state_dict(changed(state, [](Dict&, Dict& group) { group["lr"] = -1.0; })), ValueError);
  CHECK(text_of(adam) == before);
  CHECK_NOTHROW(adam.load_state_dict(state));
}

TEST_CASE("a state that is no state, or has other groups, is refused", "[optim]") {
  const Params params = three(1);
  Adam adam({params[0], params[1]});
  Adam two({{.params = {params[0]}}, {.params = {params[1]}}});
  check_refused([&] { two.load_state_dict(adam.state_dict()); },
                "different number of parameter groups: 1 instead of 2");
  check_refused([&] { adam.load_state_dict(Value(3)); }, "the state is of kind int; it must be a dict");
  check_refused([&] { adam.load_state_dict(Dict{}); }, "the state has no 'param_groups' list");
  check_refused(
      [&] {
        adam.load_state_dict(Dict{{"param_groups", List{1}}, {"state", Dict{}}});
      },
      "group 0 of the state has no list of 'params'");
  SGD sgd({params[0], params[1]}, {.lr = 0.1, .momentum = 0.9});
  step(sgd, params, 10, false);
  check_refused([&] { adam.load_state_dict(sgd.state_dict()); }, "has no 'step'");
  step(adam, params, 20, false);
  check_refused([&] { sgd.load_state_dict(adam.state_dict()); }, "has 'step', which SGD does not know");
}
