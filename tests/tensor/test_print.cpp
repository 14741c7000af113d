#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "bits.h"
#include "catch.h"
#include "dump.h"
#include "json_tensors.h"
#include "taper/base/error.h"
#include "taper/fmt.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"
#include "taper/tensor/print.h"
#include "tensor/make.h"

using namespace taper;
using nlohmann::json;
using taper_test::ContainsSubstring;
using taper_test::tensor_of;

namespace {

template <class T>
void read(const json& options, const char* key, std::optional<T>& value) {
  if (options.contains(key)) value = options[key].get<T>();
}

struct Restore {
  Restore() = default;
  Restore(const Restore&) = delete;
  ~Restore() { set_printoptions({.profile = "default"}); }
};

void apply_options(const json& wanted) {
  set_printoptions({.profile = "default"});
  if (wanted.is_null()) return;
  PrintOptions options;
  read(wanted, "precision", options.precision);
  read(wanted, "threshold", options.threshold);
  read(wanted, "edgeitems", options.edgeitems);
  read(wanted, "linewidth", options.linewidth);
  read(wanted, "sci_mode", options.sci_mode);
  const std::string profile = wanted.value("profile", "");
  options.profile = profile;
  set_printoptions(options);
}

Tensor viewed(const Tensor& x, const json& view) {
  const std::string name = view[0];
  std::vector<std::int64_t> n;
  for (std::size_t i = 1; i < view.size(); ++i) n.push_back(view[i]);
  if (name == "transpose") return x.transpose(n[0], n[1]);
  if (name == "unsqueeze") return x.unsqueeze(n[0]);
  if (name == "select") return x.select(n[0], n[1]);
  if (name == "narrow") return x.narrow(n[0], n[1], n[2]);
  if (name == "expand") return x.expand(Shape(n));
  if (name == "permute") return x.permute(Shape(n));
  if (name == "view") return x.view(Shape(n));
  if (name == "step") return x.slice(n[0], {}, {}, n[1]);
  if (name == "clone") return x.clone();
  if (name == "coalesce") return x.coalesce();
  throw std::runtime_error("unknown view " + name);
}

// How many of a dump's tensors were compared.
std::size_t printed(const char* name) {
  const Restore restore;
  std::ifstream file(taper_test::dump_path(name));
  const json dump = json::parse(file);
  for (const json& c : dump["cases"]) {
    apply_options(c.value("options", json()));
    Tensor x = tensor_of(c);
    if (c.value("unit", false)) x = x * 1;
    for (const json& view : c.value("views", json::array())) x = viewed(x, view);
    const std::string text = x.str();
    INFO(c["dtype"] << " " << c["shape"] << " " << c.value("options", json()) << c.value("views", json()));
    if (text != c["text"]) CHECK(text == c["text"].get<std::string>());
  }
  return dump["cases"].size();
}

}  // namespace

TEST_CASE("tensors print as PyTorch prints them, to the byte", "[parity]") {
  CHECK(printed("printing.json") > 300);
  // Made for a run of scripts/parity.sh alone: a thousand tensors of any layout, sparse ones and results among them.
  if (std::filesystem::exists(taper_test::dump_path("printing_random.json")))
    CHECK(printed("printing_random.json") == 1000);
}

TEST_CASE("a strided view prints in its own order") {
  const Tensor base = tensor_of({2, 3}, int64, "1 2 3 4 5 6");
  CHECK(detail::alias(base, {3, 2}, {1, 3}).str() == "tensor([[1, 4],\n        [2, 5],\n        [3, 6]])");
  CHECK(detail::alias(base, {2}, {0}, 4).str() == "tensor([5, 5])");
}

TEST_CASE("a negative NaN prints as nan") {
  Tensor tensor = tensor_of({2}, float32, "ffc00000 3f800000");
  CHECK(tensor.str() == "tensor([nan, 1.])");
}

TEST_CASE("streams and fmt give the text of str()") {
  const Tensor tensor = tensor_of({2}, float32, "3f800000 40200000");
  std::ostringstream out;
  out << tensor;
  CHECK(out.str() == "tensor([1.0000, 2.5000])");
  CHECK(fmt::format("{}", tensor) == out.str());
  CHECK(fmt::format("{:>25}|", tensor) == " tensor([1.0000, 2.5000])|");
}

TEST_CASE("printing options outside their range are refused and nothing changes") {
  const Restore restore;
  const std::string before = tensor_of({1}, float32, "3f000000").str();
  CHECK_THROWS_WITH(set_printoptions({.profile = "long"}), ContainsSubstring("unknown profile 'long'"));
  CHECK_THROWS_WITH(set_printoptions({.precision = -1, .linewidth = 3}),
                    "set_printoptions: precision is -1; it must be at least 0");
  CHECK_THROWS_AS(set_printoptions({.precision = 1, .edgeitems = 0}), ValueError);
  CHECK(tensor_of({1}, float32, "3f000000").str() == before);
}

TEST_CASE("a result on the tape names its operation, a leaf says that it requires grad") {
  const Tensor leaf = ones({2}, {.requires_grad = true});
  CHECK(leaf.str() == "tensor([1., 1.], requires_grad=True)");
  CHECK(leaf.mul(1.5).str() == "tensor([1.5000, 1.5000], grad_fn=<MulBackward0>)");
}

TEST_CASE("shapes and dtypes print as Python's, and a tensor that is not there as None") {
  std::ostringstream out;
  out << zeros({2, 3}).shape() << ' ' << zeros({}).shape() << ' ' << bool_ << ' ' << ones({1}).dtype() << ' '
      << Tensor();
  CHECK(out.str() == "torch.Size([2, 3]) torch.Size([]) torch.bool torch.float32 None");
}
