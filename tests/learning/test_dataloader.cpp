#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "catch.h"
#include "kernels/values.h"
#include "taper/base/error.h"
#include "taper/data/dataloader.h"

using namespace taper;
using namespace taper_test;

namespace {

std::uint64_t bits63(Generator& generator) { return generator.random64() & ~(std::uint64_t{1} << 63); }

// The words of a dump: two epochs, the first left after `stop` batches, and what the generators give then.
std::vector<std::uint64_t> two_epochs(data::DataLoader<data::TensorDataset<1>>& loader, std::int64_t stop,
                                      Generator& generator, Generator* own) {
  std::vector<std::uint64_t> words;
  for (int epoch = 0; epoch < 2; ++epoch) {
    std::int64_t number = 0;
    for (auto [batch] : loader) {
      words.push_back(static_cast<std::uint64_t>(batch.numel()));
      for (const std::int64_t sample : batch.to_vector<std::int64_t>())
        words.push_back(static_cast<std::uint64_t>(sample));
      if (++number == stop && epoch == 0) break;
    }
    if (epoch == 1 && number != loader.size()) throw std::runtime_error("size() is not the number of batches");
    words.push_back(0);
  }
  words.push_back(bits63(generator));
  words.push_back(own != nullptr ? bits63(*own) : 0);
  return words;
}

std::vector<std::uint64_t> two_epochs(const Vector& v) {
  Generator& generator = manual_seed(v.integer(6));
  Generator seeded(static_cast<std::uint64_t>(v.integer(6) + 1));
  Generator* own = v.arguments[4] != 0 ? &seeded : nullptr;
  data::DataLoader loader(
      data::TensorDataset(arange(v.integer(0))),
      {.batch_size = v.integer(1), .shuffle = v.arguments[2] != 0, .drop_last = v.arguments[3] != 0, .generator = own});
  return two_epochs(loader, v.integer(5), generator, own);
}

std::unique_ptr<data::Sampler> sampler_of(const Vector& v, Generator* own) {
  const std::int64_t samples = v.integer(1);
  const bool replacement = v.arguments[3] != 0;
  if (v.integer(0) == 0)
    return std::make_unique<data::RandomSampler>(samples, data::RandomSamplerOptions{replacement, v.integer(2), own});
  if (v.integer(0) == 1) {
    std::vector<std::int64_t> even;
    for (std::int64_t i = 0; i < samples; i += 2) even.push_back(i);
    return std::make_unique<data::SubsetRandomSampler>(even, own);
  }
  if (v.integer(0) == 3) return std::make_unique<data::SequentialSampler>(samples);
  std::vector<double> weights;
  for (std::int64_t i = 0; i < samples; ++i) weights.push_back(static_cast<double>((37 * i) % 11) / 8);
  return std::make_unique<data::WeightedRandomSampler>(weights, v.integer(2),
                                                       data::WeightedRandomSamplerOptions{replacement, own});
}

std::vector<std::uint64_t> sampled(const Vector& v) {
  Generator& generator = manual_seed(v.integer(8));
  Generator seeded(static_cast<std::uint64_t>(v.integer(8) + 1));
  Generator* own = v.arguments[6] != 0 ? &seeded : nullptr;
  const auto sampler = sampler_of(v, own);
  data::DataLoader loader(data::TensorDataset(arange(v.integer(1))),
                          {.batch_size = v.integer(4), .sampler = sampler.get(), .drop_last = v.arguments[5] != 0});
  return two_epochs(loader, v.integer(7), generator, own);
}

// Squares of the numbers below `count`, each with whether it is even.
struct Squares {
  std::int64_t count;
  std::int64_t size() const { return count; }
  std::tuple<Tensor, int, bool, float> get(std::int64_t i) const {
    return {tensor({i, i * i}), static_cast<int>(i), i % 2 == 0, static_cast<float>(i) / 2};
  }
};

struct Rows {
  Tensor table;
  std::int64_t size() { return table.size(0); }
  Tensor get(std::int64_t i) { return table[i]; }
};

struct Ragged {
  std::int64_t size() const { return 2; }
  Tensor get(std::int64_t i) const { return ones({i + 1}); }
};

}  // namespace

TEST_CASE("a DataLoader draws what PyTorch's draws and brings samples in its order", "[data][parity]") {
  const auto vectors = read_vectors("loader.txt");
  REQUIRE(vectors.size() == 120);
  for (const Vector& v : vectors) {
    std::string options;
    for (const double x : v.arguments) options.append(1, ' ').append(std::to_string(x));
    INFO("samples, batch_size, shuffle, drop_last, own generator, stop, seed:" << options);
    CHECK(two_epochs(v) == v.words);
  }
}

TEST_CASE("samplers draw what PyTorch's draw and bring samples in their order", "[data][parity]") {
  const auto vectors = read_vectors("samplers.txt");
  REQUIRE(vectors.size() == 80);
  for (const Vector& v : vectors) {
    std::string options;
    for (const double x : v.arguments) options.append(1, ' ').append(std::to_string(x));
    INFO("kind, samples, num_samples, replacement, batch_size, drop_last, own generator, stop, seed:" << options);
    CHECK(sampled(v) == v.words);
  }
}

TEST_CASE("samplers take a dataset's size and refuse what cannot be drawn", "[data]") {
  const data::TensorDataset dataset(zeros({5, 2}));
  CHECK(data::RandomSampler(dataset).size() == 5);
  CHECK(data::SequentialSampler(dataset).size() == 5);
  CHECK(data::SubsetRandomSampler({3, 1}).size() == 2);
  CHECK_THROWS_WITH(data::RandomSampler(0), ContainsSubstring("got num_samples=0"));
  CHECK_THROWS_AS(data::RandomSampler(3, {.num_samples = 0}), ValueError);
  CHECK_THROWS_AS(data::WeightedRandomSampler({1.0}, 0), ValueError);
  data::SequentialSampler sampler(dataset);
  CHECK_THROWS_WITH(data::DataLoader(dataset, {.shuffle = true, .sampler = &sampler}),
                    "DataLoader: sampler option is mutually exclusive with shuffle; leave one of them out");
  data::WeightedRandomSampler impossible({1.0, -1.0}, 3);
  data::DataLoader loader(dataset, {.sampler = &impossible});
  CHECK_THROWS_AS(loader.begin(), ValueError);
}

TEST_CASE("a batch of a TensorDataset holds the same samples of each tensor", "[data]") {
  const Tensor x = arange(10).view({5, 2});
  const Tensor y = tensor({0.0, 0.5, 1.0, 1.5, 2.0}, float64);
  data::DataLoader loader(data::TensorDataset(x, y), {.batch_size = 2});
  CHECK(loader.size() == 3);
  std::vector<Shape> shapes;
  for (auto [ids, labels] : loader) {
    shapes.push_back(ids.shape());
    REQUIRE(labels.shape() == Shape{ids.size(0)});
    CHECK(labels.dtype() == float64);
    for (std::int64_t i = 0; i < ids.size(0); ++i)
      CHECK(labels[i].item<double>() * 4 == static_cast<double>(ids[i][0].item<std::int64_t>()));
  }
  CHECK(shapes == std::vector<Shape>{{2, 2}, {2, 2}, {1, 2}});
  std::int64_t seen = 0;
  for (auto& [a, b, c] : data::DataLoader(data::TensorDataset(x, y, x), {.batch_size = 5})) {
    seen += a.size(0) + b.size(0) + c.size(0);
  }
  CHECK(seen == 15);
}

TEST_CASE("a dataset of one's own is stacked: tensors, integers, bools and fractions", "[data]") {
  data::DataLoader loader(Squares{5}, {.batch_size = 3});
  std::vector<std::int64_t> squares;
  for (auto [pair, number, even, half] : loader) {
    CHECK(pair.shape() == Shape{number.size(0), 2});
    CHECK(number.dtype() == int64);
    CHECK(even.dtype() == bool_);
    CHECK(half.dtype() == float64);
    for (std::int64_t i = 0; i < number.size(0); ++i) {
      CHECK(pair[i][0].item<std::int64_t>() == number[i].item<std::int64_t>());
      CHECK(even[i].item<bool>() == (number[i].item<std::int64_t>() % 2 == 0));
      CHECK(half[i].item<double>() * 2 == number[i].item<double>());
      squares.push_back(pair[i][1].item<std::int64_t>());
    }
  }
  CHECK(squares == std::vector<std::int64_t>{0, 1, 4, 9, 16});
}

TEST_CASE("a dataset of single tensors gives single tensors", "[data]") {
  const Tensor table = arange(6).view({3, 2});
  data::DataLoader loader(Rows{table}, {.batch_size = 3});
  int batches = 0;
  for (const Tensor& batch : loader) {
    CHECK(batch.to_vector<std::int64_t>() == table.to_vector<std::int64_t>());
    CHECK_FALSE(batch.shares_memory_with(table));
    ++batches;
  }
  CHECK(batches == 1);
}

TEST_CASE("a dataset without samples has no batch", "[data]") {
  data::DataLoader loader(data::TensorDataset(zeros({0, 3})), {.batch_size = 4});
  CHECK(loader.size() == 0);
  for (auto [batch] : loader) FAIL("a batch of shape " << to_string(batch.shape()));
}

TEST_CASE("what a DataLoader cannot load is refused with a sentence", "[data]") {
  const Tensor x = zeros({4, 2});
  CHECK_THROWS_AS(data::TensorDataset(x, zeros({3})), ShapeError);
  CHECK_THROWS_WITH(data::TensorDataset(x, zeros({3})),
                    "TensorDataset: Size mismatch between tensors: tensor 1 has 3 samples and tensor 0 has 4");
  CHECK_THROWS_AS(data::TensorDataset(tensor(1.0)), ShapeError);
  CHECK_THROWS_AS(data::TensorDataset(x).get(4), IndexError);
  for (const std::int64_t size : {0, -1}) {
    CHECK_THROWS_AS(data::DataLoader(data::TensorDataset(x), {.batch_size = size}), ValueError);
    CHECK_THROWS_WITH(data::DataLoader(data::TensorDataset(x), {.batch_size = size}),
                      ContainsSubstring("got batch_size=" + std::to_string(size)));
  }
  CHECK_THROWS_AS(data::DataLoader(data::TensorDataset(zeros({0})), {.shuffle = true}), ValueError);
  data::DataLoader ragged(Ragged{}, {.batch_size = 2});
  CHECK_THROWS_AS(ragged.begin(), ShapeError);
}
