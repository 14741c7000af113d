#include <bit>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "bits.h"
#include "catch.h"
#include "dump.h"
#include "taper/base/error.h"
#include "taper/base/generator.h"
#include "taper/base/warning.h"
#include "taper/nn/container.h"
#include "taper/nn/embedding.h"
#include "taper/nn/flatten.h"
#include "taper/nn/init.h"
#include "taper/nn/layer_norm.h"
#include "taper/nn/linear.h"
#include "taper/nn/lstm.h"
#include "taper/ops/create.h"
#include "taper/ops/matmul.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

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
    {"nn.LSTM(3, 2)", [] { return nn::LSTM(3, 2).parameters(); }},
    {"nn.LSTM(2, 5, num_layers=2, bidirectional=True, proj_size=3)",
     [] { return nn::LSTM(2, 5, {.num_layers = 2, .bidirectional = true, .proj_size = 3}).parameters(); }},
    {"nn.LSTM(3, 2, bias=False, dtype=torch.float64)",
     [] { return nn::LSTM(3, 2, {.bias = false, .dtype = float64}).parameters(); }},
    {"nn.LSTMCell(3, 4)", [] { return nn::LSTMCell(3, 4).parameters(); }},
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
    {"init.uniform_(torch.empty(2))", [] { return Tensors{init::uniform_(empty({2}))}; }},
    {"init.trunc_normal_(torch.empty(3, 7))",
     [] {
       return Tensors{init::trunc_normal_(empty({3, 7}))};
     }},
    {"init.trunc_normal_(torch.empty(5, 4), 0.5, 2.0, -1.0, 3.5)",
     [] {
       return Tensors{init::trunc_normal_(empty({5, 4}), 0.5, 2.0, -1.0, 3.5)};
     }},
    {"init.trunc_normal_(torch.empty(11, dtype=torch.float64), std=0.02)",
     [] { return Tensors{init::trunc_normal_(empty({11}, float64), 0.0, 0.02)}; }},
    {"init.trunc_normal_(torch.empty(6, 2).t(), 1.0, 0.25, 0.9, 1.1)",
     [] {
       return Tensors{init::trunc_normal_(empty({6, 2}).t(), 1.0, 0.25, 0.9, 1.1).contiguous()};
     }},
    {"init.sparse_(torch.empty(7, 3), 0.4)",
     [] {
       return Tensors{init::sparse_(empty({7, 3}), 0.4)};
     }},
    {"init.sparse_(torch.empty(4, 5, dtype=torch.float64), 0.5, 2.0)",
     [] {
       return Tensors{init::sparse_(empty({4, 5}, float64), 0.5, 2.0)};
     }},
    {"init.orthogonal_(torch.empty(3, 5), 1.5)",
     [] {
       return Tensors{init::orthogonal_(empty({3, 5}), 1.5)};
     }},
    {"init.orthogonal_(torch.empty(9, 2, 2))",
     [] {
       return Tensors{init::orthogonal_(empty({9, 2, 2}))};
     }},
    {"init.orthogonal_(torch.empty(6, 6, dtype=torch.float64), 0.5)",
     [] {
       return Tensors{init::orthogonal_(empty({6, 6}, float64), 0.5)};
     }},
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

// LAPACK's decomposition and Taper's differ in their last bits.
bool near(const Tensor& tensor, const std::string& text) {
  std::istringstream in(text);
  const double tolerance = tensor.dtype() == float64 ? 1e-12 : 1e-5;
  for (const double x : tensor.to_vector<double>()) {
    std::string word;
    in >> word;
    const std::uint64_t bits = std::stoull(word, nullptr, 16);
    const double expected = tensor.dtype() == float64
                                ? std::bit_cast<double>(bits)
                                : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    if (!(std::abs(x - expected) <= tolerance)) return false;
  }
  return true;
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
    const Tensors made = calls.at(call)();
    const std::string bits = line.substr(colon + 2);
    CHECK((call.starts_with("init.orthogonal_") ? near(made[0], bits) : same_tensors(made, bits)));
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

TEST_CASE("an orthogonal matrix has orthogonal rows or columns of length gain, also where it is large") {
  manual_seed(0);
  for (const Shape& shape : {Shape{300, 40}, Shape{40, 300}, Shape{120, 120}}) {
    const Tensor matrix = init::orthogonal_(empty(shape, float64), 2.0);
    const Tensor square = shape[0] < shape[1] ? matrix.mm(matrix.t()) : matrix.t().mm(matrix);
    CHECK((square - eye(square.size(0), {.dtype = float64}) * 4).abs().max().item<double>() < 1e-13);
  }
}

TEST_CASE("what initialisation cannot draw is refused or said") {
  CHECK_THROWS_WITH(init::orthogonal_(zeros({3})),
                    ContainsSubstring("Only tensors with 2 or more dimensions are supported"));
  CHECK(init::orthogonal_(zeros({0, 3})).numel() == 0);
  CHECK_THROWS_WITH(init::sparse_(zeros({3}), 0.5), ContainsSubstring("Only tensors with 2 dimensions are supported"));
  CHECK_THROWS_AS(init::sparse_(zeros({3, 3}), 1.5), ValueError);
  CHECK_THROWS_WITH(init::trunc_normal_(zeros({3}), 0, 0), "trunc_normal_: std 0; std > 0 is needed");
  CHECK_THROWS_AS(init::trunc_normal_(zeros({3}), 0, 1, 2, -2), ValueError);
  std::string said;
  set_warning_handler([&said](const std::string& message) { said = message; });
  init::trunc_normal_(zeros({3}), 5.0);
  set_warning_handler({});
  CHECK_THAT(said, ContainsSubstring("mean 5 is more than 2 std 1 from [-2, 2]"));
  CHECK(init::sparse_(ones({4, 2}), 1.0).to_vector<double>() == std::vector<double>(8, 0.0));
}

TEST_CASE("kaiming's mode is read in letters of any case, as PyTorch reads it") {
  manual_seed(4);
  const std::vector<float> expected = init::kaiming_normal_(empty({2, 3}), {.mode = "fan_out"}).to_vector<float>();
  manual_seed(4);
  CHECK(init::kaiming_normal_(empty({2, 3}), {.mode = "FAN_OUT"}).to_vector<float>() == expected);
}
