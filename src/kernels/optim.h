#pragma once

#include <cstdint>

// Steps of optimizers over flat arrays, with the bits of PyTorch's AVX2 build. T is float or double. Scalars are worked
// out in double and rounded to T once.
namespace taper::kernels {

struct SgdOptions {
  double lr = 0;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  bool maximize = false;
  bool first = false;  // the buffer holds nothing yet
};
/// One SGD step of n parameters. `buffer` is read and written where momentum is not 0, and may be null otherwise.
template <class T>
void sgd_step(std::int64_t n, T* param, const T* grad, T* buffer, const SgdOptions& options);

struct AdamOptions {
  double lr = 0;
  double beta1 = 0;
  double beta2 = 0;
  double eps = 0;
  double weight_decay = 0;
  bool maximize = false;
  double step = 1;  // from 1
};
/// One Adam step; m and v are the running means, `v_max` the largest v so far (amsgrad) or null.
template <class T>
void adam_step(std::int64_t n, T* param, const T* grad, T* m, T* v, T* v_max, const AdamOptions& options);

/// One SparseAdam step of the rows `rows` of [..][dim] tables, each named once; grad holds [count][dim]. No weight
/// decay.
template <class T>
void sparse_adam_step(const std::int64_t* rows, std::int64_t count, std::int64_t dim, T* param, const T* grad, T* m,
                      T* v, const AdamOptions& options);

}  // namespace taper::kernels
