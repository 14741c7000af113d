#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/optim.cpp"
#endif
#include "kernels/optim.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "base/parallel.h"
#include "kernels/prefetch.h"
#include "kernels/simd.h"

#ifndef TAPER_KERNELS_OPTIM_ELEMENT_
#define TAPER_KERNELS_OPTIM_ELEMENT_
namespace taper::kernels {
namespace {

template <class T>
struct Rounded {
  T sign, weight_decay, keep, beta1, fresh1, beta2, fresh2, bias1, bias2, eps, step, other;
  explicit Rounded(const StepScalars& s)
      : sign(static_cast<T>(s.sign)),
        weight_decay(static_cast<T>(s.weight_decay)),
        keep(static_cast<T>(s.keep)),
        beta1(static_cast<T>(s.beta1)),
        fresh1(static_cast<T>(s.fresh1)),
        beta2(static_cast<T>(s.beta2)),
        fresh2(static_cast<T>(s.fresh2)),
        bias1(static_cast<T>(s.bias1)),
        bias2(static_cast<T>(s.bias2)),
        eps(static_cast<T>(s.eps)),
        step(static_cast<T>(s.step)),
        other(static_cast<T>(s.other)) {}
};

// One number of the parameter with all that belongs to it.
template <class T>
struct Element {
  T p, g, a, b, c;
};

// Which of a, b and c a rule reads and writes.
enum Slots : unsigned { none = 0, slot_a = 1, slot_b = 2, slot_c = 4 };

}  // namespace
}  // namespace taper::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class T>
HWY_INLINE T nan_or_larger(T x, T y) {
  return x != x || x > y ? x : y;
}

template <bool momentum, bool first, bool nesterov>
struct Sgd {
  static constexpr unsigned slots = momentum ? slot_a : none;
  template <class T>
  static HWY_INLINE void step(Element<T>& e, const Rounded<T>& s) {
    if (momentum) {
      e.a = first ? e.g : std::fma(e.g, s.fresh1, e.a * s.beta1);
      e.g = nesterov ? std::fma(e.a, s.beta1, e.g) : e.a;
    }
    e.p = std::fma(e.g, s.step, e.p);
  }
};

template <class T>
HWY_INLINE void moments(Element<T>& e, const Rounded<T>& s) {
  e.a = std::fma(e.g, s.fresh1, e.a * s.beta1);
  e.b = std::fma(s.fresh2 * e.g, e.g, e.b * s.beta2);
}

template <bool amsgrad, bool decoupled>
struct Adam {
  static constexpr unsigned slots = slot_a | slot_b | (amsgrad ? slot_c : none);
  template <class T>
  static HWY_INLINE void step(Element<T>& e, const Rounded<T>& s) {
    if (decoupled) e.p = e.p * s.keep;
    moments(e, s);
    if (amsgrad) e.c = nan_or_larger(e.b, e.c);
    e.p = e.p + (s.step * e.a) / (std::sqrt(amsgrad ? e.c : e.b) / s.bias2 + s.eps);
  }
};

struct SparseAdam {
  static constexpr unsigned slots = slot_a | slot_b;
  template <class T>
  static HWY_INLINE void step(Element<T>& e, const Rounded<T>& s) {
    e.a = e.a + (e.g - e.a) * s.fresh1;
    e.b = e.b + (e.g * e.g - e.b) * s.fresh2;
    e.p = e.p + e.a / (std::sqrt(e.b) + s.eps) * s.step;
  }
};

struct Adagrad {
  static constexpr unsigned slots = slot_a;
  template <class T>
  static HWY_INLINE void step(Element<T>& e, const Rounded<T>& s) {
    e.a = std::fma(e.g, e.g, e.a);
    e.p = e.p + (s.step * e.g) / (std::sqrt(e.a) + s.eps);
  }
};

struct AdagradRows {
  static constexpr unsigned slots = slot_a;
  template <class T>
  static HWY_INLINE void step(Element<T>& e, const Rounded<T>& s) {
    e.a = e.a + e.g * e.g;
    e.p = std::fma(e.g / (std::sqrt(e.a) + s.eps), s.step, e.p);
  }
};

template <bool centered, bool momentum>
struct RmsProp {
  static constexpr unsigned slots = slot_a | (momentum ? slot_b : none) | (centered ? slot_c : none);
  template <class T>
  static HWY_INLINE void step(Element<T>& e, const Rounded<T>& s) {
    e.a = std::fma(s.fresh2 * e.g, e.g, e.a * s.beta2);
    T square = e.a;
    if (centered) {
      e.c = std::fma(e.g, s.fresh2, e.c * s.beta2);
      square = std::fma(-e.c, e.c, square);
    }
    const T root = std::sqrt(square) + s.eps;
    if (momentum) {
      e.b = e.b * s.beta1 + e.g / root;
      e.p = std::fma(e.b, s.step, e.p);
    } else {
      e.p = e.p + (s.step * e.g) / root;
    }
  }
};

struct Adadelta {
  static constexpr unsigned slots = slot_a | slot_b;
  template <class T>
  static HWY_INLINE void step(Element<T>& e, const Rounded<T>& s) {
    e.a = std::fma(s.fresh2 * e.g, e.g, e.a * s.beta2);
    const T change = std::sqrt(e.b + s.eps) / std::sqrt(e.a + s.eps) * e.g;
    e.b = std::fma(s.fresh2 * change, change, e.b * s.beta2);
    e.p = std::fma(change, s.step, e.p);
  }
};

struct Adamax {
  static constexpr unsigned slots = slot_a | slot_b;
  template <class T>
  static HWY_INLINE void step(Element<T>& e, const Rounded<T>& s) {
    e.a = std::fma(e.g, s.fresh1, e.a * s.beta1);
    e.b = nan_or_larger(std::abs(e.g) + s.eps, e.b * s.beta2);
    e.p = e.p + (s.step * e.a) / e.b;
  }
};

struct NAdam {
  static constexpr unsigned slots = slot_a | slot_b;
  template <class T>
  static HWY_INLINE void step(Element<T>& e, const Rounded<T>& s) {
    moments(e, s);
    const T root = std::sqrt(e.b / s.bias2) + s.eps;
    e.p = e.p + (s.other * e.g) / root;
    e.p = e.p + (s.step * e.a) / root;
  }
};

template <bool rectified>
struct RAdam {
  static constexpr unsigned slots = slot_a | slot_b;
  template <class T>
  static HWY_INLINE void step(Element<T>& e, const Rounded<T>& s) {
    moments(e, s);
    T change = e.a / s.bias1 * s.step;
    if (rectified) change = change * (T{1} / (std::sqrt(e.b) + s.eps) * s.bias2) * s.other;
    e.p = e.p + change;
  }
};

template <class Rule, bool decay, class T>
void loop(std::int64_t n, T* __restrict p, const T* __restrict g, T* __restrict a, T* __restrict b, T* __restrict c,
          const Rounded<T>& scalars) {
  const Rounded<T> s = scalars;
  for (std::int64_t i = 0; i < n; ++i) {
    Element<T> e;
    e.p = p[i];
    e.g = s.sign * g[i];
    if constexpr (decay) e.g = std::fma(e.p, s.weight_decay, e.g);
    if constexpr (Rule::slots & slot_a) e.a = a[i];
    if constexpr (Rule::slots & slot_b) e.b = b[i];
    if constexpr (Rule::slots & slot_c) e.c = c[i];
    Rule::step(e, s);
    p[i] = e.p;
    if constexpr (Rule::slots & slot_a) a[i] = e.a;
    if constexpr (Rule::slots & slot_b) b[i] = e.b;
    if constexpr (Rule::slots & slot_c) c[i] = e.c;
  }
}

// Rows of a table, or where none are named one row that is all there is.
template <class T>
struct Walk {
  const std::int64_t* rows;
  std::int64_t count;
  std::int64_t dim;
  StepArrays<T> x;
  bool decay;
  Rounded<T> scalars;

  template <class Rule, bool may_decay = true>
  void run() const {
    if constexpr (may_decay)
      if (decay) return run_all<Rule, true>();
    run_all<Rule, false>();
  }

  template <class Rule, bool decays>
  void run_all() const {
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t at = rows ? rows[i] * dim : 0;
      T* a = Rule::slots & slot_a ? x.a + at : nullptr;
      T* b = Rule::slots & slot_b ? x.b + at : nullptr;
      T* c = Rule::slots & slot_c ? x.c + at : nullptr;
      loop<Rule, decays>(dim, x.param + at, x.grad + i * dim, a, b, c, scalars);
    }
  }
};

template <class T>
void walk(Rule rule, const Walk<T>& w) {
  switch (rule) {
    case Rule::sgd:
      return w.template run<Sgd<false, false, false>>();
    case Rule::sgd_first:
      return w.template run<Sgd<true, true, false>>();
    case Rule::sgd_later:
      return w.template run<Sgd<true, false, false>>();
    case Rule::nesterov_first:
      return w.template run<Sgd<true, true, true>>();
    case Rule::nesterov_later:
      return w.template run<Sgd<true, false, true>>();
    case Rule::adam:
      return w.template run<Adam<false, false>>();
    case Rule::amsgrad:
      return w.template run<Adam<true, false>>();
    case Rule::adamw:
      return w.template run<Adam<false, true>, false>();
    case Rule::adamw_amsgrad:
      return w.template run<Adam<true, true>, false>();
    case Rule::sparse_adam:
      return w.template run<SparseAdam, false>();
    case Rule::adagrad:
      return w.template run<Adagrad>();
    case Rule::adagrad_rows:
      return w.template run<AdagradRows, false>();
    case Rule::rmsprop:
      return w.template run<RmsProp<false, false>>();
    case Rule::rmsprop_momentum:
      return w.template run<RmsProp<false, true>>();
    case Rule::rmsprop_centered:
      return w.template run<RmsProp<true, false>>();
    case Rule::rmsprop_centered_momentum:
      return w.template run<RmsProp<true, true>>();
    case Rule::adadelta:
      return w.template run<Adadelta>();
    case Rule::adamax:
      return w.template run<Adamax>();
    case Rule::nadam:
      return w.template run<NAdam>();
    case Rule::radam:
      return w.template run<RAdam<false>>();
    case Rule::radam_rectified:
      return w.template run<RAdam<true>>();
  }
}

// The flags are as wide as the numbers, for the compiler's sake.
template <class T>
Rests idle_row(std::int64_t dim, T* __restrict p, T* __restrict a, T* __restrict b, const Rounded<T>& scalars,
               T least) {
  using Flag = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  const Rounded<T> s = scalars;
  const T precision = std::numeric_limits<T>::epsilon() / 16;
  Flag changes = 0;
  Flag moves = 0;
  for (std::int64_t i = 0; i < dim; ++i) {
    Element<T> e{p[i], s.sign * T{0}, a[i], b[i], T{0}};
    Adam<false, false>::step(e, s);
    const T change = std::abs((s.step * e.a) / (std::sqrt(e.b) / s.bias2 + s.eps));
    const T bound = change > least ? change : least;
    const Flag changing = e.a == T{0} ? 0 : 1;
    const Flag visible = bound <= std::abs(e.p) * precision ? 0 : 1;
    changes |= changing;
    moves |= changing & visible;
    p[i] = e.p;
    a[i] = e.a;
    b[i] = e.b;
  }
  return moves != 0 ? Rests::no : changes != 0 ? Rests::while_changes_shrink : Rests::with_no_change;
}

template <class T>
void idle_rows(const std::int64_t* rows, std::int64_t count, std::int64_t dim, const StepArrays<T>& x,
               const Rounded<T>& s, T least, Rests* rests) {
  const std::int64_t bytes = dim * static_cast<std::int64_t>(sizeof(T));
  const RowPrefetch params(x.param, bytes, rows, count);
  const RowPrefetch as(x.a, bytes, rows, count);
  const RowPrefetch bs(x.b, bytes, rows, count);
  for (std::int64_t i = 0; i < count; ++i) {
    params.at(i);
    as.at(i);
    bs.at(i);
    const std::int64_t at = rows[i] * dim;
    rests[i] = idle_row(dim, x.param + at, x.a + at, x.b + at, s, least);
  }
}

// x = x * beta, `times` times or until it changes no more, but for the sign of a 0, which is that of x + zero.
template <class T>
void decay(T* x, std::int64_t dim, T beta, T zero, std::int64_t times) {
  constexpr std::int64_t width = 256 / sizeof(T);  // few enough to stay in registers, enough to hide a product's wait
  for (std::int64_t from = 0; from < dim; from += width) {
    const std::int64_t n = std::min(width, dim - from);
    T y[width] = {};
    std::copy_n(x + from, n, y);
    for (std::int64_t left = times; left > 0; left -= 64) {
      T last[width];
      std::copy_n(y, width, last);
      for (std::int64_t k = std::min<std::int64_t>(left, 64); k > 0; --k)
        for (std::int64_t i = 0; i < width; ++i) y[i] = y[i] * beta;
      if (std::equal(y, y + width, last)) break;
    }
    for (std::int64_t i = 0; i < n; ++i) x[from + i] = y[i] + zero;
  }
}

void idle_float(const std::int64_t* rows, std::int64_t count, std::int64_t dim, const StepArrays<float>& x,
                const StepScalars& s, double least, Rests* rests) {
  idle_rows(rows, count, dim, x, Rounded<float>(s), static_cast<float>(least), rests);
}
void idle_double(const std::int64_t* rows, std::int64_t count, std::int64_t dim, const StepArrays<double>& x,
                 const StepScalars& s, double least, Rests* rests) {
  idle_rows(rows, count, dim, x, Rounded<double>(s), least, rests);
}
void decay_float(float* x, std::int64_t dim, float beta, float zero, std::int64_t times) {
  decay(x, dim, beta, zero, times);
}
void decay_double(double* x, std::int64_t dim, double beta, double zero, std::int64_t times) {
  decay(x, dim, beta, zero, times);
}

void walk_float(Rule rule, const std::int64_t* rows, std::int64_t count, std::int64_t dim, const StepArrays<float>& x,
                const StepScalars& s) {
  walk(rule, Walk<float>{rows, count, dim, x, s.weight_decay != 0, Rounded<float>(s)});
}
void walk_double(Rule rule, const std::int64_t* rows, std::int64_t count, std::int64_t dim, const StepArrays<double>& x,
                 const StepScalars& s) {
  walk(rule, Walk<double>{rows, count, dim, x, s.weight_decay != 0, Rounded<double>(s)});
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
namespace {

HWY_EXPORT(walk_float);
HWY_EXPORT(walk_double);
HWY_EXPORT(idle_float);
HWY_EXPORT(idle_double);
HWY_EXPORT(decay_float);
HWY_EXPORT(decay_double);

constexpr std::int64_t piece = 1 << 14;  // elements

template <class T>
auto walk_of() {
  if constexpr (std::is_same_v<T, float>) {
    return HWY_DYNAMIC_DISPATCH(walk_float);
  } else {
    return HWY_DYNAMIC_DISPATCH(walk_double);
  }
}

}  // namespace

template <class T>
void adam_step_idle(const std::int64_t* rows, std::int64_t count, std::int64_t dim, const StepArrays<T>& x,
                    const StepScalars& scalars, double least, Rests* rests) {
  const auto idle = [] {
    if constexpr (std::is_same_v<T, float>)
      return HWY_DYNAMIC_DISPATCH(idle_float);
    else
      return HWY_DYNAMIC_DISPATCH(idle_double);
  }();
  const std::int64_t rows_at_once = std::max<std::int64_t>(1, piece / std::max<std::int64_t>(dim, 1));
  parallel_for(0, count, rows_at_once, [&](std::int64_t begin, std::int64_t end) {
    idle(rows + begin, end - begin, dim, x, scalars, least, rests + begin);
  });
}

template <class T>
void adam_catch_up(const std::int64_t* rows, const std::int64_t* missed, std::int64_t count, std::int64_t dim, T* a,
                   T* b, const StepScalars& s) {
  const auto decay = [] {
    if constexpr (std::is_same_v<T, float>)
      return HWY_DYNAMIC_DISPATCH(decay_float);
    else
      return HWY_DYNAMIC_DISPATCH(decay_double);
  }();
  parallel_for(0, count, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      if (missed[i] == 0) continue;
      decay(a + rows[i] * dim, dim, static_cast<T>(s.beta1), static_cast<T>(s.sign * 0), missed[i]);
      decay(b + rows[i] * dim, dim, static_cast<T>(s.beta2), T{0}, missed[i]);
    }
  });
}

template <class T>
void optimizer_step(Rule rule, std::int64_t n, const StepArrays<T>& x, const StepScalars& scalars) {
  const auto walk = walk_of<T>();
  parallel_for(0, n, piece, [&](std::int64_t begin, std::int64_t end) {
    const auto from = [begin](T* slot) { return slot ? slot + begin : nullptr; };
    walk(rule, nullptr, 1, end - begin, {x.param + begin, x.grad + begin, from(x.a), from(x.b), from(x.c)}, scalars);
  });
}

template <class T>
void optimizer_step_rows(Rule rule, const std::int64_t* rows, std::int64_t count, std::int64_t dim,
                         const StepArrays<T>& x, const StepScalars& scalars) {
  const auto walk = walk_of<T>();
  const std::int64_t rows_at_once = std::max<std::int64_t>(1, piece / std::max<std::int64_t>(dim, 1));
  parallel_for(0, count, rows_at_once, [&](std::int64_t begin, std::int64_t end) {
    walk(rule, rows + begin, end - begin, dim, {x.param, x.grad + begin * dim, x.a, x.b, x.c}, scalars);
  });
}

using I64 = std::int64_t;
template void optimizer_step(Rule, I64, const StepArrays<float>&, const StepScalars&);
template void optimizer_step(Rule, I64, const StepArrays<double>&, const StepScalars&);
template void optimizer_step_rows(Rule, const I64*, I64, I64, const StepArrays<float>&, const StepScalars&);
template void optimizer_step_rows(Rule, const I64*, I64, I64, const StepArrays<double>&, const StepScalars&);

template void adam_step_idle(const std::int64_t*, std::int64_t, std::int64_t, const StepArrays<float>&,
                             const StepScalars&, double, Rests*);
template void adam_step_idle(const std::int64_t*, std::int64_t, std::int64_t, const StepArrays<double>&,
                             const StepScalars&, double, Rests*);
template void adam_catch_up(const std::int64_t*, const std::int64_t*, std::int64_t, std::int64_t, float*, float*,
                            const StepScalars&);
template void adam_catch_up(const std::int64_t*, const std::int64_t*, std::int64_t, std::int64_t, double*, double*,
                            const StepScalars&);

}  // namespace taper::kernels
#endif
