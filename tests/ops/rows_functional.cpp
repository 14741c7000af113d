#include "ops/table.h"
#include "taper/nn/functional.h"
#include "taper/ops/create.h"

namespace taper_test {

using namespace taper;

Rows functional_rows() {
  return {
      {.names = {"dropout"},
       .form = "",
       .inputs = {real({4, 5})},
       .call = one([](const Tensors& x) { return F::dropout(x[0], 0.4); }),
       .node = "MulBackward0",
       .empty = {{real({0, 3})}},
       .refusals = {refuse<ValueError>("dropout probability has to be between 0 and 1, but got 1.5",
                                       [] { (void)F::dropout(ones({2}), 1.5); }),
                    refuse<TypeError>("dropout: x must be floating-point, got int64",
                                      [] { (void)F::dropout(tensor({1})); })},
       .random = true},
      {.names = {"dropout"},
       .form = "of everything",
       .inputs = {real({4})},
       .call = one([](const Tensors& x) { return F::dropout(x[0], 1); }),
       .node = "MulBackward0"},
      {.names = {"layer_norm"},
       .form = "",
       .inputs = {real({2, 3, 4}), real({3, 4}), real({3, 4})},
       .call = one([](const Tensors& x) {
         return F::layer_norm(x[0], {3, 4}, x[1], x[2], 1e-3);
       }),
       .node = "NativeLayerNormBackward0",
       .saves = {0, 1},
       .empty = {{real({0, 3, 4}), real({3, 4}), real({3, 4})}},
       .refusals = {refuse<ShapeError>("layer_norm: shape [2, 3] does not end in normalized_shape [2]",
                                       [] {
                                         (void)F::layer_norm(ones({2, 3}), {2});
                                       }),
                    refuse<ShapeError>("layer_norm: bias has shape [2] where [3] is needed",
                                       [] {
                                         (void)F::layer_norm(ones({2, 3}), {3}, {}, ones({2}));
                                       }),
                    refuse<TypeError>("layer_norm: weight of float64",
                                      [] {
                                        (void)F::layer_norm(ones({2, 3}), {3}, ones({3}, float64));
                                      }),
                    refuse<TypeError>("layer_norm: x must be floating-point",
                                      [] {
                                        (void)F::layer_norm(ones({2, 3}, int64), {3});
                                      })}},
      {.names = {"layer_norm"},
       .form = "without weight and bias",
       .inputs = {real({4, 5})},
       .call = one([](const Tensors& x) { return F::layer_norm(x[0], {5}); }),
       .node = "NativeLayerNormBackward0",
       .saves = {0}},
  };
}

}  // namespace taper_test
