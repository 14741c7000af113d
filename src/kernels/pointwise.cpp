#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pointwise.cpp"
#include "kernels/pointwise.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "kernels/math.h"
#include "kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

// An operand may be the output itself, element for element, so each loop may be taken as free of dependences.
template <class F, class In, class Out>
void unary(std::int64_t n, void* out, std::int64_t so, const void* x, std::int64_t sx, const double* parameters) {
  const F f(parameters);
  auto* o = static_cast<Out*>(out);
  const auto* a = static_cast<const In*>(x);
  if (so == 1 && sx == 1) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) o[i] = f(a[i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i) o[i * so] = f(a[i * sx]);
  }
}

template <class F, class In, class Out>
void binary(std::int64_t n, void* out, std::int64_t so, const void* x, std::int64_t sx, const void* y,
            std::int64_t sy) {
  const F f;
  auto* o = static_cast<Out*>(out);
  const auto* a = static_cast<const In*>(x);
  const auto* b = static_cast<const In*>(y);
  if (so == 1 && sx == 1 && sy == 1) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) o[i] = f(a[i], b[i]);
  } else if (so == 1 && sx == 1 && sy == 0) {
    const In v = *b;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) o[i] = f(a[i], v);
  } else if (so == 1 && sx == 0 && sy == 1) {
    const In v = *a;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) o[i] = f(v, b[i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i) o[i * so] = f(a[i * sx], b[i * sy]);
  }
}

template <class F, class First, class T>
void ternary(std::int64_t n, void* out, std::int64_t so, const void* x, std::int64_t sx, const void* y, std::int64_t sy,
             const void* z, std::int64_t sz) {
  const F f;
  auto* o = static_cast<T*>(out);
  const auto* a = static_cast<const First*>(x);
  const auto* b = static_cast<const T*>(y);
  const auto* c = static_cast<const T*>(z);
  for (std::int64_t i = 0; i < n; ++i) o[i * so] = f(a[i * sx], b[i * sy], c[i * sz]);
}

template <class In, class Out>
void cast_loop(std::int64_t n, void* out, std::int64_t so, const void* x, std::int64_t sx) {
  auto* o = static_cast<Out*>(out);
  const auto* a = static_cast<const In*>(x);
  if (so == 1 && sx == 1) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) o[i] = static_cast<Out>(a[i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i) o[i * so] = static_cast<Out>(a[i * sx]);
  }
}

// A functor without parameters.
struct Plain {
  Plain() = default;
  explicit Plain(const double*) {}
};

struct Neg : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return static_cast<T>(-x);
  }
};
struct Abs : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return static_cast<T>(std::abs(x));
  }
};
struct Sign : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_floating_point_v<T>)
      return x > 0 ? T(1) : x < 0 ? T(-1) : T(0);
    else
      return static_cast<T>((x > 0) - (x < 0));
  }
};
struct Square : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return static_cast<T>(x * x);
  }
};
struct LogicalNot : Plain {
  using Plain::Plain;
  template <class T>
  bool operator()(T x) const {
    return x == T(0);
  }
};
struct Exp : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return math::exp(x);
  }
};
struct Expm1 : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return math::expm1(x);
  }
};
struct Log : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return math::log(x);
  }
};
struct Log1p : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return math::log1p(x);
  }
};
struct Sqrt : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return std::sqrt(x);
  }
};
struct Rsqrt : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return T(1) / std::sqrt(x);
  }
};
struct Reciprocal : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return T(1) / x;
  }
};
struct Sin : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return std::sin(x);
  }
};
struct Cos : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return std::cos(x);
  }
};
struct Tanh : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return math::tanh(x);
  }
};
struct Sigmoid : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return math::sigmoid(x);
  }
};
struct Relu : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return x < T(0) ? T(0) : x;  // NaN stays NaN
  }
};
struct Erf : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return math::erf(x);
  }
};
struct Gelu : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return x * T(0.5) * (T(1) + math::erf(x * T(0.70710678118654752440)));
  }
};
struct Silu : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return x / (T(1) + math::exp(-x));
  }
};
struct LogSigmoid : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return std::min(x, T(0)) - math::log1p(math::exp(-std::abs(x)));
  }
};

// By squaring, modulo 2^64.
template <class T>
T whole_power(T base, std::uint64_t exponent) {
  T result = 1;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1U) result = static_cast<T>(static_cast<std::uint64_t>(result) * static_cast<std::uint64_t>(base));
    base = static_cast<T>(static_cast<std::uint64_t>(base) * static_cast<std::uint64_t>(base));
  }
  return result;
}

struct Pow {
  double exponent;
  explicit Pow(const double* p) : exponent(p[0]) {}
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_floating_point_v<T>)
      return std::pow(x, static_cast<T>(exponent));
    else
      return whole_power(x, static_cast<std::uint64_t>(exponent));
  }
};
struct Clamp {
  double least, greatest;
  explicit Clamp(const double* p) : least(p[0]), greatest(p[1]) {}
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_floating_point_v<T>) {
      const T low = static_cast<T>(least);
      const T high = static_cast<T>(greatest);
      const T raised = x < low ? low : x;
      return raised > high ? high : raised;
    } else {
      const auto raised = static_cast<double>(x) < least ? least : static_cast<double>(x);
      return raised > greatest ? static_cast<T>(greatest) : raised > static_cast<double>(x) ? static_cast<T>(least) : x;
    }
  }
};
struct Softplus {
  double beta, threshold;
  explicit Softplus(const double* p) : beta(p[0]), threshold(p[1]) {}
  template <class T>
  T operator()(T x) const {
    const T scaled = x * static_cast<T>(beta);
    return scaled > static_cast<T>(threshold) ? x : math::log1p(math::exp(scaled)) / static_cast<T>(beta);
  }
};

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_same_v<T, bool>)
      return a || b;
    else
      return a + b;
  }
};
struct Sub {
  template <class T>
  T operator()(T a, T b) const {
    return a - b;
  }
};
struct Mul {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_same_v<T, bool>)
      return a && b;
    else
      return a * b;
  }
};
struct Div {
  template <class T>
  T operator()(T a, T b) const {
    return a / b;
  }
};
struct PowTensor {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {
      return std::pow(a, b);
    } else {
      if (b >= 0) return whole_power(a, static_cast<std::uint64_t>(b));
      if (a == 1) return 1;
      return a == -1 ? static_cast<T>(b % 2 == 0 ? 1 : -1) : T{0};  // the fraction's whole part
    }
  }
};
struct Maximum {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>)
      if (a != a) return a;
    return a > b ? a : b;  // a NaN in b stays, too
  }
};
struct Minimum {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>)
      if (a != a) return a;
    return a < b ? a : b;
  }
};
struct Eq {
  template <class T>
  bool operator()(T a, T b) const {
    return a == b;
  }
};
struct Ne {
  template <class T>
  bool operator()(T a, T b) const {
    return a != b;
  }
};
struct Lt {
  template <class T>
  bool operator()(T a, T b) const {
    return a < b;
  }
};
struct Le {
  template <class T>
  bool operator()(T a, T b) const {
    return a <= b;
  }
};
struct Gt {
  template <class T>
  bool operator()(T a, T b) const {
    return a > b;
  }
};
struct Ge {
  template <class T>
  bool operator()(T a, T b) const {
    return a >= b;
  }
};
struct LogicalAnd {
  template <class T>
  bool operator()(T a, T b) const {
    return a != T(0) && b != T(0);
  }
};
struct LogicalOr {
  template <class T>
  bool operator()(T a, T b) const {
    return a != T(0) || b != T(0);
  }
};
struct Where {
  template <class T>
  T operator()(bool condition, T a, T b) const {
    return condition ? a : b;
  }
};
struct Lerp {
  template <class T>
  T operator()(T start, T end, T weight) const {
    // From the nearer end, so that weight 1 gives `end` itself.
    return std::abs(weight) < T(0.5) ? start + weight * (end - start) : end - (end - start) * (T(1) - weight);
  }
};

template <class F>
void floats(Unary& table) {
  table.loops[0] = &unary<F, float, float>;
  table.loops[1] = &unary<F, double, double>;
}
template <class F>
void numbers(Unary& table) {
  floats<F>(table);
  table.loops[2] = &unary<F, std::int64_t, std::int64_t>;
  table.loops[3] = &unary<F, std::int32_t, std::int32_t>;
}
template <class F>
void floats(Binary& table) {
  table.loops[0] = &binary<F, float, float>;
  table.loops[1] = &binary<F, double, double>;
}
template <class F>
void numbers(Binary& table) {
  floats<F>(table);
  table.loops[2] = &binary<F, std::int64_t, std::int64_t>;
  table.loops[3] = &binary<F, std::int32_t, std::int32_t>;
}
template <class F>
void everything(Binary& table) {
  numbers<F>(table);
  table.loops[4] = &binary<F, bool, bool>;
}
template <class F>
void predicate(Binary& table) {
  table.loops = {&binary<F, float, bool>, &binary<F, double, bool>, &binary<F, std::int64_t, bool>,
                 &binary<F, std::int32_t, bool>, &binary<F, bool, bool>};
}

const PointwiseTables& make_tables() {
  static const PointwiseTables tables = [] {
    PointwiseTables t;
    numbers<Neg>(t.neg), numbers<Abs>(t.abs), numbers<Sign>(t.sign), numbers<Square>(t.square);
    t.logical_not.loops = {&unary<LogicalNot, float, bool>, &unary<LogicalNot, double, bool>,
                           &unary<LogicalNot, std::int64_t, bool>, &unary<LogicalNot, std::int32_t, bool>,
                           &unary<LogicalNot, bool, bool>};
    floats<Exp>(t.exp), floats<Expm1>(t.expm1), floats<Log>(t.log), floats<Log1p>(t.log1p), floats<Sqrt>(t.sqrt);
    floats<Rsqrt>(t.rsqrt), floats<Reciprocal>(t.reciprocal), floats<Sin>(t.sin), floats<Cos>(t.cos);
    floats<Tanh>(t.tanh), floats<Sigmoid>(t.sigmoid), numbers<Relu>(t.relu), floats<Erf>(t.erf), floats<Gelu>(t.gelu);
    floats<Silu>(t.silu), floats<LogSigmoid>(t.logsigmoid), numbers<Pow>(t.pow), numbers<Clamp>(t.clamp);
    floats<Softplus>(t.softplus);
    everything<Add>(t.add), numbers<Sub>(t.sub), everything<Mul>(t.mul), floats<Div>(t.div),
        numbers<PowTensor>(t.pow_tensor);
    everything<Maximum>(t.maximum), everything<Minimum>(t.minimum);
    predicate<Eq>(t.eq), predicate<Ne>(t.ne), predicate<Lt>(t.lt), predicate<Le>(t.le), predicate<Gt>(t.gt);
    predicate<Ge>(t.ge), predicate<LogicalAnd>(t.logical_and), predicate<LogicalOr>(t.logical_or);
    t.where.loops = {&ternary<Where, bool, float>, &ternary<Where, bool, double>, &ternary<Where, bool, std::int64_t>,
                     &ternary<Where, bool, std::int32_t>, &ternary<Where, bool, bool>};
    t.lerp.loops = {&ternary<Lerp, float, float>, &ternary<Lerp, double, double>};
    return t;
  }();
  return tables;
}

template <class In>
CastLoop cast_from(DType to) {
  constexpr CastLoop loops[] = {&cast_loop<In, float>, &cast_loop<In, double>, &cast_loop<In, std::int64_t>,
                                &cast_loop<In, std::int32_t>, &cast_loop<In, bool>};
  return loops[static_cast<std::size_t>(to)];
}

CastLoop find_cast(DType from, DType to) {
  switch (from) {
    case DType::float32:
      return cast_from<float>(to);
    case DType::float64:
      return cast_from<double>(to);
    case DType::int64:
      return cast_from<std::int64_t>(to);
    case DType::int32:
      return cast_from<std::int32_t>(to);
    case DType::bool_:
      break;
  }
  return cast_from<bool>(to);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
HWY_EXPORT(make_tables);
HWY_EXPORT(find_cast);

const PointwiseTables& pointwise() {
  static const PointwiseTables& tables = HWY_DYNAMIC_DISPATCH(make_tables)();
  return tables;
}

CastLoop cast(DType from, DType to) { return HWY_DYNAMIC_DISPATCH(find_cast)(from, to); }

}  // namespace taper::kernels
#endif
