// Does what python_parity/make_module_dumps.py does, from the same seed, and compares.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "catch.h"
#include "dump.h"
#include "taper/autograd/autograd.h"
#include "taper/base/generator.h"
#include "taper/io/tensor_files.h"
#include "taper/nn/embedding.h"
#include "taper/nn/linear.h"
#include "taper/nn/lstm.h"
#include "taper/ops/random.h"
#include "taper/ops/shape.h"

using namespace taper;
using taper_test::dump_path;

namespace {

struct Dump {
  TensorMap tensors;
  std::int64_t seed;
  std::string about;

  explicit Dump(const std::string& name)
      : tensors(load(dump_path(name), {.warn = false})), seed(tensors.at("seed").item<std::int64_t>()) {
    for (const int letter : tensors.at("about").to_vector<std::int32_t>()) about += static_cast<char>(letter);
  }
};

bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  const Tensor x = a.detach().contiguous(), y = b.detach().contiguous();
  return std::memcmp(x.get().data, y.get().data, static_cast<std::size_t>(x.numel()) * size_of(x.dtype())) == 0;
}

// The largest difference, in parts of the largest number.
double distance(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  REQUIRE(a.dtype() == b.dtype());
  const auto x = a.detach().to_vector<double>(), y = b.detach().to_vector<double>();
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    largest = std::max(largest, std::abs(y[i]));
    difference = std::max(difference, std::isfinite(x[i]) ? std::abs(x[i] - y[i]) : INFINITY);
  }
  return largest == 0 ? difference : difference / largest;
}

double tolerance(DType dtype) { return dtype == float32 ? 1e-5 : 1e-12; }

const std::vector<std::pair<std::string, nn::EmbeddingOptions>>& embeddings() {
  static const std::vector<std::pair<std::string, nn::EmbeddingOptions>> cases{
      {"plain", {}},
      {"padding_idx", {.padding_idx = 3}},
      {"max_norm", {.max_norm = 1.5}},
      {"max_norm_1", {.max_norm = 2.5, .norm_type = 1.0}},
      {"scale_grad_by_freq", {.scale_grad_by_freq = true}},
      {"everything", {.padding_idx = -1, .max_norm = 1.0, .scale_grad_by_freq = true}},
      {"sparse", {.sparse = true}},
      {"sparse_padding_idx", {.padding_idx = 3, .sparse = true}},
      {"sparse_max_norm", {.max_norm = 1.5, .sparse = true}},
  };
  return cases;
}

}  // namespace

TEST_CASE("Embedding's weights, rows and gradients are PyTorch's to the bit", "[parity]") {
  const Dump dump("embedding.npz");
  const DType dtype = GENERATE(float32, float64);
  for (std::size_t number = 0; number < embeddings().size(); ++number) {
    const auto& [name, given] = embeddings()[number];
    nn::EmbeddingOptions options = given;
    options.dtype = dtype;
    const std::string key = std::string(taper::name(dtype)) + "." + name + ".";
    INFO(key << " of " << dump.about);
    const auto check = [&](const char* what, const Tensor& mine) {
      INFO(what);
      CHECK(same_bits(mine, dump.tensors.at(key + what)));
    };
    manual_seed(dump.seed + static_cast<std::int64_t>(number));
    nn::Embedding module(20, 5, options);
    const Tensor ids = randint(0, 20, {6, 7});
    const Tensor first = randn({6, 7, 5}, dtype), second = randn({6, 7, 5}, dtype);
    check("ids", ids);
    const Tensor output = module(ids);
    output.backward(first);
    module(ids.narrow(0, 1, 3)).backward(second.narrow(0, 1, 3));
    check("output", output);
    check("weight", module.weight);
    const Tensor gradient = module.weight.grad();
    REQUIRE(gradient.is_sparse() == options.sparse);
    if (options.sparse) {
      check("indices", gradient.indices());
      check("values", gradient.values());
      check("rows", gradient.coalesce().indices());
      check("sums", gradient.coalesce().values());
    } else {
      check("grad", gradient);
    }
  }
}

TEST_CASE("Linear starts with PyTorch's bits and computes its numbers", "[parity]") {
  const Dump dump("linear.npz");
  const DType dtype = GENERATE(float32, float64);
  struct Case {
    std::int64_t inputs, outputs;
    bool bias;
  };
  std::int64_t number = 0;
  for (const Case& c : {Case{7, 3, true}, Case{30, 17, true}, Case{16, 8, false}}) {
    const std::string key = std::string(taper::name(dtype)) + "." + std::to_string(number) + ".";
    INFO(key << " of " << dump.about);
    const auto check = [&](const char* what, const Tensor& mine) {
      INFO(what);
      CHECK(distance(mine, dump.tensors.at(key + what)) <= tolerance(dtype));
    };
    manual_seed(dump.seed + number++);
    nn::Linear module(c.inputs, c.outputs, {.bias = c.bias, .dtype = dtype});
    const Tensor x = randn({4, 9, c.inputs}, {.dtype = dtype, .requires_grad = true});
    const Tensor output = module(x);
    output.backward(randn({4, 9, c.outputs}, dtype));
    CHECK(same_bits(module.weight, dump.tensors.at(key + "weight")));
    if (c.bias) {
      CHECK(same_bits(module.bias, dump.tensors.at(key + "bias")));
      check("bias_grad", module.bias.grad());
    }
    check("output", output);
    check("x_grad", x.grad());
    check("weight_grad", module.weight.grad());
  }
}

TEST_CASE("LSTM starts with PyTorch's bits, drops with its masks and computes its numbers", "[parity]") {
  const Dump dump("lstm.npz");
  const DType dtype = GENERATE(float32, float64);
  struct Case {
    nn::LSTMOptions options;
    bool batched, given;
  };
  const std::vector<Case> cases{
      {{}, true, false},
      {{.num_layers = 2, .dropout = 0.4}, true, true},
      {{.bias = false, .batch_first = true}, true, true},
      {{.num_layers = 2, .batch_first = true, .dropout = 0.25, .bidirectional = true}, true, false},
      {{.bidirectional = true, .proj_size = 3}, true, true},
      {{.num_layers = 2}, false, true},
  };
  for (std::size_t number = 0; number < cases.size(); ++number) {
    auto [options, batched, given] = cases[number];
    options.dtype = dtype;
    const std::string key = std::string(taper::name(dtype)) + "." + std::to_string(number) + ".";
    INFO(key << " of " << dump.about);
    const auto check = [&](const std::string& what, const Tensor& mine) {
      INFO(what);
      CHECK(distance(mine, dump.tensors.at(key + what)) <= tolerance(dtype));
    };
    manual_seed(dump.seed + static_cast<std::int64_t>(number));
    nn::LSTM module(5, 4, options);
    const std::int64_t layers = options.num_layers * (options.bidirectional ? 2 : 1);
    const auto state_shape = [batched = batched, layers](std::int64_t width) {
      return batched ? Shape{layers, 3, width} : Shape{layers, width};
    };
    const Shape shape = !batched ? Shape{6, 5} : options.batch_first ? Shape{3, 6, 5} : Shape{6, 3, 5};
    const Tensor x = randn(shape, {.dtype = dtype, .requires_grad = true});
    nn::LSTMState state;
    if (given) {
      state.first = randn(state_shape(options.proj_size > 0 ? options.proj_size : 4), dtype).requires_grad_();
      state.second = randn(state_shape(4), dtype).requires_grad_();
    }
    const auto [output, last] = module(x, state);
    const auto& [h, c] = last;
    std::vector<Tensor> cotangents;
    for (const Tensor& t : {output, h, c}) cotangents.push_back(randn(t.shape(), dtype));
    autograd::backward({output, h, c}, cotangents);
    check("output", output);
    check("h", h);
    check("c", c);
    check("x_grad", x.grad());
    if (given) {
      check("h_grad", state.first.grad());
      check("c_grad", state.second.grad());
    }
    for (const auto& [name, parameter] : module.named_parameters()) {
      INFO(name);
      CHECK(same_bits(parameter, dump.tensors.at(key + name)));
      check(name + "_grad", parameter.grad());
    }
    module.eval();
    check("eval", module(x, state).first);
  }
  manual_seed(dump.seed);
  const nn::LSTMCell cell(5, 4, {.dtype = dtype});
  nn::LSTMState state;
  for (const Tensor& step : randn({6, 3, 5}, dtype).unbind()) state = cell(step, state);
  const std::string key = std::string(taper::name(dtype)) + ".cell.";
  CHECK(distance(state.first, dump.tensors.at(key + "h")) <= tolerance(dtype));
  CHECK(distance(state.second, dump.tensors.at(key + "c")) <= tolerance(dtype));
}
