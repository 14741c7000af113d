#pragma once

#include <cstdint>

#include "taper/tensor/tensor.h"

/// What max_norm has overwritten in a table, so that a graph that had saved the table still differentiates what it
/// computed with. Kept until the table is changed in any other way, and never more bytes than the table has.
namespace taper::detail {

/// Rows of a row-major table as they are before a change; says at its end which of them the change has overwritten.
class RowUndo {
 public:
  /// `rows` names no row twice.
  RowUndo(const Tensor& table, const std::int64_t* rows, std::int64_t count);
  /// To be called when the change is done and the version counts it.
  void keep() const;

 private:
  Tensor table_;
  const std::int64_t* rows_;
  std::int64_t count_;
  Tensor before_;
  std::uint32_t version_;
};

/// `tensor` with the numbers that it had at `version`, outside the tape; undefined where that is not known.
Tensor as_of_version(const Tensor& tensor, std::uint32_t version);

struct Storage;

/// Ends what is kept for a storage that ends.
void forget_undo(const Storage* storage) noexcept;

}  // namespace taper::detail
