#include "parity/calls.h"
#include "taper/nn/functional.h"
#include "taper/ops/matmul.h"
#include "taper/ops/reduce.h"

namespace taper_test {

using namespace taper;

namespace {

using T = const Tensor&;
using Dim = std::int64_t;

void add_sums(Calls& calls) {
  calls.insert({
      {"sum", call([](T x) { return sum(x); })},
      {"sum.dim", call([](T x, Dim dim, bool keepdim) { return sum(x, dim, keepdim); })},
      {"sum.dims", call([](T x, const Shape& dims, bool keepdim) { return sum(x, dims, keepdim); })},
      {"mean", call([](T x) { return mean(x); })},
      {"mean.dim", call([](T x, Dim dim, bool keepdim) { return mean(x, dim, keepdim); })},
      {"mean.dims", call([](T x, const Shape& dims, bool keepdim) { return mean(x, dims, keepdim); })},
      {"prod", call([](T x) { return prod(x); })},
      {"prod.dim", call([](T x, Dim dim, bool keepdim) { return prod(x, dim, keepdim); })},
      {"var", call([](T x, bool unbiased) { return var(x, unbiased); })},
      {"var.dim", call([](T x, Dim dim, bool unbiased, bool keepdim) { return var(x, dim, unbiased, keepdim); })},
      {"var.dims",
       call([](T x, const Shape& dims, bool unbiased, bool keepdim) { return var(x, dims, unbiased, keepdim); })},
      {"std", call([](T x, bool unbiased) { return taper::std(x, unbiased); })},
      {"std.dim",
       call([](T x, Dim dim, bool unbiased, bool keepdim) { return taper::std(x, dim, unbiased, keepdim); })},
      {"std.dims", call([](T x, const Shape& dims, bool unbiased, bool keepdim) {
         return taper::std(x, dims, unbiased, keepdim);
       })},
      {"norm", call([](T x, double p) { return norm(x, p); })},
      {"norm.signed", call([](T x, double p) { return norm(x, p); })},
      {"norm.dim_signed", call([](T x, double p, Dim dim, bool keepdim) { return norm(x, p, dim, keepdim); })},
      {"normalize", call([](T x, double p, Dim dim, double eps) { return F::normalize(x, p, dim, eps); })},
      {"normalize.signed", call([](T x, double p, Dim dim, double eps) { return F::normalize(x, p, dim, eps); })},
      {"norm.dim", call([](T x, double p, Dim dim, bool keepdim) { return norm(x, p, dim, keepdim); })},
  });
}

void add_extremes(Calls& calls) {
  calls.insert({
      {"max", call([](T x) { return max(x); })},
      {"min", call([](T x) { return min(x); })},
      {"max.dim", call([](T x, Dim dim, bool keepdim) { return max(x, dim, keepdim); })},
      {"min.dim", call([](T x, Dim dim, bool keepdim) { return min(x, dim, keepdim); })},
      {"amax", call(&amax)},
      {"amin", call(&amin)},
      {"argmax", call([](T x) { return argmax(x); })},
      {"argmin", call([](T x) { return argmin(x); })},
      {"argmax.dim", call([](T x, Dim dim, bool keepdim) { return argmax(x, dim, keepdim); })},
      {"argmin.dim", call([](T x, Dim dim, bool keepdim) { return argmin(x, dim, keepdim); })},
      {"any", call([](T x) { return any(x); })},
      {"all", call([](T x) { return all(x); })},
      {"any.dim", call([](T x, Dim dim, bool keepdim) { return any(x, dim, keepdim); })},
      {"all.dim", call([](T x, Dim dim, bool keepdim) { return all(x, dim, keepdim); })},
      {"topk", call(&topk)},
      {"sort", call(&sort)},
  });
}

}  // namespace

Calls reduce_calls() {
  Calls calls{
      {"cumsum", call(&cumsum)},
      {"logsumexp", call(&logsumexp)},
      {"softmax", call(&softmax)},
      {"log_softmax", call(&log_softmax)},
  };
  add_sums(calls);
  add_extremes(calls);
  return calls;
}

Calls matmul_calls() {
  return {
      {"mm", call(&mm)},
      {"bmm", call(&bmm)},
      {"matmul", call(&matmul)},
      {"addmm", call(&addmm)},
      {"addmm.fraction", call(&addmm)},
      {"mv", call(&mv)},
      {"dot", call(&dot)},
      {"outer", call(&outer)},
      {"linear", call(&linear)},
      {"linear.plain", call([](T x, T weight) { return linear(x, weight); })},
  };
}

}  // namespace taper_test
