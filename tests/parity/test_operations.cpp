// The samples of python_parity/make_operations.py, done again by Taper and compared.
#include <array>
#include <fstream>
#include <iostream>
#include <limits>
#include <set>

#include "catch.h"
#include "dump.h"
#include "ops/declared.h"
#include "parity/calls.h"
#include "parity/distance.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/io/tensor_files.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "tensor/make.h"

using namespace taper;
using namespace taper_test;

namespace {

const std::map<std::string, Calls (*)()>& families() {
  static const std::map<std::string, Calls (*)()> table{{"create", &create_calls}, {"recurrent", &recurrent_calls},
                                                        {"index", &index_calls},   {"loss", &loss_calls},
                                                        {"matmul", &matmul_calls}, {"reduce", &reduce_calls},
                                                        {"shape", &shape_calls},   {"pointwise", &pointwise_calls}};
  return table;
}

std::string text_of(const Tensor& bytes) {
  return {static_cast<const char*>(bytes.get().data), static_cast<std::size_t>(bytes.numel()) * size_of(bytes.dtype())};
}

std::string file_of(const std::string& family) { return "operations_" + family + ".npz"; }

struct Dump {
  std::string about;
  Json content;
  std::string data;

  explicit Dump(const std::string& family) {
    const TensorMap arrays = load(dump_path(file_of(family)));
    about = text_of(arrays.at("about"));
    content = Json::parse(text_of(arrays.at("samples")));
    data = text_of(arrays.at("data"));
  }

  // A tensor with its strides; undefined for null.
  Tensor tensor(const Json& entry) const {
    if (entry.is_null()) return {};
    const DType dtype = dtype_named(entry.at("dtype"));
    const Tensor flat = taper::detail::make_tensor({entry.at("count").get<std::int64_t>()}, dtype);
    std::copy_n(data.data() + entry.at("at").get<std::size_t>(),
                static_cast<std::size_t>(flat.numel()) * size_of(dtype), static_cast<char*>(flat.get().data));
    const Shape shape(entry.at("shape").get<std::vector<std::int64_t>>());
    const Shape strides = entry.contains("strides") ? Shape(entry["strides"].get<std::vector<std::int64_t>>())
                                                    : contiguous_strides(shape);
    Tensor x = taper::detail::alias(flat, shape, strides);
    if (entry.contains("grad")) x.requires_grad_();
    return x;
  }
  Tensors tensors(const Json& entries) const {
    Tensors result;
    for (const Json& entry : entries) result.push_back(tensor(entry));
    return result;
  }
};

constexpr int kShown = 5;  // failures of one operation that are told in full

enum Stage : std::size_t { result, gradient, second };
using Stages = std::array<Distance, 3>;
const std::array<const char*, 3> kStages{"result", "gradient", "second derivative"};

struct Tally {
  int samples = 0;
  int refusals = 0;
  int left_out = 0;
  int failures = 0;
  Stages worst;
};

bool is_zero(const Tensor& x) { return !x.defined() || !(x != 0).any().item<bool>(); }

double largest(const Tensors& tensors) {
  double most = 0;
  for (const Tensor& x : tensors)
    if (x.defined() && is_floating_point(x.dtype()))
      for (const double value : x.to_vector<double>())
        if (std::isfinite(value)) most = std::max(most, std::abs(value));
  return most;
}

Distance distances(const Tensors& found, const Tensors& expected, double scale) {
  Distance worst;
  if (found.size() != expected.size()) return Distance::infinite("another number of tensors");
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].defined() && expected[i].defined()) {
      Distance d = distance(found[i].is_sparse() ? found[i].to_dense() : found[i], expected[i], scale);
      if (!d.where.empty()) d.where += " of tensor " + std::to_string(i);
      worst.take(d);
    } else if (!is_zero(found[i]) || !is_zero(expected[i])) {
      return Distance::infinite("tensor " + std::to_string(i) + (found[i].defined() ? " is not None" : " is None"));
    }
  }
  return worst;
}

// One sample, done again.
class Replay {
 public:
  Replay(const Dump& dump, const Json& sample, const Json& operation, const Call& call)
      : dump_(dump), sample_(sample), operation_(operation), call_(call), inputs_(dump.tensors(sample.at("inputs"))) {
    for (const Tensor& x : inputs_)
      if (x.requires_grad()) leaves_.push_back(x);
  }

  void call() const { call_(inputs_, sample_.at("numbers")); }

  Stages run() {
    Stages stages;
    const Tensors results = call_(inputs_, sample_.at("numbers"));
    stages[result] = compare(result, results, dump_.tensors(sample_.at("results")), {});
    if (!sample_.contains("gradients") || left_out("gradient")) return stages;
    cotangents_ = dump_.tensors(sample_.at("cotangents"));
    for (const Tensor& g : cotangents_) g.requires_grad_();
    const bool again = sample_.contains("again") && !left_out("second");
    const Tensors expected = dump_.tensors(sample_.at("gradients"));
    const Tensors gradients = differentiate(results, again);
    stages[gradient] = compare(gradient, gradients, expected, cotangents_);
    if (!again) return stages;
    // The gradient that is not recorded may have a kernel of its own.
    const Tensors plain = differentiate(call_(inputs_, sample_.at("numbers")), false);
    stages[gradient].take(compare(gradient, plain, expected, cotangents_));
    stages[second] = second_derivatives(gradients);
    return stages;
  }

 private:
  Tensors differentiate(const Tensors& results, bool again) const {
    Tensors roots;
    for (const Tensor& x : results)
      if (x.requires_grad()) roots.push_back(x);
    return autograd::grad(roots, leaves_, {.grad_outputs = cotangents_, .create_graph = again, .allow_unused = true});
  }

  Distance second_derivatives(const Tensors& gradients) const {
    Tensors wanted = leaves_;
    wanted.insert(wanted.end(), cotangents_.begin(), cotangents_.end());
    const Tensors cotangents = dump_.tensors(sample_.at("again"));
    Tensors roots, weights, all = cotangents_;
    all.insert(all.end(), cotangents.begin(), cotangents.end());
    for (std::size_t i = 0; i < cotangents.size(); ++i) {
      const Tensor& root = gradients.at(sample_.at("which").at(i).get<std::size_t>());
      if (!root.defined() || !root.requires_grad()) continue;
      roots.push_back(root);
      weights.push_back(cotangents[i]);
    }
    const Tensors found = roots.empty()
                              ? Tensors(wanted.size())
                              : autograd::grad(roots, wanted, {.grad_outputs = weights, .allow_unused = true});
    return compare(second, found, dump_.tensors(sample_.at("second")), all);
  }

  // What is promised to the bit is compared so. Else a difference counts in ulps of the largest number that took part:
  // small results of large terms that cancel have no more.
  Distance compare(Stage stage, const Tensors& found, const Tensors& expected, const Tensors& weights) const {
    double scale = 0;
    if (operation_.at("ulp").at(stage) != 0 && (stage != result || operation_.at("of_largest"))) {
      scale = std::max({largest(expected), largest(weights), std::numeric_limits<double>::denorm_min()});
      const std::string title = sample_.at("title");
      if (!title.starts_with("large") && !title.starts_with("big")) scale = std::max(scale, largest(inputs_));
      if (sample_.contains("terms")) scale = std::max(scale, sample_.at("terms").at(stage).get<double>());
    }
    return distances(found, expected, scale);
  }

  // Whether the table says that this stage is not compared: "gradient transposed" names stage and words of the title.
  bool left_out(const std::string& stage) const {
    for (const auto& [words, reason] : operation_.at("differs").items()) {
      if (words == stage) return true;
      if (words.starts_with(stage + ' ') &&
          sample_.at("title").get<std::string>().find(words.substr(stage.size() + 1)) != std::string::npos)
        return true;
    }
    return false;
  }

  const Dump& dump_;
  const Json& sample_;
  const Json& operation_;
  const Call& call_;
  Tensors inputs_, leaves_, cotangents_;
};

// Whether the table says that samples with such a title are not compared at all.
bool is_left_out(const Json& operation, const std::string& title) {
  for (const auto& [words, reason] : operation.at("differs").items())
    if (!words.starts_with("second") && !words.starts_with("gradient") && title.find(words) != std::string::npos)
      return true;
  return false;
}

// What is wrong with a sample; empty where it is as it should be.
std::string examine(const Json& sample, const Json& operation, Replay replay, Tally& tally) {
  if (sample.contains("refused")) {
    ++tally.refusals;
    try {
      replay.call();
    } catch (const Error&) {
      return {};
    }
    return "is refused by PyTorch: " + sample.at("refused").get<std::string>();
  }
  try {
    const Stages stages = replay.run();
    std::string wrong;
    for (std::size_t i = 0; i < stages.size(); ++i) {
      if (stages[i].ulp > operation.at("ulp").at(i).get<double>())
        wrong += std::string(kStages[i]) + " " + std::to_string(stages[i].ulp) + " ulp (" + stages[i].where + "); ";
      tally.worst[i].take(stages[i]);
    }
    return wrong;
  } catch (const std::exception& e) {
    return std::string("threw: ") + e.what();
  }
}

std::map<std::string, Tally> replay_family(const Dump& dump, const Calls& calls) {
  std::map<std::string, Tally> tallies;
  for (const Json& sample : dump.content.at("samples")) {
    const std::string name = sample.at("op"), title = sample.at("title");
    const Json& operation = dump.content.at("operations").at(name);
    Tally& tally = tallies[name];
    ++tally.samples;
    if (is_left_out(operation, title)) {
      ++tally.left_out;
      continue;
    }
    const std::string wrong = examine(sample, operation, Replay(dump, sample, operation, calls.at(name)), tally);
    if (wrong.empty() || ++tally.failures > kShown) continue;
    FAIL_CHECK(name << sample.at("numbers").dump() << ", " << title << " of " << dump.about << ": " << wrong);
  }
  return tallies;
}

// For docs/parity.md and for whoever runs scripts/parity.sh.
void write_report(const std::string& family, const Dump& dump, const std::map<std::string, Tally>& tallies) {
  const char* folder = std::getenv("TAPER_PARITY_DIR");
  if (folder == nullptr) return;
  Json report;
  for (const auto& [name, tally] : tallies) {
    Json line{{"samples", tally.samples},
              {"refusals", tally.refusals},
              {"failures", tally.failures},
              {"left_out", tally.left_out}};
    for (const Distance& d : tally.worst) line["worst"].push_back({d.absolute, d.relative, d.ulp});
    line.update(dump.content.at("operations").at(name));
    report[name] = line;
  }
  std::ofstream(std::string(folder) + "/report_" + family + ".json") << report.dump(1) << '\n';
}

}  // namespace

TEST_CASE("operations give PyTorch's results, gradients and second derivatives, and refuse what it refuses",
          "[parity][operations]") {
  const bool only_fresh = std::getenv("TAPER_PARITY_ONLY") != nullptr;
  for (const auto& [family, calls] : families()) {
    if (only_fresh && dump_path(file_of(family)).starts_with(TAPER_TEST_DATA)) continue;
    const Dump dump(family);
    const std::map<std::string, Tally> tallies = replay_family(dump, calls());
    write_report(family, dump, tallies);
    for (const auto& [name, tally] : tallies) {
      INFO(name << ": " << tally.failures << " of " << tally.samples << " samples");
      CHECK(tally.failures == 0);
    }
  }
}

TEST_CASE("every public operation is compared with PyTorch") {
  // Those that are not, and why.
  const std::set<std::string> exempt{"state_bytes", "state_tensor",
                                     "set_rng_state"};  // a generator's state, compared in test_random.cpp
  std::set<std::string> compared;
  for (const auto& [family, calls] : families())
    for (const auto& [name, call] : calls()) compared.insert(name.substr(0, name.find('.')));
  for (const std::filesystem::path& header : operation_headers())
    for (const std::string& name : declared(read(header))) {
      INFO(name << " of " << header.filename()
                << " has no call in tests/parity and no entry in python_parity/operations");
      CHECK((compared.count(name) == 1 || exempt.count(name) == 1));
    }
}

TEST_CASE("the table of operations, its calls and docs/parity.md name the same operations") {
  const std::string page = read(TAPER_SOURCE_DIR "/docs/parity.md");
  for (const auto& [family, calls] : families()) {
    const Json operations = Dump(family).content.at("operations");
    for (const auto& [name, call] : calls()) {
      INFO(name << " is in tests/parity/calls_*.cpp, not in python_parity/operations/" << family << ".py");
      CHECK(operations.contains(name));
    }
    for (const auto& [name, entry] : operations.items()) {
      INFO(name << " has no call in tests/parity, no reason for its tolerance, or no line in docs/parity.md");
      CHECK(calls().count(name) == 1);
      CHECK((entry.at("ulp") == Json{0, 0, 0} || !entry.at("why").get<std::string>().empty()));
      std::string line = "| `" + name + "` |";
      if (name.starts_with("operator|")) line.insert(3 + std::string("operator").size(), "\\");
      CHECK(page.find(line) != std::string::npos);
    }
  }
}
