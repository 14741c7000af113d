// A member that TAPER_MODULE does not name is warned of when its module is first listed.
#include <array>
#include <memory>
#include <optional>
#include <thread>

#include "catch.h"
#include "taper/base/error.h"
#include "taper/nn/container.h"
#include "taper/nn/dropout.h"
#include "taper/nn/embedding.h"
#include "taper/nn/embedding_bag.h"
#include "taper/nn/layer_norm.h"
#include "taper/nn/linear.h"
#include "taper/nn/loss.h"
#include "taper/nn/lstm.h"
#include "taper/ops/create.h"
#include "taper/optim/sgd.h"
#include "warnings.h"

using namespace taper;
using taper_test::ContainsSubstring;
using taper_test::Warnings;

namespace {

struct ForgetsChild : nn::Module {
  nn::Linear fc1{3, 4}, fc2{4, 2};
  Tensor forward(const Tensor& x) { return fc2(fc1(x)); }
  TAPER_MODULE(fc1)
};

struct ForgetsAll : nn::Module {
  nn::Parameter scale{ones({5, 2})};
  int count = 0;
  nn::Buffer mean{zeros({7})};
  std::optional<nn::Linear> head{std::in_place, 2, 1};
  nn::Parameter none;
  TAPER_MODULE()
};

struct Block : nn::Module {
  nn::Linear inner{2, 2};
  nn::LayerNorm norm{2};
  TAPER_MODULE(inner, norm)
};

struct ForgetsBlock : nn::Module {
  nn::Embedding table{3, 2};
  Block block;
  TAPER_MODULE(table)
};

struct ForgetsInherited : Block {
  nn::Parameter bias{ones({2})};
  TAPER_MODULE(bias)
};

struct HoldsByPointer : nn::Module {
  std::unique_ptr<Block> teacher = std::make_unique<Block>();
  Block* other = nullptr;
  Tensor cache = ones({2});
  nn::Parameter none;
  Block block;
  TAPER_MODULE(block)
};

struct InherentlyWhole : Block {
  nn::Parameter bias{ones({2})};
  TAPER_MODULE(inner, norm, bias)
};

struct Strict : nn::Module {
  nn::Parameter a{ones({1})}, b{ones({2})};
  TAPER_MODULE(a)
};

struct Neighbour : nn::Module {
  nn::Parameter only{ones({2})};
  TAPER_MODULE(only)
};

}  // namespace

TEST_CASE("an optimizer of a module with an unregistered child warns, once for the type, and learns the rest") {
  const Warnings warnings;
  ForgetsChild model;
  CHECK(warnings.said.empty());
  const optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  CHECK(optimizer.group(0).params.size() == 2);
  REQUIRE(warnings.said.size() == 1);
  CHECK(
      warnings.said[0] ==
      "ForgetsChild: Linear(in_features=4, out_features=2, bias=True) lies inside it, but TAPER_MODULE(fc1) does not "
      "name it: optimizers, state_dict(), train() and to() pass it over. Name it there, or hold by pointer what is to "
      "be no part of the module");
  (void)model.state_dict();
  (void)ForgetsChild().named_parameters();
  CHECK(warnings.said.size() == 1);
}

TEST_CASE("forgotten parameters and buffers are told by shape, what is undefined is not forgotten") {
  const Warnings warnings;
  (void)ForgetsAll().state_dict();
  REQUIRE(warnings.said.size() == 1);
  CHECK_THAT(
      warnings.said[0],
      ContainsSubstring("ForgetsAll: a parameter of shape [5, 2] and a buffer of shape [7] and "
                        "Linear(in_features=2, out_features=1, bias=True) lie inside it, but TAPER_MODULE() does "
                        "not name them"));
}

TEST_CASE("a forgotten module is told as one, without what it lists itself") {
  const Warnings warnings;
  (void)ForgetsBlock().parameters();
  REQUIRE(warnings.said.size() == 1);
  CHECK_THAT(warnings.said[0], ContainsSubstring("ForgetsBlock: Block() lies inside it, but TAPER_MODULE(table)"));
}

TEST_CASE("a derived module that does not list what it inherits is warned of") {
  const Warnings warnings;
  (void)ForgetsInherited().parameters();
  REQUIRE(warnings.said.size() == 1);
  CHECK_THAT(warnings.said[0], ContainsSubstring("Linear(in_features=2, out_features=2, bias=True) and LayerNorm("));
}

TEST_CASE("modules that list all they have are not warned of, nor what is held by pointer, nor neighbours") {
  const Warnings warnings;
  (void)HoldsByPointer().state_dict();
  (void)InherentlyWhole().state_dict();
  const std::array<Neighbour, 3> row;
  (void)row[1].parameters();
  (void)nn::Sequential{nn::Embedding(5, 2), nn::LayerNorm({2}), nn::Dropout(0.5), nn::Linear(2, 2)}.state_dict();
  (void)nn::ModuleList<Block>{Block(), Block()}.state_dict();
  (void)nn::EmbeddingBag(3, 2).state_dict();
  (void)nn::LSTM(2, 2, {.num_layers = 2}).state_dict();
  (void)nn::LSTMCell(2, 2).state_dict();
  (void)nn::CrossEntropyLoss({.weight = ones({2})}).state_dict();
  CHECK(warnings.said == std::vector<std::string>{});
}

TEST_CASE("a handler that throws makes an error of a forgotten member, and the module stays whole") {
  Strict model;
  struct Reset {
    ~Reset() { set_warning_handler({}); }
  } const after;
  set_warning_handler([](const std::string& text) { throw StateError(text); });
  CHECK_THROWS_AS(model.parameters(), StateError);
  CHECK(model.parameters().size() == 1);
}

TEST_CASE("modules may be made, moved and ended on several threads at once") {
  const Warnings warnings;
  const auto work = [] {
    std::size_t listed = 0;
    for (int i = 0; i < 200; ++i) {
      std::vector<Block> blocks(3);
      blocks.emplace_back(blocks[0]);
      blocks.erase(blocks.begin());
      listed += blocks[2].parameters().size();
    }
    return listed;
  };
  std::size_t there = 0;
  std::thread other([&] { there = work(); });
  const std::size_t here = work();
  other.join();
  CHECK(here == 800);
  CHECK(there == 800);
  CHECK(warnings.said.empty());
}
