#include "optim/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

#include "taper/base/error.h"
#include "taper/base/warning.h"

namespace taper::optim::detail {
namespace {

bool lies_in(double value, Range range) {
  switch (range) {
    case Range::finite:
      return true;
    case Range::at_least_0:
      return value >= 0;
    case Range::above_0:
      return value > 0;
    case Range::from_0_to_1:
      return value >= 0 && value <= 1;
  }
  return false;
}

const char* described(Range range) {
  switch (range) {
    case Range::finite:
      return "be a finite number";
    case Range::at_least_0:
      return "be a finite number of at least 0";
    case Range::above_0:
      return "be a finite number above 0";
    case Range::from_0_to_1:
      return "lie in [0, 1]";
  }
  return "";
}

// As PyTorch's messages call it.
std::string spoken(std::string_view option) {
  if (option == "lr") return "learning rate";
  if (option == "eps") return "epsilon value";
  return fmt::format("{} value", option);
}

}  // namespace

void check_range(const char* name, const char* option, double value, Range range) {
  if (std::isfinite(value) && lies_in(value, range)) return;
  throw ValueError(
      fmt::format("{}: Invalid {}: {}; it must {}", name, spoken(option), python(value), described(range)));
}

void check_range(const char* name, const char*, const std::pair<double, double>& betas, Range) {
  const auto check = [&](int index, double beta) {
    if (!(beta >= 0 && beta < 1))
      throw ValueError(
          fmt::format("{}: Invalid beta parameter at index {}: {}; it must lie in [0, 1)", name, index, python(beta)));
  };
  check(0, betas.first);
  check(1, betas.second);
}

std::string python(double value) { return Value(value).str(); }

Value form(double value, double standard) { return value == 0 && standard == 0 ? Value(0) : Value(value); }

Value form(bool value, bool) { return value; }

Value form(const std::pair<double, double>& value, const std::pair<double, double>&) {
  return Value::tuple({value.first, value.second});
}

bool read(const Value& saved, double& value) {
  if (saved.kind() == Value::Kind::tensor) {  // newer versions allow a learning rate in a tensor
    const auto tensor = saved.as<Tensor>();
    if (tensor.is_sparse() || tensor.numel() != 1) return false;
    value = tensor.item<double>();
    return true;
  }
  if (saved.kind() != Value::Kind::floating && saved.kind() != Value::Kind::integer) return false;
  value = saved.as<double>();
  return true;
}

bool read(const Value& saved, bool& value) {
  if (saved.kind() != Value::Kind::boolean) return false;
  value = saved.as<bool>();
  return true;
}

bool read(const Value& saved, std::pair<double, double>& value) {
  if ((saved.kind() != Value::Kind::tuple && saved.kind() != Value::Kind::list) || saved.size() != 2) return false;
  return read(saved[0], value.first) && read(saved[1], value.second);
}

bool read_absent(double standard, double& value) {
  value = 0;
  return standard == 0;
}

bool read_absent(bool, bool& value) {
  value = false;
  return true;
}

bool read_absent(const std::pair<double, double>&, std::pair<double, double>&) { return false; }

void refuse_option(const char* name, std::size_t group, const char* option, const Value* saved) {
  if (saved == nullptr)
    throw StateError(fmt::format("{}.load_state_dict: group {} has no '{}'; is it the state of another optimizer?",
                                 name, group, option));
  throw StateError(fmt::format("{}.load_state_dict: '{}' of group {} is {}, of kind {}; it is no value of that option",
                               name, option, group, saved->str(), saved->kind_name()));
}

void warn_of_unknown(const char* name, std::size_t group, const Dict& others) {
  constexpr std::string_view harmless[] = {"foreach", "fused", "capturable", "differentiable"};
  for (const auto& [key, value] : others)
    if (value.kind() == Value::Kind::boolean && value.as<bool>() &&
        std::find(std::begin(harmless), std::end(harmless), key.text()) == std::end(harmless))
      warn(fmt::format(
          "{}.load_state_dict: group {} has {}: True, which {} does not know here: it is kept, without effect", name,
          group, key.str(), name));
}

}  // namespace taper::optim::detail
