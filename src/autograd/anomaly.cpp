#include "autograd/anomaly.h"

#include <fmt/format.h>

#include <cmath>
#include <mutex>
#include <unordered_map>

#include "autograd/record.h"
#include "base/call_stack.h"
#include "taper/autograd/anomaly.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "tensor/extra.h"
#include "tensor/make.h"

namespace taper {
namespace detail {
namespace {

struct Origin {
  std::string text;
  std::vector<void*> stack;
  std::string cause;  // of a node made by backward
};

struct Origins {
  std::mutex mutex;
  std::unordered_map<const Node*, Origin> nodes;
};
// Never destroyed: nodes may outlive every static object.
Origins& origins() {
  static Origins& all = *std::make_unique<Origins>().release();
  return all;
}

std::atomic<std::uint64_t> backward_count{0};
thread_local constinit const Node* running = nullptr;

std::string text_of(const Node& node) {
  if (!node.noted) return {};
  Origins& all = origins();
  const std::lock_guard lock(all.mutex);
  const auto found = all.nodes.find(&node);
  if (found == all.nodes.end()) return {};
  const Origin& origin = found->second;
  const std::vector<std::string> callers = caller_names(origin.stack, 6);
  return origin.text + (callers.empty() ? "" : fmt::format(", called by {}", fmt::join(callers, " < "))) + origin.cause;
}

// The place of the first NaN among `n` numbers, or -1.
std::int64_t first_nan(const Tensor& x) {
  if (!is_floating_point(x.dtype())) return -1;
  const Tensor flat = x.detach().contiguous();
  return dispatch_floating(x.dtype(), [&](auto zero) -> std::int64_t {
    const auto* data = reinterpret_cast<const decltype(zero)*>(flat.get().data);
    for (std::int64_t i = 0; i < flat.numel(); ++i)
      if (std::isnan(data[i])) return i;
    return -1;
  });
}

Shape unravel(std::int64_t at, const Shape& shape) {
  Shape place = Shape::filled(shape.size(), 0);
  for (int d = shape.size() - 1; d >= 0; --d) {
    place[d] = at % shape[d];
    at /= shape[d];
  }
  return place;
}

// Where the first NaN of a gradient stands; false if there is none.
bool find_nan(const Tensor& gradient, Shape& place) {
  const NoGradGuard unrecorded;
  const Tensor numbers = gradient.is_sparse() ? gradient.values() : gradient;
  const std::int64_t at = first_nan(numbers);
  if (at < 0) return false;
  place = unravel(at, numbers.shape());
  if (gradient.is_sparse()) {
    const std::int64_t entry = place[0];
    place.erase(0);
    const std::vector<std::int64_t> indices = gradient.indices().select(1, entry).to_vector<std::int64_t>();
    for (std::size_t i = 0; i < indices.size(); ++i) place.insert(static_cast<int>(i), indices[i]);
  }
  return true;
}

// "grad of 'tok.weight' row 7, step 120".
std::string leaf_text(const TensorImpl& leaf, const Shape& place) {
  std::string text = "grad of ";
  if (leaf.extra != nullptr && !leaf.extra->name.empty())
    text += fmt::format("'{}'", leaf.extra->name);
  else
    text += fmt::format("a leaf of shape {}", to_string(leaf.shape));
  if (!place.empty()) text += fmt::format(" {} {}", place.size() > 1 ? "row" : "element", place[0]);
  return text + fmt::format(", step {}", backward_count.load());
}

std::string at_text(const Shape& place, const Shape& shape) {
  return place.empty() ? std::string() : fmt::format(" at {} of shape {}", to_string(place), to_string(shape));
}

std::string describe_inputs(std::span<const InputRef> inputs) {
  std::string text;
  for (const InputRef& input : inputs) {
    if (!text.empty()) text += ", ";
    if ((*input).defined())
      text += fmt::format("{} {}", name((*input).dtype()), to_string((*input).shape()));
    else
      text += "None";
  }
  return text;
}

void set_mode(unsigned char mode) {
  if (mode != 0 && anomaly_mode.load() == 0) backward_count = 0;
  anomaly_mode = mode;
}

}  // namespace

void note_origin(Node& node, std::span<const InputRef> inputs) {
  std::string text = fmt::format("{} was recorded on ({})", node.name, describe_inputs(inputs));
  for (const autograd::detail::Frame* frame = autograd::detail::innermost_frame; frame != nullptr; frame = frame->outer)
    text += ", " + frame->describe(*frame);
  std::string cause;
  if (running != nullptr && running->noted) cause = "; by the backward of: " + text_of(*running);
  Origins& all = origins();
  const std::lock_guard lock(all.mutex);
  all.nodes[&node] = {std::move(text), call_stack(), std::move(cause)};
  node.noted = true;
}

void forget_origin(const Node& node) noexcept {
  Origins& all = origins();
  const std::lock_guard lock(all.mutex);
  all.nodes.erase(&node);
}

std::string origin_of(const Node& node) {
  const std::string text = text_of(node);
  if (!text.empty()) return "; " + text;
  if (anomaly_mode.load(std::memory_order_relaxed) == 0) return {};
  return fmt::format("; where {} was recorded is not known: let forward run under DetectAnomaly, too", node.name);
}

void check_nan(Node& node, int i, const Tensor& gradient) {
  Shape place;
  if (!gradient.defined() || !find_nan(gradient, place)) return;
  const Edge& edge = node.edges()[i];
  const std::string where = at_text(place, gradient.shape());
  if (edge.leaf() != nullptr)
    throw NumericError(fmt::format("backward: {}: {} returned nan{}{}", leaf_text(*edge.leaf(), place), node.name,
                                   where, origin_of(node)));
  throw NumericError(fmt::format("backward: {} returned nan in the gradient of its input {}{}{}", node.name, i, where,
                                 origin_of(node)));
}

void check_nan(const TensorImpl& leaf, const Tensor& gradient) {
  Shape place;
  if (gradient.defined() && find_nan(gradient, place))
    throw NumericError(fmt::format("backward: {}: the sum, or a hook, gave nan{}", leaf_text(leaf, place),
                                   at_text(place, gradient.shape())));
}

void count_backward() { ++backward_count; }

RunningNode::RunningNode(const Node& node) : before_(running) { running = &node; }
RunningNode::~RunningNode() { running = before_; }

}  // namespace detail

namespace autograd {

using taper::detail::anomaly_mode;
using taper::detail::kAnomalyCheckNan;
using taper::detail::kAnomalyOn;

DetectAnomaly::DetectAnomaly(bool check_nan) : before_(anomaly_mode) { set_detect_anomaly(true, check_nan); }
DetectAnomaly::~DetectAnomaly() { taper::detail::set_mode(before_); }

void set_detect_anomaly(bool mode, bool check_nan) {
  taper::detail::set_mode(
      static_cast<unsigned char>((mode ? kAnomalyOn : 0) | (mode && check_nan ? kAnomalyCheckNan : 0)));
}
bool is_anomaly_enabled() { return anomaly_mode != 0; }
bool is_anomaly_check_nan_enabled() { return taper::detail::checking_nan(); }

Label::Label(std::string text, const char* file, int line)
    : Frame{detail::innermost_frame, &describe_label}, text_(std::move(text)), file_(file), line_(line) {
  detail::innermost_frame = this;
}
Label::~Label() { detail::innermost_frame = outer; }

std::string Label::describe_label(const detail::Frame& frame) {
  const Label& label = static_cast<const Label&>(frame);
  return fmt::format("under '{}' ({}:{})", label.text_, label.file_, label.line_);
}

}  // namespace autograd
}  // namespace taper
