#include <cstdint>
#include <string>
#include <vector>

#include "catch.h"
#include "kernels/optim.h"
#include "kernels/rows.h"
#include "kernels/values.h"

using namespace taper::kernels;
using namespace taper_test;

namespace {

constexpr std::int64_t steps = 6, size = 37, rows = 7, dim = 5;

template <class T>
std::vector<T> run_sgd(const Vector& v) {
  SgdOptions options{v.arguments[0], v.arguments[1],      v.arguments[2],
                     v.arguments[3], v.arguments[4] != 0, v.arguments[5] != 0};
  auto param = values<T>(100, size);
  std::vector<T> buffer(size);
  for (std::int64_t t = 1; t <= steps; ++t) {
    options.first = t == 1;
    sgd_step(size, param.data(), values<T>(100 + t, size).data(), buffer.data(), options);
  }
  return param;
}

template <class T>
std::vector<T> run_adam(const Vector& v) {
  AdamOptions options{v.arguments[0], 0.8, 0.99, v.arguments[1], v.arguments[2], v.arguments[3] != 0};
  auto param = values<T>(100, size);
  std::vector<T> m(size), second(size), most(size);
  for (std::int64_t t = 1; t <= steps; ++t) {
    options.step = static_cast<double>(t);
    adam_step(size, param.data(), values<T>(100 + t, size).data(), m.data(), second.data(),
              v.arguments[4] != 0 ? most.data() : nullptr, options);
  }
  return param;
}

template <class T>
std::vector<T> run_sparse_adam(const Vector& v) {
  AdamOptions options{0.02, 0.8, 0.99, 1e-7, 0, v.arguments[0] != 0};
  auto param = values<T>(100, rows * dim);
  std::vector<T> m(param.size()), second(param.size());
  for (std::int64_t t = 1; t <= steps; ++t) {
    options.step = static_cast<double>(t);
    const auto named = integers(200 + t, 4, rows);
    const RowGroups groups = group_rows(named.data(), 4);
    std::vector<std::int64_t> distinct(static_cast<std::size_t>(groups.size()));
    std::vector<T> grad(distinct.size() * dim);
    sum_groups(groups, named.data(), values<T>(100 + t, 4 * dim).data(), dim, distinct.data(), grad.data());
    sparse_adam_step(distinct.data(), groups.size(), dim, param.data(), grad.data(), m.data(), second.data(), options);
  }
  return param;
}

template <class T>
std::vector<std::uint64_t> run(const Vector& v) {
  if (v.what == "sgd") return bits(run_sgd<T>(v));
  if (v.what == "adam") return bits(run_adam<T>(v));
  return bits(run_sparse_adam<T>(v));
}

}  // namespace

TEST_CASE("steps of SGD, Adam and SparseAdam have PyTorch's bits on every target") {
  const auto vectors = read_vectors("optim.txt");
  REQUIRE(vectors.size() > 50);
  on_every_target([&] {
    for (const Vector& v : vectors) {
      std::string options;
      for (const double x : v.arguments) options.append(1, ' ').append(std::to_string(x));
      INFO(v.what << " " << v.dtype << options);
      CHECK((v.dtype == "float32" ? run<float>(v) : run<double>(v)) == v.words);
    }
  });
}

TEST_CASE("a long step has the same bits on any number of threads") {
  constexpr std::int64_t n = 70000;
  const auto grad = values<float>(1, n);
  same_on_threads([&] {
    auto param = values<float>(2, n);
    std::vector<float> m(n), v(n);
    adam_step(n, param.data(), grad.data(), m.data(), v.data(), static_cast<float*>(nullptr),
              AdamOptions{0.1, 0.9, 0.999, 1e-8, 0.1});
    sgd_step(n, param.data(), grad.data(), m.data(), SgdOptions{0.1, 0.9});
    return param;
  });
  SUCCEED();
}
