#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "taper/optim/lr_scheduler_base.h"

namespace taper::optim::lr_scheduler {

struct ReduceLROnPlateauOptions {
  std::string_view mode = "min";  ///< or "max"
  double factor = 0.1;            ///< below 1
  std::int64_t patience = 10;
  double threshold = 1e-4;
  std::string_view threshold_mode = "rel";  ///< or "abs"
  std::int64_t cooldown = 0;
  PerGroup min_lr = 0.0;
  double eps = 1e-8;  ///< a smaller change of the rate is left out
  bool verbose = false;
};

/// The rate times `factor` when a metric has not got better for more than `patience` epochs.
class ReduceLROnPlateau {
 public:
  explicit ReduceLROnPlateau(Optimizer& optimizer, ReduceLROnPlateauOptions options = {});
  ReduceLROnPlateau(const ReduceLROnPlateau&) = delete;
  ReduceLROnPlateau& operator=(const ReduceLROnPlateau&) = delete;

  void step(double metric);
  /// Of a tensor with one element, as a loss is.
  void step(const Tensor& metric);
  const std::vector<double>& get_last_lr() const { return last_lr_; }
  std::int64_t last_epoch() const { return last_epoch_; }
  Dict state_dict() const;
  /// As LRScheduler's.
  void load_state_dict(const Value& state);
  Optimizer& optimizer() const;

 private:
  void fields(StateFields& state);
  bool is_better(double metric) const;
  void reduce();

  OptimizerLink optimizer_;
  double factor_;
  std::vector<double> min_lrs_;
  std::int64_t patience_;
  bool verbose_;
  std::int64_t cooldown_;
  std::int64_t cooldown_counter_ = 0;
  bool smaller_is_better_;
  double threshold_;
  bool relative_;
  double best_;
  std::int64_t num_bad_epochs_ = 0;
  double eps_;
  std::int64_t last_epoch_ = 0;
  std::vector<double> last_lr_;
};

}  // namespace taper::optim::lr_scheduler
