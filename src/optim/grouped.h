#pragma once

#include <cmath>

#include "optim/layout.h"
#include "optim/options.h"
#include "taper/optim/optimizer.h"

/// Members of GroupedOptimizer, for the source of each optimizer, which says what is its own in Rules<Options> and then
/// instantiates the class.
namespace taper::optim {

namespace detail {

/// What tells one optimizer from another. A specialisation has
///
///     static constexpr Layout layout;                                  its name and what it remembers
///     static constexpr std::tuple options;                             Option and Kept, in the order of PyTorch's
///     groups static void update(const Options&, State&, const Tensor& grad);  one step of one parameter
///
/// and where there is need of it
///
///     static void check(const Options&);                               what ranges cannot say of the options
///     static void check_sparse(const Options&, const std::string& what);  refuses a sparse gradient
///     static void start(const Options&, State&);                       what is remembered before the first step;
///     states
///                                                                      are then made as soon as there are parameters
template <class Options>
struct Rules;

template <class Options, class F>
void for_each_option(F&& f) {
  std::apply([&](const auto&... option) { (f(option), ...); }, Rules<Options>::options);
}

/// Calls `f` for the options that have a meaning here.
template <class Options, class F>
void for_each_own_option(F&& f) {
  for_each_option<Options>([&](const auto& option) {
    if constexpr (requires { option.value; }) f(option);
  });
}

/// Throws a ValueError for what is out of range. A run that is under way may have come down to 0 where it must not
/// start there.
template <class Options>
void check(const Options& options, bool under_way = false) {
  if constexpr (requires { Rules<Options>::check(options); }) Rules<Options>::check(options);
  for_each_own_option<Options>([&](const auto& option) {
    const Range range = under_way && option.range == Range::above_0 ? Range::at_least_0 : option.range;
    check_range(Rules<Options>::layout.name, option.name, options.*option.value, range);
  });
}

/// Fills the options of `group` from `saved`, and what else is there into its others.
template <class Options, class Group>
void read_group(std::size_t index, const Dict& saved, Group& group) {
  const char* name = Rules<Options>::layout.name;
  const Options standard{};
  group.others = saved;
  group.others.erase("params");
  for_each_own_option<Options>([&](const auto& option) {
    const Value* found = saved.find(option.name);
    auto& value = group.*option.value;
    if (found == nullptr ? !read_absent(standard.*option.value, value) : !read(*found, value))
      refuse_option(name, index, option.name, found);
    group.others.erase(option.name);
  });
  if (const Value* found = saved.find("initial_lr"); found != nullptr) {
    if (!read(*found, group.initial_lr.emplace())) refuse_option(name, index, "initial_lr", found);
    group.others.erase("initial_lr");
  }
  warn_of_unknown(name, index, group.others);
}

}  // namespace detail

template <class Options, class GivenGroup>
GroupedOptimizer<Options, GivenGroup>::GroupedOptimizer(const std::vector<Tensor>& params, const Options& options)
    : GroupedOptimizer(std::vector<GivenGroup>{{.params = params}}, options) {}

template <class Options, class GivenGroup>
GroupedOptimizer<Options, GivenGroup>::GroupedOptimizer(const std::vector<GivenGroup>& groups, const Options& options)
    : Optimizer(detail::Rules<Options>::layout), defaults_(options) {
  Options checked = options;
  if (std::isnan(Options{}.lr) && std::isnan(checked.lr)) checked.lr = 0;  // every group may have its own
  detail::check(checked);
  for (const GivenGroup& group : groups) add_param_group(group);
  check_not_empty();
}

template <class Options, class GivenGroup>
GroupedOptimizer<Options, GivenGroup>::GroupedOptimizer(GroupedOptimizer&& other) noexcept = default;

template <class Options, class GivenGroup>
GroupedOptimizer<Options, GivenGroup>::~GroupedOptimizer() = default;

template <class Options, class GivenGroup>
void GroupedOptimizer<Options, GivenGroup>::add_param_group(const GivenGroup& given) {
  const InUse in_use(*this, "add_param_group");
  Group group{{given.params}, defaults_};
  detail::for_each_own_option<Options>([&](const auto& option) {
    if (const auto& value = given.*option.given) group.*option.value = *value;
  });
  detail::check<Options>(group);
  check_params(group.params);
  groups_.push_back(std::move(group));
  if constexpr (requires(detail::State & state) { detail::Rules<Options>::start(defaults_, state); })
    for (const Tensor& param : groups_.back().params) state_of(param, groups_.size() - 1, 0);
}

template <class Options, class GivenGroup>
Dict GroupedOptimizer<Options, GivenGroup>::group_options(std::size_t index) const {
  const Group& group = groups_[index];
  const Options standard{};
  Dict result;
  detail::for_each_option<Options>([&](const auto& option) {
    if constexpr (requires { option.value; }) {
      result[option.name] = detail::form(group.*option.value, standard.*option.value);
    } else {
      const Value* brought = group.others.find(option.name);
      result[option.name] = brought ? *brought : option.is_none ? Value() : Value(false);
    }
  });
  if (group.initial_lr) result["initial_lr"] = *group.initial_lr;
  for (const auto& [key, value] : group.others) result[key] = value;
  return result;
}

template <class Options, class GivenGroup>
void GroupedOptimizer<Options, GivenGroup>::set_group_options(const List& saved) {
  std::vector<Group> groups(groups_.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i].params = groups_[i].params;
    detail::read_group<Options>(i, saved[i].dict(), groups[i]);
    detail::check<Options>(groups[i], true);
  }
  groups_ = std::move(groups);
}

template <class Options, class GivenGroup>
void GroupedOptimizer<Options, GivenGroup>::check_options(std::size_t group) const {
  detail::check<Options>(groups_[group], true);
}

template <class Options, class GivenGroup>
void GroupedOptimizer<Options, GivenGroup>::check_sparse(std::size_t group, const std::string& what) const {
  if constexpr (requires { detail::Rules<Options>::check_sparse(groups_[group], what); })
    detail::Rules<Options>::check_sparse(groups_[group], what);
}

template <class Options, class GivenGroup>
bool GroupedOptimizer<Options, GivenGroup>::start(std::size_t group, detail::State& state) const {
  if constexpr (requires { detail::Rules<Options>::start(groups_[group], state); }) {
    detail::Rules<Options>::start(groups_[group], state);
    return true;
  }
  return false;
}

template <class Options, class GivenGroup>
void GroupedOptimizer<Options, GivenGroup>::update(std::size_t group, detail::State& state, const Tensor& grad) {
  detail::Rules<Options>::update(groups_[group], state, grad);
}

}  // namespace taper::optim
