#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "taper/nn/module.h"

/// Functions of one tensor as modules (torch.nn): what they compute stands at the functions of the same name.
namespace taper::nn {

struct ReLU : Module {
  bool inplace;
  explicit ReLU(bool in_place = false) : inplace(in_place) {}
  Tensor forward(const Tensor& x) const;
  std::string extra_repr() const override;
  TAPER_MODULE()
};

/// Keywords of GELU.
struct GELUOptions {
  std::string_view approximate = "none";  ///< or "tanh"
};

/// ValueError for another `approximate`.
struct GELU : Module {
  std::string approximate;
  explicit GELU(GELUOptions options = {});
  Tensor forward(const Tensor& x) const;
  std::string extra_repr() const override;
  TAPER_MODULE()
};

struct SiLU : Module {
  bool inplace;
  explicit SiLU(bool in_place = false) : inplace(in_place) {}
  Tensor forward(const Tensor& x) const;
  std::string extra_repr() const override;
  TAPER_MODULE()
};

struct Tanh : Module {
  Tensor forward(const Tensor& x) const;
  TAPER_MODULE()
};

struct Sigmoid : Module {
  Tensor forward(const Tensor& x) const;
  TAPER_MODULE()
};

struct LogSigmoid : Module {
  Tensor forward(const Tensor& x) const;
  TAPER_MODULE()
};

struct Softplus : Module {
  double beta;
  double threshold;
  explicit Softplus(double beta_ = 1, double threshold_ = 20) : beta(beta_), threshold(threshold_) {}
  Tensor forward(const Tensor& x) const;
  std::string extra_repr() const override;
  TAPER_MODULE()
};

/// Without a dimension, the first of a tensor of 0, 1 or 3 dimensions, else the second, as PyTorch.
struct Softmax : Module {
  std::optional<std::int64_t> dim;
  explicit Softmax(std::optional<std::int64_t> dimension = {}) : dim(dimension) {}
  Tensor forward(const Tensor& x) const;
  std::string extra_repr() const override;
  TAPER_MODULE()
};

struct LogSoftmax : Module {
  std::optional<std::int64_t> dim;
  explicit LogSoftmax(std::optional<std::int64_t> dimension = {}) : dim(dimension) {}
  Tensor forward(const Tensor& x) const;
  std::string extra_repr() const override;
  TAPER_MODULE()
};

}  // namespace taper::nn
