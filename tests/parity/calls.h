#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "bits.h"
#include "taper/tensor/tensor.h"

// Taper's calls of the operations in python_parity/operations/: by the entry's name, of its tensors and then its
// numbers.
namespace taper_test {

using taper::Tensor;
using Tensors = std::vector<Tensor>;
using Json = nlohmann::json;
using Call = std::function<Tensors(const Tensors&, const Json&)>;
using Calls = std::map<std::string, Call>;

namespace detail {

inline Tensors tensors(Tensor x) { return {std::move(x)}; }
inline Tensors tensors(taper::ValuesIndices x) { return {x.values, x.indices}; }
inline Tensors tensors(Tensors x) { return x; }

// Hands a sample's tensors and numbers out one after the other, as a call's parameters ask for them.
class Arguments {
 public:
  Arguments(const Tensors& tensors, const Json& numbers) : tensors_(tensors), numbers_(numbers) {}

  template <class T>
  T next() {
    if constexpr (std::is_same_v<T, Tensor>)
      return tensors_.at(static_cast<std::size_t>(tensor_++));
    else if constexpr (std::is_same_v<T, Tensors>)
      return Tensors(tensors_.begin() + tensor_, tensors_.end());
    else
      return as<T>(numbers_.at(number_++));
  }

 private:
  template <class T>
  static T as(const Json& x) {
    if constexpr (std::is_same_v<T, taper::Scalar>)
      return scalar(x);
    else if constexpr (std::is_same_v<T, taper::DType>)
      return dtype_named(x);
    else if constexpr (std::is_same_v<T, taper::Shape>)
      return taper::Shape(x.get<std::vector<std::int64_t>>());
    else if constexpr (std::is_same_v<T, std::optional<double>>)
      return x.is_null() ? T() : T(real(x));
    else if constexpr (std::is_same_v<T, std::optional<std::int64_t>>)
      return x.is_null() ? T() : T(x.get<std::int64_t>());
    else if constexpr (std::is_same_v<T, double>)
      return real(x);
    else
      return x.get<T>();
  }
  static double real(const Json& x) {
    if (!x.is_string()) return x.get<double>();
    return x == "inf" ? INFINITY : -INFINITY;
  }
  static taper::Scalar scalar(const Json& x) {
    if (x.is_boolean()) return x.get<bool>();
    if (x.is_number_integer()) return x.get<std::int64_t>();
    return real(x);
  }

  const Tensors& tensors_;
  const Json& numbers_;
  std::ptrdiff_t tensor_ = 0;
  std::size_t number_ = 0;
};

template <class F, class R, class... P>
Call bind(F f, R (*)(P...)) {
  return [f](const Tensors& inputs, const Json& numbers) {
    Arguments arguments(inputs, numbers);
    // Braces are read from left to right.
    const std::tuple<std::decay_t<P>...> values{arguments.next<std::decay_t<P>>()...};
    return tensors(std::apply(f, values));
  };
}

template <class F, class R, class... P>
R (*signature(R (F::*)(P...) const))
(P...);

}  // namespace detail

/// A function or a lambda, its parameters being tensors and then numbers.
template <class R, class... P>
Call call(R (*f)(P...)) {
  return detail::bind(f, f);
}
template <class F>
Call call(F f) {
  return detail::bind(f, decltype(detail::signature(&F::operator())){nullptr});
}

Calls pointwise_calls();
Calls reduce_calls();
Calls matmul_calls();
Calls shape_calls();
Calls index_calls();
Calls loss_calls();
Calls create_calls();
Calls recurrent_calls();

}  // namespace taper_test
