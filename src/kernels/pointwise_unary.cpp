#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pointwise_unary.cpp"
#endif
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "kernels/inverse_erf.h"
#include "kernels/math.h"
#include "kernels/pointwise.h"
#include "kernels/simd.h"
// After simd.h, and read again for each target:
#include "kernels/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

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
struct Erfinv : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return inverse_erf(x);
  }
};
struct Gelu : Plain {
  using Plain::Plain;
  template <class T>
  T operator()(T x) const {
    return x * T(0.5) * (T(1) + math::normal_erf(x));
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

const UnaryTables& make_unary_tables() {
  static const UnaryTables tables = [] {
    UnaryTables t;
    numbers<Neg>(t.neg), numbers<Abs>(t.abs), numbers<Sign>(t.sign), numbers<Square>(t.square);
    t.logical_not.loops = {&unary<LogicalNot, float, bool>, &unary<LogicalNot, double, bool>,
                           &unary<LogicalNot, std::int64_t, bool>, &unary<LogicalNot, std::int32_t, bool>,
                           &unary<LogicalNot, bool, bool>};
    floats<Exp>(t.exp), floats<Expm1>(t.expm1), floats<Log>(t.log), floats<Log1p>(t.log1p), floats<Sqrt>(t.sqrt);
    floats<Rsqrt>(t.rsqrt), floats<Reciprocal>(t.reciprocal), floats<Sin>(t.sin), floats<Cos>(t.cos);
    floats<Tanh>(t.tanh), floats<Sigmoid>(t.sigmoid), numbers<Relu>(t.relu), floats<Erf>(t.erf),
        floats<Erfinv>(t.erfinv);
    floats<Gelu>(t.gelu);
    floats<Silu>(t.silu), floats<LogSigmoid>(t.logsigmoid), numbers<Pow>(t.pow), numbers<Clamp>(t.clamp);
    floats<Softplus>(t.softplus);
    return t;
  }();
  return tables;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
HWY_EXPORT(make_unary_tables);

const UnaryTables& unary_pointwise() {
  static const UnaryTables& tables = HWY_DYNAMIC_DISPATCH(make_unary_tables)();
  return tables;
}

}  // namespace taper::kernels
#endif
