#include <fmt/format.h>
#include <taper/base/shape.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>

#include "commands.h"
#include "file_content.h"
#include "table.h"

namespace taper_program {
namespace {

using taper::DType;
using taper::Tensor;

/// What is said of a tensor's numbers; NaN stays out of all but its own count.
struct Statistics {
  double sum = 0, squares = 0, low = INFINITY, high = -INFINITY;
  std::int64_t counted = 0, nan = 0;

  void add(double value) {
    if (std::isnan(value)) {
      ++nan;
      return;
    }
    ++counted;
    sum += value;
    squares += value * value;
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

template <class T>
Statistics statistics_of(const Tensor& row_major) {
  Statistics result;
  const T* values = row_major.data<T>();
  for (std::int64_t i = 0; i < row_major.numel(); ++i) result.add(static_cast<double>(values[i]));
  return result;
}

Statistics statistics_of(const Tensor& tensor) {
  const Tensor x = (tensor.is_sparse() ? tensor.values() : tensor).detach().contiguous();
  switch (x.dtype()) {
    case DType::float32:
      return statistics_of<float>(x);
    case DType::float64:
      return statistics_of<double>(x);
    case DType::int64:
      return statistics_of<std::int64_t>(x);
    case DType::int32:
      return statistics_of<std::int32_t>(x);
    case DType::bool_:
      break;
  }
  return statistics_of<bool>(x);
}

std::string number(double value, const Statistics& of) { return of.counted == 0 ? "-" : fmt::format("{:.5g}", value); }

std::vector<std::string> row_of(const std::string& name, const Tensor& tensor) {
  const Statistics s = statistics_of(tensor);
  return {printable(name),
          std::string(taper::name(tensor.dtype())) + (tensor.is_sparse() ? " sparse" : ""),
          taper::to_string(tensor.shape()),
          number(std::sqrt(s.squares), s),
          number(s.low, s),
          number(s.high, s),
          number(s.sum / static_cast<double>(s.counted), s),
          fmt::to_string(s.nan)};
}

/// One line, however long the text is.
std::string shortened(std::string text) {
  constexpr std::size_t most = 200;
  text = printable(text);
  if (text.size() <= most) return text;
  std::size_t cut = most;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
  return text.substr(0, cut) + " ...";
}

void run(const std::string& path) {
  const FileContent content = read_file(path);
  std::int64_t numbers = 0, bytes = 0;
  for (std::size_t i = 0; i < content.tensors.size(); ++i) {
    const Tensor& tensor = content.tensors[i].second;
    const auto same = [&](const auto& entry) { return entry.second.is(tensor); };
    const auto here = content.tensors.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find_if(content.tensors.begin(), here, same) != here) continue;  // one tensor under two names
    const std::int64_t count = tensor.is_sparse() ? tensor.values().numel() : tensor.numel();
    numbers += count;
    bytes += count * static_cast<std::int64_t>(taper::size_of(tensor.dtype()));
  }
  std::printf("%s: %zu tensor%s, %lld numbers, %lld bytes\n", printable(path).c_str(), content.tensors.size(),
              content.tensors.size() == 1 ? "" : "s", static_cast<long long>(numbers), static_cast<long long>(bytes));
  for (const std::string& note : content.notes) std::printf("note: %s\n", printable(note).c_str());
  if (!content.tensors.empty()) {
    Table table("lllrrrrr");
    table.add({"name", "dtype", "shape", "norm", "min", "max", "mean", "NaN"});
    for (const auto& [name, tensor] : content.tensors) table.add(row_of(name, tensor));
    table.print();
  }
  for (const auto& [name, value] : content.others)
    std::printf("%s = %s\n", printable(name).c_str(), shortened(value.str()).c_str());
}

}  // namespace

void add_show(CLI::App& program) {
  auto file = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand("show", "Print what is in a file of tensors or word vectors");
  command->add_option("FILE", *file, "A .pt, .safetensors, .npz or .npy file, or word vectors; told by its content")
      ->required();
  command->footer(
      "A line for each tensor: name, dtype, shape, Euclidean norm, smallest and greatest number, mean, and how many\n"
      "are NaN (which the others leave out). Then whatever else the file holds. The first line counts a tensor that "
      "has\n"
      "two names once.");
  command->callback([file] { run(*file); });
}

}  // namespace taper_program
