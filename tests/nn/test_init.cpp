#include <cmath>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "bits.h"
#include "catch.h"
#include "dump.h"
#include "taper/base/error.h"
#include "taper/base/generator.h"
#include "taper/nn/container.h"
#include "taper/nn/embedding.h"
#include "taper/nn/flatten.h"
#include "taper/nn/init.h"
#include "taper/nn/layer_norm.h"
#include "taper/nn/linear.h"
#include "taper/ops/create.h"

using namespace taper;
using taper_test::ContainsSubstring;
namespace init = taper::nn::init;

namespace {

using Tensors = std::vector<Tensor>;

const std::map<std::string, Tensors (*)()> calls{
    {"nn.Embedding(4, 3)", [] { return nn::Embedding(4, 3).parameters(); }},
    {"nn.Embedding(10, 3, padding_idx=1)", [] { return nn::Embedding(10, 3, {.padding_idx = 1}).parameters(); }},
    {"nn.Embedding(3, 5, dtype=torch.float64)", [] { return nn::Embedding(3, 5, {.dtype = float64}).parameters(); }},
    {"nn.Embedding(3, 5, _weight=torch.ones(3, 5))",
     [] {
       return nn::Embedding(3, 5, {._weight = ones({3, 5})}).parameters();
     }},
    {"nn.Linear(4, 3)", [] { return nn::Linear(4, 3).parameters(); }},
    {"nn.Linear(1, 7)", [] { return nn::Linear(1, 7).parameters(); }},
    {"nn.Linear(7, 2, bias=False)", [] { return nn::Linear(7, 2, {.bias = false}).parameters(); }},
    {"nn.Linear(3, 2, dtype=torch.float64)", [] { return nn::Linear(3, 2, {.dtype = float64}).parameters(); }},
    {"nn.Linear(0, 3)", [] { return nn::Linear(0, 3).parameters(); }},
    {"nn.LayerNorm((2, 3))",
     [] {
       return nn::LayerNorm({2, 3}).parameters();
     }},
    {"nn.Sequential(nn.Embedding(5, 2), nn.Flatten(), nn.Linear(4, 2))",
     [] {
       nn::Sequential model;
       model.append(nn::Embedding(5, 2)).append(nn::Flatten()).append(nn::Linear(4, 2));
       return model.parameters();
     }},
    {"init.uniform_(torch.empty(5), -2.0, 0.5)", [] { return Tensors{init::uniform_(empty({5}), -2.0, 0.5)}; }},
    {"init.normal_(torch.empty(5), 1.0, 0.25)", [] { return Tensors{init::normal_(empty({5}), 1.0, 0.25)}; }},
    {"init.constant_(torch.empty(3), 0.5)", [] { return Tensors{init::constant_(empty({3}), 0.5)}; }},
    {"init.eye_(torch.empty(2, 3))",
     [] {
       return Tensors{init::eye_(empty({2, 3}))};
     }},
    {"init.xavier_uniform_(torch.empty(3, 4))",
     [] {
       return Tensors{init::xavier_uniform_(empty({3, 4}))};
     }},
    {"init.xavier_uniform_(torch.empty(3, 4, dtype=torch.float64), 1.5)",
     [] {
       return Tensors{init::xavier_uniform_(empty({3, 4}, float64), 1.5)};
     }},
    {"init.xavier_normal_(torch.empty(5, 4))",
     [] {
       return Tensors{init::xavier_normal_(empty({5, 4}))};
     }},
    {"init.kaiming_uniform_(torch.empty(3, 4))",
     [] {
       return Tensors{init::kaiming_uniform_(empty({3, 4}))};
     }},
    {"init.kaiming_uniform_(torch.empty(3, 2, 2), a=1.0, mode='fan_out')",
     [] {
       return Tensors{init::kaiming_uniform_(empty({3, 2, 2}), {.a = 1.0, .mode = "fan_out"})};
     }},
    {"init.kaiming_normal_(torch.empty(3, 4), nonlinearity='relu')",
     [] {
       return Tensors{init::kaiming_normal_(empty({3, 4}), {.nonlinearity = "relu"})};
     }},
    {"init.kaiming_normal_(torch.empty(4, 5), mode='fan_out', nonlinearity='tanh')",
     [] {
       return Tensors{init::kaiming_normal_(empty({4, 5}), {.mode = "fan_out", .nonlinearity = "tanh"})};
     }},
    {"init.uniform_(torch.empty(1))", [] { return Tensors{init::uniform_(empty({1}))}; }},
};

bool same_tensors(const Tensors& tensors, const std::string& text) {
  std::vector<char> bytes;
  std::int64_t count = 0;
  for (const Tensor& tensor : tensors) {
    const char* data = static_cast<const char*>(tensor.get().data);
    bytes.insert(bytes.end(), data, data + static_cast<std::size_t>(tensor.numel()) * size_of(tensor.dtype()));
    count += tensor.numel();
  }
  return taper_test::same_bits(bytes.data(), size_of(tensors[0].dtype()), count, text);
}

}  // namespace

TEST_CASE("modules start with PyTorch's bits, drawn in PyTorch's order", "[parity]") {
  std::ifstream in(taper_test::dump_path("init.txt"));
  REQUIRE(in);
  std::size_t compared = 0;
  std::string line;
  for (std::getline(in, line); std::getline(in, line);) {
    INFO(line);
    if (line.starts_with("seed ")) {
      manual_seed(std::stoll(line.substr(5)));
      continue;
    }
    const auto colon = line.find(" :");
    const std::string call = line.substr(0, colon);
    REQUIRE(calls.contains(call));
    CHECK(same_tensors(calls.at(call)(), line.substr(colon + 2)));
    ++compared;
  }
  CHECK(compared == 3 * calls.size());
}

TEST_CASE("gains are PyTorch's, and unknown names are refused") {
  CHECK(init::calculate_gain("leaky_relu") == 1.4141428569978354);
  CHECK(init::calculate_gain("leaky_relu", 1.0) == 1.0);
  CHECK(init::calculate_gain("tanh") == 5.0 / 3);
  CHECK(init::calculate_gain("relu") == std::sqrt(2.0));
  CHECK(init::calculate_gain("selu") == 0.75);
  CHECK(init::calculate_gain("conv_transpose2d") == 1.0);
  CHECK_THROWS_WITH(init::calculate_gain("foo"), ContainsSubstring("Unsupported nonlinearity foo"));
}

TEST_CASE("initialisation writes into a parameter that learns, and refuses what it cannot fill") {
  nn::Parameter weight(zeros({2, 2}));
  const Tensor result = init::ones_(weight);
  CHECK(result.is(weight));
  CHECK(weight.to_vector<double>() == std::vector<double>{1, 1, 1, 1});
  CHECK(weight.is_leaf());
  CHECK_THROWS_WITH(
      init::xavier_uniform_(zeros({3})),
      ContainsSubstring("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"));
  CHECK_THROWS_WITH(init::kaiming_normal_(weight, {.mode = "x"}),
                    ContainsSubstring("Mode x not supported, please use one of ['fan_in', 'fan_out']"));
  CHECK_THROWS_AS(init::eye_(zeros({3})), ValueError);
  CHECK(init::xavier_normal_(empty({0, 3})).numel() == 0);
}
