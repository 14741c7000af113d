#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "taper/tensor/value.h"

/// What optimizers do with their options, once for all: tables of them, checking, and PyTorch's form of their values.
namespace taper::optim::detail {

enum class Range : std::uint8_t { finite, at_least_0, above_0, from_0_to_1 };

/// An option: its name in PyTorch's groups and its places in the options and in a group that is handed over.
template <class Options, class GivenGroup, class T>
struct Option {
  const char* name;
  T Options::*value;
  std::optional<T> GivenGroup::*given;
  Range range = Range::at_least_0;  ///< of a number
};

template <class Options, class GivenGroup, class T>
constexpr Option<Options, GivenGroup, T> option(const char* name, T Options::*value,
                                                std::optional<T> GivenGroup::*given, Range range = Range::at_least_0) {
  return {name, value, given, range};
}

/// An option of PyTorch's that means nothing here: it stands in ParamGroup::others where a state has brought it.
struct Kept {
  const char* name;
  bool is_none;  ///< what PyTorch starts with: None, else False
};

constexpr Kept none(const char* name) { return {name, true}; }
constexpr Kept off(const char* name) { return {name, false}; }

/// ValueError `NAME: Invalid learning rate: VALUE; ...` unless the value lies in its range.
void check_range(const char* name, const char* option, double value, Range range);
/// The same of both betas, which lie in [0, 1).
void check_range(const char* name, const char* option, const std::pair<double, double>& betas, Range range);
inline void check_range(const char*, const char*, bool, Range) {}

/// Python's text of a float.
std::string python(double value);

/// PyTorch's form of an option's value. A number whose default is 0 is an int there as long as it is 0.
Value form(double value, double standard);
Value form(bool value, bool standard);
Value form(const std::pair<double, double>& value, const std::pair<double, double>& standard);

/// The other way; false where `saved` is of another kind.
bool read(const Value& saved, double& value);
bool read(const Value& saved, bool& value);
bool read(const Value& saved, std::pair<double, double>& value);

/// What an older state means that has no such option: false, or 0 where that is the default. False where it must be
/// there.
bool read_absent(double standard, double& value);
bool read_absent(bool standard, bool& value);
bool read_absent(const std::pair<double, double>& standard, std::pair<double, double>& value);

/// StateErrors of load_state_dict: `option` of group `group` is absent, or of a kind that does not fit.
[[noreturn]] void refuse_option(const char* name, std::size_t group, const char* option, const Value* saved);

/// Warns of what is switched on among a loaded group's keys without a meaning here, unless it changes no numbers.
void warn_of_unknown(const char* name, std::size_t group, const Dict& others);

}  // namespace taper::optim::detail
