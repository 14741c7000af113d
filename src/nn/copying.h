#pragma once

#include "taper/nn/module.h"

namespace taper::nn::detail {

/// To be called as a module's copy begins. If parameters in `source` are tied, the copies that this thread makes of
/// them, until each has been copied once, are tied to each other.
void begin_copy(const Module& source, const Module& target);

/// To be called as a module ends: a copy that was thrown out of is forgotten.
void end_copy(const Module& target) noexcept;

/// The copy that a tied parameter shares with those that it is tied to, made by `copy` the first time; undefined where
/// `owner` is not part of a module's copy that goes on.
Tensor shared_copy(const OwnedTensor& owner, Tensor (*copy)(const Tensor&));

}  // namespace taper::nn::detail
