#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pointwise_binary.cpp"
#endif
#include <cmath>
#include <type_traits>

#include "kernels/math.h"
#include "kernels/pointwise.h"
#include "kernels/simd.h"
// After simd.h, and read again for each target:
#include "kernels/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

struct Add : ByNumber {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_same_v<T, bool>)
      return a || b;
    else
      return a + b;
  }
};
struct Sub : ByNumber {
  template <class T>
  T operator()(T a, T b) const {
    return a - b;
  }
};
struct Mul : ByNumber {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_same_v<T, bool>)
      return a && b;
    else
      return a * b;
  }
};
struct Div : ByNumber {
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
// Of a gradient g and the input x or the result y, in the order of operations in which ops/unary.cpp writes the same.
struct TanhBackward {
  template <class T>
  T operator()(T g, T y) const {
    return g * (T(1) - y * y);
  }
};
struct SigmoidBackward {
  template <class T>
  T operator()(T g, T y) const {
    return g * (T(1) - y) * y;
  }
};
struct ReluBackward {
  template <class T>
  T operator()(T g, T y) const {
    return y <= T(0) ? T(0) : g;
  }
};
struct GeluBackward {
  template <class T>
  T operator()(T g, T x) const {
    const math::Normal<T> n = math::normal(x);
    return g * (n.below + x * n.density);
  }
};
struct SiluBackward {
  template <class T>
  T operator()(T g, T x) const {
    const T s = math::sigmoid(x);
    return g * (s * (T(1) + x * (T(1) - s)));
  }
};
struct LogSigmoidBackward {
  template <class T>
  T operator()(T g, T x) const {
    return g * math::sigmoid(-x);
  }
};
struct Where {
  template <class T>
  T operator()(bool condition, T a, T b) const {
    return condition ? a : b;
  }
};
struct BitAnd {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a & b);
  }
};
struct BitOr {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a | b);
  }
};
struct Lerp {
  template <class T>
  T operator()(T start, T end, T weight) const {
    // From the nearer end, so that weight 1 gives `end` itself.
    return weight < T(0.5) ? std::fma(weight, end - start, start) : std::fma(start - end, T(1) - weight, end);
  }
};

const BinaryTables& make_binary_tables() {
  static const BinaryTables tables = [] {
    BinaryTables t;
    everything<Add>(t.add), numbers<Sub>(t.sub), everything<Mul>(t.mul), floats<Div>(t.div),
        numbers<PowTensor>(t.pow_tensor);
    wholes<BitAnd>(t.bit_and), wholes<BitOr>(t.bit_or);
    everything<Maximum>(t.maximum), everything<Minimum>(t.minimum);
    predicate<Eq>(t.eq), predicate<Ne>(t.ne), predicate<Lt>(t.lt), predicate<Le>(t.le);
    swapped_predicate<Lt>(t.gt), swapped_predicate<Le>(t.ge);
    predicate<LogicalAnd>(t.logical_and), predicate<LogicalOr>(t.logical_or);
    floats<TanhBackward>(t.tanh_backward), floats<SigmoidBackward>(t.sigmoid_backward);
    floats<ReluBackward>(t.relu_backward), floats<GeluBackward>(t.gelu_backward);
    floats<SiluBackward>(t.silu_backward), floats<LogSigmoidBackward>(t.logsigmoid_backward);
    t.where.loops = {&ternary<Where, bool, float>, &ternary<Where, bool, double>, &ternary<Where, bool, std::int64_t>,
                     &ternary<Where, bool, std::int32_t>, &ternary<Where, bool, bool>};
    t.lerp.loops = {&ternary<Lerp, float, float>, &ternary<Lerp, double, double>};
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
HWY_EXPORT(make_binary_tables);

const BinaryTables& binary_pointwise() {
  static const BinaryTables& tables = HWY_DYNAMIC_DISPATCH(make_binary_tables)();
  return tables;
}

}  // namespace taper::kernels
#endif
