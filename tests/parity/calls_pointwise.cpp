#include "parity/calls.h"
#include "taper/ops/close.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"

namespace taper_test {

using namespace taper;

namespace {

using Unary = Tensor (*)(const Tensor&);
using Binary = Tensor (*)(const Tensor&, const Tensor&);

// Changes a copy in place.
template <class... P>
Call in_place(Tensor& (Tensor::*f)(P...)) {
  return call([f](const Tensor& x, P... rest) {
    Tensor copy = x.clone();
    return Tensor((copy.*f)(rest...));
  });
}

void add_operators(Calls& calls) {
  using T = const Tensor&;
  calls.insert({
      {"operator-.one", call(Unary([](T x) { return -x; }))},
      {"operator~", call(Unary([](T x) { return ~x; }))},
      {"operator+", call(Binary([](T a, T b) { return a + b; }))},
      {"operator-", call(Binary([](T a, T b) { return a - b; }))},
      {"operator*", call(Binary([](T a, T b) { return a * b; }))},
      {"operator/", call(Binary([](T a, T b) { return a / b; }))},
      {"operator==", call(Binary([](T a, T b) { return a == b; }))},
      {"operator!=", call(Binary([](T a, T b) { return a != b; }))},
      {"operator<", call(Binary([](T a, T b) { return a < b; }))},
      {"operator<=", call(Binary([](T a, T b) { return a <= b; }))},
      {"operator>", call(Binary([](T a, T b) { return a > b; }))},
      {"operator>=", call(Binary([](T a, T b) { return a >= b; }))},
      {"operator&", call(Binary([](T a, T b) { return a & b; }))},
      {"operator|", call(Binary([](T a, T b) { return a | b; }))},
      {"operator+.number", call([](T a, Scalar b) { return a + b; })},
      {"operator-.number", call([](T a, Scalar b) { return a - b; })},
      {"operator*.number", call([](T a, Scalar b) { return a * b; })},
      {"operator/.number", call([](T a, Scalar b) { return a / b; })},
      {"operator==.number", call([](T a, Scalar b) { return a == b; })},
      {"operator!=.number", call([](T a, Scalar b) { return a != b; })},
      {"operator<.number", call([](T a, Scalar b) { return a < b; })},
      {"operator<=.number", call([](T a, Scalar b) { return a <= b; })},
      {"operator>.number", call([](T a, Scalar b) { return a > b; })},
      {"operator>=.number", call([](T a, Scalar b) { return a >= b; })},
      {"operator+.to_number", call([](T a, Scalar b) { return b + a; })},
      {"operator-.to_number", call([](T a, Scalar b) { return b - a; })},
      {"operator*.to_number", call([](T a, Scalar b) { return b * a; })},
      {"operator/.to_number", call([](T a, Scalar b) { return b / a; })},
  });
}

void add_in_place(Calls& calls) {
  using OfTensor = Tensor& (Tensor::*)(const Tensor&);
  using OfNumber = Tensor& (Tensor::*)(Scalar);
  calls.insert({
      {"add_", in_place(OfTensor(&Tensor::add_))},
      {"sub_", in_place(OfTensor(&Tensor::sub_))},
      {"mul_", in_place(OfTensor(&Tensor::mul_))},
      {"div_", in_place(OfTensor(&Tensor::div_))},
      {"add_.number", in_place(OfNumber(&Tensor::add_))},
      {"sub_.number", in_place(OfNumber(&Tensor::sub_))},
      {"mul_.number", in_place(OfNumber(&Tensor::mul_))},
      {"div_.number", in_place(OfNumber(&Tensor::div_))},
      {"pow_", in_place(&Tensor::pow_)},
      {"neg_", in_place(&Tensor::neg_)},
      {"exp_", in_place(&Tensor::exp_)},
      {"log_", in_place(&Tensor::log_)},
      {"sqrt_", in_place(&Tensor::sqrt_)},
      {"abs_", in_place(&Tensor::abs_)},
      {"tanh_", in_place(&Tensor::tanh_)},
      {"sigmoid_", in_place(&Tensor::sigmoid_)},
      {"relu_", in_place(&Tensor::relu_)},
      {"clamp_", in_place(&Tensor::clamp_)},
      {"masked_fill_", in_place(&Tensor::masked_fill_)},
      {"zero_", in_place(&Tensor::zero_)},
      {"fill_", in_place(&Tensor::fill_)},
      {"copy_", in_place(&Tensor::copy_)},
  });
}

}  // namespace

Calls pointwise_calls() {
  using T = const Tensor&;
  Calls calls{
      {"neg", call(&neg)},
      {"square", call(&square)},
      {"abs", call(&taper::abs)},
      {"sign", call(&sign)},
      {"reciprocal", call(&reciprocal)},
      {"sqrt", call(Unary(&sqrt))},
      {"rsqrt", call(&rsqrt)},
      {"exp", call(Unary(&exp))},
      {"expm1", call(Unary(&expm1))},
      {"log", call(Unary(&log))},
      {"log1p", call(Unary(&log1p))},
      {"sin", call(Unary(&sin))},
      {"cos", call(Unary(&cos))},
      {"tanh", call(Unary(&tanh))},
      {"sigmoid", call(&sigmoid)},
      {"relu", call(&relu)},
      {"erf", call(Unary(&erf))},
      {"gelu", call([](T x, const std::string& approximate) { return gelu(x, approximate); })},
      {"silu", call(&silu)},
      {"softplus", call(&softplus)},
      {"logsigmoid", call(&logsigmoid)},
      {"clamp", call(&clamp)},
      {"erfinv", call(&erfinv)},
      {"isclose", call([](T a, T b) { return isclose(a, b); })},
      {"allclose", call([](T a, T b) { return tensor(allclose(a, b)); })},
      {"equal", call([](T a, T b) { return tensor(equal(a, b)); })},
      {"isnan", call(Unary(&taper::isnan))},
      {"logical_not", call(&logical_not)},
      {"add", call(&add)},
      {"sub", call(&sub)},
      {"mul", call(&mul)},
      {"div", call(Binary(&taper::div))},
      {"maximum", call(&maximum)},
      {"minimum", call(&minimum)},
      {"pow.tensors", call(Binary(&pow))},
      {"pow.number", call([](T x, Scalar p) { return pow(x, p); })},
      {"pow.of_number", call([](T x, Scalar base) { return pow(base, x); })},
      {"eq", call(Binary(&eq))},
      {"ne", call(Binary(&ne))},
      {"lt", call(Binary(&lt))},
      {"le", call(Binary(&le))},
      {"gt", call(Binary(&gt))},
      {"ge", call(Binary(&ge))},
      {"logical_and", call(&logical_and)},
      {"logical_or", call(&logical_or)},
      {"where", call([](T condition, T a, T b) { return where(condition, a, b); })},
      {"where.tensor_number", call([](T condition, T a, Scalar b) { return where(condition, a, b); })},
      {"where.number_tensor", call([](T condition, T b, Scalar a) { return where(condition, a, b); })},
      {"masked_fill", call(&masked_fill)},
      {"masked_fill.whole", call(&masked_fill)},
      {"lerp.number", call([](T a, T b, Scalar weight) { return lerp(a, b, weight); })},
      {"lerp.tensor", call([](T a, T b, T weight) { return lerp(a, b, weight); })},
  };
  add_operators(calls);
  add_in_place(calls);
  return calls;
}

}  // namespace taper_test
