#include <sstream>

#include "parity/calls.h"
#include "taper/nn/functional.h"
#include "taper/ops/copy.h"
#include "taper/ops/index.h"
#include "taper/ops/pointwise.h"

namespace taper_test {

using namespace taper;

namespace {

using T = const Tensor&;
using Dim = std::int64_t;

std::optional<std::int64_t> integer(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::int64_t>(std::stoll(text));
}

Slice slice_of(const std::string& text) {
  std::vector<std::string> parts(3);
  std::istringstream in(text);
  for (std::string& part : parts) std::getline(in, part, ':');
  return {integer(parts[0]), integer(parts[1]), integer(parts[2]).value_or(1)};
}

// "1,...,none,::2,t": an index expression, `t` being the next tensor.
std::vector<Index> index_of(const std::string& pattern, const Tensors& tensors) {
  std::vector<Index> result;
  std::size_t used = 0;
  std::istringstream in(pattern);
  for (std::string item; std::getline(in, item, ',');) {
    if (item == "t")
      result.emplace_back(tensors.at(used++));
    else if (item == "...")
      result.emplace_back(Ellipsis);
    else if (item == "none")
      result.emplace_back(None);
    else if (item.find(':') != std::string::npos)
      result.emplace_back(slice_of(item));
    else
      result.emplace_back(std::int64_t{std::stoll(item)});
  }
  return result;
}

Call look_up() {
  return call([](const Tensors& x, const std::string& pattern) {
    return index(x[0], index_of(pattern, {x.begin() + 1, x.end()}));
  });
}

Call put() {
  return call([](const Tensors& x, const std::string& pattern) {
    return Tensor(x[0].clone().index_put_(index_of(pattern, {x.begin() + 1, x.end() - 1}), x.back()));
  });
}

EmbeddingOptions options(std::optional<std::int64_t> padding_idx, std::optional<double> max_norm, double norm_type,
                         bool scale, bool sparse) {
  return {.padding_idx = padding_idx,
          .max_norm = max_norm,
          .norm_type = norm_type,
          .scale_grad_by_freq = scale,
          .sparse = sparse};
}

// The embedding of a weight that `f` makes of the sample's.
template <class F>
Call lookup(F f) {
  return call([f](T ids, T weight, std::optional<std::int64_t> padding, std::optional<double> norm, double norm_type,
                  bool scale,
                  bool sparse) { return embedding(ids, f(weight), options(padding, norm, norm_type, scale, sparse)); });
}

}  // namespace

Calls index_calls() {
  return {
      {"index.views", look_up()},
      {"index.rows", look_up()},
      {"index.pairs", look_up()},
      {"index.mask", look_up()},
      {"index.mask_behind", look_up()},
      {"index.mask_row", look_up()},
      {"operator[]", call([](T x, Dim i) { return x[i]; })},
      {"operator[].tensor", call([](T x, T i) { return x[i]; })},
      {"index_put_", put()},
      {"index_put_.apart", put()},
      {"index_put_.mask", put()},
      {"index_select", call([](T x, T index, Dim dim) { return index_select(x, dim, index); })},
      {"gather", call([](T x, T index, Dim dim) { return gather(x, dim, index); })},
      {"scatter", call([](T x, T index, T source, Dim dim) { return scatter(x, dim, index, source); })},
      {"scatter.number", call([](T x, T index, Dim dim, Scalar value) { return scatter(x, dim, index, value); })},
      {"scatter_add", call([](T x, T index, T source, Dim dim) { return scatter_add(x, dim, index, source); })},
      {"index_add",
       call([](T x, T index, T source, Dim dim, Scalar alpha) { return index_add(x, dim, index, source, alpha); })},
      {"index_add.fraction",
       call([](T x, T index, T source, Dim dim, Scalar alpha) { return index_add(x, dim, index, source, alpha); })},
      {"one_hot", call(&one_hot)},
      {"nonzero", call(&nonzero)},
      {"masked_select", call(&masked_select)},
      {"embedding", lookup([](T weight) { return weight; })},
      {"embedding.scaled", lookup([](T weight) { return weight; })},
      {"embedding.max_norm", lookup([](T weight) { return weight.clone(); })},
      {"embedding_bag", call([](T ids, T weight, const std::string& mode, std::optional<std::int64_t> padding) {
         return embedding_bag(ids, weight, {.mode = mode, .padding_idx = padding});
       })},
      {"embedding_bag.offsets",
       call([](T ids, T offsets, T weight, const std::string& mode, std::optional<std::int64_t> padding) {
         return embedding_bag(ids, weight, offsets, {.mode = mode, .padding_idx = padding});
       })},
      {"embedding.sparse", lookup([](T weight) { return weight * 1; })},
  };
}

}  // namespace taper_test
