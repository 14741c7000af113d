#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "taper/base/callable.h"
#include "taper/base/generator.h"
#include "taper/data/dataset.h"
#include "taper/tensor/tensor.h"

/// The orders in which samples come, drawn as PyTorch's samplers draw them. A sampler is handed to a DataLoader by its
/// address and has to live as long, and so has a generator that is handed to a sampler; without one, the default
/// generator is drawn from.
namespace taper::data {

/// What names the samples of an epoch (torch.utils.data.Sampler).
class Sampler {
 public:
  virtual ~Sampler() = default;
  /// How many samples an epoch has.
  virtual std::int64_t size() const = 0;
  /// Begins an epoch: the function gives its next samples, int64, each time that it is called, some at a time (none is
  /// possible), and an undefined tensor after the last. Nothing is drawn before the first call.
  virtual Callable<Tensor()> epoch() = 0;
};

/// 0, 1, 2, ...
class SequentialSampler : public Sampler {
 public:
  explicit SequentialSampler(std::int64_t samples) : samples_(samples) {}
  template <Dataset D>
  explicit SequentialSampler(D& dataset) : SequentialSampler(static_cast<std::int64_t>(dataset.size())) {}

  std::int64_t size() const override { return samples_; }
  Callable<Tensor()> epoch() override;

 private:
  std::int64_t samples_;
};

/// Keywords of RandomSampler, in PyTorch's order.
struct RandomSamplerOptions {
  bool replacement = false;
  std::optional<std::int64_t> num_samples{};  ///< as many as there are where empty
  Generator* generator = nullptr;
};

/// Samples in random order; more than there are begin anew, with `replacement` each is drawn from all. ValueError for
/// no samples.
class RandomSampler : public Sampler {
 public:
  explicit RandomSampler(std::int64_t samples, RandomSamplerOptions options = {});
  template <Dataset D>
  explicit RandomSampler(D& dataset, RandomSamplerOptions options = {})
      : RandomSampler(static_cast<std::int64_t>(dataset.size()), options) {}

  std::int64_t size() const override { return options_.num_samples.value_or(samples_); }
  Callable<Tensor()> epoch() override;

 private:
  std::int64_t samples_;
  RandomSamplerOptions options_;
};

/// The named samples in random order.
class SubsetRandomSampler : public Sampler {
 public:
  explicit SubsetRandomSampler(std::vector<std::int64_t> indices, Generator* generator = nullptr);

  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  Callable<Tensor()> epoch() override;

 private:
  std::vector<std::int64_t> indices_;
  Generator* generator_;
};

/// Keywords of WeightedRandomSampler, in PyTorch's order.
struct WeightedRandomSamplerOptions {
  bool replacement = true;
  Generator* generator = nullptr;
};

/// `num_samples` samples of the given weights, which need not sum up to 1. ValueError for fewer than 1; for weights
/// that cannot be drawn from, the first epoch throws what multinomial throws.
class WeightedRandomSampler : public Sampler {
 public:
  WeightedRandomSampler(std::vector<double> weights, std::int64_t num_samples,
                        WeightedRandomSamplerOptions options = {});

  std::int64_t size() const override { return num_samples_; }
  Callable<Tensor()> epoch() override;

 private:
  std::vector<double> weights_;
  std::int64_t num_samples_;
  WeightedRandomSamplerOptions options_;
};

}  // namespace taper::data
