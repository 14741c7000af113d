#pragma once

#include <atomic>
#include <span>
#include <string>

#include "autograd/node.h"

/// Anomaly mode: where each node was made, and whether backward makes NaN. Off, it costs the test of `anomaly_mode`.
namespace taper {
class InputRef;
}

namespace taper::detail {

inline constexpr unsigned char kAnomalyOn = 1;
inline constexpr unsigned char kAnomalyCheckNan = 2;
inline constinit std::atomic<unsigned char> anomaly_mode{0};

inline bool checking_nan() { return (anomaly_mode.load(std::memory_order_relaxed) & kAnomalyCheckNan) != 0; }

/// Writes down what a new node is made of, and where.
void note_origin(Node& node, std::span<const InputRef> inputs);
void forget_origin(const Node& node) noexcept;
/// "; recorded on ... in ...", or what to do to know; nothing where the mode is off.
std::string origin_of(const Node& node);

/// NumericError if the gradient that `node` sends to its input `i` holds NaN.
void check_nan(Node& node, int i, const Tensor& gradient);
/// The same for a leaf's sum, after its hooks.
void check_nan(const TensorImpl& leaf, const Tensor& gradient);

/// One more backward: the "step" of the messages.
void count_backward();

/// Names the node whose backward runs on this thread as the cause of those that are recorded meanwhile.
class RunningNode {
 public:
  explicit RunningNode(const Node& node);
  ~RunningNode();
  RunningNode(const RunningNode&) = delete;
  RunningNode& operator=(const RunningNode&) = delete;

 private:
  const Node* before_;
};

}  // namespace taper::detail
