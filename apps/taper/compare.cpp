#include <fmt/format.h>
#include <fmt/ranges.h>
#include <taper/base/error.h>
#include <taper/testing/assert_close.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands.h"
#include "file_content.h"
#include "names.h"
#include "table.h"

namespace taper_program {
namespace {

using taper::Tensor;
using taper::Value;
using taper::testing::Differences;

struct Options {
  std::string a, b;
  std::optional<double> rtol, atol;
  std::vector<std::string> ignore, rename;
  bool equal_nan = false, any_dtype = false;
  std::int64_t count = 20;
};

taper::testing::AssertCloseOptions close_options(const Options& options) {
  return {
      .rtol = options.rtol, .atol = options.atol, .equal_nan = options.equal_nan, .check_dtype = !options.any_dtype};
}

using Entries = std::map<std::string, Value>;

bool is_tensor(const Value& value) { return value.kind() == Value::Kind::tensor; }

void check(const Options& options) {
  if (options.rtol.has_value() != options.atol.has_value())
    throw taper::ValueError("compare: --rtol and --atol go together; give both or neither");
  for (const auto& value : {options.rtol, options.atol})
    if (value && !(*value >= 0))
      throw taper::ValueError(fmt::format("compare: a tolerance of {} is not at least 0", *value));
}

/// What takes part in the comparison, by its name on side B.
Entries entries_of(const std::string& path, const Options& options, bool renamed) {
  const FileContent content = read_file(path);
  std::vector<std::pair<std::string, Value>> all(content.tensors.begin(), content.tensors.end());
  all.insert(all.end(), content.others.begin(), content.others.end());
  const std::vector<Pattern> ignored(options.ignore.begin(), options.ignore.end());
  const std::vector<Renaming> renamings(options.rename.begin(), options.rename.end());
  if (renamed)
    for (const Renaming& renaming : renamings)
      if (std::none_of(all.begin(), all.end(), [&](const auto& entry) { return renaming.means(entry.first); }))
        throw taper::ValueError(fmt::format("--rename {}: {} holds no such name", renaming.text(), path));
  Entries entries;
  for (const auto& entry : all) {
    const auto meant =
        std::find_if(renamings.begin(), renamings.end(), [&](const Renaming& r) { return r.means(entry.first); });
    const std::string known = renamed && meant != renamings.end() ? (*meant)(entry.first) : entry.first;
    if (std::any_of(ignored.begin(), ignored.end(), [&](const Pattern& p) { return p.matches(known); })) continue;
    std::string unique = known;
    if (!is_tensor(entry.second))  // a dict may have 2 and '2'
      for (int i = 2; entries.contains(unique); ++i) unique = fmt::format("{} ({})", known, i);
    if (!entries.emplace(unique, entry.second).second)
      throw taper::ValueError(fmt::format("compare: {} holds two tensors named '{}'", path, known));
  }
  return entries;
}

/// A tensor whose numbers differ.
struct Unlike {
  std::string name;
  taper::Shape shape;
  Differences d;
};

struct Outcome {
  std::vector<Unlike> tensors;
  std::vector<std::string> lines;  // differences of other kinds
  std::size_t compared = 0;

  bool equal() const { return tensors.empty() && lines.empty(); }
};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

void compare_tensors(const std::string& name, const Tensor& a, const Tensor& b, const Options& options,
                     Outcome& outcome) {
  if (a.shape() == b.shape() && (options.any_dtype || a.dtype() == b.dtype()) && !a.is_sparse() && !b.is_sparse()) {
    const Differences d = taper::testing::differences(a, b, close_options(options));
    if (d.mismatched > 0) outcome.tensors.push_back({name, a.shape(), d});
    return;
  }
  try {
    taper::testing::assert_close(a, b, close_options(options));
  } catch (const taper::AssertionError& error) {
    outcome.lines.push_back(fmt::format("{}: {}", printable(name), first_line(error.what())));
  }
}

void compare_others(const std::string& name, const Value& a, const Value& b, const Options& options, Outcome& outcome) {
  const std::string left = a.str(), right = b.str();
  if (left == right) return;
  try {
    taper::testing::assert_close(a, b, close_options(options));
  } catch (const taper::Error&) {
    std::size_t at = 0;
    while (at < std::min(left.size(), right.size()) && left[at] == right[at]) ++at;
    const std::size_t from = at < 20 ? 0 : at - 20;
    const auto part = [&](const std::string& text) {
      return (from > 0 ? "..." : "") + text.substr(from, 60) + (text.size() > from + 60 ? "..." : "");
    };
    outcome.lines.push_back(
        fmt::format("{}: {} != {}", printable(name), printable(part(left)), printable(part(right))));
  }
}

Outcome compare(const Entries& a, const Entries& b, const Options& options) {
  Outcome outcome;
  for (const auto& [name, value] : a) {
    const auto other = b.find(name);
    if (other == b.end()) {
      outcome.lines.push_back(fmt::format("{}: only in {}", printable(name), printable(options.a)));
      continue;
    }
    ++outcome.compared;
    if (is_tensor(value) && is_tensor(other->second)) {
      compare_tensors(name, value.as<Tensor>(), other->second.as<Tensor>(), options, outcome);
    } else {
      compare_others(name, value, other->second, options, outcome);
    }
  }
  for (const auto& [name, value] : b)
    if (!a.contains(name))
      outcome.lines.push_back(fmt::format("{}: only in {}", printable(name), printable(options.b)));
  return outcome;
}

bool has_others(const Entries& entries) {
  return std::any_of(entries.begin(), entries.end(), [](const auto& entry) { return !is_tensor(entry.second); });
}

void keep_tensors(Entries& entries) {
  std::erase_if(entries, [](const auto& entry) { return !is_tensor(entry.second); });
}

/// NaN before all numbers.
double badness(const Unlike& tensor) {
  const double absolute = tensor.d.absolute.to_double();
  return std::isnan(absolute) ? INFINITY : absolute;
}

std::string index_text(const taper::Shape& index) {
  return fmt::format("({}{})", fmt::join(index, ", "), index.size() == 1 ? "," : "");
}

std::string difference_text(double value, const taper::Shape& index) {
  return fmt::format("{:.5g} at {}", value, index_text(index));
}

void print(Outcome& outcome, const Options& options) {
  if (!outcome.tensors.empty()) {
    std::stable_sort(outcome.tensors.begin(), outcome.tensors.end(),
                     [](const Unlike& x, const Unlike& y) { return badness(x) > badness(y); });
    Table table("llrrll");
    table.add({"name", "shape", "mismatched", "", "greatest absolute", "greatest relative"});
    const auto shown = std::min(outcome.tensors.size(), static_cast<std::size_t>(options.count));
    for (std::size_t i = 0; i < shown; ++i) {
      const auto& [name, shape, d] = outcome.tensors[i];
      const double share = 100 * static_cast<double>(d.mismatched) / static_cast<double>(d.elements);
      table.add({printable(name), taper::to_string(shape), fmt::format("{} / {}", d.mismatched, d.elements),
                 fmt::format("({:.1f}%)", share), difference_text(d.absolute.to_double(), d.absolute_index),
                 difference_text(d.relative, d.relative_index)});
    }
    table.print();
    if (shown < outcome.tensors.size()) std::printf("and %zu more\n", outcome.tensors.size() - shown);
  }
  for (const std::string& line : outcome.lines) std::printf("%s\n", line.c_str());
  const std::size_t differing = outcome.tensors.size() + outcome.lines.size();
  if (outcome.equal()) {
    std::printf("all %zu entries are close\n", outcome.compared);
  } else {
    std::printf("%zu difference%s among %zu common entries\n", differing, differing == 1 ? "" : "s", outcome.compared);
  }
}

int run(const Options& options) {
  check(options);
  Entries a = entries_of(options.a, options, true), b = entries_of(options.b, options, false);
  if (!has_others(a) || !has_others(b)) {  // most formats hold tensors alone
    keep_tensors(a);
    keep_tensors(b);
  }
  Outcome outcome = compare(a, b, options);
  print(outcome, options);
  return outcome.equal() ? 0 : 1;
}

}  // namespace

void add_compare(CLI::App& program, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("compare", "Compare two files tensor by tensor, across formats");
  command->add_option("A", options->a, "What is to be judged")->required();
  command->add_option("B", options->b, "What is expected")->required();
  command->add_option("--rtol", options->rtol,
                      "Relative tolerance; with --atol [by dtype: float32 1.3e-6, float64 1e-7]");
  command->add_option("--atol", options->atol,
                      "Absolute tolerance; with --rtol [by dtype: float32 1e-5, float64 1e-7]");
  command->add_option("--ignore", options->ignore, "Leave names out: a glob ('optimizer.*') or a /regular expression/")
      ->type_name("PATTERN")
      ->expected(1)
      ->take_all();
  command->add_option("--rename", options->rename, "Take A's name OLD as NEW; OLD*=NEW* for all that begin so")
      ->type_name("OLD=NEW")
      ->expected(1)
      ->take_all();
  command->add_flag("--equal-nan", options->equal_nan, "Let NaN equal NaN");
  command->add_flag("--any-dtype", options->any_dtype, "Let dtypes differ");
  command->add_option("-k,--count", options->count, "How many differing tensors to print, worst first")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1000000000}));
  command->footer(
      "Two numbers are close where |A - B| <= atol + rtol |B|, as in PyTorch's assert_close; integers must be equal.\n"
      "What is no tensor (numbers, texts, settings) is compared where both files hold such.\n"
      "--ignore sees names after --rename.\n"
      "Exit status: 0 all close; 1 a difference, or a name that one file alone has; 2 a bad argument or file.");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace taper_program
