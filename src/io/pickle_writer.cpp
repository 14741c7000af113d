#include "io/pickle_writer.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <bit>
#include <limits>

#include "io/opcodes.h"
#include "io/pickle.h"
#include "io/torch_types.h"
#include "taper/base/error.h"
#include "tensor/storage.h"

namespace taper::io {
namespace {

using ValueKind = Value::Kind;

bool is_utf8(std::string_view text) {
  const auto* next = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto* end = next + text.size();
  for (utf8proc_int32_t point = 0; next != end;) {
    const utf8proc_ssize_t count = utf8proc_iterate(next, end - next, &point);
    if (count <= 0) return false;
    next += count;
  }
  return true;
}

/// What copies of one container have in common.
const void* identity(const Value& container) {
  if (container.kind() == ValueKind::dict) return &container.dict();
  return &container.list();
}

bool is_counter(const Value& container) { return container.kind() == ValueKind::dict && container.dict().is_counter(); }

/// Whether there is nothing to remember before all of it is written.
bool is_whole_at_end(const Value& container) { return container.kind() == ValueKind::tuple || is_counter(container); }

}  // namespace

PickleWriter::PickleWriter(const Value& tree, bool ordered) {
  op(PROTO);
  op(2);
  if (tree.kind() < ValueKind::list) {
    value(tree);
  } else {
    open(tree, ordered);
  }
  while (!levels_.empty()) next_item();
  op(STOP);
}

void PickleWriter::little(std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out_ += static_cast<char>((value >> (8 * i)) & 0xFFU);
}

void PickleWriter::put() {
  const bool is_short = put_ < 256;
  op(is_short ? BINPUT : LONG_BINPUT);
  little(put_++, is_short ? 1 : 4);
}

bool PickleWriter::get(const void* object) {
  const auto found = objects_.find(object);
  if (found == objects_.end()) return false;
  const bool is_short = found->second < 256;
  op(is_short ? BINGET : LONG_BINGET);
  little(found->second, is_short ? 1 : 4);
  return true;
}

void PickleWriter::remember(const void* object) {
  objects_[object] = put_;
  put();
}

void PickleWriter::global(std::string_view module_and_name) {
  const auto [known, is_new] = constants_.try_emplace(std::string(module_and_name), put_);
  if (!is_new) {
    op(known->second < 256 ? BINGET : LONG_BINGET);
    little(known->second, known->second < 256 ? 1 : 4);
    return;
  }
  op(GLOBAL);
  const std::size_t space = module_and_name.find(' ');
  out_.append(module_and_name.substr(0, space)).append("\n");
  out_.append(module_and_name.substr(space + 1)).append("\n");
  put();
}

void PickleWriter::text(std::string_view text) {
  if (!is_utf8(text)) throw ValueError("save: a text or a key is no UTF-8, as a .pt file needs");
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) throw ValueError("save: a text of more than 4 GiB");
  op(BINUNICODE);
  little(text.size(), 4);
  out_ += text;
}

void PickleWriter::integer(std::int64_t value) {
  if (value >= 0 && value < 256) {
    op(BININT1);
    little(static_cast<std::uint64_t>(value), 1);
  } else if (value >= 0 && value < 65536) {
    op(BININT2);
    little(static_cast<std::uint64_t>(value), 2);
  } else if (value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max()) {
    op(BININT);
    little(static_cast<std::uint64_t>(value), 4);
  } else {
    op(LONG1);
    op(8);
    little(static_cast<std::uint64_t>(value), 8);
  }
}

void PickleWriter::floating(double value) {
  op(BINFLOAT);
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int i = 7; i >= 0; --i) little(bits >> (8 * i), 1);
}

void PickleWriter::boolean(bool value) { op(value ? NEWTRUE : NEWFALSE); }

void PickleWriter::shape(const Shape& shape) {
  if (shape.empty()) return op(EMPTY_TUPLE);
  op(MARK);
  for (const std::int64_t size : shape) integer(size);
  op(TUPLE);
}

void PickleWriter::empty_ordered_dict() {
  global("collections OrderedDict");
  op(EMPTY_TUPLE);
  op(REDUCE);
}

/// Begins a container; false where it was written before.
bool PickleWriter::open(const Value& container, bool ordered) {
  if (container.kind() == ValueKind::tuple && container.size() == 0) {
    op(EMPTY_TUPLE);
    return false;
  }
  if (get(identity(container))) return false;
  if (levels_.size() == pickle_depth) throw ValueError(fmt::format("save: nested deeper than {}", pickle_depth));
  if (container.kind() == ValueKind::list) op(EMPTY_LIST);
  if (is_counter(container)) global("collections Counter");
  if (container.kind() == ValueKind::dict) ordered ? empty_ordered_dict() : op(EMPTY_DICT);
  if (!is_whole_at_end(container)) remember(identity(container));
  op(MARK);
  levels_.push_back({&container});
  return true;
}

void PickleWriter::close(const Value& container) {
  if (container.kind() == ValueKind::list) return op(APPENDS);
  if (container.kind() == ValueKind::dict) op(SETITEMS);
  if (!is_whole_at_end(container)) return;
  if (is_counter(container)) {
    op(TUPLE1);
    op(REDUCE);
  } else {
    op(TUPLE);
  }
  remember(identity(container));
}

void PickleWriter::next_item() {
  Level& level = levels_.back();
  const Value& container = *level.container;
  if (level.next == container.size()) {
    levels_.pop_back();
    return close(container);
  }
  const auto number = static_cast<std::ptrdiff_t>(level.next++);
  if (container.kind() != ValueKind::dict) return value(container.list()[static_cast<std::size_t>(number)]);
  const auto& [key, item] = container.dict().begin()[number];
  key.is_string() ? text(key.text()) : integer(key.number());
  value(item);
}

void PickleWriter::value(const Value& value) {
  switch (value.kind()) {
    case ValueKind::none:
      return op(NONE);
    case ValueKind::boolean:
      return boolean(value.as<bool>());
    case ValueKind::integer:
      return integer(value.as<std::int64_t>());
    case ValueKind::floating:
      return floating(value.as<double>());
    case ValueKind::string:
      return text(value.as<std::string>());
    case ValueKind::tensor:
      return tensor(value.as<Tensor>());
    default:
      open(value, false);
  }
}

void PickleWriter::tensor(const Tensor& tensor) {
  if (get(tensor.impl())) return;
  if (tensor.is_sparse()) {
    sparse(tensor);
  } else if (tensor.is_parameter()) {
    global("torch._utils _rebuild_parameter");
    op(MARK);
    dense(tensor);
    boolean(tensor.requires_grad());
    empty_ordered_dict();
    op(TUPLE);
    op(REDUCE);
  } else {
    dense(tensor);
  }
  remember(tensor.impl());
}

void PickleWriter::dense(const Tensor& tensor) {
  global("torch._utils _rebuild_tensor_v2");
  op(MARK);
  op(MARK);
  text("storage");
  global(fmt::format("torch {}", torch_storage(tensor.dtype())));
  text(key_of(tensor));
  text("cpu");
  const detail::Storage& storage = *tensor.get().storage;
  integer(static_cast<std::int64_t>(storage.bytes / size_of(tensor.dtype())));
  op(TUPLE);
  op(BINPERSID);
  integer(tensor.storage_offset());
  shape(tensor.shape());
  shape(tensor.strides());
  boolean(tensor.requires_grad() && !tensor.is_parameter());
  empty_ordered_dict();
  op(TUPLE);
  op(REDUCE);
}

void PickleWriter::sparse(const Tensor& tensor) {
  global("torch._utils _rebuild_sparse_tensor");
  global("torch.serialization _get_layout");
  text("torch.sparse_coo");
  op(TUPLE1);
  op(REDUCE);
  dense(tensor.indices());
  dense(tensor.values().detach());
  global("torch Size");
  shape(tensor.shape());
  op(TUPLE1);
  op(REDUCE);
  op(TUPLE3);
  op(TUPLE2);
  op(REDUCE);
}

std::string PickleWriter::key_of(const Tensor& tensor) {
  const detail::Storage* storage = tensor.get().storage;
  const auto [known, is_new] = keys_.try_emplace(storage, storages_.size());
  if (is_new) storages_.emplace_back(static_cast<const char*>(storage->data), storage->bytes);
  return std::to_string(known->second);
}

}  // namespace taper::io
