#include "taper/tensor/tensor_map.h"

#include <fmt/format.h>

#include <algorithm>

#include "taper/base/error.h"
#include "tensor/slots.h"

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
  if (size() == 0) throw IndexError(fmt::format("TensorMap: no tensor '{}'; the map is empty", name));
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
  rebuild();
  return true;
}

std::size_t TensorMap::slot_of(std::string_view name) const {
  return detail::slot_of(slots_, std::hash<std::string_view>()(name),
                         [&](std::uint32_t number) { return entries_[number].first == name; });
}

void TensorMap::append(std::string name, Tensor tensor) {
  entries_.emplace_back(std::move(name), std::move(tensor));
  if (2 * entries_.size() > slots_.size()) {
    rebuild();
  } else {
    slots_[slot_of(entries_.back().first)] = static_cast<std::uint32_t>(entries_.size());
  }
}

void TensorMap::rebuild() {
  detail::index_entries(slots_, entries_.size(),
                        [&](std::size_t i) { return std::hash<std::string_view>()(entries_[i].first); });
}

}  // namespace taper
