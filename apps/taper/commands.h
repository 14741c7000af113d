#pragma once

#include <CLI/CLI.hpp>

namespace taper_program {

/// Each adds one command, which runs when the command line names it. What goes wrong is thrown, as a taper::Error.
void add_train(CLI::App& program);
void add_neighbors(CLI::App& program);
void add_analogy(CLI::App& program);
void add_show(CLI::App& program);
/// Sets `status` to 1 where the files differ.
void add_compare(CLI::App& program, int& status);

}  // namespace taper_program
