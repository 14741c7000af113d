#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "taper/base/generator.h"
#include "taper/data/dataset.h"
#include "taper/data/sampler.h"
#include "taper/ops/create.h"
#include "taper/ops/shape.h"
#include "taper/tensor/tensor.h"

namespace taper::data {

/// Keywords of DataLoader, in PyTorch's order.
struct DataLoaderOptions {
  std::int64_t batch_size = 1;
  bool shuffle = false;
  Sampler* sampler = nullptr;      ///< which samples, in which order; has to live as long as the loader
  bool drop_last = false;          ///< leaves a last, shorter batch out
  Generator* generator = nullptr;  ///< where the order is drawn from; the default generator where null
};

namespace detail {

/// ValueError for options that cannot be, or for nothing to shuffle.
void check_loader(std::int64_t samples, const DataLoaderOptions& options);

/// The numbers of the samples of each batch of one epoch, drawn as PyTorch's samplers draw them.
class EpochOrder {
 public:
  EpochOrder(std::int64_t samples, const DataLoaderOptions& options);
  /// The next batch's, int64; undefined after the last.
  Tensor next();

 private:
  std::int64_t batch_size_;
  bool drop_last_;
  Callable<Tensor()> source_;  // empty after the last part
  Tensor rest_;                // of the part that it gave last
};

template <class T>
concept Tuple = requires {
  std::tuple_size<T>::value;
};

/// Samples put together as PyTorch's default_collate does: tensors are stacked, integers become int64, fractions
/// float64 and bools bool; a pair, tuple or array becomes an array of what its members become.
template <std::derived_from<Tensor> T>
Tensor collate(const std::vector<T>& samples) {
  return stack(std::vector<Tensor>(samples.begin(), samples.end()));
}
template <class T>
requires std::is_arithmetic_v<T> Tensor collate(const std::vector<T>& samples) {
  if constexpr (std::is_same_v<T, bool>) {
    return tensor(samples);
  } else {
    using Wide = std::conditional_t<std::is_integral_v<T>, std::int64_t, double>;
    return tensor(std::vector<Wide>(samples.begin(), samples.end()));
  }
}
template <std::size_t I, Tuple T>
Tensor collate_member(const std::vector<T>& samples) {
  std::vector<std::tuple_element_t<I, T>> column;
  column.reserve(samples.size());
  using std::get;  // a tuple's comes with its header
  for (const T& sample : samples) column.push_back(get<I>(sample));
  return collate(column);
}
template <Tuple T>
std::array<Tensor, std::tuple_size<T>::value> collate(const std::vector<T>& samples) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<Tensor, sizeof...(I)>{collate_member<I>(samples)...};
  }
  (std::make_index_sequence<std::tuple_size_v<T>>());
}

template <class D>
auto get_batch(D& dataset, const Tensor& ids) {
  if constexpr (requires { dataset.get_batch(ids); }) {
    return dataset.get_batch(ids);
  } else {
    std::vector<std::decay_t<decltype(dataset.get(0))>> samples;
    const std::int64_t* id = ids.data<std::int64_t>();
    for (std::int64_t i = 0; i < ids.numel(); ++i) samples.push_back(dataset.get(id[i]));
    return collate(samples);
  }
}

}  // namespace detail

/// Batches of a dataset's samples (torch.utils.data.DataLoader), with PyTorch's draws and order:
///
///     data::DataLoader loader(data::TensorDataset(x, y), {.batch_size = 4, .shuffle = true});
///     for (auto [ids, labels] : loader) ...
///
/// Each loop over it is an epoch. A dataset is any type with size() and get(i) (see Dataset); get may return a Tensor,
/// a number, or a pair, tuple or array of these. A batch is one Tensor, or an array of as many as the sample has
/// members, with a new first dimension; a dataset with `get_batch(ids)` makes its batches itself. The loader keeps the
/// dataset, a handed-over generator has to live as long as it does.
///
/// ValueError for batch_size below 1, for a dataset without samples with shuffle, and for a sampler with shuffle.
template <Dataset D>
class DataLoader {
 public:
  explicit DataLoader(D dataset, const DataLoaderOptions& options = {})
      : dataset_(std::move(dataset)), options_(options) {
    detail::check_loader(samples(), options_);
  }

  /// How many batches an epoch has.
  std::int64_t size() const {
    const std::int64_t samples = options_.sampler != nullptr ? options_.sampler->size() : this->samples();
    return (samples + (options_.drop_last ? 0 : options_.batch_size - 1)) / options_.batch_size;
  }
  D& dataset() { return dataset_; }

  /// One epoch's batches, one after another. Making it draws the epoch's seed.
  class Iterator {
   public:
    using Batch = decltype(detail::get_batch(std::declval<D&>(), std::declval<const Tensor&>()));
    using value_type = Batch;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(DataLoader& loader) : dataset_(&loader.dataset_), order_(loader.samples(), loader.options_) {
      ++*this;
    }
    Batch& operator*() const { return *batch_; }
    Iterator& operator++() {
      const Tensor ids = order_.next();
      batch_.reset();
      if (ids.defined()) batch_.emplace(detail::get_batch(*dataset_, ids));
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return !it.batch_.has_value(); }

   private:
    D* dataset_;
    detail::EpochOrder order_;
    mutable std::optional<Batch> batch_;
  };

  Iterator begin() { return Iterator(*this); }
  std::default_sentinel_t end() const { return {}; }

 private:
  std::int64_t samples() const { return static_cast<std::int64_t>(const_cast<D&>(dataset_).size()); }

  D dataset_;
  DataLoaderOptions options_;
};

}  // namespace taper::data
