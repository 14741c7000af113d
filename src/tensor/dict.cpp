#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/python_text.h"
#include "taper/base/error.h"
#include "taper/tensor/value.h"
#include "tensor/slots.h"

namespace taper {
namespace {

std::size_t hash_of(const Dict::Key& key) {
  if (key.is_string()) return std::hash<std::string>()(key.text());
  // Odd multiples spread neighbours, and the high bits decide.
  return static_cast<std::size_t>((static_cast<std::uint64_t>(key.number()) * 0x9E3779B97F4A7C15U) >> 20U);
}

}  // namespace

std::string Dict::Key::str() const { return is_string_ ? detail::python_string(text_) : fmt::to_string(number_); }

Dict::Dict(std::initializer_list<value_type> entries) {
  for (const auto& [key, value] : entries) insert(key, value);
}

void Dict::insert(Key key, Value value) {
  if (contains(key)) throw ValueError(fmt::format("Dict: the key {} is there already", key.str()));
  entries_.emplace_back(std::move(key), std::move(value));
  if (2 * entries_.size() > slots_.size()) {
    rebuild();
  } else {
    slots_[slot_of(entries_.back().first)] = static_cast<std::uint32_t>(entries_.size());
  }
}

Value& Dict::operator[](const Key& key) {
  if (find(key) == nullptr) insert(key, None);
  return entries_[slots_[slot_of(key)] - 1].second;
}

const Value& Dict::at(const Key& key) const {
  const Value* entry = find(key);
  if (entry == nullptr) throw IndexError("Dict: " + missing(key));
  return *entry;
}

const Value* Dict::find(const Key& key) const {
  if (slots_.empty()) return nullptr;
  const std::uint32_t number = slots_[slot_of(key)];
  return number == 0 ? nullptr : &entries_[number - 1].second;
}

bool Dict::erase(const Key& key) {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const value_type& entry) { return entry.first == key; });
  if (found == entries_.end()) return false;
  entries_.erase(found);
  rebuild();
  return true;
}

std::size_t Dict::slot_of(const Key& key) const {
  return detail::slot_of(slots_, hash_of(key), [&](std::uint32_t number) { return entries_[number].first == key; });
}

void Dict::rebuild() {
  detail::index_entries(slots_, entries_.size(), [&](std::size_t i) { return hash_of(entries_[i].first); });
}

std::string Dict::missing(const Key& key) const {
  constexpr std::size_t shown = 8;
  std::string keys;
  for (std::size_t i = 0; i < std::min(shown, size()); ++i) keys += (i == 0 ? ": " : ", ") + entries_[i].first.str();
  if (size() > shown) keys += ", ...";
  return fmt::format("no key {}; there are {}{}", key.str(), size(), keys);
}

}  // namespace taper
