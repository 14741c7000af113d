#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "bits.h"
#include "catch.h"
#include "dump.h"
#include "ops/strided.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/ops/random.h"

using namespace taper;
using taper_test::ContainsSubstring;
using taper_test::parse_shape;
using taper_test::view_of;

namespace {

// One line of the dump, "op dtype shape strides arguments : bits".
bool same(const std::string& text) {
  std::istringstream line(text);
  std::string op, dtype, shape, strides;
  line >> op;
  if (op == "seed") {
    std::int64_t seed = 0;
    line >> seed;
    manual_seed(seed);
    return true;
  }
  line >> dtype >> shape >> strides;
  Tensor x = view_of(taper_test::dtype_named(dtype), parse_shape(shape), parse_shape(strides));
  double a = 0;
  double b = 0;
  if (op == "uniform_" && line >> a >> b) {
    x.uniform_(a, b);
  } else if (op == "normal_" && line >> a >> b) {
    x.normal_(a, b);
  } else if (op == "bernoulli_" && line >> a) {
    x.bernoulli_(a);
  } else if (op == "rand_like") {
    x = rand_like(x);
  } else if (op == "randn_like") {
    x = randn_like(x);
  } else if (op == "randint_like" && line >> a >> b) {
    x = randint_like(x, static_cast<std::int64_t>(a), static_cast<std::int64_t>(b));
  } else if (op == "bernoulli") {
    x = bernoulli(x.fill_(0.5));
  } else {
    FAIL("unknown call " << op);
  }
  const Tensor row_major = contiguous(x);
  return taper_test::same_bits(row_major.get().data, size_of(x.dtype()), x.numel(), text.substr(text.find(':') + 1));
}

// Whether `make(options)` draws from the generator that it is given, and leaves the default one alone.
template <class F>
bool draws_from(F make) {
  Generator one(4);
  Generator two(4);
  manual_seed(1);
  const std::vector<double> first = make(RandomOptions{.generator = &one}).template to_vector<double>();
  const bool alone = default_generator().random() == Generator(1).random();
  return alone && first == make(RandomOptions{.generator = &two}).template to_vector<double>() &&
         one.random() == two.random();
}

}  // namespace

TEST_CASE("random tensors of every layout have PyTorch's bits", "[parity]") {
  std::ifstream file(taper_test::dump_path("random_views.txt"));
  int lines = 0;
  for (std::string line; std::getline(file, line);) {
    if (line[0] == '#') continue;
    ++lines;
    INFO(line.substr(0, line.find(':')));
    if (!same(line)) FAIL_CHECK("other bits");
  }
  CHECK(lines > 200);
}

TEST_CASE("factories draw as their kernels do") {
  manual_seed(0);
  const std::vector<float> normal = randn({3}).to_vector<float>();
  CHECK(normal == std::vector<float>{1.54099607F, -0.293428898F, -2.17878938F});
  manual_seed(0);
  CHECK(rand({2, 1}).to_vector<float>() == std::vector<float>{0.49625659F, 0.768221796F});
  manual_seed(0);
  CHECK(randint(10, {5}).to_vector<std::int64_t>() == std::vector<std::int64_t>{4, 9, 3, 0, 3});
  manual_seed(0);
  CHECK(randint(-5, 1000003, {2}, int32).to_vector<std::int32_t>() == std::vector<std::int32_t>{117183, 227866});
  manual_seed(0);
  CHECK(randperm(10).to_vector<std::int64_t>() == std::vector<std::int64_t>{4, 1, 7, 5, 3, 9, 0, 8, 6, 2});
  manual_seed(0);
  CHECK(randperm(10, float32).to_vector<float>() == std::vector<float>{4, 1, 7, 5, 3, 9, 0, 8, 6, 2});
}

TEST_CASE("factories take dtype, requires_grad and a generator of one's own") {
  CHECK(rand({2}).dtype() == float32);
  CHECK(randn({2}, float64).dtype() == float64);
  CHECK(randint(2, {2}).dtype() == int64);
  CHECK(randint(2, {2}, bool_).dtype() == bool_);
  CHECK(randn({4}, {.dtype = float64, .requires_grad = true}).requires_grad());
  CHECK_FALSE(randn({4}).requires_grad());
  CHECK(randn_like(zeros({2}, int64), {.dtype = float64}).dtype() == float64);
  CHECK(draws_from([](RandomOptions options) { return rand({3}, options); }));
  CHECK(draws_from([](RandomOptions options) { return randn({3}, options); }));
  CHECK(draws_from([](RandomOptions options) { return randint(7, {3}, options); }));
  CHECK(draws_from([](RandomOptions options) { return randperm(7, options); }));
  CHECK(draws_from([](RandomOptions options) { return bernoulli(full({9}, 0.5), options.generator); }));
  CHECK(draws_from([](RandomOptions options) { return zeros({9}).normal_(0, 1, options.generator); }));
}

TEST_CASE("what looks like a transposed tensor lies in memory like it") {
  const Tensor like = view_of(float32, {8, 4}, {1, 8});
  CHECK(randn_like(like).strides() == Shape{1, 8});
  CHECK(rand_like(view_of(float32, {4, 4}, {8, 2})).strides() == Shape{4, 1});
}

TEST_CASE("a random fill in place counts as a change and sends no gradient back") {
  Tensor x = ones({3});
  const auto version = x.version();
  x.normal_();
  CHECK(x.version() == version + 1);

  Tensor leaf = ones({2, 3}, {.requires_grad = true});
  CHECK_THROWS_AS(leaf.uniform_(), GradError);
  CHECK(leaf.to_vector<float>() == std::vector<float>(6, 1.0F));
  {
    const NoGradGuard no_grad;
    leaf.fill_(2.0).uniform_(3.0, 3.0);
  }
  CHECK(leaf.to_vector<float>() == std::vector<float>(6, 3.0F));

  Tensor y = leaf.mul(2);
  y.normal_();
  CHECK(y.grad_fn_name() == "NormalBackward0");
  y.sum().backward();
  CHECK(leaf.grad().to_vector<float>() == std::vector<float>(6, 0.0F));
  CHECK(leaf.mul(2).uniform_().grad_fn_name() == "UniformBackward0");
  CHECK(leaf.mul(2).bernoulli_().grad_fn_name() == "BernoulliBackward2");

  manual_seed(3);
  Tensor recorded = leaf.mul(2).normal_();
  manual_seed(3);
  CHECK(recorded.to_vector<float>() == zeros({2, 3}).normal_().to_vector<float>());
}

TEST_CASE("bernoulli's gradient is zero") {
  const Tensor p = full({4}, 0.5, {.requires_grad = true});
  const Tensor coins = bernoulli(p);
  CHECK(coins.grad_fn_name() == "BernoulliBackward0");
  coins.sum().backward();
  CHECK(p.grad().to_vector<float>() == std::vector<float>(4, 0.0F));
}

TEST_CASE("what cannot be drawn is refused in a sentence, and nothing is drawn") {
  manual_seed(6);
  Tensor x = ones({2});
  CHECK_THROWS_WITH(x.uniform_(2, 1), "uniform_: from 2 lies above to 1; from <= to is needed");
  CHECK_THROWS_WITH(x.uniform_(-3e38, 3e38), ContainsSubstring("too wide for float32"));
  CHECK_THROWS_WITH(x.uniform_(0, 1e39), ContainsSubstring("do not fit into float32"));
  CHECK_THROWS_AS(x.uniform_(std::numeric_limits<double>::quiet_NaN(), 1), ValueError);
  CHECK_THROWS_WITH(x.normal_(0, -1), "normal_: std -1; std >= 0 is needed");
  CHECK_THROWS_WITH(x.bernoulli_(1.5), "bernoulli_: probability 1.5 is outside [0, 1]");
  CHECK_THROWS_WITH(bernoulli(full({2}, -0.5)), "bernoulli: probability -0.5 is outside [0, 1]");
  CHECK_THROWS_AS(bernoulli(ones({2}, int64)), TypeError);
  CHECK_THROWS_AS(rand({2}, int64), TypeError);
  CHECK_THROWS_AS(randn({2}, bool_), TypeError);
  CHECK_THROWS_AS(rand_like(ones({2}, int32)), TypeError);
  CHECK_THROWS_WITH(randint(5, 5, {1}), "randint: no integer lies in [5, 5); low < high is needed");
  CHECK_THROWS_WITH(randint(0, std::int64_t{1} << 40, {1}, int32), ContainsSubstring("do not fit into int32"));
  CHECK_THROWS_AS(randint(3, {1}, bool_), ValueError);
  CHECK_THROWS_AS(randint(3, {1}, {.requires_grad = true}), TypeError);
  CHECK_THROWS_AS(randn({-1}), ShapeError);
  CHECK_THROWS_WITH(randn({1}, {.device = "cuda"}), "randn: device 'cuda'; there is only 'cpu'");
  CHECK_THROWS_AS(randperm(-1), ValueError);
  CHECK_THROWS_AS(randperm(2, bool_), TypeError);
  Tensor expanded = detail::alias(ones({1}), {3}, {0});
  CHECK_THROWS_WITH(expanded.normal_(), ContainsSubstring("clone() it first"));
  CHECK(x.to_vector<float>() == std::vector<float>{1, 1});
  CHECK(default_generator().random() == Generator(6).random());
}
