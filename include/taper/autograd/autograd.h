#pragma once

#include <vector>

#include "taper/tensor/tensor.h"

namespace taper {

/// Whether operations are recorded on this thread (torch.is_grad_enabled).
bool is_grad_enabled();

/// Switches recording on this thread on or off from now on (torch.set_grad_enabled as a call).
void set_grad_enabled(bool enabled);

/// The same until the end of the scope (torch.set_grad_enabled in a `with`).
class GradMode {
 public:
  explicit GradMode(bool enabled);
  ~GradMode();
  GradMode(const GradMode&) = delete;
  GradMode& operator=(const GradMode&) = delete;

 private:
  bool before_;
};

/// While one lives, nothing is recorded on this thread, and new tensors are inference tensors, which count no changes
/// and never come back to the tape (torch.inference_mode): outside, saving one for backward, changing it in place and
/// requires_grad_() are a GradError; clone() makes an ordinary tensor of it. Views and in-place changes of ordinary
/// tensors stay ordinary. InferenceMode(false) is the normal mode again, inside another one.
class InferenceMode {
 public:
  explicit InferenceMode(bool enabled = true);
  ~InferenceMode();
  InferenceMode(const InferenceMode&) = delete;
  InferenceMode& operator=(const InferenceMode&) = delete;
  /// Whether this thread is in one (torch.is_inference_mode_enabled).
  static bool is_enabled();

 private:
  bool grad_before_;
  bool inference_before_;
};

/// Nothing is recorded while one lives (torch.no_grad).
class NoGradGuard : GradMode {
 public:
  NoGradGuard() : GradMode(false) {}
};

/// Everything is recorded while one lives, also inside a NoGradGuard (torch.enable_grad).
class EnableGradGuard : GradMode {
 public:
  EnableGradGuard() : GradMode(true) {}
};

namespace autograd {

/// Keywords of grad, in PyTorch's order.
struct GradOptions {
  std::vector<Tensor> grad_outputs{};  ///< cotangents, one for each output, undefined for ones; all ones where empty
  bool retain_graph = false;           ///< also true where create_graph is
  bool create_graph = false;
  bool allow_unused = false;
};

/// The gradients of the outputs' sum with respect to each input (torch.autograd.grad); no tensor's grad is touched. An
/// input that the outputs do not depend on gives an undefined tensor with allow_unused, else a GradError naming its
/// position. ValueError where no outputs or no inputs are named.
std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         GradOptions options = {});

/// Backward from several tensors at once (torch.autograd.backward). `gradients` as in GradOptions::grad_outputs.
void backward(const std::vector<Tensor>& tensors, const std::vector<Tensor>& gradients = {},
              const BackwardOptions& options = {});

}  // namespace autograd
}  // namespace taper
