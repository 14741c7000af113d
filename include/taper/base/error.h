#pragma once

#include <stdexcept>
#include <string>

namespace taper {

/// Root of everything that Taper throws. The message is a sentence for someone who has only the message:
/// `op: what is wrong, with the values; what would be right`. An object is left as it was before the call that threw.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An index or a class number outside its range.
class IndexError : public Error {
 public:
  using Error::Error;
};
/// Shapes that do not fit together, or a shape that cannot be.
class ShapeError : public Error {
 public:
  using Error::Error;
};
/// A dtype that an operation does not take.
class TypeError : public Error {
 public:
  using Error::Error;
};
/// An argument outside its range.
class ValueError : public Error {
 public:
  using Error::Error;
};
/// A misuse of the tape: a second backward, a change in place of what was saved, a gradient where none can be.
class GradError : public Error {
 public:
  using Error::Error;
};
/// A state dict or an optimizer state that does not belong to the object it is loaded into.
class StateError : public Error {
 public:
  using Error::Error;
};
/// A file that cannot be opened, read or written.
class IoError : public Error {
 public:
  using Error::Error;
};
/// A file whose content is not what its format asks for.
class FormatError : public Error {
 public:
  using Error::Error;
};
/// A demand beyond a limit of memory or size.
class ResourceError : public Error {
 public:
  using Error::Error;
};
/// NaN or infinity where a check was asked for.
class NumericError : public Error {
 public:
  using Error::Error;
};
/// Two tensors that should be close and are not.
class AssertionError : public Error {
 public:
  using Error::Error;
};

}  // namespace taper
