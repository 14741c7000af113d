#pragma once

#include <optional>
#include <string>
#include <utility>

/// What optimizers do with their options: checking and printing.
namespace taper::optim::detail {

/// ValueError `NAME: Invalid WHAT: VALUE; ...` unless value is finite and at least 0, or above 0 where `positive`.
void check_number(const char* name, const char* what, double value, bool positive = false);
void check_finite(const char* name, const char* what, double value);
void check_betas(const char* name, const std::pair<double, double>& betas);
/// ValueError where an option that Taper has no meaning for is set.
void refuse(const char* name, const char* option, bool value, const char* why);

/// Python's text of a float, a bool, a tuple, and None where there is nothing.
std::string python(double value);
std::string python(bool value);
std::string python(const std::pair<double, double>& value);
std::string python(const std::optional<bool>& value);
/// The same where PyTorch's default is the integer 0.
std::string python_or_zero(double value);

}  // namespace taper::optim::detail
