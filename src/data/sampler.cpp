#include "taper/data/sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "data/seed.h"
#include "taper/base/error.h"
#include "taper/ops/create.h"
#include "taper/ops/index.h"
#include "taper/ops/random.h"

namespace taper::data {
namespace {

// The samples of one call, then none.
template <class F>
Callable<Tensor()> at_once(F f) {
  return [f = std::move(f), done = false]() mutable { return std::exchange(done, true) ? Tensor() : f(); };
}

void check_count(const char* name, std::int64_t samples) {
  if (samples <= 0)
    throw ValueError(
        fmt::format("{}: num_samples should be a positive integer value, but got num_samples={}", name, samples));
}

// An epoch of a RandomSampler. PyTorch's asks for one part more than it needs where its samples are whole parts; that
// is drawn as well, for the generator's sake.
class RandomEpoch {
 public:
  RandomEpoch(std::int64_t samples, std::int64_t count, const RandomSamplerOptions& options)
      : samples_(samples), left_(count), options_(options) {}

  Tensor operator()() {
    if (done_) return {};
    if (!started_ && options_.generator == nullptr) own_.manual_seed(detail::draw_seed(default_generator()));
    started_ = true;
    Generator* source = options_.generator != nullptr ? options_.generator : &own_;
    constexpr std::int64_t at_a_time = 32;
    const std::int64_t part = options_.replacement ? at_a_time : samples_;
    const std::int64_t count = std::min(part, left_);
    done_ = count < part;
    left_ -= count;
    if (options_.replacement) return randint(0, samples_, {count}, {.generator = source});
    return randperm(samples_, {.generator = source}).narrow(0, 0, count);
  }

 private:
  std::int64_t samples_;
  std::int64_t left_;
  RandomSamplerOptions options_;
  Generator own_;
  bool started_ = false;
  bool done_ = false;
};

}  // namespace

std::uint64_t detail::draw_seed(Generator& generator) {
  const GeneratorLock lock(generator);
  return generator.random64() & ~(std::uint64_t{1} << 63);
}

Callable<Tensor()> SequentialSampler::epoch() {
  return at_once([n = samples_] { return arange(n); });
}

RandomSampler::RandomSampler(std::int64_t samples, RandomSamplerOptions options)
    : samples_(samples), options_(options) {
  check_count("RandomSampler", samples);
  check_count("RandomSampler", size());
}

Callable<Tensor()> RandomSampler::epoch() { return RandomEpoch(samples_, size(), options_); }

SubsetRandomSampler::SubsetRandomSampler(std::vector<std::int64_t> indices, Generator* generator)
    : indices_(std::move(indices)), generator_(generator) {}

Callable<Tensor()> SubsetRandomSampler::epoch() {
  return at_once([indices = tensor(indices_), generator = generator_] {
    return indices[randperm(indices.numel(), {.generator = generator})];
  });
}

WeightedRandomSampler::WeightedRandomSampler(std::vector<double> weights, std::int64_t num_samples,
                                             WeightedRandomSamplerOptions options)
    : weights_(std::move(weights)), num_samples_(num_samples), options_(options) {
  check_count("WeightedRandomSampler", num_samples);
}

Callable<Tensor()> WeightedRandomSampler::epoch() {
  return at_once([weights = tensor(weights_, float64), count = num_samples_, options = options_] {
    return multinomial(weights, count, options.replacement, options.generator);
  });
}

}  // namespace taper::data
