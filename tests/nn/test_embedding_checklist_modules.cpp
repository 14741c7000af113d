// What PyTorch's own tests assert of nn.Embedding and nn.EmbeddingBag as modules: test_embedding.py, TestEmbeddingNN,
// and common_nn.py. Half precision is left out, Taper has none.
#include <fstream>

#include "catch.h"
#include "nn/bag_reference.h"
#include "taper/autograd/gradcheck.h"
#include "taper/base/error.h"
#include "taper/io/tensor_files.h"
#include "taper/nn/embedding.h"
#include "taper/nn/embedding_bag.h"
#include "taper/nn/functional.h"
#include "taper/ops/random.h"
#include "temporary_folder.h"

using namespace taper;
using namespace taper_test;
using taper_test::ContainsSubstring;

namespace {

double half_norm(const Tensor& row) { return row.norm(0.5).item<double>(); }

Tensor sevens() { return full({4, 3}, 7.0); }

}  // namespace

TEST_CASE("test_embedding_max_norm_unsorted_repeating_indices: a row is scaled once, however often it is named") {
  manual_seed(1);
  const Tensor start = randn({30, 50}) * 2;
  const Tensor ids = randint(0, 30, {4000});
  const Tensor weight = start.clone();
  const Tensor out = embedding(ids, weight, {.max_norm = 1.0});
  const Tensor norms = start.norm(2.0, 1, true);
  const Tensor expected = where(norms > 1, start * (1.0 / (norms + 1e-7)), start).index_select(0, ids);
  CHECK(near(out, expected));
  CHECK(same_numbers(out, weight.index_select(0, ids)));
}

TEST_CASE("test_embedding_sparse_basic: a sparse gradient has the weight's shape") {
  const nn::Embedding table(10, 20, {.sparse = true});
  table(tensor({{0, 2, 4, 5}, {4, 3, 0, 9}})).sum().backward();
  CHECK(table.weight.grad().is_sparse());
  CHECK(table.weight.grad().shape() == table.weight.shape());
}

TEST_CASE("test_embedding_sparse_empty_tensor: tables without rows or columns have a sparse gradient, too") {
  const nn::Embedding nothing(0, 0, {.sparse = true});
  nothing(zeros({0}, int64)).sum().backward();
  CHECK(nothing.weight.grad().is_sparse());
  CHECK(nothing.weight.grad().shape() == Shape{0, 0});
  const nn::Embedding no_columns(10, 0, {.sparse = true});
  no_columns(tensor({{0, 2, 4, 5}, {4, 3, 0, 9}})).sum().backward();
  CHECK(no_columns.weight.grad().is_sparse());
  CHECK(no_columns.weight.grad().shape() == Shape{10, 0});
}

TEST_CASE("test_move_sparse_half_embedding: a conversion changes the weight's dtype and not the sizes (to float64)") {
  nn::Embedding table(10, 3, {.sparse = true});
  CHECK(table.weight.dtype() == float32);
  table.to(float64);
  CHECK(table.weight.dtype() == float64);
  CHECK(table.embedding_dim == 3);
  CHECK(table.num_embeddings == 10);
  table(tensor({1})).sum().backward();
  CHECK(table.weight.grad().dtype() == float64);
}

TEST_CASE("test_embedding_max_norm: rows looked up twice are equal and no row is longer than max_norm") {
  manual_seed(2);
  const nn::Embedding table(22, 5, {.max_norm = 1.0});
  const Tensor out = table(tensor({2, 8, 8, 6}));
  CHECK(same_numbers(out[1], out[2]));
  for (const double norm : out.detach().norm(2.0, 1).to_vector<double>()) CHECK(norm <= 1.0 + 1e-6);
}

TEST_CASE("test_embedding_from_pretrained: the weight is the matrix, and a lookup gives it back") {
  const Tensor a = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  const auto table = nn::Embedding::from_pretrained(a);
  CHECK(same_numbers(table.weight, a));
  CHECK(same_numbers(table(tensor({0, 1})), a));
}

TEST_CASE("test_embedding_bag_from_pretrained: bags of one give the matrix back") {
  const Tensor a = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  const auto bag = nn::EmbeddingBag::from_pretrained(a);
  CHECK(same_numbers(bag.weight, a));
  CHECK(same_numbers(bag(tensor({0, 1}), arange(2)), a));
}

TEST_CASE("test_embedding_from_pretrained_padding_idx: the padding row keeps its numbers") {
  const auto table = nn::Embedding::from_pretrained(sevens(), {.padding_idx = 0});
  CHECK(same_numbers(table.weight, sevens()));
}

TEST_CASE("test_embedding_bag_from_pretrained_padding_idx: the padding row keeps its numbers") {
  const auto bag = nn::EmbeddingBag::from_pretrained(sevens(), {.padding_idx = 0});
  CHECK(same_numbers(bag.weight, sevens()));
}

TEST_CASE("test_embedding_from_pretrained_options: max_norm scales the matrix that the table shares") {
  const Tensor a = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, float64);
  const Tensor before = a.clone();
  const auto table = nn::Embedding::from_pretrained(
      a, {.max_norm = 2.0, .norm_type = 0.5, .scale_grad_by_freq = false, .sparse = true});
  const Tensor out = table(tensor({0, 1}));
  CHECK(same_numbers(out, a));
  CHECK(a.ne(before).all().item<bool>());
  for (const std::int64_t row : {0, 1}) CHECK(half_norm(out[row]) <= 2.0 + 1e-12);
}

TEST_CASE("test_embedding_functional: F::embedding is the module's lookup, with and without padding_idx") {
  const Tensor a = tensor({{1, 3, 2}, {0, 2, 1}});
  manual_seed(3);
  for (const std::optional<std::int64_t> padding : {std::optional<std::int64_t>(), std::optional<std::int64_t>(2)}) {
    const nn::Embedding table(4, 3, {.padding_idx = padding, ._weight = randn({4, 3})});
    CHECK(same_numbers(F::embedding(a, table.weight, {.padding_idx = padding}), table(a)));
  }
}

TEST_CASE("test_embedding_bag_functional: F::embedding_bag is the module's, with and without padding_idx") {
  const Tensor a = tensor({{1, 3, 2}, {0, 2, 1}});
  manual_seed(3);
  for (const std::optional<std::int64_t> padding : {std::optional<std::int64_t>(), std::optional<std::int64_t>(2)}) {
    const nn::EmbeddingBag bag(4, 3, {._weight = randn({4, 3}), .padding_idx = padding});
    CHECK(same_numbers(F::embedding_bag(a, bag.weight, {.padding_idx = padding}), bag(a)));
  }
}

TEST_CASE("test_embedding_bag_padding_idx_error: padding indices from -n up to n - 1 are taken, no others") {
  const Tensor a = tensor({{1, 3, 2}, {0, 2, 1}});
  const Tensor weight = ones({4, 3});
  for (std::int64_t padding = -6; padding <= 5; ++padding) {
    CAPTURE(padding);
    if (padding >= -4 && padding < 4) {
      CHECK_NOTHROW(F::embedding_bag(a, weight, {.padding_idx = padding}));
      CHECK_NOTHROW(nn::EmbeddingBag(4, 3, {.padding_idx = padding}));
    } else {
      CHECK_THROWS_AS(F::embedding_bag(a, weight, {.padding_idx = padding}), ValueError);
      CHECK_THROWS_WITH(F::embedding_bag(a, weight, {.padding_idx = padding}), ContainsSubstring("outside [-4, 4)"));
      CHECK_THROWS_AS(nn::EmbeddingBag(4, 3, {.padding_idx = padding}), ValueError);
    }
  }
}

TEST_CASE("test_embeddingbag_from_pretrained: the mean is what bags give unless told otherwise") {
  const Tensor a = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  const auto bag = nn::EmbeddingBag::from_pretrained(a);
  CHECK(same_numbers(bag(tensor({{0, 1}})), a.mean(0, true)));
}

TEST_CASE("test_embeddingbag_from_pretrained_options: maxima of scaled rows, in the shared matrix") {
  const Tensor a = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, float64);
  const Tensor before = a.clone();
  const auto bag = nn::EmbeddingBag::from_pretrained(a, {.max_norm = 2.0, .norm_type = 0.5, .mode = "max"});
  const Tensor out = bag(tensor({{0, 1}}));
  CHECK(same_numbers(out, a.amax({0}, true)));
  CHECK(a.ne(before).all().item<bool>());
  for (const std::int64_t row : {0, 1}) CHECK(half_norm(a[row]) <= 2.0 + 1e-12);
}

namespace {

Tensor expanded_ids() { return randint(0, 4, {1, 512}).expand({7, 512}); }

// What common_nn.py does with every module: a lookup with the gradient by the table checked, the parameters cleared,
// the state written and read, and printed.
template <class Module>
void check_module(const Module& made, const Tensor& ids) {
  Module module = made;
  module.to(float64);
  const Tensor weight = module.weight.detach().clone().requires_grad_();
  CHECK(autograd::gradcheck(
      [&](const Tensor& w) {
        if constexpr (requires { made.mode; })
          return F::embedding_bag(ids, w, {.mode = made.mode, .padding_idx = made.padding_idx}).sum(0);
        else
          return F::embedding(ids, w, {.padding_idx = made.padding_idx}).sum({0, 1});
      },
      {weight}));
  const Tensor out = made(ids);
  CHECK(same_numbers(out, made(ids.contiguous())));
  out.sum().backward();
  CHECK(made.weight.grad().defined());
  Module copy = made;
  copy.zero_grad();
  CHECK_FALSE(copy.weight.grad().defined());
  const TemporaryFolder folder;
  save(made.state_dict(), folder.path() + "/module.safetensors");
  Module fresh = made;
  fresh.reset_parameters();
  fresh.load_state_dict(load(folder.path() + "/module.safetensors"));
  CHECK(same_numbers(fresh(ids), out));
  CHECK(fresh.str() == made.str());
}

}  // namespace

TEST_CASE("common_nn Embedding: 4 x 3 by 2 x 3 indices") { check_module(nn::Embedding(4, 3), randint(0, 4, {2, 3})); }

TEST_CASE("common_nn Embedding_discontiguous: an expanded index list") {
  check_module(nn::Embedding(4, 3), expanded_ids());
}

TEST_CASE("common_nn EmbeddingBag_mean: 4 x 3 by 2 x 3 indices") {
  check_module(nn::EmbeddingBag(4, 3), randint(0, 4, {2, 3}));
}

TEST_CASE("common_nn EmbeddingBag_discontiguous: an expanded index list") {
  check_module(nn::EmbeddingBag(4, 3), expanded_ids());
}

TEST_CASE("common_nn EmbeddingBag_sum: 4 x 3 by 2 x 3 indices") {
  check_module(nn::EmbeddingBag(4, 3, {.mode = "sum"}), randint(0, 4, {2, 3}));
}

TEST_CASE("common_nn EmbeddingBag_max: 4 x 3 by 2 x 3 indices") {
  check_module(nn::EmbeddingBag(4, 3, {.mode = "max"}), randint(0, 4, {2, 3}));
}

TEST_CASE("common_nn EmbeddingBag_mean_padding_idx, _sum_padding_idx, _max_padding_idx: rows of permutations") {
  for (const char* mode : {"mean", "sum", "max"})
    check_module(nn::EmbeddingBag(4, 3, {.mode = mode, .padding_idx = 1}), stack({randperm(3), randperm(3)}));
}

TEST_CASE("common_nn EmbeddingBag_sparse: a permutation named twice") {
  const nn::EmbeddingBag bag(4, 3, {.sparse = true});
  check_module(bag, randperm(2).repeat({2}).unsqueeze(0));
  CHECK(bag.weight.grad().is_sparse());
}

TEST_CASE("common_nn Embedding_sparse: a permutation named twice") {
  const nn::Embedding table(4, 3, {.sparse = true});
  check_module(table, randperm(2).repeat({2}).unsqueeze(0));
  CHECK(table.weight.grad().is_sparse());
}

TEST_CASE("test_module_init: device and dtype are taken, and the parameters have them") {
  CHECK(nn::Embedding(10, 5, {.device = "cpu", .dtype = float64}).weight.dtype() == float64);
  CHECK(nn::EmbeddingBag(10, 5, {.device = "cpu", .dtype = float64}).weight.dtype() == float64);
  CHECK(nn::Embedding(10, 5, {.dtype = float32}).weight.dtype() == float32);
}
