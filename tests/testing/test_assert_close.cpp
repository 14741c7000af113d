#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

#include "catch.h"
#include "dump.h"
#include "json_tensors.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/linear.h"
#include "taper/ops/close.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"
#include "taper/testing/assert_close.h"

using namespace taper;
using nlohmann::json;
using taper::testing::assert_close;
using taper_test::ContainsSubstring;

namespace {

Value decode(const json& thing) {
  const std::string kind = thing[0];
  const json& content = thing[1];
  if (kind == "tensor") {
    const Tensor tensor = taper_test::tensor_of(content);
    return content.value("transposed", false) ? tensor.t() : tensor;
  }
  if (kind == "float") {
    const std::uint64_t bits = std::stoull(content.get<std::string>(), nullptr, 16);
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  if (kind == "int") return content.get<std::int64_t>();
  if (kind == "bool") return content.get<bool>();
  if (kind == "str") return content.get<std::string>();
  if (kind == "NoneType") return None;
  if (kind == "dict") {
    Dict dict;
    for (const json& entry : content) {
      const json& key = entry[0];
      dict.insert(key.is_string() ? Dict::Key(key.get<std::string>()) : Dict::Key(key.get<int>()), decode(entry[1]));
    }
    return dict;
  }
  List items;
  for (const json& item : content) items.push_back(decode(item));
  return kind == "tuple" ? Value::tuple(items) : Value(items);
}

taper::testing::AssertCloseOptions options_of(const json& c) {
  taper::testing::AssertCloseOptions options;
  if (c.contains("rtol")) options.rtol = c["rtol"].get<double>();
  if (c.contains("atol")) options.atol = c["atol"].get<double>();
  options.equal_nan = c.value("equal_nan", false);
  options.check_dtype = c.value("check_dtype", true);
  options.check_layout = c.value("check_layout", true);
  options.check_stride = c.value("check_stride", false);
  if (c.contains("msg")) options.msg = c["msg"].get<std::string>();
  if (c.value("msg", "") == "callable") options.msg = [](const std::string& text) { return "<" + text + ">"; };
  return options;
}

struct Outcome {
  std::string error, text;
};

Outcome outcome_of(const Value& actual, const Value& expected, const taper::testing::AssertCloseOptions& options) {
  try {
    assert_close(actual, expected, options);
  } catch (const AssertionError& e) {
    return {"AssertionError", e.what()};
  } catch (const ValueError& e) {
    return {"ValueError", e.what()};
  } catch (const TypeError& e) {
    return {"TypeError", e.what()};
  }
  return {};
}

void check_operations(const json& c, const Tensor& a, const Tensor& b) {
  const json options = c.value("options", json::object());
  const double rtol = options.value("rtol", 1e-5), atol = options.value("atol", 1e-8);
  const bool equal_nan = options.value("equal_nan", false);
  std::string mask;
  for (const bool close : isclose(a, b, rtol, atol, equal_nan).to_vector<bool>()) mask += close ? '1' : '0';
  if (mask != c["isclose"]) CHECK(mask == c["isclose"].get<std::string>());
  CHECK(allclose(a, b, rtol, atol, equal_nan) == (mask.find('0') == std::string::npos));
  CHECK(equal(a, b) == c["equal"].get<bool>());
}

}  // namespace

TEST_CASE("assert_close, isclose and equal say of each pair what PyTorch's say, to the byte", "[parity]") {
  std::ifstream file(taper_test::dump_path("assert_close.json"));
  const json dump = json::parse(file);
  CHECK(dump["cases"].size() > 300);
  for (const json& c : dump["cases"]) {
    INFO(c["actual"] << "\n" << c["expected"] << "\n" << c.value("options", json()));
    const Value actual = decode(c["actual"]), expected = decode(c["expected"]);
    const Outcome outcome = outcome_of(actual, expected, options_of(c.value("options", json::object())));
    if (outcome.error != c.value("error", "")) CHECK(outcome.error == c.value("error", ""));
    if (outcome.text != c.value("text", "")) CHECK(outcome.text == c.value("text", ""));
    if (c.contains("isclose")) check_operations(c, actual.as<Tensor>(), expected.as<Tensor>());
  }
}

TEST_CASE("assert_close takes state dicts, vectors of tensors, parameters, plain numbers and undefined tensors") {
  nn::Linear a(2, 2), b = a;
  assert_close(a.state_dict(), b.state_dict());
  assert_close(a.weight, b.weight);
  {
    const NoGradGuard no_grad;
    b.bias.add_(1);
  }
  CHECK_THROWS_WITH(assert_close(a.state_dict(), b.state_dict()),
                    ContainsSubstring("The failure occurred for item ['bias']"));
  CHECK_THROWS_WITH(assert_close({a.weight, a.bias}, {b.weight, b.bias}), ContainsSubstring("for item [1]"));
  assert_close(1.0, 1.0 + 1e-9);
  CHECK_THROWS_AS(assert_close(1.0, 1.1), AssertionError);
  CHECK_THROWS_WITH(assert_close(Tensor(), a.weight),
                    ContainsSubstring("None mismatch: None is not Parameter containing:"));
  assert_close(Tensor(), Tensor());
}

TEST_CASE("differences give the report's numbers, with NaN before all others") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto d = taper::testing::differences(tensor({{1.0, 2.5}, {nan, 4.0}}), tensor({{1.0, 2.0}, {3.0, 8.0}}),
                                             {.rtol = 0, .atol = 0});
  CHECK(d.elements == 4);
  CHECK(d.mismatched == 3);
  CHECK(std::isnan(d.absolute.to_double()));
  CHECK(d.absolute_index == Shape{1, 0});
  const auto same = taper::testing::differences(ones({2}), ones({2}));
  CHECK(same.mismatched == 0);
  CHECK(same.atol == 1e-5);
  CHECK_THROWS_AS(taper::testing::differences(ones({2}), ones({3})), ShapeError);
}

TEST_CASE("deep trees are compared without recursion") {
  Value a = 1, b = 2;
  for (int i = 0; i < 5000; ++i) {
    a = List{std::move(a)};
    b = List{std::move(b)};
  }
  CHECK_THROWS_AS(assert_close(a, b, {.msg = "differ"}), AssertionError);
}
