#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace taper::detail {

/// An index over entries that are numbered from 0: open addressing in a power of two of slots, each the entry's number
/// plus one, 0 where it is free. `entry_is(number)` tells whether that entry has the key in question.
using Slots = std::vector<std::uint32_t>;

/// The slot of the entry, or the free one where it would go; there must be slots.
template <class EntryIs>
std::size_t slot_of(const Slots& slots, std::size_t hash, EntryIs entry_is) {
  const std::size_t mask = slots.size() - 1;
  std::size_t slot = hash & mask;
  while (slots[slot] != 0 && !entry_is(slots[slot] - 1)) slot = (slot + 1) & mask;
  return slot;
}

/// Slots for `count` entries of which no two have one key.
template <class HashOf>
void index_entries(Slots& slots, std::size_t count, HashOf hash_of) {
  std::size_t size = std::max<std::size_t>(8, slots.size());
  while (size < 2 * count) size *= 2;
  slots.assign(size, 0);
  for (std::size_t i = 0; i < count; ++i)
    slots[slot_of(slots, hash_of(i), [](std::uint32_t) { return false; })] = static_cast<std::uint32_t>(i + 1);
}

}  // namespace taper::detail
