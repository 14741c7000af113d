#include "io/pickle_value.h"

#include <algorithm>

#include "io/torch_types.h"

namespace taper::io {
namespace {

using ObjectKind = PickleObject::Kind;
using Id = std::uint32_t;

constexpr std::uint64_t object_limit = 10'000'000;
constexpr std::uint64_t name_cost = 64;  // of an entry of a TensorMap besides its name

bool is_container(const PickleObject& object) {
  return object.kind >= ObjectKind::list && object.kind <= ObjectKind::counter;
}

/// Calls `leave(id)` for every container of the result after those in it, each once. FormatError for one in itself.
template <class Leave>
void each_container(const Pickled& pickled, const Place& place, Leave leave) {
  enum State : std::uint8_t { unseen, open, done };
  struct Level {
    Id id;
    std::size_t next = 0;
  };
  std::vector<State> states(pickled.items.size(), unseen);
  std::vector<Level> levels;
  const auto enter = [&](Id id) {
    const PickleObject& object = pickled.objects[id];
    if (!is_container(object) || states[object.index()] == done) return;
    if (states[object.index()] == open) place.fail(object.at, "malformed pickle: a container that contains itself");
    states[object.index()] = open;
    levels.push_back({id});
  };
  enter(pickled.result);
  while (!levels.empty()) {
    Level& level = levels.back();
    const Id id = level.id;
    if (level.next < pickled.items_of(id).size()) {
      enter(pickled.items_of(id)[level.next++]);
    } else {
      states[pickled.objects[id].index()] = done;
      levels.pop_back();
      leave(id);
    }
  }
}

/// What a container is written out to.
struct Extent {
  std::uint64_t objects = 1, depth = 1, tensors = 0, names = 0;
};

std::size_t key_size(const Pickled& pickled, Id key) {
  return pickled.objects[key].kind == ObjectKind::string ? pickled.text_of(key).size() : 20;
}

void check_key(const Pickled& pickled, Id key, const Place& place) {
  const PickleObject& object = pickled.objects[key];
  if (object.kind != ObjectKind::string && object.kind != ObjectKind::integer)
    place.fail<TypeError>(object.at, "a dict's key is neither a str nor an int");
}

void check_leaf(const PickleObject& object, const Place& place) {
  if (object.kind == ObjectKind::bytes)
    place.fail<TypeError>(object.at, "bytes; a str, a list or a tensor can be loaded");
  if (object.kind > ObjectKind::method) place.fail(object.at, "malformed pickle: a part of an object stands alone");
}

Extent extent_of(const Pickled& pickled, Id id, const std::vector<Extent>& extents, std::uint64_t memory,
                 const Place& place) {
  Extent extent;
  const bool keyed = pickled.is_keyed(id);
  const std::vector<Id>& items = pickled.items_of(id);
  for (std::size_t i = keyed ? 1 : 0; i < items.size(); i += keyed ? 2 : 1) {
    if (keyed) check_key(pickled, items[i - 1], place);
    const PickleObject& item = pickled.objects[items[i]];
    Extent part;
    if (is_container(item)) {
      part = extents[item.index()];
    } else {
      check_leaf(item, place);
      part.depth = 0;
      part.tensors = item.kind == ObjectKind::tensor ? 1 : 0;
      part.names = name_cost * part.tensors;
    }
    extent.objects += part.objects;
    extent.depth = std::max(extent.depth, part.depth + 1);
    extent.tensors += part.tensors;
    extent.names += part.names + part.tensors * (1 + (keyed ? key_size(pickled, items[i - 1]) : 20));
    if (extent.objects > object_limit || extent.names > memory)
      place.fail<ResourceError>(pickled.objects[id].at, "object limit: written out, there are too many");
  }
  if (extent.depth > pickle_depth)
    place.fail<ResourceError>(pickled.objects[id].at, fmt::format("nested deeper than {}", pickle_depth));
  return extent;
}

std::string dtype_text(const PickleObject& object) {
  return fmt::format("torch.{}", torch_types()[object.index()].dtype);
}

/// Builds containers from within.
class Builder {
 public:
  Builder(const Pickled& pickled, std::uint64_t memory, const std::vector<Tensor>& tensors, const Place& place)
      : pickled_(pickled), memory_(memory), tensors_(tensors.begin(), tensors.end()), place_(place) {
    containers_.resize(pickled.items.size());
    texts_.resize(pickled.texts.size());
  }

  Value get(Id id) {
    const PickleObject& object = pickled_.objects[id];
    switch (object.kind) {
      case ObjectKind::boolean:
        return object.integer != 0;
      case ObjectKind::integer:
        return object.integer;
      case ObjectKind::floating:
        return object.floating();
      case ObjectKind::string:
      case ObjectKind::device:
      case ObjectKind::method: {
        Value& text = texts_[object.index()];
        if (text.is_none()) text = pickled_.texts[object.index()];
        return text;
      }
      case ObjectKind::dtype:
        return dtype_text(object);
      case ObjectKind::tensor:
        return tensors_[object.index()];
      case ObjectKind::list:
      case ObjectKind::tuple:
      case ObjectKind::set:
      case ObjectKind::dict:
      case ObjectKind::counter:
        return containers_[object.index()];
      default:
        return None;
    }
  }

  void build(Id id) {
    const PickleObject& object = pickled_.objects[id];
    Value& built = containers_[object.index()];
    if (pickled_.is_keyed(id)) {
      built = dict(id);
    } else {
      List list;
      list.reserve(pickled_.items_of(id).size());
      for (const Id item : pickled_.items_of(id)) list.push_back(get(item));
      built = object.kind == ObjectKind::tuple ? Value::tuple(std::move(list)) : Value(std::move(list));
    }
  }

 private:
  Dict dict(Id id) {
    Dict result;
    const std::vector<Id>& items = pickled_.items_of(id);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      const PickleObject& object = pickled_.objects[items[i]];
      const bool is_text = object.kind == ObjectKind::string;
      keys_ += key_size(pickled_, items[i]);
      if (keys_ > memory_) place_.fail<ResourceError>(object.at, "object limit: the keys are too long");
      Dict::Key key = is_text ? Dict::Key(pickled_.texts[object.index()]) : Dict::Key(object.integer);
      if (result.contains(key)) place_.fail(object.at, fmt::format("duplicate key {}", key.str().substr(0, 256)));
      result.insert(std::move(key), get(items[i + 1]));
    }
    if (pickled_.objects[id].kind == ObjectKind::counter) result.as_counter();
    return result;
  }

  const Pickled& pickled_;
  std::uint64_t memory_;
  std::vector<Value> tensors_;
  const Place& place_;
  std::vector<Value> containers_, texts_;
  std::uint64_t keys_ = 0;  // bytes of keys copied
};

}  // namespace

void check_tree(const Pickled& pickled, std::uint64_t memory, const Place& place) {
  std::vector<Extent> extents(pickled.items.size());
  if (!is_container(pickled.objects[pickled.result])) check_leaf(pickled.objects[pickled.result], place);
  each_container(pickled, place,
                 [&](Id id) { extents[pickled.objects[id].index()] = extent_of(pickled, id, extents, memory, place); });
}

std::vector<std::string> tensor_names(const Pickled& pickled, LoadNotes& notes) {
  struct Level {
    Id id;
    std::size_t next, prefix;
  };
  std::vector<std::string> names(pickled.tensors.size());
  std::vector<bool> seen(pickled.items.size());
  std::vector<Level> levels;
  std::string name;
  const auto visit = [&](Id id) {
    const PickleObject& object = pickled.objects[id];
    if (object.kind == ObjectKind::tensor && names[object.index()].empty()) names[object.index()] = name;
    if (object.kind == ObjectKind::dtype) notes.converted(name, "a torch.dtype", "str");
    if (object.kind == ObjectKind::device) notes.converted(name, "a torch.device", "str");
    if (object.kind == ObjectKind::method) notes.converted(name, "a method", "str");
    if (!is_container(object) || seen[object.index()]) return;
    if (object.kind == ObjectKind::set) notes.converted(name, "a set", "list");
    seen[object.index()] = true;
    if (!levels.empty()) name += '.';
    levels.push_back({id, 0, levels.empty() ? 0 : name.size()});
  };
  if (!is_container(pickled.objects[pickled.result])) name = "arr_0";
  visit(pickled.result);
  while (!levels.empty()) {
    Level& level = levels.back();
    const std::vector<Id>& items = pickled.items_of(level.id);
    const bool keyed = pickled.is_keyed(level.id);
    if (level.next >= items.size()) {
      levels.pop_back();
      continue;
    }
    name.resize(level.prefix);
    const std::size_t number = level.next;
    level.next += keyed ? 2 : 1;
    if (!keyed) {
      name += std::to_string(number);
    } else if (const PickleObject& key = pickled.objects[items[number]]; key.kind == ObjectKind::string) {
      name += pickled.texts[key.index()];
    } else {
      name += std::to_string(key.integer);
    }
    visit(items[number + (keyed ? 1 : 0)]);
  }
  return names;
}

Value to_value(const Pickled& pickled, std::uint64_t memory, const std::vector<Tensor>& tensors, const Place& place) {
  Builder builder(pickled, memory, tensors, place);
  each_container(pickled, place, [&](Id id) { builder.build(id); });
  return builder.get(pickled.result);
}

}  // namespace taper::io
