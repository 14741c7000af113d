// Against python_parity/make_resumed.py: runs that stop in PyTorch and go on here, and the reverse.
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "dump.h"
#include "kernels/values.h"
#include "taper/io/tensor_files.h"
#include "taper/nn/embedding.h"
#include "taper/nn/linear.h"
#include "taper/nn/module.h"
#include "taper/ops/create.h"
#include "taper/ops/loss.h"
#include "taper/ops/random.h"
#include "taper/ops/reduce.h"
#include "taper/optim/adadelta.h"
#include "taper/optim/adagrad.h"
#include "taper/optim/adam.h"
#include "taper/optim/adamax.h"
#include "taper/optim/adamw.h"
#include "taper/optim/lr_scheduler.h"
#include "taper/optim/nadam.h"
#include "taper/optim/radam.h"
#include "taper/optim/rmsprop.h"
#include "taper/optim/sgd.h"
#include "taper/optim/sparse_adam.h"
#include "temporary_folder.h"

using namespace taper;
using namespace taper_test;

namespace {

constexpr std::int64_t rows = 20, dim = 4, classes = 3, batch = 8, words = 5, steps = 10;

struct Model : nn::Module {
  nn::Embedding table;
  nn::Linear linear;
  explicit Model(bool sparse) : table(rows, dim, {.sparse = sparse}), linear(dim, classes) {}
  Tensor forward(const Tensor& ids) { return linear(table(ids).mean(1)); }
  TAPER_MODULE(table, linear)
};

using Made = std::unique_ptr<optim::Optimizer>;

template <class Optimizer, class Options>
Made make(const std::vector<Tensor>& params, const Options& options) {
  return std::make_unique<Optimizer>(params, options);
}

// With the defaults: what a run has set besides comes with its state.
Made optimizer_named(const std::string& name, const std::vector<Tensor>& p) {
  using namespace optim;
  const std::string kind = name.substr(0, name.find(' '));
  if (kind == "SGD") return make<SGD>(p, SGDOptions{.lr = 1});
  if (kind == "Adam") return make<Adam>(p, AdamOptions{});
  if (kind == "AdamW") return make<AdamW>(p, AdamWOptions{});
  if (kind == "Adagrad") return make<Adagrad>(p, AdagradOptions{});
  if (kind == "RMSprop") return make<RMSprop>(p, RMSpropOptions{});
  if (kind == "Adadelta") return make<Adadelta>(p, AdadeltaOptions{});
  if (kind == "Adamax") return make<Adamax>(p, AdamaxOptions{});
  if (kind == "NAdam") return make<NAdam>(p, NAdamOptions{});
  if (kind == "RAdam") return make<RAdam>(p, RAdamOptions{});
  return make<SparseAdam>(p, SparseAdamOptions{});
}

Tensor some(std::int64_t seed, const Shape& shape, std::uint64_t limit) {
  return tensor(integers(seed, numel(shape), limit)).view(shape);
}

/// A scheduler and those that it is made of.
class Schedule {
 public:
  /// Not as PyTorch's, where the state brings it with it.
  Schedule(const std::string& name, optim::Optimizer& o) {
    using namespace optim::lr_scheduler;
    if (name == "StepLR") add<StepLR>(o, 1);
    if (name == "MultiStepLR") add<MultiStepLR>(o, std::vector<std::int64_t>{1});
    if (name == "ExponentialLR") add<ExponentialLR>(o, 0.1);
    if (name == "CosineAnnealingLR") add<CosineAnnealingLR>(o, 3);
    if (name == "LinearLR") add<LinearLR>(o);
    if (name == "LambdaLR") add<LambdaLR>(o, [](std::int64_t epoch) { return 1.0 / static_cast<double>(1 + epoch); });
    if (name == "OneCycleLR" || name == "OneCycleLR linear")
      add<OneCycleLR>(o, 0.3, OneCycleLROptions{.total_steps = 60});
    if (name == "ReduceLROnPlateau") plateau_ = std::make_unique<ReduceLROnPlateau>(o);
    if (name == "SequentialLR") {
      add<StepLR>(o, 1);
      add<MultiStepLR>(o, std::vector<std::int64_t>{1});
      add<SequentialLR>(o, parts(), std::vector<std::int64_t>{1});
    }
    if (name == "SequentialLR cycle") {
      add<ExponentialLR>(o, 0.1);
      add<OneCycleLR>(o, 0.3, OneCycleLROptions{.total_steps = 60});
      add<SequentialLR>(o, parts(), std::vector<std::int64_t>{1});
    }
  }

  explicit operator bool() const { return plateau_ || !schedulers_.empty(); }
  void step(double loss) { plateau_ ? plateau_->step(loss) : schedulers_.back()->step(); }
  Dict state_dict() const { return plateau_ ? plateau_->state_dict() : schedulers_.back()->state_dict(); }
  void load_state_dict(const Value& state) {
    plateau_ ? plateau_->load_state_dict(state) : schedulers_.back()->load_state_dict(state);
  }

 private:
  template <class Scheduler, class... Arguments>
  void add(Arguments&&... arguments) {
    schedulers_.push_back(std::make_unique<Scheduler>(std::forward<Arguments>(arguments)...));
  }
  std::vector<optim::lr_scheduler::LRScheduler*> parts() const {
    std::vector<optim::lr_scheduler::LRScheduler*> result;
    for (const auto& scheduler : schedulers_) result.push_back(scheduler.get());
    return result;
  }

  std::vector<std::unique_ptr<optim::lr_scheduler::LRScheduler>> schedulers_;
  std::unique_ptr<optim::lr_scheduler::ReduceLROnPlateau> plateau_;
};

bool is_sparse(const std::string& name) { return name == "SparseAdam" || name.ends_with("sparse"); }

struct Run {
  Model model;
  Made optimizer;
  std::optional<Schedule> schedule;
  std::int64_t offset, step = 0;

  Run(const std::string& name, std::int64_t seeds_from) : model(is_sparse(name)), offset(seeds_from) {
    optimizer = optimizer_named(name, is_sparse(name) ? model.table.parameters() : model.parameters());
    if (const std::size_t space = name.find(' '); space != std::string::npos)
      schedule.emplace(name.substr(space + 1), *optimizer);
    if (schedule && !*schedule) schedule.reset();
  }

  void load(const Value& state) {
    model.load_state_dict(state["model"]);
    optimizer->load_state_dict(state["optimizer"]);
    if (schedule) schedule->load_state_dict(state["scheduler"]);
    step = state["step"].as<int>();
  }

  // As numbers, tensors and all, that later steps do not change.
  Dict state(const std::string& folder) const {
    const std::string path = folder + "/run.pt";
    Dict parts{{"model", model.state_dict()}, {"optimizer", optimizer->state_dict()}, {"step", step}};
    if (schedule) parts["scheduler"] = schedule->state_dict();
    save(parts, path);
    return load_value(path).dict();
  }

  List losses() {
    List result;
    for (std::int64_t i = 0; i < steps; ++i) {
      ++step;
      const Tensor loss = cross_entropy(model(some(offset + 2 * step, {batch, words}, rows)),
                                        some(offset + 2 * step + 1, {batch}, classes));
      optimizer->zero_grad();
      loss.backward();
      optimizer->step();
      if (schedule) schedule->step(loss.item<double>());
      result.emplace_back(loss.item<double>());
    }
    return result;
  }
};

}  // namespace

TEST_CASE("a training run that PyTorch has stopped goes on with the same losses", "[optim][parity]") {
  const Value saved = load_value(dump_path("resumed.pt"), {.warn = false});
  const auto offset = saved["offset"].as<std::int64_t>();
  REQUIRE(saved["runs"].size() == 26);
  for (const auto& [name, state] : saved["runs"].dict()) {
    INFO(name.text());
    Run run(name.text(), offset);
    run.load(state);
    const List losses = run.losses();
    REQUIRE(losses.size() == state["losses"].size());
    for (std::size_t i = 0; i < losses.size(); ++i)
      CHECK(losses[i].as<double>() == Approx(state["losses"][i].as<double>()).epsilon(1e-5));
  }
}

TEST_CASE("training runs that stop here are written for PyTorch to go on", "[optim][parity]") {
  const TemporaryFolder temporary;
  const char* set = std::getenv("TAPER_PARITY_DIR");
  const std::string folder = set != nullptr ? set : temporary.path();
  const Value saved = load_value(dump_path("resumed.pt"), {.warn = false});
  const auto offset = saved["offset"].as<std::int64_t>();
  Dict runs;
  for (const auto& [key, state] : saved["runs"].dict()) {
    manual_seed(offset);
    Run run(key.text(), offset);
    // Those of one word start here, with default options; the others have come from PyTorch.
    if (key.text().find(' ') != std::string::npos) run.load(state);
    run.losses();
    Dict written = run.state(temporary.path());
    written["losses"] = run.losses();
    runs[key] = written;
  }
  const std::string path = folder + "/resumed_by_taper.pt";
  save(Dict{{"offset", offset}, {"runs", runs}}, path);
  const Value again = load_value(path);
  for (const auto& [name, state] : again["runs"].dict()) {
    INFO(name.text());
    Run run(name.text(), offset);
    run.load(state);
    CHECK(Value(run.losses()).str() == state["losses"].str());
  }
}
