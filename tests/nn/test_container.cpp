#include <type_traits>

#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/activation.h"
#include "taper/nn/container.h"
#include "taper/nn/embedding.h"
#include "taper/nn/flatten.h"
#include "taper/nn/linear.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/random.h"
#include "taper/ops/reduce.h"

using namespace taper;
using taper_test::ContainsSubstring;
using Names = std::vector<std::string>;
using Numbers = std::vector<double>;

namespace {

struct Block : nn::Module {
  nn::Parameter scale;
  explicit Block(double start) : scale(full({1}, start)) {}
  Tensor forward(const Tensor& x) const { return x * scale; }
  TAPER_MODULE(scale)
};

struct Stack : nn::Module {
  nn::ModuleList<Block> blocks;
  explicit Stack(int n) {
    for (int i = 0; i < n; ++i) blocks.append(Block(i + 1));
  }
  Tensor forward(Tensor x) {
    for (auto& block : blocks) x = block(x);
    return x;
  }
  TAPER_MODULE(blocks)
};

Names parameter_names(const nn::Module& module) {
  Names names;
  for (const auto& [name, parameter] : module.named_parameters()) names.push_back(name);
  return names;
}

}  // namespace

TEST_CASE("a Sequential feeds each module with what the one before it gives, and nests") {
  nn::Sequential model(Block(2), nn::Sequential(Block(3), nn::Identity()), Block(5));
  CHECK(model.size() == 3);
  CHECK(model(ones({2})).to_vector<double>() == Numbers{30, 30});
  CHECK(parameter_names(model) == Names{"0.scale", "1.0.scale", "2.scale"});
  CHECK(model[-1].name() == "Block");
  CHECK(model.get<nn::Sequential>(1).get<Block>(0).scale.item<double>() == 3);
  CHECK_THROWS_AS(model[3], IndexError);
  CHECK_THROWS_AS(model.get<nn::Linear>(0), TypeError);
  const nn::Sequential& unchangeable = model;
  CHECK(unchangeable(ones({1})).item<double>() == 30);
  CHECK(nn::Sequential()(ones({1})).item<double>() == 1);
}

TEST_CASE("a Sequential may grow, and its modules may have names") {
  nn::Sequential model;
  model.append(Block(2)).add_module("fc", Block(3));
  CHECK(parameter_names(model) == Names{"0.scale", "fc.scale"});
  CHECK_THROWS_AS(model.add_module("fc", Block(1)), ValueError);
  CHECK_THROWS_AS(model.add_module("a.b", Block(1)), ValueError);
  CHECK_THROWS_AS(model.add_module("", Block(1)), ValueError);
  CHECK(model.size() == 2);
}

TEST_CASE("a Sequential is a value: a copy is deep, a move steals, assigning writes in place") {
  nn::Sequential model(Block(2), Block(3));
  nn::Sequential copy(model);
  CHECK(copy.size() == 2);
  CHECK_FALSE(copy.parameters()[0].is(model.parameters()[0]));
  const std::vector<Tensor> handles = copy.parameters();
  nn::Sequential moved(std::move(copy));
  CHECK(moved.parameters()[1].is(handles[1]));
  moved = nn::Sequential(Block(7), Block(8));
  CHECK(moved.parameters()[1].is(handles[1]));
  CHECK(handles[0].item<double>() == 7);
  CHECK_THROWS_AS(moved = nn::Sequential(Block(1)), ShapeError);
  CHECK_THROWS_AS(moved = nn::Sequential(Block(1), nn::Identity()), ShapeError);
  CHECK(handles[0].item<double>() == 7);
  copy = moved;
  CHECK(copy.get<Block>(1).scale.item<double>() == 8);
}

TEST_CASE("what is tied across a Sequential's modules stays tied in a copy") {
  nn::Sequential model(Block(2), Block(3));
  nn::tie(model.get<Block>(1).scale, model.get<Block>(0).scale);
  nn::Sequential copy(model);
  CHECK(copy.get<Block>(1).scale.is(copy.get<Block>(0).scale));
  CHECK_FALSE(copy.get<Block>(1).scale.is(model.get<Block>(0).scale));
}

TEST_CASE("a ModuleList holds as many modules as a loop adds") {
  Stack model(3);
  CHECK(model.blocks.size() == 3);
  CHECK(model(ones({1})).item<double>() == 6);
  CHECK(parameter_names(model) == Names{"blocks.0.scale", "blocks.1.scale", "blocks.2.scale"});
  CHECK(model.blocks[-1].scale.item<double>() == 3);
  CHECK_THROWS_AS(model.blocks[3], IndexError);
  CHECK_THROWS_WITH(model.blocks[-4], ContainsSubstring("index -4 is outside [-3, 3)"));
  CHECK(model.str() == "Stack(\n  (blocks): ModuleList(\n    (0): Block()\n    (1): Block()\n    (2): Block()\n  )\n)");
}

TEST_CASE("appending to a ModuleList moves what is there, so that handles stay") {
  nn::ModuleList<Block> blocks;
  blocks.append(Block(1));
  const Tensor handle = blocks[0].scale;
  for (int i = 0; i < 20; ++i) blocks.append(Block(2));
  CHECK(blocks[0].scale.is(handle));
}

TEST_CASE("assigning a module with a ModuleList writes in place, whether from a copy or a temporary") {
  Stack model(2);
  const std::vector<Tensor> handles = model.parameters();
  const Stack best = model;
  {
    const NoGradGuard no_grad;
    for (Tensor parameter : handles) parameter.fill_(9);
  }
  model = best;
  CHECK(handles[1].item<double>() == 2);
  model = Stack(2);
  CHECK(model.parameters()[1].is(handles[1]));
  CHECK_THROWS_AS(model = Stack(3), ShapeError);
}

TEST_CASE("the Sequential of an embedding, a flattening and a linear layer classifies") {
  manual_seed(1);
  nn::Sequential model(nn::Embedding(5, 10), nn::Flatten(), nn::Linear(50, 2));
  CHECK(model(tensor({{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}})).shape() == Shape{2, 2});
  CHECK(parameter_names(model) == Names{"0.weight", "2.weight", "2.bias"});
}
