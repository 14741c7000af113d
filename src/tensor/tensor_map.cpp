#include "taper/tensor/tensor_map.h"

#include <fmt/format.h>

#include <algorithm>

#include "taper/base/error.h"

namespace taper {

TensorMap::TensorMap(std::initializer_list<value_type> entries) {
  for (const auto& [name, tensor] : entries) insert(name, tensor);
}

void TensorMap::insert(std::string name, Tensor tensor) {
  if (contains(name)) throw ValueError(fmt::format("TensorMap: '{}' is there already", name));
  append(std::move(name), std::move(tensor));
}

Tensor& TensorMap::operator[](std::string_view name) {
  const Tensor* found = find(name);
  if (found != nullptr) return entries_[slots_[slot_of(name)] - 1].second;
  append(std::string(name), Tensor());
  return entries_.back().second;
}

const Tensor& TensorMap::at(std::string_view name) const {
  const Tensor* found = find(name);
  if (found != nullptr) return *found;
  constexpr std::size_t shown = 8;
  std::string names;
  for (std::size_t i = 0; i < std::min(shown, size()); ++i)
    names += fmt::format("{}'{}'", i == 0 ? "" : ", ", entries_[i].first);
  if (size() > shown) names += ", ...";
  throw IndexError(fmt::format("TensorMap: no tensor '{}'; there are {}: {}", name, size(), names));
}

const Tensor* TensorMap::find(std::string_view name) const {
  if (slots_.empty()) return nullptr;
  const std::uint32_t number = slots_[slot_of(name)];
  return number == 0 ? nullptr : &entries_[number - 1].second;
}

bool TensorMap::erase(std::string_view name) {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const value_type& entry) { return entry.first == name; });
  if (found == entries_.end()) return false;
  entries_.erase(found);
  rebuild(slots_.size());
  return true;
}

std::size_t TensorMap::slot_of(std::string_view name) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>()(name) & mask;
  while (slots_[slot] != 0 && entries_[slots_[slot] - 1].first != name) slot = (slot + 1) & mask;
  return slot;
}

void TensorMap::append(std::string name, Tensor tensor) {
  entries_.emplace_back(std::move(name), std::move(tensor));
  if (2 * entries_.size() > slots_.size()) {
    rebuild(std::max<std::size_t>(8, 2 * slots_.size()));
  } else {
    slots_[slot_of(entries_.back().first)] = static_cast<std::uint32_t>(entries_.size());
  }
}

void TensorMap::rebuild(std::size_t slots) {
  slots_.assign(slots, 0);
  for (std::size_t i = 0; i < entries_.size(); ++i)
    slots_[slot_of(entries_[i].first)] = static_cast<std::uint32_t>(i + 1);
}

}  // namespace taper
