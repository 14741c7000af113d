#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/lstm.cpp"
#endif
#include "kernels/lstm.h"

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "base/parallel.h"
#include "base/pool.h"
#include "kernels/math.h"
#include "kernels/packed_product.h"
#include "kernels/simd.h"
#include "taper/base/threads.h"

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

template <class T>
void forward_row(T* gates, const T* bias, const T* before, I64 n, T* cells, T* hidden) {
  if constexpr (std::is_same_v<T, float>) {
    HWY_DYNAMIC_DISPATCH(forward_float)(gates, bias, before, n, cells, hidden);
  } else {
    HWY_DYNAMIC_DISPATCH(forward_double)(gates, bias, before, n, cells, hidden);
  }
}

template <class T>
void backward_row(const T* gates, const T* before, const T* cells, const T* d_hidden, I64 n, T* d_cells, T* d_gates) {
  if constexpr (std::is_same_v<T, float>) {
    HWY_DYNAMIC_DISPATCH(backward_float)(gates, before, cells, d_hidden, n, d_cells, d_gates);
  } else {
    HWY_DYNAMIC_DISPATCH(backward_double)(gates, before, cells, d_hidden, n, d_cells, d_gates);
  }
}

// Memory from the pool.
template <class T>
class Scratch {
 public:
  explicit Scratch(I64 count)
      : bytes_(static_cast<std::size_t>(count) * sizeof(T)), data_(static_cast<T*>(pool::allocate(bytes_))) {}
  ~Scratch() { pool::release(data_, bytes_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  operator T*() const { return data_; }

 private:
  std::size_t bytes_;
  T* data_;
};

// A weight [n][k], packed for products with it or with its transpose; nothing where there is none.
template <class T>
class Packed {
 public:
  Packed(const T* weight, I64 n, I64 k, bool transposed)
      : rows_(transposed ? k : n), columns_(transposed ? n : k), data_(weight ? packed_size(rows_, columns_) : 0) {
    if (weight) pack(rows_, columns_, transposed ? Laid<T>{weight, 1, k} : Laid<T>{weight, k, 1}, data_.operator T*());
  }
  // c = a times it for m rows, added to c where `add` is set.
  void times(I64 m, const T* a, bool add, T* c) const {
    packed_product<T>(m, columns_, rows_, a, rows_, data_, add, c, columns_);
  }

 private:
  I64 rows_;
  I64 columns_;
  Scratch<T> data_;
};

// Sequences do not know of each other: a thread takes some of them through all steps. A product's bits do not depend on
// how many go together.
template <class F>
void for_sequences(const LstmShape& s, F f) {
  constexpr I64 together = 8;  // that a product treats at once
  constexpr I64 worth_a_thread = 1 << 18;
  const I64 work = std::max<I64>(s.steps * 4 * s.hidden * (s.features + s.output), 1);
  const I64 share = std::max<I64>({worth_a_thread / work, s.batch / get_num_threads(), 1});
  parallel_for(0, s.batch, (share + together - 1) / together * together, f);
}

// The place in memory of the step that is taken as number `i`.
I64 place(const LstmShape& s, I64 i) { return s.reverse ? s.steps - 1 - i : i; }

}  // namespace

template <class T>
void lstm_forward(const LstmShape& s, const LstmForward<T>& x) {
  const I64 n = s.hidden;
  const Packed<T> w_ih(x.w_ih, 4 * n, s.features, true);
  const Packed<T> w_hh(x.w_hh, 4 * n, s.output, true);
  const Packed<T> w_hr(x.w_hr, s.output, n, true);
  for_sequences(s, [&](I64 begin, I64 end) {
    const T* h = x.h0 ? x.h0 + begin * s.output : nullptr;
    const T* c = x.c0 + begin * n;
    for (I64 i = 0; i < s.steps; ++i) {
      const I64 row = place(s, i) * s.batch + begin;
      T* gates = x.gates + row * 4 * n;
      T* cells = x.cells + row * n;
      T* hidden = x.hidden + row * n;
      T* output = x.output + row * s.output;
      w_ih.times(end - begin, x.x + row * s.features, false, gates);
      if (h) w_hh.times(end - begin, h, true, gates);
      for (I64 r = 0; r < end - begin; ++r)
        forward_row(gates + r * 4 * n, x.bias, c + r * n, n, cells + r * n, hidden + r * n);
      if (x.w_hr) w_hr.times(end - begin, hidden, false, output);
      h = output;
      c = cells;
    }
  });
}

template <class T>
void lstm_backward(const LstmShape& s, const LstmBackward<T>& x) {
  const I64 n = s.hidden;
  const Packed<T> w_hh(x.w_hh, 4 * n, s.output, false);
  const Packed<T> w_hr(x.w_hr, s.output, n, false);
  for_sequences(s, [&](I64 begin, I64 end) {
    const I64 rows = end - begin;
    const I64 outputs = rows * s.output;
    const Scratch<T> d_output(outputs);  // of the step's output, as the steps behind it want it
    const Scratch<T> d_hidden(x.w_hr ? rows * n : 0);
    T* d_c = x.d_c + begin * n;
    if (x.d_h) {
      std::copy_n(x.d_h + begin * s.output, outputs, d_output.operator T*());
    } else {
      std::fill_n(d_output.operator T*(), outputs, T{0});
    }
    for (I64 i = s.steps; i-- > 0;) {
      const I64 row = place(s, i) * s.batch + begin;
      const T* before = (i > 0 ? x.cells + place(s, i - 1) * s.batch * n : x.c0) + begin * n;
      const T* gates = x.gates + row * 4 * n;
      const T* cells = x.cells + row * n;
      T* d_gates = x.d_gates + row * 4 * n;
      if (x.d_output)
        for (I64 j = 0; j < outputs; ++j) d_output[j] += x.d_output[row * s.output + j];
      if (x.w_hr) {
        std::copy_n(d_output.operator T*(), outputs, x.d_projected + row * s.output);
        w_hr.times(rows, d_output, false, d_hidden);
      }
      const T* of_hidden = x.w_hr ? d_hidden : d_output;
      for (I64 r = 0; r < rows; ++r)
        backward_row(gates + r * 4 * n, before + r * n, cells + r * n, of_hidden + r * n, n, d_c + r * n,
                     d_gates + r * 4 * n);
      if (i > 0) {
        w_hh.times(rows, d_gates, false, d_output);
      } else if (x.d_h0) {
        w_hh.times(rows, d_gates, false, x.d_h0 + begin * s.output);
      }
    }
  });
}

template void lstm_forward(const LstmShape&, const LstmForward<float>&);
template void lstm_forward(const LstmShape&, const LstmForward<double>&);
template void lstm_backward(const LstmShape&, const LstmBackward<float>&);
template void lstm_backward(const LstmShape&, const LstmBackward<double>&);

}  // namespace taper::kernels
#endif
