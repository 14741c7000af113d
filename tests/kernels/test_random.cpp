#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "bits.h"
#include "catch.h"
#include "dump.h"
#include "kernels/each_target.h"
#include "kernels/random.h"

using namespace taper;

namespace {

// One line of the dump after its dtype: the arguments of the call, then a colon and the elements' bits.
template <class T>
void fill(const std::string& op, std::istream& line, T* out, std::int64_t n, Generator& generator) {
  if (op == "randint") {
    std::int64_t low = 0;
    std::int64_t high = 0;
    line >> low >> high;
    kernels::fill_randint(out, n, low, high, generator);
    return;
  }
  if (op == "bernoulli") {
    double p = 0;
    line >> p;
    kernels::fill_bernoulli(out, n, p, generator);
    return;
  }
  if constexpr (std::is_floating_point_v<T>) {
    if (op == "bernoulli_p") {
      std::vector<T> p;
      for (std::int64_t i = 0; i < n; ++i) p.push_back((static_cast<T>(i) + T{0.5}) / static_cast<T>(n));
      kernels::fill_bernoulli(out, p.data(), n, generator);
      return;
    }
    double a = 0;
    double b = 0;
    line >> a >> b;
    if (op == "uniform") return kernels::fill_uniform(out, n, a, b, generator);
    if (op == "normal") return kernels::fill_normal(out, n, a, b, generator);
  }
  if constexpr (std::is_same_v<T, std::int64_t>)
    if (op == "randperm") return kernels::fill_randperm(out, n, generator);
  FAIL("unknown op " << op);
}

template <class T>
bool same(const std::string& op, std::istream& line, std::int64_t n, Generator& generator) {
  const auto out = std::make_unique<T[]>(static_cast<std::size_t>(n));
  fill(op, line, out.get(), n, generator);
  std::string bits;
  std::getline(line.ignore(3, ':'), bits);
  return taper_test::same_bits(out.get(), sizeof(T), n, bits);
}

bool run(const std::string& text, Generator& generator) {
  std::istringstream line(text);
  std::string op;
  std::string dtype;
  std::int64_t n = 0;
  line >> op;
  if (op == "seed") {
    std::string seed;
    line >> seed;
    generator.manual_seed(seed[0] == '-' ? static_cast<std::uint64_t>(std::stoll(seed)) : std::stoull(seed));
    return true;
  }
  line >> dtype >> n;
  if (dtype == "float32") return same<float>(op, line, n, generator);
  if (dtype == "float64") return same<double>(op, line, n, generator);
  if (dtype == "int64") return same<std::int64_t>(op, line, n, generator);
  if (dtype == "int32") return same<std::int32_t>(op, line, n, generator);
  return same<bool>(op, line, n, generator);
}

}  // namespace

TEST_CASE("random fills have PyTorch's bits on every SIMD target", "[parity]") {
  taper_test::for_each_target([](const char* target) {
    Generator generator;
    std::ifstream file(taper_test::dump_path("random.txt"));
    int lines = 0;
    for (std::string line; std::getline(file, line);) {
      if (line[0] == '#') continue;
      ++lines;
      INFO(target << ": " << line.substr(0, line.find(':')));
      if (!run(line, generator)) FAIL_CHECK("other bits");
    }
    CHECK(lines > 300);
  });
}

TEST_CASE("an empty fill draws nothing") {
  Generator generator(5);
  kernels::fill_normal(static_cast<float*>(nullptr), 0, 0.0, 1.0, generator);
  kernels::fill_uniform(static_cast<double*>(nullptr), 0, 0.0, 1.0, generator);
  kernels::fill_randperm(nullptr, 0, generator);
  CHECK(generator.random() == Generator(5).random());
}

TEST_CASE("normal samples taken one by one are those of a small tensor") {
  Generator one(9);
  Generator all(9);
  double expected[15];
  kernels::fill_normal(expected, 15, 2.0, 0.5, all);
  for (const double value : expected) CHECK(kernels::next_normal<double>(2.0, 0.5, one) == value);
}
