#include "io/torch_tree.h"

#include <algorithm>
#include <optional>

#include "base/python_text.h"
#include "io/formats.h"
#include "io/pickle_value.h"
#include "io/torch_types.h"
#include "tensor/make.h"

namespace taper::io {
namespace {

/// Makes the tensors that a pickle describes.
class TensorReader {
 public:
  TensorReader(const Pickled& pickled, const std::vector<std::string>& names, const Place& place)
      : pickled_(pickled), names_(names), place_(place), types_(pickled.storages.size()) {}

  /// Checks all that can be checked without the storages' bytes, and gives how many bytes they will take.
  std::uint64_t check() {
    for (std::size_t i = 0; i < pickled_.tensors.size(); ++i) {
      const PickledTensor& tensor = pickled_.tensors[i];
      if (tensor.sparse) {
        check_sparse(i);
      } else {
        set_type(i);
      }
    }
    std::uint64_t bytes = 0;
    for (std::size_t s = 0; s < types_.size(); ++s) {
      if (!types_[s]) continue;  // no tensor looks at it
      const ElementType& element = torch_types()[*types_[s]].element;
      bytes += array_bytes(place_, pickled_.storages[s].at, {numel(s)}, static_cast<int>(size_of(element.dtype())));
    }
    for (std::size_t i = 0; i < pickled_.tensors.size(); ++i)
      if (!pickled_.tensors[i].sparse) check_view(i);
    return bytes;
  }

  std::vector<Tensor> read(LoadNotes& notes, const ReadStorage& read_storage) {
    std::vector<Tensor> bases(pickled_.storages.size());
    for (std::size_t s = 0; s < bases.size(); ++s)
      if (types_[s]) bases[s] = read_storage(pickled_.storages[s], torch_types()[*types_[s]].element, numel(s));
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < pickled_.tensors.size(); ++i) {
      const PickledTensor& tensor = pickled_.tensors[i];
      tensors.push_back(tensor.sparse ? sparse(i, tensors) : view(tensor, bases[tensor.storage]));
      if (tensor.requires_grad) tensors.back().requires_grad_();
      if (!names_[i].empty()) notes.converted(names_[i], torch_types()[tensor.type].element);
    }
    return tensors;
  }

 private:
  [[noreturn]] void fail(std::size_t i, std::string_view what) const {
    place_.fail(pickled_.tensors[i].at, fmt::format("tensor {}: {}", detail::python_string(names_[i]), what));
  }

  std::int64_t numel(std::size_t s) const {
    const PickledStorage& storage = pickled_.storages[s];
    const bool in_bytes = torch_types()[storage.type].dtype.empty();
    return in_bytes ? storage.numel / torch_types()[*types_[s]].element.size : storage.numel;
  }

  void set_type(std::size_t i) {
    const PickledTensor& tensor = pickled_.tensors[i];
    const TorchType& type = torch_types()[tensor.type];
    if (!type.readable)
      place_.fail<TypeError>(
          tensor.at, fmt::format("tensor {}: dtype {} unsupported; real and whole numbers are read",
                                 detail::python_string(names_[i]), type.dtype.empty() ? "unknown" : type.dtype));
    const TorchType& declared = torch_types()[pickled_.storages[tensor.storage].type];
    if (!declared.dtype.empty() && declared.dtype != type.dtype)
      fail(i, fmt::format("is {} in a storage of {}", type.dtype, declared.dtype));
    std::optional<std::size_t>& known = types_[tensor.storage];
    if (known && *known != tensor.type)
      fail(i, fmt::format("is {} in a storage that another reads as {}", type.dtype, torch_types()[*known].dtype));
    known = tensor.type;
    if (tensor.requires_grad && !is_floating_point(type.element.dtype()))
      fail(i, fmt::format("requires a gradient, but is {}", type.dtype));
  }

  void check_view(std::size_t i) const {
    const PickledTensor& tensor = pickled_.tensors[i];
    array_bytes(place_, tensor.at, tensor.shape, torch_types()[tensor.type].element.size);
    std::int64_t last = tensor.offset;
    bool overflow = false;
    for (int d = 0; d < tensor.shape.size(); ++d) {
      if (tensor.shape[d] == 0) return;  // looks at nothing
      std::int64_t reach = 0;
      overflow |= __builtin_mul_overflow(tensor.shape[d] - 1, tensor.strides[d], &reach) ||
                  __builtin_add_overflow(last, reach, &last);
    }
    if (overflow || last >= numel(tensor.storage))
      fail(i, fmt::format("size {}, stride {} and offset {} reach outside its storage of {} elements",
                          to_string(tensor.shape), to_string(tensor.strides), tensor.offset, numel(tensor.storage)));
  }

  void check_sparse(std::size_t i) const {
    const PickledTensor& tensor = pickled_.tensors[i];
    const PickledTensor& indices = pickled_.tensors[tensor.indices];
    const PickledTensor& values = pickled_.tensors[tensor.values];
    array_bytes(place_, tensor.at, tensor.shape, 8);
    if (indices.sparse || values.sparse || torch_types()[indices.type].dtype != "int64")
      fail(i, "a sparse tensor's indices are dense int64 and its values are dense");
    bool fits = indices.shape.size() == 2 && indices.shape[0] <= tensor.shape.size() && !values.shape.empty() &&
                values.shape[0] == indices.shape[1] &&
                values.shape.size() == tensor.shape.size() - indices.shape[0] + 1;
    for (int d = 1; fits && d < values.shape.size(); ++d)
      fits = values.shape[d] == tensor.shape[static_cast<int>(indices.shape[0]) + d - 1];
    if (!fits)
      fail(i, fmt::format("indices of size {} and values of size {} make no sparse tensor of size {}",
                          to_string(indices.shape), to_string(values.shape), to_string(tensor.shape)));
  }

  static Tensor view(const PickledTensor& tensor, const Tensor& base) {
    const bool empty = std::find(tensor.shape.begin(), tensor.shape.end(), 0) != tensor.shape.end();
    return detail::alias(base, tensor.shape, tensor.strides, empty ? 0 : tensor.offset);
  }

  Tensor sparse(std::size_t i, const std::vector<Tensor>& tensors) const {
    const PickledTensor& tensor = pickled_.tensors[i];
    const Tensor indices = tensors[tensor.indices].contiguous();
    const auto* index = indices.data<std::int64_t>();
    const std::int64_t count = indices.size(1);
    for (std::int64_t d = 0; d < indices.size(0); ++d)
      for (std::int64_t n = 0; n < count; ++n)
        if (const std::int64_t value = index[d * count + n]; value < 0 || value >= tensor.shape[static_cast<int>(d)])
          fail(i, fmt::format("index {} at position [{}, {}] is outside [0, {})", value, d, n,
                              tensor.shape[static_cast<int>(d)]));
    return detail::make_sparse(indices, tensors[tensor.values].contiguous(), tensor.shape, false);
  }

  const Pickled& pickled_;
  const std::vector<std::string>& names_;
  const Place& place_;
  std::vector<std::optional<std::size_t>> types_;  // of the storages
};

}  // namespace

/// How much memory a pickle's objects may take.
std::uint64_t pickle_memory(const LoadOptions& options, std::uint64_t stored) {
  constexpr std::uint64_t least = std::uint64_t{16} << 20U;
  constexpr std::uint64_t most = std::uint64_t{1} << 30U;
  constexpr std::uint64_t per_byte = 64;
  const std::uint64_t memory = std::min(least + per_byte * std::min(stored, most / per_byte), most);
  return options.max_bytes == 0
             ? memory
             : std::clamp<std::uint64_t>(static_cast<std::uint64_t>(options.max_bytes), least, memory);
}

Value torch_tree(const Pickled& pickled, std::uint64_t memory, const Place& place, const LoadOptions& options,
                 LoadNotes& notes, const ReadStorage& read_storage) {
  check_tree(pickled, memory, place);
  const std::vector<std::string> names = tensor_names(pickled, notes);
  TensorReader reader(pickled, names, place);
  check_budget(Place{place.path, ""}, reader.check(), options);
  return to_value(pickled, memory, reader.read(notes, read_storage), place);
}

}  // namespace taper::io
