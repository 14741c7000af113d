#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/lstm.cpp"
#include "kernels/lstm.h"

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "base/parallel.h"
#include "kernels/blas.h"
#include "kernels/math.h"
#include "kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

// One step of one sequence: from the products in `gates` to the gates, the cells and the hidden state.
template <class T>
void forward_row(T* HWY_RESTRICT gates, const T* HWY_RESTRICT bias, const T* HWY_RESTRICT before, std::int64_t n,
                 T* HWY_RESTRICT cells, T* HWY_RESTRICT hidden) {
#pragma omp simd
  for (std::int64_t j = 0; j < n; ++j) {
    const T in = math::sigmoid(gates[j] + bias[j]);
    const T forget = math::sigmoid(gates[n + j] + bias[n + j]);
    const T cell = math::tanh(gates[2 * n + j] + bias[2 * n + j]);
    const T out = math::sigmoid(gates[3 * n + j] + bias[3 * n + j]);
    gates[j] = in;
    gates[n + j] = forget;
    gates[2 * n + j] = cell;
    gates[3 * n + j] = out;
    const T c = forget * before[j] + in * cell;
    cells[j] = c;
    hidden[j] = out * math::tanh(c);
  }
}

// The way back: d_hidden is the whole gradient of the hidden state; d_cells goes in as that of the cells after the step
// and out as that of those before it.
template <class T>
void backward_row(const T* HWY_RESTRICT gates, const T* HWY_RESTRICT before, const T* HWY_RESTRICT cells,
                  const T* HWY_RESTRICT d_hidden, std::int64_t n, T* HWY_RESTRICT d_cells, T* HWY_RESTRICT d_gates) {
#pragma omp simd
  for (std::int64_t j = 0; j < n; ++j) {
    const T in = gates[j];
    const T forget = gates[n + j];
    const T cell = gates[2 * n + j];
    const T out = gates[3 * n + j];
    const T shown = math::tanh(cells[j]);
    const T dc = d_cells[j] + d_hidden[j] * out * (1 - shown * shown);
    d_gates[j] = dc * cell * (1 - in) * in;
    d_gates[n + j] = dc * before[j] * (1 - forget) * forget;
    d_gates[2 * n + j] = dc * in * (1 - cell * cell);
    d_gates[3 * n + j] = d_hidden[j] * shown * (1 - out) * out;
    d_cells[j] = dc * forget;
  }
}

void forward_float(float* gates, const float* bias, const float* before, std::int64_t n, float* cells, float* hidden) {
  forward_row(gates, bias, before, n, cells, hidden);
}
void forward_double(double* gates, const double* bias, const double* before, std::int64_t n, double* cells,
                    double* hidden) {
  forward_row(gates, bias, before, n, cells, hidden);
}
void backward_float(const float* gates, const float* before, const float* cells, const float* d_hidden, std::int64_t n,
                    float* d_cells, float* d_gates) {
  backward_row(gates, before, cells, d_hidden, n, d_cells, d_gates);
}
void backward_double(const double* gates, const double* before, const double* cells, const double* d_hidden,
                     std::int64_t n, double* d_cells, double* d_gates) {
  backward_row(gates, before, cells, d_hidden, n, d_cells, d_gates);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
namespace {

HWY_EXPORT(forward_float);
HWY_EXPORT(forward_double);
HWY_EXPORT(backward_float);
HWY_EXPORT(backward_double);

using I64 = std::int64_t;

constexpr I64 worth_a_thread = 1 << 13;  // hidden units of a step

template <class T>
void forward_rows(I64 rows, I64 n, T* gates, const T* bias, const T* before, T* cells, T* hidden) {
  parallel_for(0, rows, std::max<I64>(1, worth_a_thread / std::max<I64>(n, 1)), [&](I64 begin, I64 end) {
    for (I64 r = begin; r < end; ++r) {
      if constexpr (std::is_same_v<T, float>) {
        HWY_DYNAMIC_DISPATCH(forward_float)(gates + r * 4 * n, bias, before + r * n, n, cells + r * n, hidden + r * n);
      } else {
        HWY_DYNAMIC_DISPATCH(forward_double)
        (gates + r * 4 * n, bias, before + r * n, n, cells + r * n, hidden + r * n);
      }
    }
  });
}

template <class T>
void backward_rows(I64 rows, I64 n, const T* gates, const T* before, const T* cells, const T* d_hidden, T* d_cells,
                   T* d_gates) {
  parallel_for(0, rows, std::max<I64>(1, worth_a_thread / std::max<I64>(n, 1)), [&](I64 begin, I64 end) {
    for (I64 r = begin; r < end; ++r) {
      const I64 at = r * n;
      if constexpr (std::is_same_v<T, float>) {
        HWY_DYNAMIC_DISPATCH(backward_float)
        (gates + 4 * at, before + at, cells + at, d_hidden + at, n, d_cells + at, d_gates + 4 * at);
      } else {
        HWY_DYNAMIC_DISPATCH(backward_double)
        (gates + 4 * at, before + at, cells + at, d_hidden + at, n, d_cells + at, d_gates + 4 * at);
      }
    }
  });
}

// The place in memory of the step that is taken as number `i`.
I64 place(const LstmShape& s, I64 i) { return s.reverse ? s.steps - 1 - i : i; }

}  // namespace

template <class T>
void lstm_forward(const LstmShape& s, const LstmForward<T>& x) {
  const I64 n = s.hidden;
  const T* h = x.h0;
  const T* c = x.c0;
  for (I64 i = 0; i < s.steps; ++i) {
    const I64 row = place(s, i) * s.batch;
    T* gates = x.gates + row * 4 * n;
    T* hidden = x.hidden + row * n;
    T* output = x.output + row * s.output;
    if (h) gemm<T>(false, true, s.batch, 4 * n, s.output, 1, h, s.output, x.w_hh, s.output, 1, gates, 4 * n);
    forward_rows(s.batch, n, gates, x.bias, c, x.cells + row * n, hidden);
    if (x.w_hr) gemm<T>(false, true, s.batch, s.output, n, 1, hidden, n, x.w_hr, n, 0, output, s.output);
    h = output;
    c = x.cells + row * n;
  }
}

template <class T>
void lstm_backward(const LstmShape& s, const LstmBackward<T>& x) {
  const I64 n = s.hidden;
  const I64 outputs = s.batch * s.output;
  std::vector<T> d_output(static_cast<std::size_t>(outputs));  // of the step's output, as the steps behind it want it
  std::vector<T> d_hidden(static_cast<std::size_t>(x.w_hr ? s.batch * n : 0));
  if (x.d_h) std::copy_n(x.d_h, outputs, d_output.data());
  for (I64 i = s.steps; i-- > 0;) {
    const I64 row = place(s, i) * s.batch;
    const T* before = i > 0 ? x.cells + place(s, i - 1) * s.batch * n : x.c0;
    if (x.d_output)
      for (I64 j = 0; j < outputs; ++j) d_output[static_cast<std::size_t>(j)] += x.d_output[row * s.output + j];
    if (x.w_hr) {
      std::copy_n(d_output.data(), outputs, x.d_projected + row * s.output);
      gemm<T>(false, false, s.batch, n, s.output, 1, d_output.data(), s.output, x.w_hr, n, 0, d_hidden.data(), n);
    }
    T* d_gates = x.d_gates + row * 4 * n;
    backward_rows(s.batch, n, x.gates + row * 4 * n, before, x.cells + row * n,
                  x.w_hr ? d_hidden.data() : d_output.data(), x.d_c, d_gates);
    T* d_before = i > 0 ? d_output.data() : x.d_h0;
    if (d_before)
      gemm<T>(false, false, s.batch, s.output, 4 * n, 1, d_gates, 4 * n, x.w_hh, s.output, 0, d_before, s.output);
  }
}

template void lstm_forward(const LstmShape&, const LstmForward<float>&);
template void lstm_forward(const LstmShape&, const LstmForward<double>&);
template void lstm_backward(const LstmShape&, const LstmBackward<float>&);
template void lstm_backward(const LstmShape&, const LstmBackward<double>&);

}  // namespace taper::kernels
#endif
