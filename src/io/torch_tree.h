#pragma once

#include <cstdint>

#include "io/elements.h"
#include "io/notes.h"
#include "io/pickle.h"
#include "taper/base/callable.h"
#include "taper/tensor/value.h"

namespace taper::io {

/// How much memory the objects of a pickle may take that stands in `stored` bytes of a file, perhaps deflated.
std::uint64_t pickle_memory(const LoadOptions& options, std::uint64_t stored);

/// Gives a storage's numbers: `numel` of them, one-dimensional.
using ReadStorage = Callable<Tensor(const PickledStorage& storage, const ElementType& element, std::int64_t numel)>;

/// What torch.load makes of a pickle. Everything is checked, and the budget too, before the first storage is read;
/// FormatError for a view that looks outside its storage, TypeError for a dtype that no tensor holds.
Value torch_tree(const Pickled& pickled, std::uint64_t memory, const Place& place, const LoadOptions& options,
                 LoadNotes& notes, const ReadStorage& read_storage);

}  // namespace taper::io
