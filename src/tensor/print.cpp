#include "taper/tensor/print.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <mutex>
#include <ostream>
#include <string>
#include <type_traits>
#include <vector>

#include "taper/base/error.h"
#include "tensor/make.h"

namespace taper {
namespace {

struct Settings {
  int precision = 4;
  std::int64_t threshold = 1000;
  std::int64_t edgeitems = 3;
  std::int64_t linewidth = 80;
  std::optional<bool> sci_mode;
};

std::mutex settings_mutex;
Settings shared_settings;

Settings settings() {
  const std::lock_guard lock(settings_mutex);
  return shared_settings;
}

std::string digits(double value, std::chars_format format, int precision) {
  if (std::isnan(value)) return "nan";
  std::string text(static_cast<std::size_t>(precision) + 330, '\0');  // a sign, 309 digits and a point are the most
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, format, precision).ptr;
  text.resize(static_cast<std::size_t>(end - text.data()));
  return text;
}

template <class T>
std::string plain(T value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "True" : "False";
  } else {
    return fmt::format_int(value).str();
  }
}

// The format that all elements of one tensor share.
class Format {
 public:
  template <class T>
  Format(const std::vector<T>& shown, const Settings& s) : precision_(s.precision) {
    if constexpr (std::is_floating_point_v<T>) {
      choose(std::vector<double>(shown.begin(), shown.end()), s);
    } else {
      for (const T value : shown) widen(plain(value));
    }
  }

  std::int64_t width() const { return static_cast<std::int64_t>(width_); }

  template <class T>
  void append(std::string& out, T value) const {
    std::string text;
    if constexpr (std::is_floating_point_v<T>) {
      text = number(static_cast<double>(value));
    } else {
      text = plain(value);
    }
    if (text.size() < width_) out.append(width_ - text.size(), ' ');
    out += text;
  }

 private:
  void widen(const std::string& text) { width_ = std::max(width_, text.size()); }

  void choose(std::vector<double> values, const Settings& s) {
    std::erase_if(values, [](double v) { return v == 0 || !std::isfinite(v); });
    if (values.empty()) return;
    double low = std::numeric_limits<double>::infinity();
    double high = 0;
    for (const double v : values) {
      low = std::min(low, std::abs(v));
      high = std::max(high, std::abs(v));
      whole_ = whole_ && v == std::ceil(v);
    }
    scientific_ = high / low > 1000.0 || high > 1.0e8 || (!whole_ && low < 1.0e-4);
    for (const double v : values) widen(number(v));
    if (s.sci_mode) scientific_ = *s.sci_mode;  // only now: PyTorch measures the width in the mode the numbers ask for
  }

  std::string number(double value) const {
    if (scientific_) return digits(value, std::chars_format::scientific, precision_);
    if (!whole_) return digits(value, std::chars_format::fixed, precision_);
    std::string text = digits(value, std::chars_format::fixed, 0);
    if (std::isfinite(value)) text += '.';
    return text;
  }

  int precision_;
  bool whole_ = true;
  bool scientific_ = false;
  std::size_t width_ = 1;
};

// Writes the nested brackets of a tensor with at least one element.
template <class T>
class Body {
 public:
  Body(const Tensor& tensor, const Settings& s)
      : tensor_(tensor), s_(s), summarized_(tensor.numel() > s.threshold), format_(shown(), s) {}

  std::string text(std::int64_t indent) const {
    std::string out;
    write(out, 0, tensor_.data<T>(), indent);
    return out;
  }

 private:
  bool cut(int dim) const { return summarized_ && tensor_.shape()[dim] > 2 * s_.edgeitems; }

  // Calls f(i) for each index of `dim` that is shown, and gap() where others are left out.
  template <class F, class G>
  void each(int dim, F&& f, G&& gap) const {
    const std::int64_t size = tensor_.shape()[dim];
    const std::int64_t edge = cut(dim) ? s_.edgeitems : size;
    for (std::int64_t i = 0; i < edge; ++i) f(i);
    if (!cut(dim)) return;
    gap();
    for (std::int64_t i = size - edge; i < size; ++i) f(i);
  }

  std::vector<T> shown() const {
    std::vector<T> values;
    gather(values, 0, tensor_.data<T>());
    return values;
  }

  void gather(std::vector<T>& values, int dim, const T* at) const {
    if (dim == tensor_.dim()) return values.push_back(*at);
    each(
        dim, [&](std::int64_t i) { gather(values, dim + 1, at + i * tensor_.strides()[dim]); }, [] {});
  }

  void write(std::string& out, int dim, const T* at, std::int64_t indent) const {
    const int left = tensor_.dim() - dim;
    if (left == 0) return format_.append(out, *at);
    const std::int64_t per_line =
        left > 1 ? 1 : std::max<std::int64_t>(1, (s_.linewidth - indent) / (format_.width() + 2));
    std::int64_t count = 0;
    const auto separate = [&] {
      const std::int64_t before = count++;
      if (before == 0) return;
      if (before % per_line != 0) {
        out += ", ";
        return;
      }
      out += ',';
      out.append(static_cast<std::size_t>(std::max(left - 1, 1)), '\n');
      out.append(static_cast<std::size_t>(indent + 1), ' ');
    };
    out += '[';
    each(
        dim,
        [&](std::int64_t i) {
          separate();
          write(out, dim + 1, at + i * tensor_.strides()[dim], indent + 1);
        },
        [&] {
          separate();
          out += left == 1 ? " ..." : "...";
        });
    out += ']';
  }

  const Tensor& tensor_;
  const Settings& s_;
  bool summarized_;
  Format format_;
};

std::string body(const Tensor& tensor, std::int64_t indent, const Settings& s) {
  if (tensor.numel() == 0) return "[]";
  return detail::dispatch(tensor.dtype(), [&](auto zero) { return Body<decltype(zero)>(tensor, s).text(indent); });
}

std::string size_suffix(const Tensor& tensor) {
  return fmt::format("size=({}{})", fmt::join(tensor.shape(), ", "), tensor.dim() == 1 ? "," : "");
}

std::string sparse_part(const char* name, const Tensor& part, std::int64_t indent, const Settings& s) {
  const std::string prefix = fmt::format("{}=tensor(", name);
  std::string text = prefix + body(part, indent + static_cast<std::int64_t>(prefix.size()), s);
  if (part.numel() == 0) text += ", " + size_suffix(part);
  return text + ')';
}

std::vector<std::string> suffixes_of(const Tensor& tensor) {
  std::vector<std::string> result;
  bool dtype_follows = tensor.dtype() != float32;
  if (tensor.is_sparse()) {
    result.push_back(size_suffix(tensor));
    result.push_back(fmt::format("nnz={}", tensor.values().size(0)));
  } else if (tensor.numel() == 0 && tensor.dim() != 1) {
    result.push_back(size_suffix(tensor));
  }
  // The elements of an integer or bool tensor show its dtype, if there are any.
  if (tensor.is_sparse() || tensor.numel() > 0)
    dtype_follows = dtype_follows && tensor.dtype() != int64 && tensor.dtype() != bool_;
  if (dtype_follows) result.push_back(fmt::format("dtype=torch.{}", name(tensor.dtype())));
  if (tensor.is_sparse()) result.emplace_back("layout=torch.sparse_coo");
  const std::string grad_fn = tensor.grad_fn_name();
  if (!grad_fn.empty()) {
    result.push_back(fmt::format("grad_fn=<{}>", grad_fn));
  } else if (tensor.requires_grad()) {
    result.emplace_back("requires_grad=True");
  }
  return result;
}

}  // namespace

std::string Tensor::str() const {
  if (!defined()) return "None";
  const Settings s = settings();
  constexpr std::int64_t indent = 7;
  const std::string break_line = ",\n" + std::string(indent, ' ');
  std::string text = "tensor(";
  if (is_sparse()) {
    text += sparse_part("indices", indices(), indent, s) + break_line + sparse_part("values", values(), indent, s);
  } else {
    text += body(*this, indent, s);
  }
  const std::size_t newline = text.rfind('\n');
  auto length = static_cast<std::int64_t>(text.size() - (newline == std::string::npos ? 0 : newline + 1)) + 2;
  bool break_first = is_sparse();
  for (const std::string& suffix : suffixes_of(*this)) {
    const auto more = static_cast<std::int64_t>(suffix.size());
    if (break_first || length + more + 2 > s.linewidth) {
      text += break_line + suffix;
      length = indent + more;
    } else {
      text += ", " + suffix;
      length += more + 2;
    }
    break_first = false;
  }
  return (is_parameter() ? "Parameter containing:\n" : "") + text + ')';
}

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) { return out << tensor.str(); }
std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << "torch.Size(" << to_string(shape) << ')';
}
std::ostream& operator<<(std::ostream& out, DType dtype) { return out << "torch." << name(dtype); }

void set_printoptions(const PrintOptions& options) {
  const auto at_least = [](const char* what, std::int64_t value, std::int64_t least) {
    if (value < least)
      throw ValueError(fmt::format("set_printoptions: {} is {}; it must be at least {}", what, value, least));
  };
  Settings s = settings();
  if (!options.profile.empty()) {
    if (options.profile != "default" && options.profile != "short" && options.profile != "full")
      throw ValueError(fmt::format("set_printoptions: unknown profile '{}'; there are 'default', 'short' and 'full'",
                                   options.profile));
    s = {};
    if (options.profile == "short") {
      s.precision = 2;
      s.edgeitems = 2;
    }
    if (options.profile == "full") s.threshold = std::numeric_limits<std::int64_t>::max();
  }
  s.precision = options.precision.value_or(s.precision);
  s.threshold = options.threshold.value_or(s.threshold);
  s.edgeitems = options.edgeitems.value_or(s.edgeitems);
  s.linewidth = options.linewidth.value_or(s.linewidth);
  s.sci_mode = options.sci_mode;
  at_least("precision", s.precision, 0);
  at_least("threshold", s.threshold, 0);
  at_least("edgeitems", s.edgeitems, 1);
  at_least("linewidth", s.linewidth, 1);
  const std::lock_guard lock(settings_mutex);
  shared_settings = s;
}

}  // namespace taper
