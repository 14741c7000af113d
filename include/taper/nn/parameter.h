#pragma once

#include <cstdint>

#include "taper/tensor/tensor.h"

namespace taper::nn {

namespace detail {

/// Base of all that can be a member of a module: it is noted where each of them lies, so that one which its module's
/// TAPER_MODULE forgets is found. Costs two pointers, and a few more in a move.
class Tracked {
 protected:
  enum class Kind : std::uint8_t { tensor, module };
  explicit Tracked(Kind kind) noexcept;
  Tracked(const Tracked& other) noexcept : Tracked(other.kind_) {}
  Tracked& operator=(const Tracked& /*other*/) noexcept { return *this; }
  ~Tracked();

 private:
  friend class TrackedList;

  Tracked* next_;
  Tracked** self_;  // what points to this
  Kind kind_;
};

/// A tensor that a module owns. A Tensor shares; this owns: a copy has numbers of its own, a move takes them away, and
/// assigning writes into the memory that is there, so that whoever holds a handle on it (an optimizer) goes on seeing
/// it.
class OwnedTensor : public Tensor, private Tracked {
 public:
  OwnedTensor() : Tracked(Kind::tensor) {}
  OwnedTensor(OwnedTensor&& other) noexcept = default;
  OwnedTensor& operator=(const Tensor&) = delete;
  OwnedTensor& operator=(Tensor&&) = delete;
  ~OwnedTensor() = default;

 protected:
  explicit OwnedTensor(Tensor tensor) : Tensor(std::move(tensor)), Tracked(Kind::tensor) {}
  OwnedTensor(const OwnedTensor&) = default;
  OwnedTensor& operator=(const OwnedTensor&) = delete;

  /// A clone of what `other` holds, as a leaf; while a module with tied parameters is copied, the same for all that are
  /// tied.
  static Tensor copy_of(const OwnedTensor& other);
  /// Writes other's numbers into this memory. An owner that holds nothing takes a copy. ShapeError unless shapes are
  /// equal.
  void write(const OwnedTensor& other);

  friend void rebind(OwnedTensor& owner, const Tensor& tensor);
  friend class TrackedList;
};

void rebind(OwnedTensor& owner, const Tensor& tensor);

}  // namespace detail

/// A tensor that is learned (torch.nn.Parameter). Used where a Tensor is asked for, it is one: it shares its numbers
/// then. A Parameter itself owns them: copying one copies the numbers (the gradient stays behind), moving one steals
/// them, and `a = b` of two of one shape writes b's numbers into a's memory, which is how modules are assigned; nothing
/// else can be assigned to one. Under a NoGradGuard, `p.copy_(t)` and its like write into it.
class Parameter : public detail::OwnedTensor {
 public:
  /// Undefined: the bias of a layer that has none.
  Parameter() = default;
  /// Takes the tensor's memory as it is, as a leaf that requires grad. TypeError for a sparse tensor, and for integers
  /// unless requires_grad is false.
  explicit Parameter(const Tensor& tensor, bool requires_grad = true);
  Parameter(const Parameter& other) : OwnedTensor(copy_of(other)) {}
  Parameter(Parameter&& other) noexcept = default;
  /// ShapeError where the shapes differ; an undefined parameter takes a copy.
  Parameter& operator=(const Parameter& other) {
    write(other);
    return *this;
  }
  using OwnedTensor::operator=;
  ~Parameter() = default;
};

/// A tensor that is a module's state but is not learned (torch.nn.Buffer): it appears in the state dict, and has no
/// gradient. Owns its numbers as a Parameter does.
class Buffer : public detail::OwnedTensor {
 public:
  /// Undefined: left out of every listing.
  Buffer() = default;
  /// Takes the tensor's memory as it is. A buffer that is not `persistent` is left out of the state dict. TypeError for
  /// a sparse tensor.
  explicit Buffer(const Tensor& tensor, bool persistent = true);
  Buffer(const Buffer& other) : OwnedTensor(copy_of(other)), persistent_(other.persistent_) {}
  Buffer(Buffer&& other) noexcept = default;
  Buffer& operator=(const Buffer& other) {
    write(other);
    return *this;
  }
  using OwnedTensor::operator=;
  ~Buffer() = default;

  bool persistent() const { return persistent_; }

 private:
  bool persistent_ = true;
};

/// Makes `a` another handle on b's parameter, so that both learn as one (tied weights). Tie before the optimizer is
/// made: it would go on with what `a` was. Copies of a module keep what was tied tied. ShapeError where the shapes
/// differ.
void tie(Parameter& a, Parameter& b);

}  // namespace taper::nn
