// Which dtype operands meet in, and what is refused, compared with PyTorch (python_parity/make_promotion.py).
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <type_traits>

#include "catch.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/ops/matmul.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"

using namespace taper;

namespace {

DType dtype_named(const std::string& text) {
  for (const DType dtype : {float32, float64, int64, int32, bool_})
    if (name(dtype) == text) return dtype;
  FAIL("no dtype is called " << text);
  return float32;
}

bool is_number(const std::string& token) { return token.find('[') == std::string::npos; }

Scalar number(const std::string& token) {
  if (token == "bool") return true;
  if (token == "int") return 3;
  return 2.5;
}

Tensor operand(const std::string& token) {
  const DType dtype = dtype_named(token.substr(0, token.find('[')));
  return token.ends_with("[2]") ? tensor({2, 1}).to(dtype) : tensor(2).to(dtype);
}

template <class A, class B>
Tensor compute(const std::string& op, const A& a, const B& b) {
  constexpr bool tensors = std::is_same_v<A, Tensor> && std::is_same_v<B, Tensor>;
  if (op == "add") return a + b;
  if (op == "sub") return a - b;
  if (op == "mul") return a * b;
  if (op == "div") return a / b;
  if (op == "pow") return pow(a, b);
  if constexpr (std::is_same_v<A, Tensor>) {
    Tensor self = a;
    if (op == "eq") return a == b;
    if (op == "lt") return a < b;
    if (op == "ge") return a >= b;
    if (op == "add_") return self.add_(b);
    if (op == "sub_") return self.sub_(b);
    if (op == "mul_") return self.mul_(b);
    if (op == "div_") return self.div_(b);
    if (op == "where") return where(tensor(true), a, b);
    if constexpr (std::is_same_v<B, Scalar>) {
      if (op == "masked_fill") return masked_fill(a, tensor({true, false}), b);
      if (op == "clamp") return clamp(a, {}, b.to_double());
    }
  }
  if constexpr (tensors) {
    if (op == "maximum") return maximum(a, b);
    if (op == "minimum") return minimum(a, b);
    if (op == "logical_and") return logical_and(a, b);
    if (op == "cat") return cat({a.reshape({-1}), b.reshape({-1})});
    if (op == "mv") return dot(a.reshape({-1}), b.reshape({-1}));
  }
  FAIL("no operation is called " << op);
  return {};
}

Tensor compute(const std::string& op, const Tensor& x) {
  using Unary = Tensor (*)(const Tensor&);
  static const std::map<std::string, Unary> table{
      {"neg", &neg},
      {"square", &square},
      {"exp", &exp},
      {"expm1", &expm1},
      {"log", &log},
      {"log1p", &log1p},
      {"sqrt", &sqrt},
      {"rsqrt", &rsqrt},
      {"reciprocal", &reciprocal},
      {"abs", &abs},
      {"sign", &sign},
      {"sin", &sin},
      {"cos", &cos},
      {"tanh", &tanh},
      {"sigmoid", &sigmoid},
      {"relu", &relu},
      {"erf", &erf},
      {"sum", &sum},
      {"mean", &mean},
      {"prod", &prod},
      {"var", [](const Tensor& t) { return var(t); }},
      {"std", [](const Tensor& t) { return taper::std(t); }},
      {"max", &max},
      {"min", &min},
      {"amax", [](const Tensor& t) { return amax(t); }},
      {"argmin", &argmin},
      {"any", &any},
      {"all", &all},
      {"logical_not", &logical_not},
      {"isnan", &isnan},
      {"norm", [](const Tensor& t) { return norm(t); }},
      {"sum_along", [](const Tensor& t) { return sum(t, 0); }},
      {"mean_along", [](const Tensor& t) { return mean(t, 0); }},
      {"prod_along", [](const Tensor& t) { return prod(t, 0); }},
      {"cumsum_along", [](const Tensor& t) { return cumsum(t, 0); }},
      {"softmax_along", [](const Tensor& t) { return softmax(t, 0); }},
      {"log_softmax_along", [](const Tensor& t) { return log_softmax(t, 0); }},
      {"logsumexp_along", [](const Tensor& t) { return logsumexp(t, 0); }},
      {"any_along", [](const Tensor& t) { return any(t, 0); }},
  };
  return table.at(op)(x);
}

struct Line {
  std::vector<std::string> operands;
  std::string op;
  std::string dtype;
  std::vector<double> values;
};

Line parse(const std::string& text) {
  Line line;
  std::istringstream words(text);
  words >> line.op;
  for (std::string word; words >> word && word != "=";) line.operands.push_back(word);
  words >> line.dtype;
  for (std::string word; words >> word;) line.values.push_back(std::strtod(word.c_str(), nullptr));
  return line;
}

Tensor compute(const Line& line) {
  const std::vector<std::string>& on = line.operands;
  if (on.size() == 1) return compute(line.op, operand(on[0]));
  if (is_number(on[0])) return compute(line.op, number(on[0]), operand(on[1]));
  if (is_number(on[1])) return compute(line.op, operand(on[0]), number(on[1]));
  return compute(line.op, operand(on[0]), operand(on[1]));
}

void check(const Line& line) {
  if (line.dtype == "error") {
    CHECK_THROWS_AS(compute(line), Error);
    return;
  }
  const Tensor result = compute(line);
  CHECK(name(result.dtype()) == line.dtype);
  const std::vector<double> values = result.to_vector<double>();
  REQUIRE(values.size() == line.values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i]) && std::isnan(line.values[i])) continue;
    CHECK(values[i] == Approx(line.values[i]).epsilon(1e-6));
  }
}

}  // namespace

TEST_CASE("operands meet in PyTorch's dtype with PyTorch's values, or are refused as there") {
  std::ifstream in(std::string(TAPER_TEST_DATA) + "/promotion.txt");
  std::string text;
  int lines = 0;
  while (std::getline(in, text)) {
    if (text.starts_with('#')) continue;
    INFO(text);
    ++lines;
    try {
      check(parse(text));
    } catch (const Error& e) {
      FAIL_CHECK(e.what());
    }
  }
  CHECK(lines > 2000);
}
