// Against python_parity/make_optimizer_trajectories.py, which says what the lines of the dump mean.
#include "catch.h"
#include "optim/trajectories.h"
#include "taper/optim/adam.h"
#include "taper/optim/sgd.h"
#include "taper/optim/sparse_adam.h"

using namespace taper;
using namespace taper_test;

namespace {

constexpr std::int64_t steps = 8;

enum class Layout { contiguous, transposed };

std::vector<Tensor> three_parameters(std::int64_t offset, DType dtype, Layout layout) {
  std::vector<Tensor> params{parameter(offset + 10, {13, 7}, dtype), parameter(offset + 11, {5}, dtype),
                             parameter(offset + 12, {3, 4}, dtype)};
  if (layout == Layout::transposed) {
    params[0] = values(offset + 10, {13, 7}, dtype).t().contiguous().t();
    params[0].requires_grad_();
    REQUIRE_FALSE(params[0].is_contiguous());
  }
  return params;
}

template <class Optimizer>
std::vector<std::uint64_t> run_dense(std::int64_t offset, std::vector<Tensor>& params, Optimizer& optimizer,
                                     Layout layout) {
  std::vector<std::uint64_t> words;
  for (std::int64_t t = 1; t <= steps; ++t) {
    for (std::size_t i = 0; i < params.size(); ++i) {
      Tensor grad = values(offset + 100 * t + static_cast<std::int64_t>(i), params[i].shape(), params[i].dtype());
      if (layout == Layout::transposed && i == 2) grad = grad.t().contiguous().t();
      params[i].set_grad(t == 3 && i == 1 ? Tensor() : grad);
    }
    if (t == 5) optimizer.param_groups()[0].lr *= 0.5;
    optimizer.step();
    words.push_back(hash_of(params));
  }
  return words;
}

template <class Optimizer>
std::vector<std::uint64_t> run_sparse(const Vector& v, Tensor& table, Optimizer& optimizer, std::int64_t entries) {
  std::vector<std::uint64_t> words;
  const std::int64_t rows = table.size(0), dim = table.size(1);
  for (std::int64_t t = 1; t <= steps; ++t) {
    const std::int64_t count = t == 4 && v.what == "sparse_sgd" ? 0 : entries;
    const auto named = integers(v.integer(0) + 200 + t, count, static_cast<std::uint64_t>(rows));
    const Tensor grad =
        sparse_gradient(named, values(v.integer(0) + 100 * t, {count, dim}, table.dtype()), table.shape());
    table.set_grad(t == 3 ? Tensor() : grad);
    optimizer.step();
    words.push_back(hash_of({table}));
  }
  return words;
}

std::vector<std::uint64_t> run(const Vector& v, Layout layout) {
  const std::int64_t offset = v.integer(0);
  const std::vector<double> a(v.arguments.begin() + 1, v.arguments.end());
  const auto flag = [&](std::size_t i) { return a.at(i) != 0; };
  const DType dtype = dtype_named(v.dtype);
  if (v.what == "sgd" || v.what == "adam") {
    auto params = three_parameters(offset, dtype, layout);
    const double lr = v.what == "sgd" ? a.at(0) : a.at(2);
    const std::vector<Tensor> first(params.begin(), params.begin() + 2);
    if (v.what == "sgd") {
      optim::SGD sgd({{.params = first}, {.params = {params[2]}, .lr = lr / 4}}, {.lr = lr,
                                                                                  .momentum = a.at(1),
                                                                                  .dampening = a.at(2),
                                                                                  .weight_decay = a.at(3),
                                                                                  .nesterov = flag(4),
                                                                                  .maximize = flag(5)});
      return run_dense(offset, params, sgd, layout);
    }
    optim::Adam adam({{.params = first}, {.params = {params[2]}, .lr = lr / 4}}, {.lr = lr,
                                                                                  .betas = {a.at(0), a.at(1)},
                                                                                  .eps = a.at(3),
                                                                                  .weight_decay = a.at(4),
                                                                                  .amsgrad = flag(5),
                                                                                  .maximize = flag(6)});
    return run_dense(offset, params, adam, layout);
  }
  const std::size_t last = v.arguments.size() - 1;
  Tensor table = parameter(offset + 10, {v.integer(last - 2), v.integer(last - 1)}, dtype);
  if (layout == Layout::transposed) {
    table = table.detach().t().contiguous().t();
    table.requires_grad_();
  }
  if (v.what == "sparse_sgd") {
    optim::SGD sgd(
        {table}, {.lr = a.at(0), .momentum = a.at(1), .dampening = a.at(2), .nesterov = flag(3), .maximize = flag(4)});
    return run_sparse(v, table, sgd, v.integer(last));
  }
  optim::SparseAdam adam({table}, {.lr = a.at(2), .betas = {a.at(0), a.at(1)}, .eps = a.at(3), .maximize = flag(4)});
  return run_sparse(v, table, adam, v.integer(last));
}

}  // namespace

TEST_CASE("optimizers take parameters where PyTorch's take them, to the bit", "[optim][parity]") {
  const auto layout = GENERATE(Layout::contiguous, Layout::transposed);
  const auto vectors = read_vectors("trajectories.txt");
  REQUIRE(vectors.size() == 232);
  for (const Vector& v : vectors) {
    std::string options;
    for (const double x : v.arguments) options.append(1, ' ').append(std::to_string(x));
    INFO(v.what << " " << v.dtype << options);
    CHECK(run(v, layout) == v.words);
  }
}
