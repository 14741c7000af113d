#include "optim/options.h"

#include <fmt/format.h>

#include <cmath>

#include "taper/base/error.h"

namespace taper::optim::detail {

void check_number(const char* name, const char* what, double value, bool positive) {
  if (std::isfinite(value) && (positive ? value > 0 : value >= 0)) return;
  throw ValueError(fmt::format("{}: Invalid {}: {}; it must be a finite number {} 0", name, what, python(value),
                               positive ? "above" : "of at least"));
}

void check_finite(const char* name, const char* what, double value) {
  if (!std::isfinite(value))
    throw ValueError(fmt::format("{}: Invalid {}: {}; it must be a finite number", name, what, python(value)));
}

void check_betas(const char* name, const std::pair<double, double>& betas) {
  const auto check = [&](int index, double beta) {
    if (!(beta >= 0 && beta < 1))
      throw ValueError(
          fmt::format("{}: Invalid beta parameter at index {}: {}; it must lie in [0, 1)", name, index, python(beta)));
  };
  check(0, betas.first);
  check(1, betas.second);
}

void refuse(const char* name, const char* option, bool value, const char* why) {
  if (value) throw ValueError(fmt::format("{}: {} = true is not possible here: {}", name, option, why));
}

std::string python(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";  // neither a fraction, an exponent, inf nor nan
  return text;
}

std::string python(bool value) { return value ? "True" : "False"; }

std::string python(const std::pair<double, double>& value) {
  return fmt::format("({}, {})", python(value.first), python(value.second));
}

std::string python(const std::optional<bool>& value) { return value ? python(*value) : "None"; }

std::string python_or_zero(double value) { return value == 0 ? "0" : python(value); }

}  // namespace taper::optim::detail
