// Does what python_parity/make_module_dumps.py does, from the same seed, and compares.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "catch.h"
#include "dump.h"
#include "taper/base/generator.h"
#include "taper/io/tensor_files.h"
#include "taper/nn/embedding.h"
#include "taper/nn/linear.h"
#include "taper/ops/random.h"

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
