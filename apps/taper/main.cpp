#include <taper/base/error.h>

#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "commands.h"

namespace {

constexpr int bad_input = 2;

/// One line on standard error, whatever the message holds.
int complain(std::string message) {
  while (!message.empty() && message.back() == '\n') message.pop_back();
  for (char& c : message)
    if (c == '\n' || c == '\r') c = ' ';
  std::fprintf(stderr, "taper: %s\n", message.c_str());
  return bad_input;
}

int run(int argc, char** argv) {
  int status = 0;
  CLI::App program("Word vectors and files of tensors: train, ask, look into, compare.", "taper");
  program.set_version_flag("--version", "taper " TAPER_VERSION, "Print the version and leave");
  program.set_help_flag("-h,--help", "Print this help and leave");
  program.get_formatter()->column_width(34);
  program.require_subcommand(0, 1);  // none is told below, with the commands' names
  program.footer(
      "Results go to standard output, progress to standard error where it is a terminal.\n"
      "Exit status: 0 done; 1 files that differ; 2 a bad argument or a bad file, told in one line.\n"
      "`taper COMMAND --help` tells a command's options.");
  taper_program::add_train(program);
  taper_program::add_neighbors(program);
  taper_program::add_analogy(program);
  taper_program::add_show(program);
  taper_program::add_compare(program, status);
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& done) {
    program.exit(done);
  } catch (const CLI::ParseError& error) {
    return complain(std::string(error.what()) + "; see `taper --help`");
  }
  if (program.get_subcommands().empty() && argc < 2)
    return complain("a command is required: train, neighbors, analogy, show or compare; see `taper --help`");
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) return complain("standard output cannot be written");
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const taper::Error& error) {
    return complain(error.what());
  } catch (const std::bad_alloc&) {
    return complain("out of memory");
  } catch (const std::exception& error) {
    return complain(error.what());
  }
}
