#include "taper/testing/assert_close.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/python_text.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "testing/tolerance.h"

namespace taper::testing {
namespace {

using Kind = Value::Kind;

/// Two things that stand in each other's place, and where in the trees they stand: "[1]['a']".
struct Pair {
  Value actual, expected;
  std::string item;
};

std::string at_item(std::string message, const std::string& item) {
  if (!item.empty()) message += "\n\nThe failure occurred for item " + item;
  return message;
}

std::string type_of(const Value& value) {
  switch (value.kind()) {
    case Kind::none:
      return "<class 'NoneType'>";
    case Kind::tensor:
      return value.as<Tensor>().is_parameter() ? "<class 'torch.nn.parameter.Parameter'>" : "<class 'torch.Tensor'>";
    default:
      return fmt::format("<class '{}'>", value.kind_name());
  }
}

bool is_number(const Value& value) { return value.kind() == Kind::integer || value.kind() == Kind::floating; }
bool is_sequence(const Value& value) { return value.kind() == Kind::list || value.kind() == Kind::tuple; }
bool both(const Pair& pair, Kind kind) { return pair.actual.kind() == kind && pair.expected.kind() == kind; }

DType dtype_of(const Value& value) {
  if (value.kind() == Kind::tensor) return value.as<Tensor>().dtype();
  return value.kind() == Kind::floating ? float64 : int64;
}

std::string number_text(const Scalar& number) {
  return number.dtype() == float64 ? taper::detail::python_float(number.to_double()) : fmt::to_string(number.to_int());
}

/// The last lines of a report: " (up to 1e-05 allowed)" where anything is.
std::string allowed(double tolerance, bool exact) {
  return exact ? "" : fmt::format(" (up to {} allowed)", taper::detail::python_float(tolerance));
}

std::string scalar_report(const std::string& absolute, double relative, const Tolerance& t, std::string_view who) {
  return fmt::format("{} are not {}!\n\nAbsolute difference: {}{}\nRelative difference: {}{}", who,
                     t.exact() ? "equal" : "close", absolute, allowed(t.atol, t.exact()),
                     taper::detail::python_float(relative), allowed(t.rtol, t.exact()));
}

std::string float_report(double actual, double expected, const Tolerance& t, std::string_view who) {
  const double difference = std::abs(actual - expected);
  const double relative = expected == 0 ? std::numeric_limits<double>::infinity() : difference / std::abs(expected);
  return scalar_report(taper::detail::python_float(difference), relative, t, who);
}

std::uint64_t gap(std::int64_t a, std::int64_t b) {
  const auto x = static_cast<std::uint64_t>(a), y = static_cast<std::uint64_t>(b);
  return a < b ? y - x : x - y;
}

std::string integer_report(std::int64_t actual, std::int64_t expected, const Tolerance& t, std::string_view who) {
  // Python divides whole numbers as if they were exact: long double holds all 64 bits.
  const std::uint64_t difference = gap(actual, expected);
  const auto relative =
      static_cast<double>(static_cast<long double>(difference) / static_cast<long double>(gap(expected, 0)));
  return scalar_report(fmt::to_string(difference), relative, t, who);
}

std::string tensor_report(const Differences& d, std::string_view who) {
  const bool exact = d.rtol == 0 && d.atol == 0;
  const double share = static_cast<double>(d.mismatched) / static_cast<double>(d.elements);
  return fmt::format(
      "{} are not {}!\n\nMismatched elements: {} / {} ({:.1f}%)\n"
      "Greatest absolute difference: {} at index {}{}\nGreatest relative difference: {} at index {}{}",
      who, exact ? "equal" : "close", d.mismatched, d.elements, share * 100, number_text(d.absolute),
      taper::detail::python_tuple(d.absolute_index), allowed(d.atol, exact), taper::detail::python_float(d.relative),
      taper::detail::python_tuple(d.relative_index), allowed(d.rtol, exact));
}

/// The report on two dense tensors of one shape; empty where they are close. Without a name of their own they are
/// "Tensor-likes", or "Scalars" where they are 0-d.
std::string compare_numbers(const Tensor& actual, const Tensor& expected, const Tolerance& tolerance,
                            std::string_view who = {}) {
  const Differences d = differences(actual, expected, tolerance);
  if (d.mismatched == 0) return {};
  if (actual.dim() > 0) return tensor_report(d, who.empty() ? "Tensor-likes" : who);
  if (who.empty()) who = "Scalars";
  if (d.absolute.dtype() == float64)
    return float_report(actual.item<double>(), expected.item<double>(), tolerance, who);
  const auto a = actual.item<std::int64_t>(), b = expected.item<std::int64_t>();
  if (b == 0) return scalar_report(fmt::to_string(gap(a, b)), std::numeric_limits<double>::infinity(), tolerance, who);
  return integer_report(a, b, tolerance, who);
}

template <class T>
std::string unlike(std::string_view attribute, const T& actual, const T& expected) {
  return fmt::format("The values for attribute '{}' do not match: {} != {}.", attribute, actual, expected);
}

std::string compare_sparse(const Tensor& actual, const Tensor& expected, const Tolerance& tolerance) {
  const auto sparse_dims = [](const Tensor& x) { return x.indices().size(0); };
  const auto entries = [](const Tensor& x) { return x.indices().size(1); };
  if (sparse_dims(actual) != sparse_dims(expected))
    return fmt::format("The number of sparse dimensions in sparse COO tensors does not match: {} != {}",
                       sparse_dims(actual), sparse_dims(expected));
  if (entries(actual) != entries(expected))
    return fmt::format("The number of specified values in sparse COO tensors does not match: {} != {}", entries(actual),
                       entries(expected));
  std::string report = compare_numbers(actual.indices(), expected.indices(), {}, "Sparse COO indices");
  if (!report.empty()) return report;
  return compare_numbers(actual.values(), expected.values(), tolerance, "Sparse COO values");
}

std::string compare_tensors(const Tensor& actual, const Tensor& expected, const AssertCloseOptions& options) {
  const auto size_text = [](const Tensor& x) { return "torch.Size(" + to_string(x.shape()) + ")"; };
  const auto layout_text = [](const Tensor& x) { return x.is_sparse() ? "torch.sparse_coo" : "torch.strided"; };
  const auto dtype_text = [](const Tensor& x) { return fmt::format("torch.{}", name(x.dtype())); };
  if (actual.shape() != expected.shape()) return unlike("shape", size_text(actual), size_text(expected));
  const bool one_layout = actual.is_sparse() == expected.is_sparse();
  if (!one_layout && options.check_layout) return unlike("layout", layout_text(actual), layout_text(expected));
  if (one_layout && !actual.is_sparse() && options.check_stride && actual.strides() != expected.strides())
    return unlike("stride()", taper::detail::python_tuple(actual.strides()),
                  taper::detail::python_tuple(expected.strides()));
  if (options.check_dtype && actual.dtype() != expected.dtype())
    return unlike("dtype", dtype_text(actual), dtype_text(expected));
  const Tolerance tolerance = tolerance_of(actual.dtype(), expected.dtype(), options);
  if (!one_layout) return compare_numbers(actual.to_dense(), expected.to_dense(), tolerance);
  if (actual.is_sparse()) return compare_sparse(actual, expected, tolerance);
  return compare_numbers(actual, expected, tolerance);
}

std::string compare_plain(const Value& actual, const Value& expected, const AssertCloseOptions& options) {
  if (options.check_dtype && actual.kind() != expected.kind())
    return fmt::format("The (d)types do not match: {} != {}.", type_of(actual), type_of(expected));
  const Tolerance t = tolerance_of(dtype_of(actual), dtype_of(expected), options);
  if (actual.kind() == Kind::integer && expected.kind() == Kind::integer) {
    const auto a = actual.as<std::int64_t>(), b = expected.as<std::int64_t>();
    const double room = t.atol + t.rtol * static_cast<double>(gap(b, 0));
    if (a == b || static_cast<long double>(gap(a, b)) <= static_cast<long double>(room)) return {};
    if (b != 0) return integer_report(a, b, t, "Scalars");
    return scalar_report(fmt::to_string(gap(a, b)), std::numeric_limits<double>::infinity(), t, "Scalars");
  }
  const auto a = actual.as<double>(), b = expected.as<double>();
  if (a == b || (t.equal_nan && std::isnan(a) && std::isnan(b))) return {};
  const double difference = std::abs(a - b);
  if (std::isfinite(difference) && difference <= t.atol + t.rtol * std::abs(b)) return {};
  return float_report(a, b, t, "Scalars");
}

/// What is printed of a value that is no part of a list: a string has no quotes.
std::string shown(const Value& value) { return value.kind() == Kind::string ? value.as<std::string>() : value.str(); }

/// The report on a pair of no lists and no dicts; empty where they are close.
std::string compare(const Pair& pair, const AssertCloseOptions& options) {
  const auto& [actual, expected, item] = pair;
  if (actual.is_none() || expected.is_none()) {
    if (actual.is_none() && expected.is_none()) return {};
    return fmt::format("None mismatch: {} is not {}", shown(actual), shown(expected));
  }
  if (actual.kind() == Kind::boolean) {
    if (actual.as<bool>() == expected.as<bool>()) return {};
    return fmt::format("Booleans mismatch: {} is not {}", shown(actual), shown(expected));
  }
  if (actual.kind() == Kind::tensor) return compare_tensors(actual.as<Tensor>(), expected.as<Tensor>(), options);
  return compare_plain(actual, expected, options);
}

/// Throws unless `compare` can take the pair.
void check_kinds(const Pair& pair, const AssertCloseOptions& options) {
  const auto& [actual, expected, item] = pair;
  if (actual.is_none() || expected.is_none() || both(pair, Kind::boolean)) return;
  if (!both(pair, Kind::tensor) && !(is_number(actual) && is_number(expected)))
    throw TypeError(at_item(fmt::format("No comparison pair was able to handle inputs of type {} and {}.",
                                        type_of(actual), type_of(expected)),
                            item));
  try {
    tolerance_of(dtype_of(actual), dtype_of(expected), options);
  } catch (const ValueError& error) {
    throw ValueError(at_item(error.what(), item));
  }
}

using Keys = std::vector<Dict::Key>;

bool before(const Dict::Key& a, const Dict::Key& b) {
  if (a.is_string() != b.is_string()) return !a.is_string();
  return a.is_string() ? a.text() < b.text() : a.number() < b.number();
}

/// The keys of `dict` in order, without those of `other` where there is one.
Keys sorted_keys(const Dict& dict, const Dict* other = nullptr) {
  Keys keys;
  for (const auto& [key, value] : dict)
    if (other == nullptr || !other->contains(key)) keys.push_back(key);
  std::sort(keys.begin(), keys.end(), before);
  return keys;
}

std::string list_text(const Keys& keys) {
  std::vector<std::string> texts;
  for (const Dict::Key& key : keys) texts.push_back(key.str());
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

void check_keys(const Dict& actual, const Dict& expected, const std::string& item) {
  const Keys missing = sorted_keys(expected, &actual), additional = sorted_keys(actual, &expected);
  if (missing.empty() && additional.empty()) return;
  throw AssertionError(at_item(fmt::format("The keys of the mappings do not match:\n"
                                           "Missing keys in the actual mapping: {}\n"
                                           "Additional keys in the actual mapping: {}",
                                           list_text(missing), list_text(additional)),
                               item));
}

/// The pairs of a list's items or a dict's entries.
std::vector<Pair> parts_of(const Pair& pair) {
  std::vector<Pair> parts;
  if (both(pair, Kind::dict)) {
    const Dict &actual = pair.actual.dict(), &expected = pair.expected.dict();
    check_keys(actual, expected, pair.item);
    for (const Dict::Key& key : sorted_keys(actual))
      parts.push_back({actual.at(key), expected.at(key), pair.item + "[" + key.str() + "]"});
    return parts;
  }
  const List &actual = pair.actual.list(), &expected = pair.expected.list();
  if (actual.size() != expected.size())
    throw AssertionError(at_item(
        fmt::format("The length of the sequences mismatch: {} != {}", actual.size(), expected.size()), pair.item));
  for (std::size_t i = 0; i < actual.size(); ++i)
    parts.push_back({actual[i], expected[i], fmt::format("{}[{}]", pair.item, i)});
  return parts;
}

/// All pairs of the two trees, in order; throws where the trees' forms differ.
std::vector<Pair> pairs_of(const Value& actual, const Value& expected, const AssertCloseOptions& options) {
  std::vector<Pair> pairs, waiting{{actual, expected, ""}};
  while (!waiting.empty()) {
    Pair pair = std::move(waiting.back());
    waiting.pop_back();
    if (both(pair, Kind::dict) || (is_sequence(pair.actual) && is_sequence(pair.expected))) {
      std::vector<Pair> parts = parts_of(pair);
      std::move(parts.rbegin(), parts.rend(), std::back_inserter(waiting));
    } else {
      check_kinds(pair, options);
      pairs.push_back(std::move(pair));
    }
  }
  return pairs;
}

Value list_of(const std::vector<Tensor>& tensors) { return List(tensors.begin(), tensors.end()); }

}  // namespace

void assert_close(const Value& actual, const Value& expected, const AssertCloseOptions& options) {
  for (const Pair& pair : pairs_of(actual, expected, options)) {
    const std::string report = compare(pair, options);
    if (!report.empty()) throw AssertionError(options.msg.from(at_item(report, pair.item)));
  }
}

void assert_close(const std::vector<Tensor>& actual, const std::vector<Tensor>& expected,
                  const AssertCloseOptions& options) {
  assert_close(list_of(actual), list_of(expected), options);
}

}  // namespace taper::testing
