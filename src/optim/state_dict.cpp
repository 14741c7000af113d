// PyTorch's form of an optimizer's state: {'state': {0: {...}}, 'param_groups': [{..., 'params': [0, ...]}]}.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <unordered_map>

#include "optim/layout.h"
#include "optim/resting.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/optim/optimizer.h"

namespace taper::optim {
namespace {

using detail::SlotKind;
using detail::StepCount;

constexpr double most_steps = 9007199254740992;  // 2^53: above, a double counts no more

Value step_value(StepCount kind, std::int64_t step) {
  if (kind == StepCount::integer) return step;
  return tensor(static_cast<double>(step), float32);
}

// Older versions wrote numbers where newer ones write tensors, and CUDA's have one dimension.
bool is_number(const Value& value) {
  if (value.kind() != Value::Kind::tensor)
    return value.kind() == Value::Kind::integer || value.kind() == Value::Kind::floating;
  const auto tensor = value.as<Tensor>();
  return !tensor.is_sparse() && tensor.numel() == 1;
}

double number(const Value& value) {
  return value.kind() == Value::Kind::tensor ? value.as<Tensor>().item<double>() : value.as<double>();
}

// A copy, row-major, in memory of its own.
Tensor copy_of(const Tensor& x, DType dtype) {
  const Tensor plain = x.detach();
  if (plain.is_sparse()) return plain.dtype() == dtype ? plain.clone() : plain.to(dtype);
  const Tensor result = plain.to(dtype).contiguous();
  return result.shares_memory_with(plain) ? result.clone() : result;
}

std::string text(const Shape& shape, DType dtype) { return fmt::format("{} {}", name(dtype), to_string(shape)); }

const Value& entry(const char* op, const Dict& state, const char* key, Value::Kind kind) {
  const Value* found = state.find(key);
  if (found == nullptr || found->kind() != kind)
    throw StateError(
        fmt::format("{}.load_state_dict: the state has no '{}' {}; is it what an optimizer's state_dict() "
                    "returned?",
                    op, key, kind == Value::Kind::dict ? "dict" : "list"));
  return *found;
}

const List& params_of(const char* op, const List& groups, std::size_t index) {
  const Value* params = groups[index].kind() == Value::Kind::dict ? groups[index].dict().find("params") : nullptr;
  if (params == nullptr || params->kind() != Value::Kind::list)
    throw StateError(fmt::format("{}.load_state_dict: group {} of the state has no list of 'params'", op, index));
  for (const Value& number : *params)
    if (number.kind() != Value::Kind::integer)
      throw StateError(fmt::format("{}.load_state_dict: 'params' of group {} holds {}; it must hold numbers", op, index,
                                   number.kind_name()));
  return params->list();
}

}  // namespace

Dict Optimizer::dict_of(const detail::State& state) const {
  if (detail::Resting* resting = state.resting.get()) resting->catch_up(state, state.step);
  Dict result;
  if (layout_.step != StepCount::none) result["step"] = step_value(layout_.step, state.step);
  for (std::size_t i = 0; i < std::size(layout_.slots) && layout_.slots[i].name; ++i)
    if (state.slots[i].defined() || layout_.step == StepCount::none)  // SGD's buffer may be None
      result[layout_.slots[i].name] = state.slots[i];
  return result;
}

Dict Optimizer::state_dict() const {
  Dict states;
  List groups;
  std::unordered_map<const void*, std::int64_t> numbers;
  for (std::size_t g = 0; g < group_count(); ++g) {
    List params;
    for (const Tensor& param : group(g).params) {
      const auto number = static_cast<std::int64_t>(numbers.size());
      numbers.emplace(&param.get(), number);
      params.emplace_back(number);
    }
    Dict options = group_options(g);
    options["params"] = std::move(params);
    groups.emplace_back(std::move(options));
  }
  for (const detail::State& state : states_)
    if (const auto found = numbers.find(&state.param.get()); found != numbers.end())
      states[found->second] = dict_of(state);
  return {{"state", std::move(states)}, {"param_groups", std::move(groups)}};
}

detail::State Optimizer::read_state(const Tensor& param, const std::string& what, const Dict& saved) const {
  const auto refuse = [&](const std::string& why) {
    throw StateError(fmt::format("{}.load_state_dict: the state of {} {}", name(), what, why));
  };
  detail::State state{param};
  std::size_t known = 0;
  if (layout_.step != StepCount::none) {
    const Value* step = saved.find("step");
    if (step == nullptr) refuse("has no 'step'");
    const double count = is_number(*step) ? number(*step) : -1;
    if (!(count >= 0 && count <= most_steps && count == std::floor(count)))
      refuse(fmt::format("has the 'step' {}; it must be a whole number of at least 0", step->str()));
    state.step = static_cast<std::int64_t>(count);
    ++known;
  }
  for (std::size_t i = 0; i < std::size(layout_.slots) && layout_.slots[i].name; ++i) {
    const auto& [key, kind] = layout_.slots[i];
    const Value* found = saved.find(key);
    if (found != nullptr) ++known;
    if (found == nullptr || found->is_none()) {
      if (kind != SlotKind::sometimes) refuse(fmt::format("has no '{}'", key));
    } else if (kind == SlotKind::product) {
      if (!is_number(*found)) refuse(fmt::format("has '{}' that is no number", key));
      const bool tensor_there = found->kind() == Value::Kind::tensor;
      state.slots[i] = tensor(number(*found), tensor_there ? param.dtype() : float32);
    } else {
      if (found->kind() != Value::Kind::tensor)
        refuse(fmt::format("has '{}' of kind {}; it must be a Tensor", key, found->kind_name()));
      const auto saved_slot = found->as<Tensor>();
      if (saved_slot.shape() != param.shape())
        refuse(fmt::format("has '{}' of shape {}, but the parameter is {}", key, to_string(saved_slot.shape()),
                           text(param.shape(), param.dtype())));
      if (saved_slot.is_sparse() && layout_.step != StepCount::none) refuse(fmt::format("has a sparse '{}'", key));
      state.slots[i] = copy_of(saved_slot, param.dtype());
    }
  }
  if (known == saved.size()) return state;
  for (const auto& entry : saved) {
    const auto names = [&entry](const detail::Slot& slot) {
      return slot.name != nullptr && entry.first == Dict::Key(slot.name);
    };
    const bool is_step = layout_.step != StepCount::none && entry.first == Dict::Key("step");
    if (!is_step && std::none_of(std::begin(layout_.slots), std::end(layout_.slots), names))
      refuse(fmt::format("has {}, which {} does not know; is it the state of another optimizer?", entry.first.str(),
                         name()));
  }
  return state;
}

std::vector<detail::State> Optimizer::read_states(const Dict& states, const List& groups) const {
  if (groups.size() != group_count())
    throw StateError(
        fmt::format("{}.load_state_dict: loaded state dict has a different number of parameter groups: {} "
                    "instead of {}",
                    name(), groups.size(), group_count()));
  struct Place {
    Tensor param;
    std::string what;
  };
  std::unordered_map<std::int64_t, Place> places;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const List& saved = params_of(name(), groups, g);
    const std::vector<Tensor>& params = group(g).params;
    if (saved.size() != params.size())
      throw StateError(
          fmt::format("{}.load_state_dict: loaded state dict contains a parameter group that doesn't match the size of "
                      "the optimizer's group: group {} has {} parameters instead of {}",
                      name(), g, saved.size(), params.size()));
    for (std::size_t i = 0; i < params.size(); ++i)
      if (!places.emplace(saved[i].as<std::int64_t>(), Place{params[i], describe(params[i], g, i)}).second)
        throw StateError(fmt::format("{}.load_state_dict: parameter {} stands twice in the groups of the state", name(),
                                     saved[i].as<std::int64_t>()));
  }
  std::vector<detail::State> result;
  for (const auto& [key, saved] : states) {
    const auto found = key.is_string() ? places.end() : places.find(key.number());
    if (found == places.end())
      throw StateError(
          fmt::format("{}.load_state_dict: the state is that of {}, which no group names", name(), key.str()));
    if (saved.kind() != Value::Kind::dict)
      throw StateError(fmt::format("{}.load_state_dict: the state of {} is of kind {}; it must be a dict", name(),
                                   found->second.what, saved.kind_name()));
    if (!saved.dict().empty()) result.push_back(read_state(found->second.param, found->second.what, saved.dict()));
  }
  return result;
}

void Optimizer::load_state_dict(const Value& state) {
  const InUse in_use(*this, "load_state_dict");
  const NoGradGuard no_grad;
  if (state.kind() != Value::Kind::dict)
    throw StateError(
        fmt::format("{}.load_state_dict: the state is of kind {}; it must be a dict", name(), state.kind_name()));
  const List& groups = entry(name(), state.dict(), "param_groups", Value::Kind::list).list();
  std::vector<detail::State> states =
      read_states(entry(name(), state.dict(), "state", Value::Kind::dict).dict(), groups);
  set_group_options(groups);
  states_ = std::move(states);
  step_count_ = 0;
  for (const detail::State& s : states_) step_count_ = std::max(step_count_, s.step);
}

}  // namespace taper::optim
