// The globals that a pickle of torch.save may name, and what stands for a call of each. Nothing is called.
#include <array>
#include <limits>
#include <optional>

#include "base/python_text.h"
#include "io/elements.h"
#include "io/pickle_machine.h"
#include "io/torch_types.h"

namespace taper::io {
namespace {

enum class Function : std::int64_t {
  ordered_dict,
  counter,
  set,
  size,
  device,
  get_layout,
  rebuild_tensor,
  rebuild_tensor_v3,
  rebuild_parameter,
  rebuild_sparse,
  encode,
  numpy_dtype,
  numpy_scalar,
  default_dict,
  getattr,
};

struct Global {
  std::string_view module, name;
  Function function;
};

constexpr std::array<Global, 21> globals{{
    {"collections", "OrderedDict", Function::ordered_dict},
    {"collections", "Counter", Function::counter},
    {"builtins", "set", Function::set},
    {"builtins", "frozenset", Function::set},
    {"__builtin__", "set", Function::set},
    {"__builtin__", "frozenset", Function::set},
    {"torch", "Size", Function::size},
    {"torch", "device", Function::device},
    {"torch.serialization", "_get_layout", Function::get_layout},
    {"torch._utils", "_rebuild_tensor", Function::rebuild_tensor},
    {"torch._utils", "_rebuild_tensor_v2", Function::rebuild_tensor},
    {"torch._utils", "_rebuild_tensor_v3", Function::rebuild_tensor_v3},
    {"torch._utils", "_rebuild_parameter", Function::rebuild_parameter},
    {"torch._utils", "_rebuild_sparse_tensor", Function::rebuild_sparse},
    {"_codecs", "encode", Function::encode},
    {"numpy", "dtype", Function::numpy_dtype},
    {"numpy.core.multiarray", "scalar", Function::numpy_scalar},
    {"numpy._core.multiarray", "scalar", Function::numpy_scalar},
    {"collections", "defaultdict", Function::default_dict},
    {"builtins", "getattr", Function::getattr},
    {"__builtin__", "getattr", Function::getattr},
}};

// PyTorch 1.13 keeps a method of the scheduler itself in the state of a OneCycleLR, and so pickles the whole scheduler
// with its optimizer. Of all that nothing is made: only the method's name counts.
enum class Class : std::int64_t { dict, one_cycle, optimizer };

struct KnownClass {
  std::string_view module, name;
  Class is;
};

constexpr std::array<KnownClass, 16> classes{{
    {"builtins", "dict", Class::dict},
    {"__builtin__", "dict", Class::dict},
    {"torch.optim.lr_scheduler", "OneCycleLR", Class::one_cycle},
    {"torch.optim.adadelta", "Adadelta", Class::optimizer},
    {"torch.optim.adagrad", "Adagrad", Class::optimizer},
    {"torch.optim.adam", "Adam", Class::optimizer},
    {"torch.optim.adamax", "Adamax", Class::optimizer},
    {"torch.optim.adamw", "AdamW", Class::optimizer},
    {"torch.optim.asgd", "ASGD", Class::optimizer},
    {"torch.optim.lbfgs", "LBFGS", Class::optimizer},
    {"torch.optim.nadam", "NAdam", Class::optimizer},
    {"torch.optim.radam", "RAdam", Class::optimizer},
    {"torch.optim.rmsprop", "RMSprop", Class::optimizer},
    {"torch.optim.rprop", "Rprop", Class::optimizer},
    {"torch.optim.sgd", "SGD", Class::optimizer},
    {"torch.optim.sparse_adam", "SparseAdam", Class::optimizer},
}};

bool is_annealing(std::string_view method) { return method == "_annealing_cos" || method == "_annealing_linear"; }

/// A text that was in memory all along.
class TextSource : public Source {
 public:
  explicit TextSource(std::string_view text) : Source(text.size()), text_(text) {}

 private:
  void read_exactly(void* to, std::uint64_t count) override { text_.copy(static_cast<char*>(to), count, position()); }
  Tensor map_exactly(const Shape& /*shape*/, DType /*dtype*/) override { return {}; }

  std::string_view text_;
};

std::optional<unsigned> next_code_point(const std::string& text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  if (first < 0x80U) return first;
  if ((first & 0xFCU) != 0xC0U || at == text.size()) return std::nullopt;
  return (first & 0x03U) << 6U | (static_cast<unsigned char>(text[at++]) & 0x3FU);
}

}  // namespace

void PickleMachine::global(const std::string& module, const std::string& name) {
  if (module == "torch") {
    if (const auto type = find_torch_storage(name))
      return push(make(Kind::storage_class, static_cast<std::int64_t>(*type)));
    if (const auto type = find_torch_dtype(name)) return push(make(Kind::dtype, static_cast<std::int64_t>(*type)));
  }
  if (module == "torch.storage" && name == "UntypedStorage")
    return push(make(Kind::storage_class, static_cast<std::int64_t>(*find_torch_storage(name))));
  for (const Global& known : globals)
    if (module == known.module && name == known.name)
      return push(make(Kind::function, static_cast<std::int64_t>(known.function)));
  for (const KnownClass& known : classes)
    if (module == known.module && name == known.name)
      return push(make(Kind::class_name, static_cast<std::int64_t>(known.is)));
  if (constexpr std::string_view of = "OneCycleLR.";  // as newer protocols and versions name the method
      module == "torch.optim.lr_scheduler" && name.starts_with(of) &&
      is_annealing(std::string_view(name).substr(of.size())))
    return push(make_text(Kind::method, name));
  const std::string shown = detail::python_string(module + "." + name);
  place_.fail(op_at_, fmt::format("global {} not allowed; a state dict has tensors and containers only",
                                  std::string_view(shown).substr(1, shown.size() - 2)));
}

void PickleMachine::stack_global() {
  const Id name = pop();
  const Id module = pop();
  if (kind(name) != Kind::string || kind(module) != Kind::string) malformed("a global's name is no text");
  const auto shortened = [&](Id id) { return out_.text_of(id).substr(0, 256); };
  global(shortened(module), shortened(name));
}

std::vector<PickleMachine::Id> PickleMachine::arguments_of(Id tuple) const {
  constexpr std::size_t most = 16;
  if (kind(tuple) != Kind::tuple || out_.items_of(tuple).size() > most) malformed("arguments that no call takes");
  return out_.items_of(tuple);
}

void PickleMachine::check_arguments(const std::vector<Id>& arguments, std::initializer_list<Kind> kinds,
                                    const char* what) const {
  bool right = arguments.size() >= kinds.size();
  for (std::size_t i = 0; right && i < kinds.size(); ++i) right = kind(arguments[i]) == kinds.begin()[i];
  if (!right) malformed(fmt::format("{} of other things than it has", what));
}

void PickleMachine::persistent() {
  constexpr std::size_t key_limit = 256;
  const std::vector<Id> parts = arguments_of(pop());
  check_arguments(parts, {Kind::string, Kind::storage_class, Kind::string, Kind::string, Kind::integer}, "a storage");
  if (out_.text_of(parts[0]) != "storage") malformed("a persistent id that is no storage");
  if (parts.size() > 5 && kind(parts[5]) != Kind::none) malformed("a storage that is a view of another");
  if (out_.text_of(parts[2]).size() > key_limit) malformed("a storage whose key is too long");
  PickledStorage storage;
  storage.key = out_.text_of(parts[2]);
  storage.type = static_cast<std::size_t>(out_.objects[parts[1]].integer);
  storage.numel = out_.objects[parts[4]].integer;
  storage.at = op_at_;
  const std::string shown = detail::python_string(storage.key);
  if (storage.key.empty() || storage.key == "." || storage.key == ".." ||
      storage.key.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos)
    place_.fail(op_at_, fmt::format("storage key {} is unsafe; a plain name is needed", shown));
  if (storage.numel < 0) place_.fail(op_at_, fmt::format("storage {} has {} elements", shown, storage.numel));
  const auto [known, is_new] = storages_.try_emplace(storage.key, out_.storages.size());
  if (is_new) {
    hold(2 * (sizeof storage + storage.key.size()));
    out_.storages.push_back(storage);
  } else if (const PickledStorage& first = out_.storages[known->second];
             first.type != storage.type || first.numel != storage.numel) {
    place_.fail(op_at_, fmt::format("storage {} comes twice, as {} of {} and as {} of {}", shown,
                                    torch_types()[first.type].storage, first.numel, torch_types()[storage.type].storage,
                                    storage.numel));
  }
  push(make(Kind::storage, static_cast<std::int64_t>(known->second)));
}

void PickleMachine::reduce(bool may_be_new_object) {
  const Id arguments = pop();
  const Id function = pop();
  if (may_be_new_object && kind(function) == Kind::class_name) return push(new_object(function, arguments));
  if (kind(function) != Kind::function) malformed("a call of what is no function");
  push(call(out_.objects[function].integer, arguments));
}

PickleMachine::Id PickleMachine::new_object(Id made_of, Id arguments) {
  const std::int64_t known = out_.objects[made_of].integer;
  if (static_cast<Class>(known) == Class::dict || !arguments_of(arguments).empty())
    malformed("a new object of a class that makes none so");
  return make(Kind::instance, known);
}

PickleMachine::Id PickleMachine::call(std::int64_t function, Id arguments) {
  const std::vector<Id> given = arguments_of(arguments);
  switch (static_cast<Function>(function)) {
    case Function::ordered_dict:
      if (!given.empty()) malformed("an OrderedDict with arguments");
      return make_items(Kind::dict, {});
    case Function::counter:
      check_arguments(given, {Kind::dict}, "a Counter");
      return make_items(Kind::counter, items(given[0]));
    case Function::set:
      check_arguments(given, {Kind::list}, "a set");
      return make_items(Kind::set, items(given[0]));
    case Function::size:
      check_arguments(given, {Kind::tuple}, "a torch.Size");
      return given[0];
    case Function::device:
      return make_text(Kind::device, device_name(given));
    case Function::get_layout:
      check_arguments(given, {Kind::string}, "a layout");
      return make_text(Kind::layout, out_.text_of(given[0]));
    case Function::rebuild_tensor:
      return rebuild_tensor(given, false);
    case Function::rebuild_tensor_v3:
      return rebuild_tensor(given, true);
    case Function::rebuild_parameter:
      return rebuild_parameter(given);
    case Function::rebuild_sparse:
      return rebuild_sparse(given);
    case Function::encode:
      return encode(given);
    case Function::numpy_dtype:
      check_arguments(given, {Kind::string}, "a numpy dtype");
      return make_text(Kind::numpy_dtype, "<" + out_.text_of(given[0]));
    case Function::numpy_scalar:
      return numpy_scalar(given);
    case Function::default_dict:
      check_arguments(given, {Kind::class_name}, "a defaultdict");
      return make_items(Kind::dict, {});
    case Function::getattr:
      return method_of(given);
  }
  malformed("a call of what is no function");
}

std::string PickleMachine::device_name(const std::vector<Id>& arguments) const {
  check_arguments(arguments, {Kind::string}, "a device");
  std::string name = out_.text_of(arguments[0]);
  if (arguments.size() > 1 && kind(arguments[1]) == Kind::integer)
    name += fmt::format(":{}", out_.objects[arguments[1]].integer);
  return name;
}

Shape PickleMachine::shape(Id tuple, const char* what) const {
  if (kind(tuple) != Kind::tuple) malformed(fmt::format("a tensor whose {} is no tuple", what));
  Shape result;
  for (const Id item : out_.items_of(tuple)) {
    if (kind(item) != Kind::integer) malformed(fmt::format("a tensor whose {} has what is no int", what));
    const std::int64_t value = out_.objects[item].integer;
    if (value < 0) place_.fail(op_at_, fmt::format("a tensor's {} is negative: {}", what, value));
    if (result.size() == Shape::max_dims) place_.fail(op_at_, fmt::format("more than {} dimensions", Shape::max_dims));
    result.push_back(value);
  }
  return result;
}

PickleMachine::Id PickleMachine::make_tensor(const PickledTensor& tensor) {
  constexpr std::uint64_t made_of_it = 512;  // by whoever makes the tensor
  hold(sizeof tensor + made_of_it);
  out_.tensors.push_back(tensor);
  return make(Kind::tensor, static_cast<std::int64_t>(out_.tensors.size() - 1));
}

PickleMachine::Id PickleMachine::rebuild_tensor(const std::vector<Id>& arguments, bool names_dtype) {
  check_arguments(arguments, {Kind::storage, Kind::integer, Kind::tuple, Kind::tuple}, "a tensor");
  PickledTensor tensor;
  tensor.at = op_at_;
  tensor.storage = out_.objects[arguments[0]].index();
  tensor.type = out_.storages[tensor.storage].type;
  tensor.offset = out_.objects[arguments[1]].integer;
  tensor.shape = shape(arguments[2], "size");
  tensor.strides = shape(arguments[3], "stride");
  if (arguments.size() > 4) {
    if (kind(arguments[4]) != Kind::boolean) malformed("a tensor whose requires_grad is no bool");
    tensor.requires_grad = out_.objects[arguments[4]].integer != 0;
  }
  if (names_dtype) {
    if (arguments.size() < 7 || kind(arguments[6]) != Kind::dtype) malformed("a tensor without its dtype");
    tensor.type = static_cast<std::size_t>(out_.objects[arguments[6]].integer);
  }
  if (tensor.offset < 0) place_.fail(op_at_, fmt::format("a tensor's offset is negative: {}", tensor.offset));
  if (tensor.shape.size() != tensor.strides.size())
    place_.fail(op_at_,
                fmt::format("a tensor has size {} and stride {}", to_string(tensor.shape), to_string(tensor.strides)));
  return make_tensor(tensor);
}

PickleMachine::Id PickleMachine::rebuild_parameter(const std::vector<Id>& arguments) {
  check_arguments(arguments, {Kind::tensor, Kind::boolean}, "a Parameter");
  PickledTensor tensor = out_.tensors[out_.objects[arguments[0]].index()];
  tensor.at = op_at_;
  tensor.requires_grad = out_.objects[arguments[1]].integer != 0;
  return make_tensor(tensor);
}

PickleMachine::Id PickleMachine::rebuild_sparse(const std::vector<Id>& arguments) {
  check_arguments(arguments, {Kind::layout, Kind::tuple}, "a sparse tensor");
  const std::string& layout = out_.text_of(arguments[0]);
  if (layout != "torch.sparse_coo")
    place_.fail<TypeError>(op_at_, fmt::format("a tensor of layout {}; dense ones and torch.sparse_coo are read",
                                               detail::python_string(layout)));
  const std::vector<Id> parts = arguments_of(arguments[1]);
  check_arguments(parts, {Kind::tensor, Kind::tensor, Kind::tuple}, "a sparse tensor");
  PickledTensor tensor;
  tensor.at = op_at_;
  tensor.sparse = true;
  tensor.indices = static_cast<std::uint32_t>(out_.objects[parts[0]].index());
  tensor.values = static_cast<std::uint32_t>(out_.objects[parts[1]].index());
  tensor.shape = shape(parts[2], "size");
  tensor.type = out_.tensors[tensor.values].type;
  return make_tensor(tensor);
}

PickleMachine::Id PickleMachine::encode(const std::vector<Id>& arguments) {
  check_arguments(arguments, {Kind::string, Kind::string}, "bytes");
  if (out_.text_of(arguments[1]) != "latin1") malformed("bytes in another encoding than latin1");
  const std::string text = out_.text_of(arguments[0]);
  std::string bytes;
  for (std::size_t at = 0; at < text.size();) {
    const auto point = next_code_point(text, at);
    if (!point) malformed("bytes that are not latin1");
    bytes += static_cast<char>(*point);
  }
  return make_text(Kind::bytes, std::move(bytes));
}

PickleMachine::Id PickleMachine::numpy_scalar(const std::vector<Id>& arguments) {
  check_arguments(arguments, {Kind::numpy_dtype, Kind::bytes}, "a number of numpy's");
  const std::string& name = out_.text_of(arguments[0]);
  const std::string bytes = out_.text_of(arguments[1]);
  const auto type = numpy_type(name);
  if (!type) place_.fail<TypeError>(op_at_, fmt::format("a number of numpy's dtype {}", detail::python_string(name)));
  if (bytes.size() != static_cast<std::size_t>(type->size))
    malformed(fmt::format("a number of {} bytes in {}", type->size, bytes.size()));
  TextSource source(bytes);
  const Scalar value = read_elements(source, place_, *type, {}).item();
  if (value.dtype() == DType::float64) return make_floating(value.to_double());
  return make(value.dtype() == DType::bool_ ? Kind::boolean : Kind::integer, value.to_int());
}

PickleMachine::Id PickleMachine::method_of(const std::vector<Id>& arguments) {
  const auto of_one_cycle = [&](Id id) {
    return (kind(id) == Kind::class_name || kind(id) == Kind::instance) &&
           out_.objects[id].integer == static_cast<std::int64_t>(Class::one_cycle);
  };
  if (arguments.size() != 2 || !of_one_cycle(arguments[0]) || kind(arguments[1]) != Kind::string ||
      !is_annealing(out_.text_of(arguments[1])))
    place_.fail(op_at_, "global getattr not allowed but for the annealing of a OneCycleLR");
  return make_text(Kind::method, "OneCycleLR." + out_.text_of(arguments[1]));
}

void PickleMachine::build() {
  const Id state = pop();
  const Id target = top();
  if (kind(target) == Kind::instance && kind(state) == Kind::dict) return;
  if (out_.is_keyed(target) && kind(state) == Kind::dict) return;  // attributes, such as _metadata
  if (kind(target) != Kind::numpy_dtype || kind(state) != Kind::tuple) malformed("a state for what has none");
  const std::vector<Id>& parts = items(state);
  if (parts.size() < 2 || kind(parts[1]) != Kind::string) malformed("a numpy dtype without its byte order");
  const std::string& order = out_.text_of(parts[1]);
  if (order.size() != 1) malformed("a numpy dtype without its byte order");
  out_.texts[out_.objects[target].index()][0] = order == ">" ? '>' : '<';
}

}  // namespace taper::io
