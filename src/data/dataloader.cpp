#include "taper/data/dataloader.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/seed.h"
#include "taper/base/error.h"
#include "taper/ops/shape.h"

namespace taper::data::detail {
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
  if (options.sampler != nullptr && options.shuffle)
    throw ValueError("DataLoader: sampler option is mutually exclusive with shuffle; leave one of them out");
  if (options.shuffle && samples <= 0)
    throw ValueError(
        fmt::format("DataLoader: nothing to shuffle: num_samples should be a positive integer value, but got "
                    "num_samples={}",
                    samples));
}

EpochOrder::EpochOrder(std::int64_t samples, const DataLoaderOptions& options)
    : batch_size_(options.batch_size), drop_last_(options.drop_last) {
  // PyTorch's base seed of worker processes, drawn even where there are none.
  draw_seed(options.generator != nullptr ? *options.generator : default_generator());
  if (options.sampler != nullptr) {
    source_ = options.sampler->epoch();
  } else if (options.shuffle) {
    source_ = RandomSampler(samples, {.generator = options.generator}).epoch();
  } else {
    source_ = SequentialSampler(samples).epoch();
  }
}

Tensor EpochOrder::next() {
  std::vector<Tensor> parts;
  std::int64_t missing = batch_size_;
  while (missing > 0 && source_) {
    if (rest_.defined() && rest_.numel() > 0) {
      const std::int64_t count = std::min(missing, rest_.numel());
      parts.push_back(rest_.narrow(0, 0, count));
      rest_ = rest_.narrow(0, count, rest_.numel() - count);
      missing -= count;
    } else {
      rest_ = source_();
      if (!rest_.defined()) source_ = {};
    }
  }
  if (parts.empty() || (missing > 0 && drop_last_)) return {};
  return parts.size() == 1 ? parts[0] : cat(parts);
}

}  // namespace taper::data::detail
