#include "taper/data/dataloader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/generator_lock.h"
#include "taper/base/error.h"
#include "taper/ops/random.h"

namespace taper::data::detail {
namespace {

// What torch's random_() gives for int64.
std::uint64_t draw_seed(Generator& generator) {
  const GeneratorLock lock(generator);
  return generator.random64() & ~(std::uint64_t{1} << 63);
}

}  // namespace

void check_samples(const Tensor* tensors, std::size_t count) {
  for (std::size_t k = 0; k < count; ++k) {
    if (tensors[k].dim() == 0)
      throw ShapeError(fmt::format("TensorDataset: tensor {} is 0-d; its first dimension has to count the samples", k));
    if (tensors[k].size(0) != tensors[0].size(0))
      throw ShapeError(
          fmt::format("TensorDataset: Size mismatch between tensors: tensor {} has {} samples and tensor 0 has {}", k,
                      tensors[k].size(0), tensors[0].size(0)));
  }
}

void check_loader(std::int64_t samples, const DataLoaderOptions& options) {
  if (options.batch_size <= 0)
    throw ValueError(fmt::format("DataLoader: batch_size should be a positive integer value, but got batch_size={}",
                                 options.batch_size));
  if (options.shuffle && samples <= 0)
    throw ValueError(
        fmt::format("DataLoader: nothing to shuffle: num_samples should be a positive integer value, but got "
                    "num_samples={}",
                    samples));
}

EpochOrder::EpochOrder(std::int64_t samples, const DataLoaderOptions& options) : samples_(samples), options_(options) {
  // PyTorch's base seed of worker processes, drawn even where there are none.
  draw_seed(options_.generator != nullptr ? *options_.generator : default_generator());
}

void EpochOrder::draw() {
  if (!options_.shuffle) {
    order_ = arange(samples_);
  } else if (options_.generator != nullptr) {
    order_ = randperm(samples_, {.generator = options_.generator});
  } else {
    Generator generator(draw_seed(default_generator()));
    order_ = randperm(samples_, {.generator = &generator});
  }
  position_ = 0;
}

Tensor EpochOrder::next() {
  if (position_ < 0) draw();
  const std::int64_t count = std::min(options_.batch_size, samples_ - position_);
  if (count < options_.batch_size && order_.defined()) {
    // Whoever asks PyTorch's sampler for more than there is makes it draw another order, none of which is used.
    if (options_.shuffle && options_.generator != nullptr) randperm(samples_, {.generator = options_.generator});
    if (count > 0 && !options_.drop_last) {
      const Tensor last = order_.narrow(0, position_, count);
      order_ = Tensor();
      return last;
    }
    order_ = Tensor();
  }
  if (!order_.defined()) return Tensor();
  const Tensor ids = order_.narrow(0, position_, count);
  position_ += count;
  return ids;
}

}  // namespace taper::data::detail
