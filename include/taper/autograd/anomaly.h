#pragma once

#include <string>

namespace taper::autograd {

/// While one lives, on all threads: each operation's backward is checked for NaN, and the first that gives one throws a
/// NumericError that names the operation, where in its gradient the NaN stands, and where the operation was recorded:
/// its inputs' shapes, the module that was being called, the Labels around it, and the functions that called it, as far
/// as the program's symbols tell. A saved tensor that was changed in place says the same of the operation that saved
/// it. Slow; switch it on to search (torch.autograd.detect_anomaly). Operations recorded before are checked, but
/// nothing is known of their place. With `check_nan` false, only places are noted.
class DetectAnomaly {
 public:
  explicit DetectAnomaly(bool check_nan = true);
  ~DetectAnomaly();
  DetectAnomaly(const DetectAnomaly&) = delete;
  DetectAnomaly& operator=(const DetectAnomaly&) = delete;

 private:
  unsigned char before_;
};
using detect_anomaly = DetectAnomaly;

/// The same until it is switched off (torch.autograd.set_detect_anomaly).
void set_detect_anomaly(bool mode, bool check_nan = true);
bool is_anomaly_enabled();
bool is_anomaly_check_nan_enabled();

namespace detail {

/// Something that this thread is inside of, named in the messages of anomaly mode.
struct Frame {
  const Frame* outer;
  std::string (*describe)(const Frame& frame);
};
inline thread_local constinit const Frame* innermost_frame = nullptr;

}  // namespace detail

/// Names what is computed while it lives, for the messages of anomaly mode, together with the line that it stands in:
///
///     autograd::Label label("decoder");
class Label : detail::Frame {
 public:
  explicit Label(std::string text, const char* file = __builtin_FILE(), int line = __builtin_LINE());
  ~Label();
  Label(const Label&) = delete;
  Label& operator=(const Label&) = delete;

 private:
  static std::string describe_label(const detail::Frame& frame);

  std::string text_;
  const char* file_;
  int line_;
};

}  // namespace taper::autograd
