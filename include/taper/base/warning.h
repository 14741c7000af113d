#pragma once

#include <string>

#include "taper/base/callable.h"

namespace taper {

/// Where warnings go. It may be called from any thread, one call at a time, and may throw to turn warnings into errors;
/// it must not put another in its place.
using WarningHandler = Callable<void(const std::string&)>;

/// Says something that the user should know and that is no error (warnings.warn), by default in one line on standard
/// error.
void warn(const std::string& message);

/// Puts `handler` in the place of the one before, which is returned; an empty handler is the default again.
WarningHandler set_warning_handler(WarningHandler handler);

}  // namespace taper
