// Bags against PyTorch, to the bit.
#include "catch.h"
#include "operation_cases.h"
#include "taper/autograd/autograd.h"
#include "taper/autograd/gradcheck.h"
#include "taper/base/error.h"
#include "taper/base/threads.h"
#include "taper/base/warning.h"
#include "taper/ops/create.h"
#include "taper/ops/embedding.h"
#include "taper/ops/embedding_bag.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/random.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

using namespace taper;
using namespace taper_test;
using Numbers = std::vector<double>;

namespace {

// "weighted_padding-sum" -> the options of python_parity/make_bag_vectors.py and the mode.
EmbeddingBagOptions options_of(const std::string& name, std::string& mode) {
  const std::map<std::string, EmbeddingBagOptions> options{
      {"plain", {}},
      {"padding", {.padding_idx = 2}},
      {"max_norm", {.max_norm = 1.5}},
      {"max_norm_1", {.max_norm = 2.5, .norm_type = 1.0, .padding_idx = -1}},
      {"last", {.include_last_offset = true}},
      {"matrix", {}},
      {"matrix_padding", {.padding_idx = 2}},
      {"columns", {}},
      {"sparse", {.sparse = true}},
      {"sparse_padding", {.sparse = true, .padding_idx = 3}},
      {"weighted", {}},
      {"weighted_padding", {.padding_idx = 2}},
      {"weighted_sparse", {.sparse = true}},
      {"weighted_matrix", {}},
      {"weighted_columns", {}},
  };
  const std::size_t dash = name.rfind('-');
  mode = name.substr(dash + 1);
  EmbeddingBagOptions result = options.at(name.substr(0, dash));
  result.mode = mode;
  return result;
}

Tensor argument(const Case& c, const char* name) { return c.count(name) == 0 ? Tensor() : c.at(name).clone(); }

Tensor table(std::int64_t rows = 4) {
  return arange(rows * 3, {.dtype = float64}).reshape({rows, 3}).clone().requires_grad_();
}

}  // namespace

TEST_CASE("embedding_bag has PyTorch's bits: sums, means, maxima and their gradients", "[parity]") {
  for (const auto& [key, c] : operation_cases("bags.npz")) {
    CAPTURE(key);
    std::string mode;
    EmbeddingBagOptions options = options_of(case_name(key), mode);
    for (const DType index_type : {int64, int32}) {
      Tensor weight = c.at("weight").clone();
      if (key.find("columns") != std::string::npos) weight = weight.t().contiguous().t();
      weight.requires_grad_();
      options.per_sample_weights = argument(c, "factors");
      if (options.per_sample_weights.defined()) options.per_sample_weights.requires_grad_();
      const Tensor out = embedding_bag(c.at("indices").to(index_type), weight, argument(c, "offsets"), options);
      CHECK(same_numbers(out, c.at("out")));
      CHECK(same_numbers(weight, c.at(options.max_norm ? "after" : "weight")));
      out.backward(c.at("g"));
      const Tensor grad = weight.grad();
      REQUIRE(grad.is_sparse() == options.sparse);
      if (options.sparse) {
        CHECK(same_numbers(grad.indices(), c.at("grad_indices")));
        CHECK(same_numbers(grad.values(), c.at("grad_values")));
      } else {
        CHECK(same_numbers(grad, c.at("grad")));
      }
      if (options.per_sample_weights.defined())
        CHECK(near(options.per_sample_weights.grad(), c.at("grad_factors"), 100));
    }
  }
}

TEST_CASE("bags of a large table have the gradient of those of a small one, held by rows or not") {
  manual_seed(4);
  const Tensor rows = randn({6, 5});
  const Tensor ids = tensor({1, 4, 4, 2, 5, 1, 2, 2, 0, 3, 5, 5, 1, 0, 4, 2, 2, 3, 1, 1, 5});
  const Tensor offsets = tensor({0, 4, 4, 9, 20});
  for (const EmbeddingBagOptions& options :
       {EmbeddingBagOptions{.padding_idx = 4}, EmbeddingBagOptions{.scale_grad_by_freq = true, .mode = "sum"},
        EmbeddingBagOptions{.mode = "max"}}) {
    const Tensor small = rows.clone().requires_grad_();
    const Tensor large = cat({rows, zeros({194, 5})}).detach().requires_grad_();
    const Tensor g = randn({5, 5});
    embedding_bag(ids, small, offsets, options).backward(g);
    embedding_bag(ids, large, offsets, options).backward(g);
    CHECK(same_numbers(large.grad().slice(0, 0, 6), small.grad()));
    CHECK(large.grad().slice(0, 6, {}).to_vector<double>() == Numbers(970));
  }
}

TEST_CASE("bags have the same bits on one thread and on several") {
  manual_seed(5);
  const Tensor weight = randn({500, 64}).requires_grad_();
  const Tensor ids = randint(0, 500, {400, 40});
  const Tensor g = randn({400, 64});
  const int before = get_num_threads();
  for (const char* mode : {"sum", "mean", "max"}) {
    std::vector<Tensor> results;
    for (const int threads : {1, 4}) {
      set_num_threads(threads);
      weight.set_grad({});
      const Tensor out = embedding_bag(ids, weight, {.mode = mode});
      out.backward(g);
      results.push_back(out.detach());
      results.push_back(weight.grad().clone());
    }
    CHECK(same_numbers(results[0], results[2]));
    CHECK(same_numbers(results[1], results[3]));
  }
  set_num_threads(before);
}

TEST_CASE("scale_grad_by_freq divides a bag's gradient by the count of its own index") {
  for (const bool sparse : {false, true}) {
    const Tensor weight = table();
    embedding_bag(tensor({{1, 1, 2}}), weight, {.scale_grad_by_freq = true, .mode = "sum", .sparse = sparse})
        .sum()
        .backward();
    CHECK(weight.grad().to_dense().to_vector<double>() == Numbers{0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0});
  }
}

TEST_CASE("per_sample_weights learn where the table does not, and the other way round") {
  const Tensor fixed = table().detach();
  const Tensor factors = tensor({0.5, 2.0, -1.0}, float64).requires_grad_();
  embedding_bag(tensor({0, 3, 1}), fixed, tensor({0, 2}), {.mode = "sum", .per_sample_weights = factors})
      .sum()
      .backward();
  CHECK(factors.grad().to_vector<double>() == Numbers{3, 30, 12});
  const Tensor weight = table();
  embedding_bag(tensor({0, 3, 1}), weight, tensor({0, 2}), {.mode = "sum", .per_sample_weights = factors.detach()})
      .sum()
      .backward();
  CHECK(weight.grad().to_vector<double>() == Numbers{0.5, 0.5, 0.5, -1, -1, -1, 0, 0, 0, 2, 2, 2});
}

TEST_CASE("bags of nothing, of padding alone, and no bags at all are zeros, or nothing") {
  const Tensor weight = table();
  for (const char* mode : {"sum", "mean", "max"}) {
    const Tensor out = embedding_bag(tensor({3, 3, 1}), weight, tensor({0, 0, 2}), {.mode = mode, .padding_idx = 3});
    CHECK(out.to_vector<double>() == Numbers{0, 0, 0, 0, 0, 0, 3, 4, 5});
    CHECK(embedding_bag(zeros({2, 0}, int64), weight, {.mode = mode}).to_vector<double>() == Numbers(6));
    CHECK(embedding_bag(zeros({0, 4}, int64), weight, {.mode = mode}).shape() == Shape{0, 3});
    CHECK(embedding_bag(tensor({1, 2}), weight, zeros({0}, int64), {.mode = mode}).shape() == Shape{0, 3});
  }
}

TEST_CASE("a table and indices in the old order are exchanged, with a warning") {
  static std::string said;
  WarningHandler before = set_warning_handler([](const std::string& message) { said = message; });
  const Tensor out = embedding_bag(ones({3, 2}), tensor({{0, 2}}), {.mode = "sum"});
  set_warning_handler(std::move(before));
  CHECK(out.to_vector<double>() == Numbers{2, 2});
  CHECK_THAT(said, ContainsSubstring("the order of arguments is (input, weight)"));
}

TEST_CASE("a refused bag scales no row") {
  const Tensor weight = table();
  const Numbers before = weight.to_vector<double>();
  CHECK_THROWS_AS(embedding_bag(tensor({{3, 4}}), weight, {.max_norm = 1.0}), IndexError);
  CHECK_THROWS_AS(embedding_bag(tensor({3, 1}), weight, tensor({0, 3}), {.max_norm = 1.0}), ValueError);
  CHECK(weight.to_vector<double>() == before);
}

TEST_CASE("a bag's gradient is differentiated in turn, frequencies and padding included") {
  const Tensor ids = tensor({0, 2, 3, 2, 2, 1, 0});
  const Tensor offsets = tensor({0, 3, 4, 4, 5});
  const Tensor factors = linspace(-1, 2, 7, {.dtype = float64}).clone().requires_grad_();
  for (const char* mode : {"sum", "mean"}) {
    EmbeddingBagOptions options{.scale_grad_by_freq = true, .mode = mode, .padding_idx = 1};
    if (options.mode == "sum") options.per_sample_weights = factors;
    const Tensor g = linspace(-1, 2, 15, {.dtype = float64}).reshape({5, 3}).clone().requires_grad_();
    const auto gradient = [&](const Tensor& cotangent) {
      const Tensor weight = table();
      return autograd::grad({embedding_bag(ids, weight, offsets, options)}, {weight},
                            {.grad_outputs = {cotangent}, .create_graph = true})[0];
    };
    CHECK(autograd::gradcheck([&](const Tensor& x) { return gradient(x); }, {g}));
  }
}
