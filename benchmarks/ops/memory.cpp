#include "ops/rows.h"
#include "ops/tensors.h"
#include "peak.h"

namespace ops {
namespace {

/// Peak of steps on a table of 512 MB and of all that was there before them, beyond the weights and the bare program.
double step_of_table(bool sparse) {
  return peak::in_child([&] {
    const std::int64_t words = 1'000'000, dim = 128, batch = 256;
    const double program = peak::status("VmRSS"), weights = 512;
    nn::Embedding table(words, dim, {.sparse = sparse});
    optim::SGD sgd(table.parameters(), {.lr = 0.01});
    const Tensor g = randn({batch, dim}) * 1e-4;
    peak::reset();
    for (int i = 0; i < 3; ++i) {
      sgd.zero_grad();
      table(randint(words, {batch})).backward(g);
      sgd.step();
    }
    return peak::status("VmHWM") - program - weights;
  });
}

}  // namespace

void memory(const Arguments& arguments) {
  for (const bool sparse : {false, true}) {
    const std::string name = std::string("emb_step_sgd_") + (sparse ? "sparse" : "dense") + "_v1000k_b256_peak_MB";
    if (arguments.wants(name)) timing::report(arguments, name, [&] { return step_of_table(sparse); });
  }
}

}  // namespace ops
