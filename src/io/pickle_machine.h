#pragma once

#include <array>
#include <bit>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "io/pickle.h"

namespace taper::io {

/// The interpreter behind read_pickle: opcodes in pickle.cpp, what globals do in pickle_calls.cpp.
class PickleMachine {
 public:
  PickleMachine(Source& source, const Place& place, std::uint64_t memory)
      : source_(source), place_(place), end_(source.left()), memory_(memory) {}
  Pickled run();

 private:
  using Kind = PickleObject::Kind;
  using Id = std::uint32_t;

  // Reading.
  unsigned byte();
  std::uint64_t number(int bytes);
  std::string text(std::uint64_t length);
  std::string line();
  std::uint64_t at() const { return start_ + used_; }

  // Objects and the stack.
  void hold(std::uint64_t bytes);
  Id make(Kind kind, std::int64_t value = 0);
  Id make_floating(double value) { return make(Kind::floating, std::bit_cast<std::int64_t>(value)); }
  Id make_text(Kind kind, std::string text);
  Id make_items(Kind kind, std::vector<Id> items);
  void push(Id object) { stack_.push_back(object); }
  Id pop();
  Id top();
  std::vector<Id> pop_to_mark();
  Kind kind(Id object) const { return out_.objects[object].kind; }
  std::vector<Id>& items(Id object) { return out_.items[out_.objects[object].index()]; }

  // Opcodes, in groups; false where it is none of the group.
  bool do_number(unsigned op);
  bool do_text(unsigned op);
  bool do_tuple(unsigned op);
  bool do_container(unsigned op);
  bool do_memo(unsigned op);
  bool do_call(unsigned op);
  void long_integer(std::uint64_t bytes);
  void append(Kind wanted, const std::vector<Id>& added);
  void set_items(const std::vector<Id>& added);
  void remember(std::uint64_t slot);
  void recall(std::uint64_t slot);

  // Globals.
  void global(const std::string& module, const std::string& name);
  void stack_global();
  void persistent();
  void reduce(bool may_be_new_object);
  void build();
  Id new_object(Id made_of, Id arguments);
  Id call(std::int64_t function, Id arguments);
  Id method_of(const std::vector<Id>& arguments);
  Id make_tensor(const PickledTensor& tensor);
  Id rebuild_tensor(const std::vector<Id>& arguments, bool names_dtype);
  Id rebuild_parameter(const std::vector<Id>& arguments);
  Id rebuild_sparse(const std::vector<Id>& arguments);
  Id numpy_scalar(const std::vector<Id>& arguments);
  Id encode(const std::vector<Id>& arguments);
  std::vector<Id> arguments_of(Id tuple) const;
  void check_arguments(const std::vector<Id>& arguments, std::initializer_list<Kind> kinds, const char* what) const;
  Shape shape(Id tuple, const char* what) const;
  std::string device_name(const std::vector<Id>& arguments) const;

  [[noreturn]] void malformed(std::string_view why) const;

  Source& source_;
  const Place& place_;
  std::uint64_t end_;
  std::array<char, 8192> buffer_;
  std::uint64_t start_ = 0;  // of the buffer
  std::size_t used_ = 0, filled_ = 0;
  std::uint64_t op_at_ = 0;
  Pickled out_;
  std::uint64_t memory_, held_ = 0;  // bytes that the objects may take and do
  std::vector<Id> stack_;
  std::vector<std::size_t> marks_;  // heights of the stack
  std::unordered_map<std::uint64_t, Id> memo_;
  std::unordered_map<std::string, std::size_t> storages_;
};

}  // namespace taper::io
