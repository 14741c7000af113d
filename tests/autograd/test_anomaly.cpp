// DetectAnomaly: which operation gave NaN, and where it was made.
#include <cmath>
#include <limits>
#include <string>

#include "catch.h"
#include "taper/autograd/anomaly.h"
#include "taper/autograd/autograd.h"
#include "taper/autograd/function.h"
#include "taper/base/error.h"
#include "taper/base/warning.h"
#include "taper/nn/embedding.h"
#include "taper/nn/functional.h"
#include "taper/nn/linear.h"
#include "taper/ops/create.h"
#include "taper/ops/index.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"

using namespace taper;
using taper_test::ContainsSubstring;

namespace demo {

struct Root : nn::Module {
  Tensor forward(const Tensor& x) { return x.sqrt(); }
  TAPER_MODULE()
};
struct Net : nn::Module {
  nn::Linear first{2, 2};
  Root root;
  Tensor forward(const Tensor& x) { return root(x); }
  TAPER_MODULE(first, root)
};
struct Words : nn::Module {
  nn::Embedding tok{10, 3};
  Tensor forward(const Tensor& ids) { return tok(ids); }
  TAPER_MODULE(tok)
};

struct Spoils : autograd::Function<Spoils> {
  static Tensor forward(Context&, const Tensor& x) { return x * 1; }
  static Tensor backward(Context&, const Tensor& g) { return g * NAN; }
};
struct Throws : autograd::Function<Throws> {
  static Tensor forward(Context&, const Tensor& x) { return x * 1; }
  static Tensor backward(Context&, const Tensor&) { throw std::runtime_error("mine"); }
};

// Not inlined, and its call no jump.
[[gnu::noinline]] Tensor take_root(const Tensor& x, int& calls) {
  Tensor y = x.sqrt();
  ++calls;
  return y;
}

}  // namespace demo

namespace {

Tensor leaf(const std::vector<double>& values) { return tensor(values, {.requires_grad = true}); }

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const NumericError& e) {
    return e.what();
  }
  return "no NumericError";
}

}  // namespace

TEST_CASE("detect_anomaly names the operation whose backward gave NaN, its inputs, its module and its label") {
  const autograd::DetectAnomaly guard;
  CHECK(autograd::is_anomaly_enabled());
  const Tensor x = leaf({4.0, 0.0});
  demo::Net net;
  Tensor y;
  {
    autograd::Label label("warm-up");
    y = net(x * 1);
  }
  const std::string message = error_of([&] { (y * 0).sum().backward(); });
  CHECK_THAT(message,
             ContainsSubstring("SqrtBackward0 returned nan in the gradient of its input 0 at [1] of shape [2]"));
  CHECK_THAT(message, ContainsSubstring("SqrtBackward0 was recorded on (float64 [2]), in Root 'root', in Net"));
  CHECK_THAT(message, ContainsSubstring("under 'warm-up' (") && ContainsSubstring("test_anomaly.cpp:"));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("an operation recorded outside the mode is checked, and its place not known") {
  const Tensor x = leaf({0.0});
  const Tensor y = x.sqrt();
  const autograd::detect_anomaly guard;
  CHECK_THAT(error_of([&] { (y * 0).sum().backward(); }),
             ContainsSubstring("SqrtBackward0 returned nan") && ContainsSubstring("not known"));
  const Tensor z = leaf({0.0}).sqrt();
  CHECK_THAT(error_of([&] { (void)autograd::grad({(z * 0).sum()}, {z}); }), ContainsSubstring("no NumericError"));
}

TEST_CASE("infinity is no anomaly, and nothing is checked with check_nan off") {
  {
    const autograd::DetectAnomaly guard;
    const Tensor x = leaf({0.0, 1.0});
    x.sqrt().sum().backward();
    CHECK(std::isinf(x.grad().to_vector<double>()[0]));
  }
  const autograd::DetectAnomaly guard(false);
  CHECK_FALSE(autograd::is_anomaly_check_nan_enabled());
  const Tensor x = leaf({-1.0});
  x.sqrt().sum().backward();
  CHECK(std::isnan(x.grad().item<double>()));
}

TEST_CASE("the mode ends with its guard, inner guards with theirs") {
  CHECK_FALSE(autograd::is_anomaly_enabled());
  {
    const autograd::DetectAnomaly outer(false);
    {
      const autograd::DetectAnomaly inner;
      CHECK(autograd::is_anomaly_check_nan_enabled());
    }
    CHECK(autograd::is_anomaly_enabled());
    CHECK_FALSE(autograd::is_anomaly_check_nan_enabled());
  }
  autograd::set_detect_anomaly(true);
  CHECK(autograd::is_anomaly_check_nan_enabled());
  autograd::set_detect_anomaly(false);
  CHECK_FALSE(autograd::is_anomaly_enabled());
}

TEST_CASE("NaN in a table's gradient is named by parameter, row and step") {
  demo::Words words;
  (void)words.named_parameters();
  const Tensor weights = ones({2, 3});
  const autograd::DetectAnomaly guard;
  for (int step = 1; step < 120; ++step) (words(tensor({1, 7})) * weights).sum().backward();
  const Tensor before = words.tok.weight.grad().clone();
  Tensor bad = ones({2, 3});
  bad.index_put_({1, 2}, NAN);
  const Tensor rows = words(tensor({1, 7}));
  CHECK_THAT(error_of([&] { rows.backward(bad); }),
             ContainsSubstring("grad of 'tok.weight' row 7, step 120: EmbeddingBackward0 returned nan"));
  CHECK(words.tok.weight.grad().to_vector<double>() == before.to_vector<double>());
  HookHandle spoils = words.tok.weight.register_hook([](const Tensor& g) { return g * NAN; });
  CHECK_THAT(error_of([&] {
               words(tensor({1, 7})).sum().backward();
             }),
             ContainsSubstring("grad of 'tok.weight' row 0, step 121: the sum, or a hook, gave nan"));
}

TEST_CASE("NaN in a sparse gradient is named by its row") {
  nn::Embedding table(10, 3, {.sparse = true});
  const autograd::DetectAnomaly guard;
  Tensor bad = ones({2, 3});
  bad.index_put_({1, 2}, NAN);
  const Tensor rows = table(tensor({1, 7}));
  CHECK_THAT(error_of([&] { rows.backward(bad); }), ContainsSubstring("row 7, step 1"));
}

TEST_CASE("softmax of negative infinities is NaN, and anomaly names it") {
  const double inf = std::numeric_limits<double>::infinity();
  const Tensor x = leaf({-inf, -inf});
  const autograd::DetectAnomaly guard;
  const Tensor y = x.softmax(0);
  CHECK(std::isnan(y.to_vector<double>()[0]));
  CHECK_THAT(error_of([&] { y.sum().backward(); }), ContainsSubstring("SoftmaxBackward0 returned nan"));
}

TEST_CASE("log-sigmoid of +-1000 is 0 and -1000, and so are its slopes finite") {
  const Tensor x = leaf({-1000.0, 1000.0});
  const Tensor y = nn::functional::logsigmoid(x);
  CHECK(y.to_vector<double>() == std::vector<double>{-1000, 0});
  y.sum().backward();
  CHECK(x.grad().to_vector<double>() == std::vector<double>{1, 0});
}

TEST_CASE("functions of one's own are named, and what they throw is said to come from there") {
  const autograd::DetectAnomaly guard;
  const Tensor x = leaf({1.0});
  CHECK_THAT(error_of([&] { demo::Spoils::apply(x).sum().backward(); }),
             ContainsSubstring("SpoilsBackward returned nan") && ContainsSubstring("recorded on (float64 [1])"));
  std::string said;
  WarningHandler before = set_warning_handler([&](const std::string& text) { said = text; });
  const Tensor z = demo::Throws::apply(x);
  CHECK_THROWS_WITH(z.sum().backward(), "mine");
  set_warning_handler(std::move(before));
  CHECK_THAT(said, ContainsSubstring("ThrowsBackward threw \"mine\"; ThrowsBackward was recorded on (float64 [1])"));
}

TEST_CASE("a saved tensor changed in place names the operation that saved it") {
  const autograd::DetectAnomaly guard;
  const Tensor x = leaf({1.0, 2.0});
  Tensor w = tensor({3.0, 4.0}, float64);
  autograd::Label label("product");
  const Tensor y = x * w;
  w.add_(1);
  CHECK_THROWS_WITH(y.sum().backward(), ContainsSubstring("(saved at version 0, now 1); MulBackward0 was recorded on "
                                                          "(float64 [2], float64 [2]), under 'product'"));
}

TEST_CASE("a node made by backward names the operation whose backward made it") {
  const autograd::DetectAnomaly guard;
  const Tensor x = leaf({0.0, 1.0});
  Tensor g;
  {
    autograd::Label label("the root");
    const Tensor y = pow(x, 0.5);
    g = autograd::grad({y.sum()}, {x}, {.create_graph = true})[0];
  }
  CHECK_THAT(error_of([&] { (g * 0).sum().backward(); }),
             ContainsSubstring("by the backward of: PowBackward0 was recorded on (float64 [2]), under 'the root'"));
}

TEST_CASE("an anomaly names the functions that recorded the operation") {
  const autograd::DetectAnomaly guard;
  const Tensor x = leaf({0.0});
  int calls = 0;
  const Tensor y = demo::take_root(x, calls);
  CHECK(calls == 1);
  CHECK_THAT(error_of([&] { (y * 0).sum().backward(); }), ContainsSubstring("called by demo::take_root < "));
}
