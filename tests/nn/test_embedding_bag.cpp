#include "catch.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/embedding.h"
#include "taper/nn/embedding_bag.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/random.h"
#include "taper/ops/reduce.h"

using namespace taper;
using taper_test::ContainsSubstring;
using Numbers = std::vector<double>;

namespace {

struct Tagger : nn::Module {
  nn::EmbeddingBag tags{10, 3, {.mode = "sum"}};
  Tensor forward(const Tensor& ids, const Tensor& offsets) const { return tags(ids, offsets); }
  TAPER_MODULE(tags)
};

Tensor three_rows() { return tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 7.0}}); }

}  // namespace

TEST_CASE("an EmbeddingBag reduces rows bag by bag") {
  const nn::EmbeddingBag mean(3, 2, {._weight = three_rows()});
  CHECK(mean(tensor({{0, 1}, {2, 2}})).to_vector<double>() == Numbers{2, 3, 5, 7});
  const nn::EmbeddingBag sum(3, 2, {.mode = "sum", ._weight = three_rows(), .include_last_offset = true});
  CHECK(sum(tensor({0, 1, 2}), tensor({0, 1, 3})).to_vector<double>() == Numbers{1, 2, 8, 11});
  CHECK(sum(tensor({0, 1, 2}), tensor({0, 1, 3}), tensor({2.0, 1.0, 0.5})).to_vector<double>() ==
        Numbers{2, 4, 5.5, 7.5});
  const nn::EmbeddingBag max(3, 2, {.mode = "max", ._weight = three_rows(), .padding_idx = -1});
  CHECK(max(tensor({2, 1, 0, 2}, int32), tensor({0, 3})).to_vector<double>() == Numbers{3, 4, 0, 0});
  CHECK(max(tensor({{0}})).grad_fn_name() == "EmbeddingBagBackward0");
}

TEST_CASE("an EmbeddingBag keeps what it was made with and is drawn as an Embedding is") {
  manual_seed(3);
  const nn::EmbeddingBag bag(10, 3, {.max_norm = 1.0, .norm_type = 1.0, .mode = "max", .padding_idx = -1});
  manual_seed(3);
  const nn::Embedding table(10, 3, {.padding_idx = -1});
  CHECK(bag.weight.to_vector<double>() == table.weight.to_vector<double>());
  CHECK(bag.padding_idx == 9);
  CHECK(bag.mode == "max");
  CHECK(bag.max_norm == 1.0);
  CHECK(bag.norm_type == 1.0);
  CHECK(bag.state_dict().size() == 1);
  CHECK(bag.state_dict().contains("weight"));
  CHECK(nn::EmbeddingBag(2, 2, {.dtype = float64}).weight.dtype() == float64);
}

TEST_CASE("EmbeddingBag::from_pretrained shares its matrix and freezes it unless told not to") {
  const Tensor rows = three_rows();
  const auto frozen = nn::EmbeddingBag::from_pretrained(rows);
  CHECK(frozen.weight.shares_memory_with(rows));
  CHECK_FALSE(frozen.weight.requires_grad());
  const auto bag = nn::EmbeddingBag::from_pretrained(rows, {.freeze = false, .mode = "sum", .padding_idx = 1});
  CHECK(bag.weight.requires_grad());
  CHECK(bag.weight[1].to_vector<double>() == Numbers{3, 4});
  bag(tensor({{0, 1}})).sum().backward();
  CHECK(bag.weight.grad().to_vector<double>() == Numbers{1, 1, 0, 0, 0, 0});
}

TEST_CASE("an EmbeddingBag shows PyTorch's repr") {
  CHECK(nn::EmbeddingBag(10, 3).str() == "EmbeddingBag(10, 3, mode=mean)");
  CHECK(nn::EmbeddingBag(10, 3,
                         {.max_norm = 1.0,
                          .norm_type = 1.0,
                          .scale_grad_by_freq = true,
                          .mode = "sum",
                          .sparse = true,
                          .include_last_offset = true,
                          .padding_idx = 0})
            .str() ==
        "EmbeddingBag(10, 3, max_norm=1.0, norm_type=1.0, scale_grad_by_freq=True, mode=sum, padding_idx=0)");
}

TEST_CASE("an EmbeddingBag refuses arguments that cannot be, naming them") {
  CHECK_THROWS_WITH(nn::EmbeddingBag(10, 3, {.mode = "avg"}), ContainsSubstring("sum, mean or max, not 'avg'"));
  CHECK_THROWS_AS(nn::EmbeddingBag(10, 3, {.mode = "avg"}), ValueError);
  CHECK_THROWS_WITH(nn::EmbeddingBag(10, 3, {.padding_idx = 10}), ContainsSubstring("10 is outside [-10, 10)"));
  CHECK_THROWS_WITH(nn::EmbeddingBag(-1, 3), ContainsSubstring("EmbeddingBag: num_embeddings is -1"));
  CHECK_THROWS_AS(nn::EmbeddingBag(3, 2, {._weight = zeros({2, 3})}), ShapeError);
  CHECK_THROWS_AS(nn::EmbeddingBag(3, 2, {._weight = zeros({3, 2}, int64)}), TypeError);
  CHECK_THROWS_AS(nn::EmbeddingBag(3, 2, {.device = "cuda"}), ValueError);
  CHECK_THROWS_AS(nn::EmbeddingBag::from_pretrained(zeros({3})), ShapeError);
  CHECK_THROWS_AS(nn::EmbeddingBag::from_pretrained(zeros({3, 2}, int32)), TypeError);
}

TEST_CASE("a bag outside the table names the module where the call knows it") {
  Tagger model;
  CHECK_THROWS_AS(model(tensor({3, 12}), tensor({0})), IndexError);
  CHECK_THROWS_WITH(model(tensor({3, 12}), tensor({0})),
                    ContainsSubstring("EmbeddingBag 'tags': index 12 at position [1] outside [0, 10)"));
}
