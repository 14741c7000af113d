#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

namespace ops {

namespace nn = torch::nn;
namespace optim = torch::optim;
namespace F = torch::nn::functional;
using torch::NoGradGuard;
using torch::ones;
using torch::randint;
using torch::randn;
using torch::Tensor;

inline Tensor leaf(torch::IntArrayRef shape) { return randn(shape).requires_grad_(); }
inline void drop(const Tensor& x) { x.mutable_grad() = Tensor(); }

}  // namespace ops
