#pragma once

#include <string>
#include <vector>

#include "io/notes.h"
#include "io/pickle.h"
#include "taper/tensor/value.h"

namespace taper::io {

/// Checks that what the pickle made is a tree or shares parts, and that written out it has neither too many objects nor
/// is nested too deep, and that its tensors by name take no more than `memory`. FormatError and ResourceError
/// otherwise, TypeError for what a Value cannot hold.
void check_tree(const Pickled& pickled, std::uint64_t memory, const Place& place);

/// The name that each tensor is first met under, as in TensorMap: "model.fc.weight"; "arr_0" for a tensor that stands
/// alone, "" for one that is not part of the result. Dtypes, devices and sets are noted with theirs.
std::vector<std::string> tensor_names(const Pickled& pickled, LoadNotes& notes);

/// The result as a Value, given its tensors. What the pickle shares is shared; dicts' keys are copies, which together
/// take no more than `memory`.
Value to_value(const Pickled& pickled, std::uint64_t memory, const std::vector<Tensor>& tensors, const Place& place);

}  // namespace taper::io
