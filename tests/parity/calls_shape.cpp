#include "parity/calls.h"
#include "taper/base/generator.h"
#include "taper/nn/functional.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/ops/random.h"
#include "taper/ops/shape.h"

namespace taper_test {

using namespace taper;

namespace {

using T = const Tensor&;
using Dim = std::int64_t;
using Size = std::optional<std::int64_t>;

TensorOptions of(DType dtype) { return {.dtype = dtype}; }

// random_() with no bound, one or two.
Call drawn_random() {
  return [](const Tensors& x, const Json& numbers) {
    manual_seed(numbers.at(0).get<Dim>());
    Tensor out = x.at(0).clone();
    if (numbers.size() == 1) out.random_();
    if (numbers.size() == 2) out.random_(numbers[1].get<Dim>());
    if (numbers.size() == 3) out.random_(numbers[1].get<Dim>(), numbers[2].get<Dim>());
    return Tensors{out};
  };
}

void add_random(Calls& calls) {
  calls.insert({
      {"rand", call([](Dim seed, const Shape& shape, DType dtype) {
         manual_seed(seed);
         return rand(shape, dtype);
       })},
      {"randn", call([](Dim seed, const Shape& shape, DType dtype) {
         manual_seed(seed);
         return randn(shape, dtype);
       })},
      {"randint", call([](Dim seed, Dim low, Dim high, const Shape& shape, DType dtype) {
         manual_seed(seed);
         return randint(low, high, shape, dtype);
       })},
      {"randint.plain", call([](Dim seed, Dim high, const Shape& shape) {
         manual_seed(seed);
         return randint(high, shape);
       })},
      {"randperm", call([](Dim seed, Dim n, DType dtype) {
         manual_seed(seed);
         return randperm(n, dtype);
       })},
      {"rand_like", call([](T x, Dim seed) {
         manual_seed(seed);
         return rand_like(x);
       })},
      {"randn_like", call([](T x, Dim seed) {
         manual_seed(seed);
         return randn_like(x);
       })},
      {"randint_like", call([](T x, Dim seed, Dim low, Dim high) {
         manual_seed(seed);
         return randint_like(x, low, high);
       })},
      {"bernoulli", call([](T x, Dim seed) {
         manual_seed(seed);
         return bernoulli(x);
       })},
      {"dropout", call([](T x, Dim seed, double p, bool training) {
         manual_seed(seed);
         return F::dropout(x, p, training);
       })},
      {"normal", call([](Dim seed, double mean, double std, const Shape& shape) {
         manual_seed(seed);
         return normal(mean, std, shape);
       })},
      {"normal.tensors", call([](T mean, T std, Dim seed) {
         manual_seed(seed);
         return normal(mean, std);
       })},
      {"multinomial", call([](T x, Dim seed, Dim samples, bool replacement) {
         manual_seed(seed);
         return multinomial(x, samples, replacement);
       })},
      {"exponential_", call([](T x, Dim seed, double lambda) {
         manual_seed(seed);
         return Tensor(x.clone().exponential_(lambda));
       })},
      {"log_normal_", call([](T x, Dim seed, double mean, double std) {
         manual_seed(seed);
         return Tensor(x.clone().log_normal_(mean, std));
       })},
      {"cauchy_", call([](T x, Dim seed, double median, double sigma) {
         manual_seed(seed);
         return Tensor(x.clone().cauchy_(median, sigma));
       })},
      {"geometric_", call([](T x, Dim seed, double p) {
         manual_seed(seed);
         return Tensor(x.clone().geometric_(p));
       })},
      {"random_", drawn_random()},
      {"uniform_", call([](T x, Dim seed, double from, double to) {
         manual_seed(seed);
         return Tensor(x.clone().uniform_(from, to));
       })},
      {"normal_", call([](T x, Dim seed, double mean, double std) {
         manual_seed(seed);
         return Tensor(x.clone().normal_(mean, std));
       })},
      {"bernoulli_", call([](T x, Dim seed, double p) {
         manual_seed(seed);
         return Tensor(x.clone().bernoulli_(p));
       })},
  });
}

}  // namespace

Calls create_calls() {
  Calls calls{
      {"zeros", call([](const Shape& shape, DType dtype) { return zeros(shape, dtype); })},
      {"ones", call([](const Shape& shape, DType dtype) { return ones(shape, dtype); })},
      {"full", call([](const Shape& shape, Scalar value, DType dtype) { return full(shape, value, dtype); })},
      {"full.plain", call([](const Shape& shape, Scalar value) { return full(shape, value); })},
      {"empty", call([](const Shape& shape, DType dtype) { return Tensor(empty(shape, dtype).fill_(1)); })},
      {"zeros_like", call([](T x) { return zeros_like(x); })},
      {"ones_like", call([](T x) { return ones_like(x); })},
      {"full_like", call([](T x, Scalar value) { return full_like(x, value); })},
      {"empty_like", call([](T x) { return Tensor(empty_like(x).fill_(1)); })},
      {"arange",
       call([](Scalar start, Scalar end, Scalar step, DType dtype) { return arange(start, end, step, of(dtype)); })},
      {"arange.plain", call([](Scalar start, Scalar end, Scalar step) { return arange(start, end, step); })},
      {"arange.end", call([](Scalar end) { return arange(end); })},
      {"linspace",
       call([](double start, double end, Dim steps, DType dtype) { return linspace(start, end, steps, of(dtype)); })},
      {"eye", call([](Dim n, Dim m, DType dtype) { return eye(n, m, of(dtype)); })},
      {"tensor", call([](const std::vector<double>& values, DType dtype) { return tensor(values, dtype); })},
  };
  add_random(calls);
  return calls;
}

Calls shape_calls() {
  return {
      {"view", call(&view)},
      {"reshape", call(&reshape)},
      {"transpose", call(&transpose)},
      {"permute", call(&permute)},
      {"t", call(&t)},
      {"squeeze", call([](T x) { return squeeze(x); })},
      {"squeeze.dim", call([](T x, Dim dim) { return squeeze(x, dim); })},
      {"unsqueeze", call(&unsqueeze)},
      {"expand", call(&expand)},
      {"expand_as", call([](T x, T y) { return x.expand_as(y); })},
      {"flatten", call(&flatten)},
      {"narrow", call(&narrow)},
      {"select", call(&taper::select)},
      {"slice", call([](T x, Dim dim, Size start, Size end, Dim step) { return slice(x, dim, start, end, step); })},
      {"split", call([](T x, Dim size, Dim dim) { return split(x, size, dim); })},
      {"split.sizes", call([](T x, const Shape& sizes, Dim dim) { return split(x, sizes, dim); })},
      {"chunk", call(&chunk)},
      {"unbind", call(&unbind)},
      {"cat", call(&cat)},
      {"stack", call(&stack)},
      {"flip", call(&flip)},
      {"repeat", call(&repeat)},
      {"clone", call([](T x) { return clone(x); })},
      {"contiguous", call([](T x) { return contiguous(x); })},
      {"to", call([](T x, DType dtype) { return to(x, dtype); })},
  };
}

}  // namespace taper_test
