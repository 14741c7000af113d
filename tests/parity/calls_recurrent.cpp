#include "parity/calls.h"
#include "taper/ops/lstm.h"

namespace taper_test {

using namespace taper;

namespace {

Tensors all(std::tuple<Tensor, Tensor, Tensor> x) { return {std::get<0>(x), std::get<1>(x), std::get<2>(x)}; }
Tensors all(std::pair<Tensor, Tensor> x) { return {x.first, x.second}; }

}  // namespace

Calls recurrent_calls() {
  using T = const Tensor&;
  const Call layers = call([](T x, T h, T c, const Tensors& params, bool biases, std::int64_t number, double dropout,
                              bool train, bool bidirectional, bool batch_first) {
    return all(lstm(x, {h, c}, params, biases, number, dropout, train, bidirectional, batch_first));
  });
  return {
      {"lstm", layers},
      {"lstm.plain", layers},
      {"lstm.projected", layers},
      {"lstm.sides", layers},
      {"lstm_cell", call([](T x, T h, T c, T w_ih, T w_hh, T b_ih, T b_hh) {
         return all(lstm_cell(x, {h, c}, w_ih, w_hh, b_ih, b_hh));
       })},
      {"lstm_cell.plain", call([](T x, T h, T c, T w_ih, T w_hh) {
         return all(lstm_cell(x, {h, c}, w_ih, w_hh));
       })},
  };
}

}  // namespace taper_test
