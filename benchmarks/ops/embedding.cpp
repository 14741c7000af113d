#include <algorithm>

#include "ops/rows.h"
#include "ops/tensors.h"

namespace ops {
namespace {

constexpr std::int64_t dim = 128;

/// Batches of indices that are handed out in turn: as many as name all words once on average, so that rows of a table
/// that is larger than the caches come from memory.
class Batches {
 public:
  Batches(std::int64_t words, std::int64_t batch) {
    for (std::int64_t i = 0; i < std::max<std::int64_t>(64, words / batch); ++i)
      batches_.push_back(randint(words, {batch}));
  }
  const Tensor& next() { return batches_[at_++ % batches_.size()]; }

 private:
  std::vector<Tensor> batches_;
  std::size_t at_ = 0;
};

void steps_of_sgd(const Arguments& arguments, std::int64_t words, std::int64_t batch) {
  const std::string id = "_v" + std::to_string(words / 1000) + "k_b" + std::to_string(batch);
  const std::vector<std::string> names{"emb_f", "emb_fb_dense", "emb_fb_sparse", "emb_step_sgd_dense",
                                       "emb_step_sgd_sparse"};
  if (std::none_of(names.begin(), names.end(), [&](const auto& name) { return arguments.wants(name + id); })) return;
  Batches batches(words, batch);
  const Tensor g = randn({batch, dim}) * 1e-4;
  // One table for both kinds: where it happens to lie in memory is worth a third of a row's time.
  nn::Embedding table(words, dim);
  for (const bool sparse : {false, true}) {
    table.sparse = sparse;
    optim::SGD sgd(table.parameters(), {.lr = 0.01});
    const std::string kind = sparse ? "_sparse" : "_dense";
    if (!sparse) row(arguments, "emb_f" + id, [&] { const Tensor y = table(batches.next()); });
    row(arguments, "emb_fb" + kind + id, [&] {
      table(batches.next()).backward(g);
      drop(table.weight);
    });
    row(arguments, "emb_step_sgd" + kind + id, [&] {
      sgd.zero_grad();
      table(batches.next()).backward(g);
      sgd.step();
    });
    drop(table.weight);
  }
}

/// Adam on a table with dense gradients, of which each step touches rows that no step before it has touched.
void step_of_adam(const Arguments& arguments) {
  const std::string name = "emb_step_adam_dense_v1000k_b256";
  if (!arguments.wants(name)) return;
  const std::int64_t words = 1'000'000, batch = 256;
  const Tensor order = randperm(words), g = randn({batch, dim}) * 1e-4;
  nn::Embedding table(words, dim);
  optim::Adam adam(table.parameters(), {.lr = 1e-3});
  std::int64_t at = 0;
  row(arguments, name, [&] {
    adam.zero_grad();
    table(order.narrow(0, at++ % (words / batch) * batch, batch)).backward(g);
    adam.step();
  });
}

/// Bags of 16 rows of a table of 100 k x 64.
void bags(const Arguments& arguments) {
  const std::int64_t words = 100'000, count = 256, size = 16, width = 64;
  const auto name = [](const std::string& mode, bool sparse) {
    return "bag_fb_" + mode + (sparse ? "_sparse" : "_dense") + "_v100k_b256x16";
  };
  for (const std::string mode : {"sum", "mean"}) {
    for (const bool sparse : {false, true}) {
      if (!arguments.wants(name(mode, sparse))) continue;
      std::vector<Tensor> batches;
      for (int i = 0; i < 64; ++i) batches.push_back(randint(words, {count, size}));
      std::size_t at = 0;
      const Tensor g = randn({count, width}) * 1e-4;
      nn::EmbeddingBag table(words, width, {.mode = mode, .sparse = sparse});
      row(arguments, name(mode, sparse), [&] {
        table(batches[at++ % batches.size()]).backward(g);
        drop(table.weight);
      });
    }
  }
}

}  // namespace

void embeddings(const Arguments& arguments) {
  for (const std::int64_t words : {10'000, 100'000, 1'000'000})
    for (const std::int64_t batch : {256, 4096}) steps_of_sgd(arguments, words, batch);
  step_of_adam(arguments);
  bags(arguments);
}

}  // namespace ops
