// Time per call of single operations, layers, optimizers and training steps, in microseconds: ops [THREADS [FILTER]].
// ops_libtorch has the same rows; scripts/bench.sh pairs the two. "f" is forward, "fb" forward and backward, "step" a
// whole training step.
#include <taper/taper.h>

#include <string>
#include <vector>

#include "timing.h"

using namespace taper;

namespace {

Tensor leaf(const Shape& shape) { return randn(shape).requires_grad_(); }
void drop(const Tensor& x) { x.set_grad({}); }

class Rows {
 public:
  explicit Rows(const timing::Arguments& arguments) : arguments_(arguments) {}

  void overhead() const;
  void products() const;
  void optimizers() const;
  void layers() const;
  void training() const;
  void rows_of_classes() const;
  void elementwise() const;
  void reductions() const;
  void embeddings() const;

 private:
  template <class F>
  void row(const std::string& name, F&& body) const {
    timing::row(arguments_, name, body);
  }
  template <class F>
  void unary(const std::string& name, const Tensor& x, const Tensor& g, F&& op) const {
    row(name + "_1M_f", [&] {
      const NoGradGuard no_grad;
      const Tensor y = op(x);
    });
    row(name + "_1M_fb", [&] {
      op(x).backward(g);
      drop(x);
    });
  }
  void embedding(std::int64_t words, std::int64_t batch) const;

  const timing::Arguments& arguments_;
};

void Rows::overhead() const {
  for (const std::int64_t n : {1, 16}) {
    const Tensor a = leaf({n}), b = leaf({n});
    const std::string size = std::to_string(n);
    row("add_" + size + "_f", [&] { const Tensor y = a + b; });
    row("add_" + size + "_f_nograd", [&] {
      const NoGradGuard no_grad;
      const Tensor y = a + b;
    });
    row("relu_" + size + "_f", [&] { const Tensor y = a.relu(); });
  }
  const Tensor x = leaf({16}), c = randn({16}), g = ones({16});
  row("chain100_add_16_f", [&] {
    Tensor y = x;
    for (int i = 0; i < 100; ++i) y = y + c;
  });
  row("chain100_add_16_fb", [&] {
    Tensor y = x;
    for (int i = 0; i < 100; ++i) y = y + c;
    y.backward(g);
    drop(x);
  });
  row("chain100_mul_16_fb", [&] {
    Tensor y = x;
    for (int i = 0; i < 100; ++i) y = y * x;
    y.backward(g);
    drop(x);
  });
}

void Rows::products() const {
  const Tensor a = leaf({8, 8}), b = leaf({8, 8}), g = ones({8, 8});
  row("matmul_8x8_f", [&] { const Tensor y = a.matmul(b); });
  row("matmul_8x8_fb", [&] {
    a.matmul(b).backward(g);
    drop(a), drop(b);
  });
  for (const std::int64_t n : {64, 256, 512, 1024}) {
    const NoGradGuard no_grad;
    const Tensor left = randn({n, n}), right = randn({n, n});
    row("matmul_" + std::to_string(n) + "_f", [&] { const Tensor y = left.matmul(right); });
  }
}

void Rows::optimizers() const {
  const Tensor p = leaf({1'000'000});
  p.set_grad(randn({1'000'000}) * 1e-4);
  optim::SGD sgd({p}, {.lr = 1e-6}), momentum({p}, {.lr = 1e-6, .momentum = 0.9});
  row("sgd_step_1M", [&] { sgd.step(); });
  row("sgd_momentum_step_1M", [&] { momentum.step(); });
  optim::Adam adam({p}, {.lr = 1e-6});
  row("adam_step_1M", [&] { adam.step(); });
  std::vector<Tensor> small;
  for (int i = 0; i < 100; ++i) {
    small.push_back(leaf({64}));
    small.back().set_grad(randn({64}) * 1e-4);
  }
  optim::Adam many(small, {.lr = 1e-6});
  row("adam_step_100x64", [&] { many.step(); });
}

void Rows::layers() const {
  for (const std::int64_t batch : {64, 1024}) {
    nn::Linear linear(128, 512);
    const Tensor x = leaf({batch, 128}), g = randn({batch, 512});
    const std::string name = "linear_128_512_b" + std::to_string(batch);
    row(name + "_f", [&] { const Tensor y = linear(x); });
    row(name + "_fb", [&] {
      linear(x).backward(g);
      drop(x), drop(linear.weight), drop(linear.bias);
    });
  }
  nn::LayerNorm norm({512});
  const Tensor x = leaf({64, 512}), g = randn({64, 512});
  row("layernorm_64x512_fb", [&] {
    norm(x).backward(g);
    drop(x), drop(norm.weight), drop(norm.bias);
  });
}

void Rows::training() const {
  {
    nn::Sequential m{nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 128), nn::ReLU(), nn::Linear(128, 10)};
    const Tensor x = randn({64, 784}), t = randint(10, {64});
    optim::Adam adam(m.parameters(), {.lr = 1e-3});
    optim::SGD sgd(m.parameters(), {.lr = 1e-3});
    const auto step = [&](optim::Optimizer& optimizer) {
      optimizer.zero_grad();
      F::cross_entropy(m(x), t).backward();
      optimizer.step();
    };
    row("mlp_784_256_128_10_b64_step_adam", [&] { step(adam); });
    row("mlp_784_256_128_10_b64_step_sgd", [&] { step(sgd); });
    row("mlp_784_256_128_10_b64_f_nograd", [&] {
      const NoGradGuard no_grad;
      const Tensor y = m(x);
    });
  }
  nn::Sequential m{nn::Linear(2, 16), nn::Tanh(), nn::Linear(16, 1)};
  const Tensor x = randn({4, 2}), t = randn({4, 1});
  optim::SGD sgd(m.parameters(), {.lr = 1e-3});
  row("xor_2_16_1_b4_step_sgd", [&] {
    sgd.zero_grad();
    F::mse_loss(m(x), t).backward();
    sgd.step();
  });
}

void Rows::rows_of_classes() const {
  const Tensor x = leaf({64, 10000}), g = randn({64, 10000}), t = randint(10000, {64});
  row("softmax_64x10000_fb", [&] {
    x.softmax(1).backward(g);
    drop(x);
  });
  row("log_softmax_64x10000_fb", [&] {
    x.log_softmax(1).backward(g);
    drop(x);
  });
  row("cross_entropy_64x10000_fb", [&] {
    F::cross_entropy(x, t).backward();
    drop(x);
  });
}

void Rows::elementwise() const {
  const std::int64_t n = 1 << 20;
  const Tensor a = leaf({n}), b = leaf({n}), g = randn({n});
  unary("relu", a, g, [](const Tensor& x) { return x.relu(); });
  unary("exp", a, g, [](const Tensor& x) { return x.exp(); });
  unary("tanh", a, g, [](const Tensor& x) { return x.tanh(); });
  unary("sigmoid", a, g, [](const Tensor& x) { return x.sigmoid(); });
  unary("gelu", a, g, [](const Tensor& x) { return F::gelu(x); });
  unary("add", a, g, [&](const Tensor& x) { return x + b; });
  unary("composite_mul_add_tanh", a, g, [&](const Tensor& x) { return (x * b + b).tanh(); });
}

void Rows::reductions() const {
  const Tensor a = leaf({1 << 20}), m = leaf({1024, 1024});
  row("sum_1M_f", [&] {
    const NoGradGuard no_grad;
    const Tensor y = a.sum();
  });
  row("mean_1M_fb", [&] {
    a.mean().backward();
    drop(a);
  });
  for (const std::int64_t dim : {0, 1}) {
    const std::string name = "_1024x1024_dim" + std::to_string(dim) + "_f";
    row("sum" + name, [&] { const Tensor y = m.sum(dim); });
    row("mean" + name, [&] { const Tensor y = m.mean(dim); });
  }
}

// Each call looks up another of 64 batches of uniform indices, so that the rows of a large table come from memory.
void Rows::embedding(std::int64_t words, std::int64_t batch) const {
  const std::int64_t dim = 128;
  const std::string id = "_v" + std::to_string(words / 1000) + "k_b" + std::to_string(batch);
  const std::vector<std::string> names{"emb_f", "emb_fb_dense", "emb_fb_sparse", "emb_step_sgd_dense",
                                       "emb_step_sgd_sparse"};
  if (std::none_of(names.begin(), names.end(), [&](const auto& name) { return arguments_.wants(name + id); })) return;
  std::vector<Tensor> batches;
  for (int i = 0; i < 64; ++i) batches.push_back(randint(words, {batch}));
  std::size_t at = 0;
  const auto next = [&]() -> const Tensor& { return batches[at++ % 64]; };
  const Tensor g = randn({batch, dim}) * 1e-4;
  for (const bool sparse : {false, true}) {
    nn::Embedding table(words, dim, {.sparse = sparse});
    optim::SGD sgd(table.parameters(), {.lr = 0.01});
    const std::string kind = sparse ? "_sparse" : "_dense";
    if (!sparse) row("emb_f" + id, [&] { const Tensor y = table(next()); });
    row("emb_fb" + kind + id, [&] {
      table(next()).backward(g);
      drop(table.weight);
    });
    row("emb_step_sgd" + kind + id, [&] {
      sgd.zero_grad();
      table(next()).backward(g);
      sgd.step();
    });
  }
}

void Rows::embeddings() const {
  for (const std::int64_t words : {10'000, 100'000, 1'000'000})
    for (const std::int64_t batch : {256, 4096}) embedding(words, batch);
}

}  // namespace

int main(int argc, char** argv) {
  const timing::Arguments arguments(argc, argv);
  manual_seed(1);
  set_num_threads(arguments.threads);
  const Rows rows(arguments);
  rows.overhead();
  rows.products();
  rows.optimizers();
  rows.layers();
  rows.training();
  rows.rows_of_classes();
  rows.elementwise();
  rows.reductions();
  rows.embeddings();
}
