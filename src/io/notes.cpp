#include "io/notes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/python_text.h"
#include "taper/base/warning.h"

namespace taper::io {

void LoadNotes::converted(std::string_view name, std::string_view from, std::string_view to) {
  const auto known =
      std::find_if(notes_.begin(), notes_.end(), [&](const Note& note) { return note.from == from && note.to == to; });
  if (known != notes_.end()) {
    ++known->count;
  } else {
    notes_.push_back({std::string(name), std::string(from), std::string(to), 1});
  }
}

void LoadNotes::converted(std::string_view name, const ElementType& type) {
  const std::string from = type.name();
  const std::string_view to = taper::name(type.dtype());
  if (from != to) converted(name, from, to);
}

void LoadNotes::ignored(std::string_view name, std::uint64_t bytes) {
  if (bytes > 0)
    ignored_.push_back(fmt::format("{} bytes after the data of {} are ignored", bytes, detail::python_string(name)));
}

void LoadNotes::say(const std::string& path, const LoadOptions& options) const {
  std::string all;
  const auto add = [&](const std::string& text) {
    if (options.notes != nullptr) options.notes->push_back(text);
    all += (all.empty() ? "" : "; ") + text;
  };
  for (const Note& note : notes_) {
    const std::string name = detail::python_string(note.first);
    add(note.count == 1 ? fmt::format("{} is {}, loaded as {}", name, note.from, note.to)
                        : fmt::format("{} and {} more are {}, loaded as {}", name, note.count - 1, note.from, note.to));
  }
  for (const std::string& text : ignored_) add(text);
  if (options.notes == nullptr && options.warn && !all.empty()) warn(fmt::format("{}: {}", path, all));
}

}  // namespace taper::io
