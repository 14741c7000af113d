#include "viz/trace.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "autograd/node.h"
#include "base/generator_lock.h"
#include "taper/autograd/autograd.h"
#include "taper/base/error.h"
#include "taper/nn/embedding.h"
#include "taper/nn/embedding_bag.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"

namespace taper::viz {
namespace {

using taper::detail::Edge;
using taper::detail::Node;
using taper::detail::TensorImpl;

nn::Module& writable(const nn::Module& model) { return const_cast<nn::Module&>(model); }

/// Brings back, when it ends, whatever a run in eval mode changes.
class Unchanged {
 public:
  explicit Unchanged(nn::Module& model) : random_(copy_of_default()) {
    for (nn::Module* module : model.modules()) {
      modes_.emplace_back(module, module->training);
      if (auto* embedding = module->as<nn::Embedding>()) shield(embedding->max_norm);
      if (auto* bag = module->as<nn::EmbeddingBag>()) shield(bag->max_norm);
    }
    model.eval();
  }
  ~Unchanged() {
    for (const auto& [module, training] : modes_) module->training = training;
    for (const auto& [place, value] : norms_) *place = value;
    const GeneratorLock lock(default_generator());
    default_generator() = random_;
  }
  Unchanged(const Unchanged&) = delete;
  Unchanged& operator=(const Unchanged&) = delete;

 private:
  static Generator copy_of_default() {
    const GeneratorLock lock(default_generator());
    return default_generator();
  }
  /// Without a max_norm no row is scaled.
  void shield(std::optional<double>& max_norm) {
    norms_.emplace_back(&max_norm, max_norm);
    max_norm.reset();
  }

  Generator random_;
  std::vector<std::pair<nn::Module*, bool>> modes_;
  std::vector<std::pair<std::optional<double>*, std::optional<double>>> norms_;
};

/// Says of a tensor which calls it was made from. Each call's floating-point results become leaves that the tape leads
/// back to; of others the memory is remembered.
class Origins {
 public:
  /// What is to be handed on in place of `value`.
  Tensor mark(const Tensor& value, int from) {
    if (!is_floating_point(value.dtype()) || value.is_sparse()) {
      others_.emplace_back(value, from);
      return value;
    }
    const Tensor leaf = value.detach();
    leaf.requires_grad_();
    places_.emplace(leaf.impl(), from);
    leaves_.push_back(leaf);
    return leaf * 1;  // no leaf itself: a model may change it in place
  }

  void add_sources(const Tensor& value, std::vector<int>& sources) const {
    const auto add = [&](int from) {
      if (std::find(sources.begin(), sources.end(), from) == sources.end()) sources.push_back(from);
    };
    for (const auto& [other, from] : others_)
      if (other.shares_memory_with(value)) add(from);
    if (is_floating_point(value.dtype())) follow(value, add);
  }

 private:
  template <class Add>
  void follow(const Tensor& value, Add add) const {
    std::vector<int> found;
    std::unordered_set<const void*> seen;
    std::vector<Node*> waiting;
    const auto visit = [&](const Edge& edge) {
      if (edge.node() != nullptr && seen.insert(edge.node()).second) waiting.push_back(edge.node());
      if (edge.leaf() == nullptr) return;
      if (const auto place = places_.find(edge.leaf()); place != places_.end()) found.push_back(place->second);
    };
    const Edge root = Edge::into(value);
    visit(root);
    while (!waiting.empty()) {
      Node* node = waiting.back();
      waiting.pop_back();
      for (std::size_t i = 0; i < node->inputs; ++i) visit(node->edges()[i]);
    }
    std::sort(found.begin(), found.end());
    for (const int from : found) add(from);
  }

  std::unordered_map<const TensorImpl*, int> places_;
  std::vector<Tensor> leaves_;
  std::vector<std::pair<Tensor, int>> others_;
};

/// Notes every call of a module inside the model, by hooks that are gone with it.
class Recorder {
 public:
  Recorder(nn::Module& model, Follow follow) : follow_(follow == Follow::sources) {
    for (nn::Module* module : model.modules()) {
      handles_.push_back(module->register_forward_pre_hook(
          [this](nn::Module& called, std::vector<Tensor>& inputs) { enter(called, inputs); }));
      handles_.push_back(module->register_forward_hook([this](nn::Module& called, const std::vector<Tensor>&,
                                                              const Tensor& output) { return leave(called, output); }));
    }
  }
  ~Recorder() {
    for (HookHandle& handle : handles_) handle.remove();
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  Tensor input(const Tensor& value, int number) { return follow_ ? origins_.mark(value, -1 - number) : value; }

  /// The module inside which the run stopped; null where it was in none.
  const nn::Module* running() const {
    const auto frame = std::find_if(stack_.rbegin(), stack_.rend(), [](const Frame& f) { return !f.left; });
    return frame == stack_.rend() ? nullptr : calls[frame->call].module;
  }

  std::vector<Call> calls;

 private:
  struct Frame {
    std::size_t call;
    bool left;  // its results are being shown to the hooks, one by one
  };

  void enter(const nn::Module& module, const std::vector<Tensor>& inputs) {
    while (!stack_.empty() && stack_.back().left) stack_.pop_back();
    if (!stack_.empty()) calls[stack_.back().call].outer = true;
    stack_.push_back({calls.size(), false});
    Call call{&module, {}, {}, false, {}};
    for (const Tensor& input : inputs) {
      if (!input.defined()) continue;
      call.inputs.push_back(input.shape());
      if (follow_) origins_.add_sources(input, call.sources);
    }
    calls.push_back(std::move(call));
  }

  Tensor leave(const nn::Module& module, const Tensor& output) {
    while (stack_.back().left && calls[stack_.back().call].module != &module) stack_.pop_back();
    Frame& frame = stack_.back();
    frame.left = true;
    Call& call = calls[frame.call];
    if (!output.defined()) return {};
    call.outputs.push_back(output.shape());
    return follow_ && !call.outer ? origins_.mark(output, static_cast<int>(frame.call)) : Tensor();
  }

  bool follow_;
  Origins origins_;
  std::vector<Frame> stack_;
  std::vector<HookHandle> handles_;
};

template <class... Kinds>
[[noreturn]] void rethrow_as(const Error& error, const std::string& message) {
  ((dynamic_cast<const Kinds*>(&error) != nullptr ? throw Kinds(message) : void()), ...);
  throw Error(message);
}

/// The same kind of error with the place where it was thrown.
[[noreturn]] void rethrow(const Error& error, const nn::Module& model, const Recorder& recorder) {
  const nn::Module* module = recorder.running();
  std::string place = fmt::format("{} cannot run", model.name());
  for (const auto& [name, inner] : model.named_modules())
    if (inner == module && !name.empty()) place += fmt::format(": in '{}' ({})", name, inner->name());
  const std::string message = fmt::format("{}: {}", place, error.what());
  rethrow_as<IndexError, ShapeError, TypeError, ValueError, GradError, StateError, IoError, FormatError, ResourceError,
             NumericError, AssertionError>(error, message);
}

}  // namespace

std::vector<Call> trace(const nn::Module& model, const detail::RunModel& run, const detail::ModelInputs& inputs,
                        Follow follow) {
  nn::Module& writable_model = writable(model);
  const Unchanged unchanged(writable_model);
  const GradMode mode(follow == Follow::sources);
  Recorder recorder(writable_model, follow);
  std::vector<Tensor> zero;
  for (const ModelInput& input : inputs) {
    Shape shape = input.shape;
    shape.insert(0, batch_size);
    zero.push_back(recorder.input(zeros(shape, input.dtype), static_cast<int>(zero.size())));
  }
  try {
    run(zero);
  } catch (const Error& error) {
    rethrow(error, model, recorder);
  }
  return std::move(recorder.calls);
}

std::string shape_text(const Shape& shape) {
  std::string text;
  for (int d = 0; d < shape.size(); ++d) {
    if (d > 0) text += ", ";
    text += d == 0 && shape[d] == batch_size ? "None" : fmt::to_string(shape[d]);
  }
  return fmt::format("({}{})", text, shape.size() == 1 ? "," : "");
}

std::string shape_text(const std::vector<Shape>& shapes) {
  if (shapes.empty()) return "-";
  if (shapes.size() == 1) return shape_text(shapes[0]);
  std::vector<std::string> texts;
  texts.reserve(shapes.size());
  for (const Shape& shape : shapes) texts.push_back(shape_text(shape));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

}  // namespace taper::viz

namespace taper::detail {

void wrong_input_count(const nn::Module& model, std::size_t count) {
  throw ValueError(fmt::format("{}: forward does not take {} tensor{}", model.name(), count, count == 1 ? "" : "s"));
}

}  // namespace taper::detail
