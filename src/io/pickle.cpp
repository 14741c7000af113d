#include "io/pickle.h"

#include <algorithm>

#include "base/byte_count.h"
#include "io/opcodes.h"
#include "io/pickle_machine.h"

namespace taper::io {
namespace {

constexpr std::uint64_t size_limit = std::uint64_t{128} << 20U;
constexpr std::uint64_t text_limit = std::uint64_t{16} << 20U;
constexpr std::size_t mark_limit = 2 * pickle_depth;

}  // namespace

void PickleMachine::malformed(std::string_view why) const {
  place_.fail(op_at_, fmt::format("malformed pickle: {}", why));
}

unsigned PickleMachine::byte() {
  if (used_ == filled_) {
    start_ += filled_;
    filled_ = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), source_.left()));
    used_ = 0;
    if (filled_ == 0) malformed("it ends without STOP");
    if (const std::uint64_t limit = std::min(size_limit, memory_); start_ > limit)
      place_.fail<ResourceError>(op_at_, fmt::format("the pickle is over its limit of {}", byte_count(limit)));
    source_.read(buffer_.data(), filled_);
  }
  return static_cast<unsigned char>(buffer_[used_++]);
}

std::uint64_t PickleMachine::number(int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value |= std::uint64_t{byte()} << (8 * i);
  return value;
}

std::string PickleMachine::text(std::uint64_t length) {
  if (length > end_ - at()) malformed(fmt::format("a text of {} bytes where {} are left", length, end_ - at()));
  if (length > text_limit)
    place_.fail<ResourceError>(
        op_at_, fmt::format("text limit: one of {}, limit {}", byte_count(length), byte_count(text_limit)));
  std::string result;
  result.reserve(length);
  for (std::uint64_t i = 0; i < length; ++i) result += static_cast<char>(byte());
  return result;
}

std::string PickleMachine::line() {
  constexpr std::size_t limit = 256;
  std::string result;
  for (unsigned c = byte(); c != '\n'; c = byte()) {
    if (result.size() == limit) malformed("the name of a global is too long");
    result += static_cast<char>(c);
  }
  return result;
}

// What a call copies counts, too, so that a short pickle that copies one thing again and again cannot fill the memory.
void PickleMachine::hold(std::uint64_t bytes) {
  held_ += bytes;
  if (held_ > memory_)
    place_.fail<ResourceError>(
        op_at_, fmt::format("object limit: the pickle's objects need more than {}", byte_count(memory_)));
}

PickleMachine::Id PickleMachine::make(Kind kind, std::int64_t value) {
  hold(sizeof(PickleObject) + sizeof(Id));
  PickleObject object;
  object.kind = kind;
  object.at = static_cast<std::uint32_t>(op_at_);
  object.integer = value;
  out_.objects.push_back(object);
  return static_cast<Id>(out_.objects.size() - 1);
}

PickleMachine::Id PickleMachine::make_text(Kind kind, std::string text) {
  hold(sizeof(std::string) + text.size());
  out_.texts.push_back(std::move(text));
  return make(kind, static_cast<std::int64_t>(out_.texts.size() - 1));
}

PickleMachine::Id PickleMachine::make_items(Kind kind, std::vector<Id> items) {
  hold(sizeof(std::vector<Id>) + items.size() * sizeof(Id));
  out_.items.push_back(std::move(items));
  return make(kind, static_cast<std::int64_t>(out_.items.size() - 1));
}

PickleMachine::Id PickleMachine::top() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) malformed("stack underflow");
  return stack_.back();
}

PickleMachine::Id PickleMachine::pop() {
  const Id id = top();
  stack_.pop_back();
  return id;
}

std::vector<PickleMachine::Id> PickleMachine::pop_to_mark() {
  if (marks_.empty()) malformed("missing MARK");
  const auto from = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<Id> result(from, stack_.end());
  stack_.erase(from, stack_.end());
  marks_.pop_back();
  return result;
}

bool PickleMachine::do_number(unsigned op) {
  switch (op) {
    case NONE:
      push(make(Kind::none));
      return true;
    case NEWTRUE:
    case NEWFALSE:
      push(make(Kind::boolean, op == NEWTRUE ? 1 : 0));
      return true;
    case BININT:
      push(make(Kind::integer, static_cast<std::int32_t>(number(4))));
      return true;
    case BININT1:
      push(make(Kind::integer, static_cast<std::int64_t>(number(1))));
      return true;
    case BININT2:
      push(make(Kind::integer, static_cast<std::int64_t>(number(2))));
      return true;
    case LONG1:
      long_integer(number(1));
      return true;
    case LONG4:
      long_integer(number(4));
      return true;
    case BINFLOAT: {
      std::uint64_t bits = 0;
      for (int i = 0; i < 8; ++i) bits = bits << 8U | byte();
      push(make_floating(std::bit_cast<double>(bits)));
      return true;
    }
    default:
      return false;
  }
}

void PickleMachine::long_integer(std::uint64_t bytes) {
  if (bytes > end_ - at()) malformed(fmt::format("an int of {} bytes where {} are left", bytes, end_ - at()));
  std::uint64_t value = 0;
  unsigned last = 0;
  for (std::uint64_t i = 0; i < bytes; ++i) {
    last = byte();
    if (i < 8) value |= std::uint64_t{last} << (8 * i);
  }
  if (bytes > 8)
    place_.fail<TypeError>(op_at_, fmt::format("an int of {} bits; an int has at most 64 here", 8 * bytes));
  if (bytes > 0 && bytes < 8 && (last & 0x80U) != 0) value |= ~std::uint64_t{0} << (8 * bytes);
  push(make(Kind::integer, static_cast<std::int64_t>(value)));
}

bool PickleMachine::do_text(unsigned op) {
  const int width = op == SHORT_BINUNICODE || op == SHORT_BINBYTES ? 1 : op == BINUNICODE || op == BINBYTES ? 4 : 8;
  switch (op) {
    case SHORT_BINUNICODE:
    case BINUNICODE:
    case BINUNICODE8:
      push(make_text(Kind::string, text(number(width))));
      return true;
    case SHORT_BINBYTES:
    case BINBYTES:
    case BINBYTES8:
      push(make_text(Kind::bytes, text(number(width))));
      return true;
    default:
      return false;
  }
}

bool PickleMachine::do_tuple(unsigned op) {
  switch (op) {
    case EMPTY_TUPLE:
      push(make_items(Kind::tuple, {}));
      return true;
    case TUPLE1:
    case TUPLE2:
    case TUPLE3: {
      std::vector<Id> items(op - TUPLE1 + 1U);
      for (std::size_t i = items.size(); i > 0; --i) items[i - 1] = pop();
      push(make_items(Kind::tuple, std::move(items)));
      return true;
    }
    case TUPLE:
      push(make_items(Kind::tuple, pop_to_mark()));
      return true;
    case FROZENSET:
      push(make_items(Kind::set, pop_to_mark()));
      return true;
    default:
      return false;
  }
}

void PickleMachine::append(Kind wanted, const std::vector<Id>& added) {
  const Id target = top();
  if (kind(target) != wanted)
    malformed(wanted == Kind::list ? "items for what is no list" : "items for what is no set");
  items(target).insert(items(target).end(), added.begin(), added.end());
}

void PickleMachine::set_items(const std::vector<Id>& added) {
  const Id target = top();
  if (kind(target) != Kind::dict) malformed("items for what is no dict");
  if (added.size() % 2 != 0) malformed("a key without a value");
  items(target).insert(items(target).end(), added.begin(), added.end());
}

bool PickleMachine::do_container(unsigned op) {
  switch (op) {
    case EMPTY_LIST:
      push(make_items(Kind::list, {}));
      return true;
    case EMPTY_SET:
      push(make_items(Kind::set, {}));
      return true;
    case EMPTY_DICT:
      push(make_items(Kind::dict, {}));
      return true;
    case APPEND: {
      const Id item = pop();
      append(Kind::list, {item});
      return true;
    }
    case APPENDS:
      append(Kind::list, pop_to_mark());
      return true;
    case ADDITEMS:
      append(Kind::set, pop_to_mark());
      return true;
    case SETITEM: {
      const Id value = pop();
      const Id key = pop();
      set_items({key, value});
      return true;
    }
    case SETITEMS:
      set_items(pop_to_mark());
      return true;
    default:
      return false;
  }
}

void PickleMachine::remember(std::uint64_t slot) {
  if (memo_.insert_or_assign(slot, top()).second) hold(64);
}

void PickleMachine::recall(std::uint64_t slot) {
  const auto found = memo_.find(slot);
  if (found == memo_.end()) malformed(fmt::format("the memo has no {}", slot));
  hold(2 * sizeof(Id));
  push(found->second);
}

bool PickleMachine::do_memo(unsigned op) {
  switch (op) {
    case BINPUT:
      remember(number(1));
      return true;
    case LONG_BINPUT:
      remember(number(4));
      return true;
    case MEMOIZE:
      remember(memo_.size());
      return true;
    case BINGET:
      recall(number(1));
      return true;
    case LONG_BINGET:
      recall(number(4));
      return true;
    case MARK:
      if (marks_.size() == mark_limit)
        place_.fail<ResourceError>(op_at_, fmt::format("nested deeper than {}", pickle_depth));
      marks_.push_back(stack_.size());
      return true;
    case POP:
      if (!marks_.empty() && stack_.size() == marks_.back()) {
        marks_.pop_back();
      } else {
        pop();
      }
      return true;
    case POP_MARK:
      pop_to_mark();
      return true;
    case FRAME:
      if (const std::uint64_t length = number(8); length > end_ - at())
        malformed(fmt::format("a frame of {} bytes where {} are left", length, end_ - at()));
      return true;
    default:
      return false;
  }
}

bool PickleMachine::do_call(unsigned op) {
  switch (op) {
    case PROTO:
      if (const unsigned protocol = byte(); protocol < 2 || protocol > 5)
        place_.fail(op_at_, fmt::format("pickle protocol {}; 2 to 5 are read", protocol));
      return true;
    case GLOBAL: {
      const std::string module = line();
      global(module, line());
      return true;
    }
    case STACK_GLOBAL:
      stack_global();
      return true;
    case BINPERSID:
      persistent();
      return true;
    case REDUCE:
    case NEWOBJ:
      reduce(op == NEWOBJ);
      return true;
    case BUILD:
      build();
      return true;
    default:
      return false;
  }
}

Pickled PickleMachine::run() {
  for (;;) {
    op_at_ = at();
    const unsigned op = byte();
    if (op == STOP) break;
    if (!do_memo(op) && !do_text(op) && !do_number(op) && !do_tuple(op) && !do_container(op) && !do_call(op))
      place_.fail(op_at_, fmt::format("malformed pickle: opcode 0x{:02x} at offset {} is not allowed", op, op_at_));
  }
  out_.result = pop();
  if (!stack_.empty() || !marks_.empty()) malformed("more than one object is left at STOP");
  out_.end = at();
  return std::move(out_);
}

Pickled read_pickle(Source& source, const Place& place, std::uint64_t memory) {
  return PickleMachine(source, place, memory).run();
}

}  // namespace taper::io
