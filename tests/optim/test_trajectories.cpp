// Against python_parity/make_optimizer_trajectories.py, which says what the lines of the dump mean.
#include <algorithm>
#include <functional>
#include <map>

#include "catch.h"
#include "optim/trajectories.h"
#include "taper/optim/adadelta.h"
#include "taper/optim/adagrad.h"
#include "taper/optim/adam.h"
#include "taper/optim/adamax.h"
#include "taper/optim/adamw.h"
#include "taper/optim/nadam.h"
#include "taper/optim/radam.h"
#include "taper/optim/rmsprop.h"
#include "taper/optim/sgd.h"
#include "taper/optim/sparse_adam.h"

using namespace taper;
using namespace taper_test;

namespace {

constexpr std::int64_t steps = 50;

enum class Layout { contiguous, transposed };

bool is_recorded(std::int64_t t) { return t == 1 || t == 2 || t == 4 || t == 25 || t == 50; }
bool lacks_gradient(std::int64_t t, std::size_t i) {
  return (i == 1 && (t == 3 || (t >= 20 && t < 25))) || (i == 2 && t < 7);
}

Tensor transposed(const Tensor& x) { return x.detach().t().contiguous().t(); }

std::vector<Tensor> three_parameters(std::int64_t offset, DType dtype, Layout layout) {
  std::vector<Tensor> params{parameter(offset + 10, {13, 7}, dtype), parameter(offset + 11, {5}, dtype),
                             parameter(offset + 12, {3, 4}, dtype)};
  if (layout == Layout::transposed) {
    params[0] = transposed(params[0]);
    params[0].requires_grad_();
    REQUIRE_FALSE(params[0].is_contiguous());
  }
  return params;
}

std::vector<std::uint64_t> run_dense(std::int64_t offset, const std::vector<Tensor>& params,
                                     optim::Optimizer& optimizer, Layout layout) {
  std::vector<std::uint64_t> words;
  for (std::int64_t t = 1; t <= steps; ++t) {
    for (std::size_t i = 0; i < params.size(); ++i) {
      if (lacks_gradient(t, i)) {
        params[i].set_grad(Tensor());
        continue;
      }
      const Tensor grad = values(offset + 100 * t + static_cast<std::int64_t>(i), params[i].shape(), params[i].dtype());
      params[i].set_grad(layout == Layout::transposed && i == 2 ? transposed(grad) : grad);
    }
    if (t == 5) optimizer.lr(0) *= 0.5;
    if (t == 26) optimizer.lr(0) *= 3;
    optimizer.step();
    if (is_recorded(t)) words.push_back(hash_of(params));
  }
  return words;
}

std::vector<std::uint64_t> run_sparse(const Vector& v, const Tensor& table, optim::Optimizer& optimizer) {
  std::vector<std::uint64_t> words;
  const std::int64_t rows = table.size(0), dim = table.size(1), entries = v.integer(v.arguments.size() - 1);
  for (std::int64_t t = 1; t <= steps; ++t) {
    const std::int64_t count = t == 4 && v.what == "SGD/sparse" ? 0 : entries;
    const auto named = integers(v.integer(0) + 200 + t, count, static_cast<std::uint64_t>(rows));
    const Tensor grad =
        sparse_gradient(named, values(v.integer(0) + 100 * t, {count, dim}, table.dtype()), table.shape());
    table.set_grad(t == 3 ? Tensor() : grad);
    optimizer.step();
    if (is_recorded(t)) words.push_back(hash_of({table}));
  }
  return words;
}

// The options of a line, in PyTorch's order.
struct Numbers {
  const Vector& line;
  double operator[](std::size_t i) const { return line.arguments.at(i + 1); }
  bool flag(std::size_t i) const { return (*this)[i] != 0; }
};

optim::SGDOptions sgd(const Numbers& n) { return {n[0], n[1], n[2], n[3], n.flag(4), n.flag(5)}; }
optim::AdamOptions adam(const Numbers& n) { return {n[0], {n[1], n[2]}, n[3], n[4], n.flag(5), n.flag(6)}; }
optim::AdamWOptions adamw(const Numbers& n) { return {n[0], {n[1], n[2]}, n[3], n[4], n.flag(5), n.flag(6)}; }
optim::AdagradOptions adagrad(const Numbers& n) { return {n[0], n[1], n[2], n[3], n[4], n.flag(5)}; }
optim::RMSpropOptions rmsprop(const Numbers& n) { return {n[0], n[1], n[2], n[3], n[4], n.flag(5), n.flag(6)}; }
optim::AdadeltaOptions adadelta(const Numbers& n) { return {n[0], n[1], n[2], n[3], n.flag(4)}; }
optim::AdamaxOptions adamax(const Numbers& n) { return {n[0], {n[1], n[2]}, n[3], n[4], n.flag(5)}; }
optim::NAdamOptions nadam(const Numbers& n) { return {n[0], {n[1], n[2]}, n[3], n[4], n[5]}; }
optim::RAdamOptions radam(const Numbers& n) { return {n[0], {n[1], n[2]}, n[3], n[4]}; }
optim::SparseAdamOptions sparse_adam(const Numbers& n) { return {n[0], {n[1], n[2]}, n[3], n.flag(4)}; }

template <class Optimizer, class Group, class Options>
auto dense_runner(Options (*read)(const Numbers&)) {
  return [read](const Vector& v, Layout layout) {
    const auto params = three_parameters(v.integer(0), dtype_named(v.dtype), layout);
    const Options options = read({v});
    Optimizer optimizer(
        std::vector<Group>{{.params = {params[0], params[1]}}, {.params = {params[2]}, .lr = options.lr / 4}}, options);
    return run_dense(v.integer(0), params, optimizer, layout);
  };
}

template <class Optimizer, class Options>
auto sparse_runner(Options (*read)(const Numbers&)) {
  return [read](const Vector& v, Layout layout) {
    const std::size_t last = v.arguments.size() - 1;
    Tensor table = parameter(v.integer(0) + 10, {v.integer(last - 2), v.integer(last - 1)}, dtype_named(v.dtype));
    if (layout == Layout::transposed) {
      table = transposed(table);
      table.requires_grad_();
    }
    Optimizer optimizer(table, read({v}));
    return run_sparse(v, table, optimizer);
  };
}

using Runner = std::function<std::vector<std::uint64_t>(const Vector&, Layout)>;

const std::map<std::string, Runner> runners{
    {"SGD", dense_runner<optim::SGD, optim::SGDGroup>(sgd)},
    {"Adam", dense_runner<optim::Adam, optim::AdamGroup>(adam)},
    {"AdamW", dense_runner<optim::AdamW, optim::AdamWGroup>(adamw)},
    {"Adagrad", dense_runner<optim::Adagrad, optim::AdagradGroup>(adagrad)},
    {"RMSprop", dense_runner<optim::RMSprop, optim::RMSpropGroup>(rmsprop)},
    {"Adadelta", dense_runner<optim::Adadelta, optim::AdadeltaGroup>(adadelta)},
    {"Adamax", dense_runner<optim::Adamax, optim::AdamaxGroup>(adamax)},
    {"NAdam", dense_runner<optim::NAdam, optim::NAdamGroup>(nadam)},
    {"RAdam", dense_runner<optim::RAdam, optim::RAdamGroup>(radam)},
    {"SGD/sparse", sparse_runner<optim::SGD>(sgd)},
    {"Adagrad/sparse", sparse_runner<optim::Adagrad>(adagrad)},
    {"SparseAdam/sparse", sparse_runner<optim::SparseAdam>(sparse_adam)},
};

std::string described(const Vector& v) {
  std::string text = v.what + " " + v.dtype;
  for (const double x : v.arguments) text.append(1, ' ').append(std::to_string(x));
  return text;
}

}  // namespace

TEST_CASE("optimizers take parameters where PyTorch's take them, to the bit", "[optim][parity]") {
  const auto layout = GENERATE(Layout::contiguous, Layout::transposed);
  const auto vectors = read_vectors("trajectories.txt");
  for (const auto& runner : runners)
    for (const std::string dtype : {"float32", "float64"})
      REQUIRE(std::count_if(vectors.begin(), vectors.end(),
                            [&](const Vector& v) { return v.what == runner.first && v.dtype == dtype; }) >= 12);
  for (const Vector& v : vectors) {
    INFO(described(v));
    REQUIRE(v.words.size() == 5);
    CHECK(runners.at(v.what)(v, layout) == v.words);
  }
}

TEST_CASE("optimizers have the same bits on every target", "[optim][parity]") {
  const auto vectors = read_vectors("trajectories.txt");
  on_every_target([&] {
    for (std::size_t i = 0; i < vectors.size(); i += 3) {
      INFO(described(vectors[i]));
      CHECK(runners.at(vectors[i].what)(vectors[i], Layout::contiguous) == vectors[i].words);
    }
  });
}

TEST_CASE("a long step has the same bits on any number of threads", "[optim]") {
  const auto step = [](auto make) {
    same_on_threads([&] {
      Tensor p = parameter(2, {70000}, float32);
      p.set_grad(values(1, {70000}, float32));
      auto optimizer = make(p);
      optimizer.step();
      return p.to_vector<float>();
    });
  };
  CHECK_NOTHROW(step([](const Tensor& p) { return optim::Adam(p, {.lr = 0.1, .weight_decay = 0.1}); }));
  CHECK_NOTHROW(step([](const Tensor& p) { return optim::SGD(p, {.lr = 0.1, .momentum = 0.9}); }));
}
