#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "io/place.h"
#include "io/source.h"
#include "taper/base/shape.h"

namespace taper::io {

/// How deep containers may be nested; Python's own pickler ends before.
inline constexpr std::size_t pickle_depth = 1000;

/// A storage as a pickle names it; its bytes lie elsewhere in the file.
struct PickledStorage {
  std::string key;
  std::size_t type = 0;    // in torch_types()
  std::int64_t numel = 0;  // bytes, where the type is untyped
  std::uint64_t at = 0;    // where in the pickle
};

/// A tensor as a pickle describes it: a view of a storage, or two earlier tensors where it is sparse.
struct PickledTensor {
  std::uint64_t at = 0;
  Shape shape;
  std::size_t storage = 0;
  std::size_t type = 0;  // in torch_types()
  std::int64_t offset = 0;
  Shape strides;
  bool requires_grad = false;
  bool sparse = false;
  std::uint32_t indices = 0, values = 0;  // numbers of tensors
};

/// One object that a pickle has made. What it holds besides a number stands in the lists of the Pickled.
struct PickleObject {
  enum class Kind : std::uint8_t {
    none,
    boolean,
    integer,
    floating,
    string,
    bytes,
    list,
    tuple,
    set,
    dict,     // its items are keys and values by turns
    counter,  // likewise
    tensor,
    dtype,   // torch.float32: a number in torch_types()
    device,  // a text
    method,  // a text such as "OneCycleLR._annealing_cos"
    // The rest cannot be part of a result.
    storage,
    storage_class,  // a number in torch_types()
    numpy_dtype,    // a text such as "<f4"
    layout,
    function,
    class_name,  // a number of PickleMachine's, as of an instance
    instance,
  };
  Kind kind = Kind::none;
  std::uint32_t at = 0;      // where in the pickle
  std::int64_t integer = 0;  // the number, a float's bits, or where in a list of the Pickled the rest stands

  std::size_t index() const { return static_cast<std::size_t>(integer); }
  double floating() const { return std::bit_cast<double>(integer); }
};

/// Everything that a pickle has made, by number, so that nothing in it is deep; and its result.
struct Pickled {
  std::vector<PickleObject> objects;
  std::vector<std::string> texts;
  std::vector<std::vector<std::uint32_t>> items;
  std::vector<PickledStorage> storages;
  std::vector<PickledTensor> tensors;
  std::uint32_t result = 0;
  std::uint64_t end = 0;  // bytes read

  bool is_keyed(std::uint32_t object) const {
    return objects[object].kind == PickleObject::Kind::dict || objects[object].kind == PickleObject::Kind::counter;
  }
  const std::vector<std::uint32_t>& items_of(std::uint32_t object) const { return items[objects[object].index()]; }
  const std::string& text_of(std::uint32_t object) const { return texts[objects[object].index()]; }
};

/// Reads the pickle that comes next, of protocol 2 to 5, by a closed interpreter: it knows the opcodes and the global
/// names that a file of torch.save has and no other, and it calls nothing. FormatError for all else, TypeError for an
/// int of more than 64 bits, ResourceError for a longer text than it will hold and for objects that together take more
/// than `memory` bytes. The source may be read beyond the pickle's end.
Pickled read_pickle(Source& source, const Place& place, std::uint64_t memory);

}  // namespace taper::io
