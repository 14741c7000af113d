#pragma once

#include <vector>

#include "taper/base/callable.h"
#include "taper/tensor/tensor.h"

namespace taper::autograd {

/// Keywords of gradcheck, in PyTorch's order.
struct GradcheckOptions {
  double eps = 1e-6;   ///< half of the distance over which differences are taken
  double atol = 1e-5;  ///< a gradient may be off by atol + rtol |numeric|
  double rtol = 1e-3;
};

/// Compares the gradients that backward gives with central differences of `fn`, every output element with every input
/// element (torch.autograd.gradcheck), and once more under a random cotangent. The inputs that require grad are
/// checked, or all that hold float64 where none does; none of them is changed, and `fn` sees copies that are leaves.
/// Returns true, or throws AssertionError with the place and both numbers. TypeError for an input to be checked, or a
/// result, that is not float64; ValueError if there is nothing to check.
bool gradcheck(const Callable<Tensor(const Tensor&)>& fn, const std::vector<Tensor>& inputs,
               GradcheckOptions options = {});
bool gradcheck(const Callable<Tensor(const std::vector<Tensor>&)>& fn, const std::vector<Tensor>& inputs,
               GradcheckOptions options = {});
bool gradcheck(const Callable<std::vector<Tensor>(const std::vector<Tensor>&)>& fn, const std::vector<Tensor>& inputs,
               GradcheckOptions options = {});

/// The same for the gradients themselves, as functions of the inputs and of random cotangents
/// (torch.autograd.gradgradcheck).
bool gradgradcheck(const Callable<Tensor(const Tensor&)>& fn, const std::vector<Tensor>& inputs,
                   GradcheckOptions options = {});
bool gradgradcheck(const Callable<Tensor(const std::vector<Tensor>&)>& fn, const std::vector<Tensor>& inputs,
                   GradcheckOptions options = {});
bool gradgradcheck(const Callable<std::vector<Tensor>(const std::vector<Tensor>&)>& fn,
                   const std::vector<Tensor>& inputs, GradcheckOptions options = {});

}  // namespace taper::autograd
