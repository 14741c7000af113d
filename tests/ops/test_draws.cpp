#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "bits.h"
#include "catch.h"
#include "dump.h"
#include "ops/strided.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/index.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/random.h"
#include "taper/ops/reduce.h"
#include "warnings.h"

using namespace taper;
using taper_test::ContainsSubstring;
using taper_test::parse_shape;
using taper_test::view_of;
using taper_test::Warnings;

namespace {

struct Call {
  std::string op, dtype, shape, strides;
  std::vector<std::string> arguments;

  double number(std::size_t i) const { return std::stod(arguments.at(i)); }
  std::int64_t integer(std::size_t i) const { return std::stoll(arguments.at(i)); }
  Tensor view() const { return view_of(taper_test::dtype_named(dtype), parse_shape(shape), parse_shape(strides)); }
  Tensor pattern(const std::string& type, std::int64_t s) const {
    std::vector<double> numbers;
    const Shape sizes = parse_shape(shape);
    std::int64_t count = 1;
    for (const std::int64_t size : sizes) count *= size;
    for (std::int64_t i = 0; i < count; ++i) numbers.push_back(static_cast<double>((37 * i + 11 * s) % 101) / 128);
    return view_of(taper_test::dtype_named(type), sizes, parse_shape(strides)).copy_(tensor(numbers).view(sizes));
  }
};

Tensor random_call(const Call& c) {
  Tensor x = c.view();
  if (c.arguments.empty()) return x.random_();
  if (c.arguments.size() == 1) return x.random_(c.integer(0));
  return c.arguments[1] == "None" ? x.random_(c.integer(0), None) : x.random_(c.integer(0), c.integer(1));
}

Tensor run(const Call& c) {
  if (c.op == "random_") return random_call(c);
  if (c.op == "exponential_") return c.view().exponential_(c.number(0));
  if (c.op == "log_normal_") return c.view().log_normal_(c.number(0), c.number(1));
  if (c.op == "cauchy_") return c.view().cauchy_(c.number(0), c.number(1));
  if (c.op == "geometric_") return c.view().geometric_(c.number(0));
  const std::int64_t s = c.integer(0);
  if (c.op.starts_with("bernoulli_")) return c.view().bernoulli_(c.pattern(c.op.substr(10), s));
  if (c.op.starts_with("normal_tt_")) return normal(c.pattern(c.dtype, s), c.pattern(c.op.substr(10), s + 1));
  if (c.op == "normal_t") return normal(c.pattern(c.dtype, s), c.number(1));
  if (c.op == "normal_s") return normal(c.number(1), c.pattern(c.dtype, s));
  if (c.op == "multinomial") return multinomial(c.pattern(c.dtype, s), c.integer(1), c.integer(2) != 0);
  throw std::runtime_error("unknown call " + c.op);
}

bool same(const std::string& text) {
  std::istringstream line(text);
  Call c;
  line >> c.op;
  if (c.op == "seed") {
    std::int64_t seed = 0;
    line >> seed;
    manual_seed(seed);
    return true;
  }
  line >> c.dtype >> c.shape >> c.strides;
  for (std::string word; line >> word && word != ":";) c.arguments.push_back(word);
  std::string dtype, bits;
  line >> dtype;
  std::getline(line, bits);
  const Tensor x = contiguous(run(c));
  return name(x.dtype()) == dtype && taper_test::same_bits(x.get().data, size_of(x.dtype()), x.numel(), bits);
}

// Whether `fill` draws from the generator that it is given, and leaves the default one alone.
template <class F>
bool draws_from(F fill) {
  Generator one(4);
  Generator two(4);
  manual_seed(1);
  const std::vector<double> first = fill(&one).template to_vector<double>();
  const bool alone = default_generator().random() == Generator(1).random();
  return alone && first == fill(&two).template to_vector<double>() && one.get_state() == two.get_state() &&
         one.get_state() != Generator(4).get_state();
}

}  // namespace

TEST_CASE("every distribution has PyTorch's bits, in every layout and dtype", "[parity]") {
  const Warnings warnings;
  std::ifstream file(taper_test::dump_path("draws.txt"));
  int lines = 0;
  for (std::string line; std::getline(file, line);) {
    if (line[0] == '#') continue;
    ++lines;
    INFO(line);
    if (!same(line)) FAIL_CHECK("other bits");
  }
  CHECK(lines > 300);
}

TEST_CASE("every draw takes a generator of one's own") {
  CHECK(draws_from([](Generator* g) { return zeros({3}).exponential_(1, g); }));
  CHECK(draws_from([](Generator* g) { return zeros({3}).log_normal_(1, 2, g); }));
  CHECK(draws_from([](Generator* g) { return zeros({3}).cauchy_(0, 1, g); }));
  CHECK(draws_from([](Generator* g) { return zeros({3}, int64).geometric_(0.5, g); }));
  CHECK(draws_from([](Generator* g) { return zeros({3}).random_(g); }));
  CHECK(draws_from([](Generator* g) { return zeros({3}).random_(7, g); }));
  CHECK(draws_from([](Generator* g) { return zeros({3}).random_(-7, 0, g); }));
  CHECK(draws_from([](Generator* g) { return zeros({3}).random_(5, None, g); }));
  CHECK(draws_from([](Generator* g) { return zeros({3}).bernoulli_(full({3}, 0.5), g); }));
  CHECK(draws_from([](Generator* g) { return multinomial(ones({3}), 2, false, g); }));
  CHECK(draws_from([](Generator* g) { return ones({3}).multinomial(2, true, g); }));
  CHECK(draws_from([](Generator* g) { return normal(ones({3}), ones({3}), g); }));
  CHECK(draws_from([](Generator* g) { return normal(ones({3}), 2.0, g); }));
  CHECK(draws_from([](Generator* g) { return normal(2.0, ones({3}), g); }));
  CHECK(draws_from([](Generator* g) { return normal(2.0, 0.5, {3}, {.generator = g}); }));
}

TEST_CASE("draws that are recorded name their operation and send no gradient back") {
  const Tensor leaf = full({2}, 0.5, {.requires_grad = true});
  CHECK(leaf.mul(2).exponential_().grad_fn_name() == "ExponentialBackward0");
  CHECK(leaf.mul(2).log_normal_().grad_fn_name() == "LogNormalBackward0");
  CHECK(leaf.mul(2).cauchy_().grad_fn_name() == "CauchyBackward0");
  CHECK(leaf.mul(2).geometric_(0.5).grad_fn_name() == "GeometricBackward0");
  CHECK(leaf.mul(2).random_().grad_fn_name() == "RandomBackward2");
  CHECK(leaf.mul(2).random_(3).grad_fn_name() == "RandomBackward1");
  CHECK(leaf.mul(2).random_(1, 3).grad_fn_name() == "RandomBackward0");
  CHECK(zeros({2}).bernoulli_(leaf).grad_fn_name() == "BernoulliBackward1");
  CHECK(normal(leaf, 1.0).grad_fn_name() == "NormalBackward1");
  CHECK(normal(1.0, leaf).grad_fn_name() == "NormalBackward2");
  CHECK(normal(zeros({3, 2}), leaf).grad_fn_name() == "NormalBackward3");
  CHECK_FALSE(multinomial(leaf, 2).requires_grad());
  (leaf.mul(2).random_(3) + normal(zeros({3, 2}), leaf) + leaf.mul(2).bernoulli_(leaf) + normal(1.0, leaf))
      .sum()
      .backward();
  CHECK(leaf.grad().to_vector<double>() == std::vector<double>{0, 0});
}

TEST_CASE("whole numbers that float32 cannot all hold are drawn with a warning") {
  Warnings warnings;
  manual_seed(3);
  const std::int64_t most = std::int64_t{1} << 24;
  CHECK(randint(most + 1, most + 2, {2}, float32).to_vector<std::int64_t>() == std::vector<std::int64_t>(2, most));
  CHECK(warnings.said.size() == 2);
  CHECK_THAT(warnings.said.back(), ContainsSubstring("randint: 16777217 lies outside [-16777216, 16777216]"));
  zeros({2}).random_(most);
  CHECK(warnings.said.size() == 2);
}

TEST_CASE("a generator's state goes through a tensor of integers and back") {
  Generator generator(5);
  generator.random64();
  const Tensor state = state_tensor(generator.get_state());
  CHECK(state.shape() == Shape{5056});
  CHECK(state_bytes(state.to(int64)) == generator.get_state());
  Generator other;
  CHECK(other.set_state(state_bytes(state)).random() == generator.random());
  const Tensor before = state_tensor(get_rng_state());
  const double next = rand({1}).item<double>();
  set_rng_state(before.to(int64));
  CHECK(rand({1}).item<double>() == next);
  CHECK_THROWS_WITH(state_bytes(zeros({3})),
                    "state_bytes: RNG state must be a tensor of bytes; this one holds float32");
  CHECK_THROWS_WITH(state_bytes(tensor({1, 256})), "state_bytes: element 1 is 256; a byte of [0, 255] is needed");
}

TEST_CASE("draws that cannot be are refused in a sentence, and nothing is drawn or changed") {
  manual_seed(6);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Tensor x = ones({2});
  Tensor whole = ones({2}, int32);
  CHECK_THROWS_WITH(x.exponential_(-1), "exponential_: lambda -1; lambda >= 0 is needed");
  CHECK_THROWS_AS(x.exponential_(nan), ValueError);
  CHECK_THROWS_AS(whole.exponential_(), TypeError);
  CHECK_THROWS_WITH(x.log_normal_(0, 0), "log_normal_: std 0; std > 0 is needed");
  CHECK_THROWS_AS(whole.cauchy_(), TypeError);
  CHECK_THROWS_WITH(x.geometric_(1), "geometric_: probability 1 is outside (0, 1)");
  CHECK_THROWS_AS(zeros({2}, bool_).geometric_(0.5), TypeError);
  CHECK_THROWS_WITH(x.random_(0), "random_: no integer lies in [0, 0); low < high is needed");
  CHECK_THROWS_AS(x.random_(5, 5), ValueError);
  CHECK_THROWS_AS(x.random_(1 << 24, None), ValueError);
  CHECK_THROWS_WITH(whole.random_(0, std::int64_t{1} << 40), ContainsSubstring("do not fit into int32"));
  CHECK_THROWS_AS(zeros({2}, bool_).random_(3), ValueError);
  CHECK_THROWS_AS(whole.random_(std::numeric_limits<std::int64_t>::min(), None), ValueError);
  CHECK_THROWS_WITH(x.bernoulli_(tensor({0.5, 1.5})), "bernoulli_: probability 1.5 is outside [0, 1]");
  CHECK_THROWS_AS(x.bernoulli_(ones({2}, int64)), TypeError);
  CHECK_THROWS_AS(x.bernoulli_(ones({3})), ShapeError);
  CHECK_THROWS_WITH(normal(x, tensor({1.0, -1.0})), "normal: std -1; std >= 0 is needed");
  CHECK_THROWS_AS(normal(x, nan), ValueError);
  CHECK_THROWS_AS(normal(whole, x), TypeError);
  CHECK_THROWS_AS(normal(x, ones({3})), ShapeError);
  CHECK(x.to_vector<float>() == std::vector<float>{1, 1});
  CHECK(whole.to_vector<int>() == std::vector<int>{1, 1});
  CHECK(default_generator().random() == Generator(6).random());
}

TEST_CASE("multinomial refuses what is no distribution") {
  manual_seed(6);
  CHECK_THROWS_WITH(multinomial(ones({3}), 4),
                    "multinomial: cannot sample num_samples = 4 > 3 categories without replacement");
  CHECK_THROWS_WITH(multinomial(ones({3}), 0), ContainsSubstring("at least 1 is needed"));
  CHECK_THROWS_WITH(multinomial(ones({}), 1), ContainsSubstring("prob_dist must be 1 or 2 dim"));
  CHECK_THROWS_AS(multinomial(ones({1, 1, 1}), 1), ShapeError);
  CHECK_THROWS_AS(multinomial(ones({3}, int64), 1), TypeError);
  for (const bool replacement : {false, true}) {
    CHECK_THROWS_WITH(multinomial(zeros({3}), 1, replacement), ContainsSubstring("invalid multinomial distribution"));
    CHECK_THROWS_WITH(multinomial(tensor({{1.0, 0.5}, {0.5, -0.5}}), 1, replacement),
                      ContainsSubstring("probability -0.5 of category 1 in row 1"));
    for (const double x : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
      CHECK_THROWS_AS(multinomial(tensor({1.0, x}), 1, replacement), ValueError);
    CHECK(multinomial(zeros({0, 3}), 2, replacement).shape() == Shape{0, 2});
  }
  CHECK_THROWS_AS(multinomial(zeros({2, 0}), 1, true), ValueError);
  CHECK(default_generator().random() == Generator(6).random());
}

TEST_CASE("without replacement no category comes twice, and weights of 0 come last") {
  manual_seed(0);
  const std::vector<std::int64_t> drawn = multinomial(tensor({0.0, 2.0, 0.0, 1.0}), 4).to_vector<std::int64_t>();
  CHECK(drawn[0] + drawn[1] == 4);
  CHECK(drawn[2] + drawn[3] == 2);
  CHECK(drawn[0] != drawn[1]);
  for (const std::int64_t category : multinomial(tensor({0.0, 1.0, 0.0}), 50, true).to_vector<std::int64_t>())
    CHECK(category == 1);
}
