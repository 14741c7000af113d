#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <vector>

#include "taper/base/error.h"
#include "taper/optim/lr_scheduler_base.h"

namespace taper::optim::lr_scheduler {

/// A scheduler names its members here in PyTorch's order; they are then written, looked at, or read. What is not in the
/// Dict stays as it is, as in PyTorch.
class StateFields {
 public:
  StateFields(const char* scheduler, Dict& out) : scheduler_(scheduler), out_(&out) {}
  /// Looks at the values alone, or keeps them, too.
  StateFields(const char* scheduler, const Dict& in, bool keep) : scheduler_(scheduler), in_(&in), keep_(keep) {}

  template <class T>
  void operator()(const char* key, T& member) {
    if (out_ != nullptr) return out_->insert(key, member);
    if (const Value* value = in_->find(key)) take(value->as<T>(), member);
  }
  void operator()(const char* key, std::vector<double>& numbers) {
    if (out_ != nullptr) return out_->insert(key, List(numbers.begin(), numbers.end()));
    const Value* value = in_->find(key);
    if (value == nullptr) return;
    std::vector<double> found;
    for (const Value& number : *value) found.push_back(number.as<double>());
    if (!numbers.empty() && found.size() != numbers.size())
      throw StateError(fmt::format("{}: '{}' of the state has {} numbers; this scheduler has {}", scheduler_, key,
                                   found.size(), numbers.size()));
    take(std::move(found), numbers);
  }
  /// StateError where what is read lacks the key.
  void require(const char* key) const {
    if (in_ != nullptr && !in_->contains(key))
      throw StateError(fmt::format("{}: the state has no '{}'; it is not that of such a scheduler", scheduler_, key));
  }

  /// For members of other kinds: what they are written as, or what to read them from, null where it is not there.
  bool writing() const { return out_ != nullptr; }
  void write(const char* key, Value value) { out_->insert(key, std::move(value)); }
  const Value* find(const char* key) const { return in_->find(key); }
  bool keeps() const { return keep_; }
  template <class T>
  void take(T value, T& member) const {
    if (keep_) member = std::move(value);
  }
  const char* scheduler() const { return scheduler_; }

 private:
  const char* scheduler_;
  Dict* out_ = nullptr;
  const Dict* in_ = nullptr;
  bool keep_ = false;
};

}  // namespace taper::optim::lr_scheduler
