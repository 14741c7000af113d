#pragma once

#include <string>
#include <vector>

namespace taper::detail {

/// The return addresses of the functions that this one was called by, the innermost first; none where the platform does
/// not tell.
std::vector<void*> call_stack();

/// The functions outside Taper and the standard library among them, at most `most`, with their names where the program
/// has symbols, else as "program+0x1234", which addr2line knows.
std::vector<std::string> caller_names(const std::vector<void*>& stack, std::size_t most);

}  // namespace taper::detail
