#include "file_content.h"

#include <fmt/format.h>
#include <taper/io/tensor_files.h>
#include <taper/text/word_vectors.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

namespace taper_program {
namespace {

using taper::Value;

bool is_plain(const Value& value) { return value.kind() < Value::Kind::tensor; }
bool is_list(const Value& value) { return value.kind() == Value::Kind::list || value.kind() == Value::Kind::tuple; }

/// A list of plain values, or an empty list or dict, is shown as a whole.
bool is_whole(const Value& value) {
  if (is_plain(value)) return true;
  if (value.kind() == Value::Kind::tensor) return false;
  if (!is_list(value)) return value.size() == 0;
  return std::all_of(value.begin(), value.end(), is_plain);
}

void flatten(const Value& root, FileContent& content) {
  struct Item {
    std::string name;
    Value value;
  };
  std::vector<Item> waiting{{"", root}};
  while (!waiting.empty()) {
    const Item item = std::move(waiting.back());
    waiting.pop_back();
    const auto inside = [&](const std::string& key) { return item.name.empty() ? key : item.name + "." + key; };
    if (item.value.kind() == Value::Kind::tensor) {
      content.tensors.emplace_back(item.name.empty() ? "arr_0" : item.name, item.value.as<taper::Tensor>());
    } else if (is_whole(item.value)) {
      if (!item.name.empty() || item.value.kind() != Value::Kind::dict)
        content.others.emplace_back(item.name.empty() ? "value" : item.name, item.value);
    } else if (is_list(item.value)) {
      for (std::size_t i = item.value.size(); i-- > 0;)
        waiting.push_back({inside(std::to_string(i)), item.value.list()[i]});
    } else {
      std::vector<Item> entries;
      for (const auto& [key, value] : item.value.dict())
        entries.push_back({inside(key.is_string() ? key.text() : std::to_string(key.number())), value});
      std::move(entries.rbegin(), entries.rend(), std::back_inserter(waiting));
    }
  }
}

/// Whether a file is none of text, or cannot be read, which load then says.
bool holds_tensors(const std::string& path) {
  for (const std::string_view ending : {".pt", ".pth", ".safetensors", ".npz", ".npy"})
    if (path.ends_with(ending)) return true;
  std::array<char, 9> start{};
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), start.size());
  if (file.gcount() == 0) return true;
  const std::string_view text(start.data(), start.size());
  return text.starts_with("\x93NUMPY") || text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06") ||
         text.starts_with('\x80') || (text[8] == '{' && text.substr(4, 4) == std::string_view("\0\0\0\0", 4));
}

}  // namespace

FileContent read_file(const std::string& path) {
  FileContent content;
  if (holds_tensors(path)) {
    flatten(taper::load_value(path, {.notes = &content.notes}), content);
    return content;
  }
  const auto vectors = taper::text::WordVectors::load(path, {}, &content.notes);
  content.tensors.emplace_back("vectors", vectors.matrix());
  taper::List words;
  for (std::int64_t i = 0; i < vectors.size(); ++i) words.push_back(vectors.word(i));
  content.others.emplace_back("words", std::move(words));
  return content;
}

std::string printable(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace taper_program
