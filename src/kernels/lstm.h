#pragma once

#include <cstdint>

// One layer of an LSTM in one direction, over all steps. Gates stand as PyTorch orders them: input, forget, cell,
// output. Results do not depend on the number of threads.
namespace taper::kernels {

/// The layer's sizes. Everything below is contiguous: [steps][batch][...] or, for a state, [batch][...].
struct LstmShape {
  std::int64_t steps;
  std::int64_t batch;
  std::int64_t features;
  std::int64_t hidden;
  std::int64_t output;  ///< the width of a step's output: the projection's, or hidden
  bool reverse;         ///< whether the steps are taken from the last to the first
};

/// What goes forward. T is float or double.
template <class T>
struct LstmForward {
  const T* x;     ///< [features]
  const T* w_ih;  ///< [4 hidden][features]
  const T* w_hh;  ///< [4 hidden][output]
  const T* w_hr;  ///< [output][hidden], or null: no projection
  const T* bias;  ///< [4 hidden]
  const T* h0;    ///< [batch][output] or null for zeros
  const T* c0;    ///< [batch][hidden]
  T* gates;       ///< [4 hidden], written
  T* cells;       ///< [hidden], written
  T* hidden;      ///< [hidden], written: before the projection; the output itself where there is none
  T* output;      ///< [output], written
};
template <class T>
void lstm_forward(const LstmShape& shape, const LstmForward<T>& x);

/// The gradients of what goes forward.
template <class T>
struct LstmBackward {
  const T* w_hh;
  const T* w_hr;
  const T* c0;
  const T* gates;  ///< as lstm_forward left them
  const T* cells;
  const T* d_output;  ///< [output] or null
  const T* d_h;       ///< of the last step's output alone, [batch][output] or null
  T* d_gates;         ///< [4 hidden]
  T* d_projected;     ///< [output], the whole gradient of each step's output; null without a projection
  T* d_h0;            ///< [batch][output] or null
  T* d_c;             ///< [batch][hidden]: of the last step's cells as it comes in, of c0 as it goes out
};
template <class T>
void lstm_backward(const LstmShape& shape, const LstmBackward<T>& x);

}  // namespace taper::kernels
