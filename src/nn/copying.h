#pragma once

#include "taper/nn/module.h"

namespace taper::nn::detail {

/// To be called as a module's copy begins. If parameters in `source` are tied, the copies that this thread makes of
/// them, until each has been copied once, are tied to each other.
void begin_copy(const Module& source);

/// The copy that a tied parameter shares with those that it is tied to, made by `copy` the first time; undefined where
/// `owner` is not part of a module's copy that goes on.
Tensor shared_copy(const OwnedTensor& owner, Tensor (*copy)(const Tensor&));

}  // namespace taper::nn::detail
