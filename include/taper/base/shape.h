#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace taper {

/// A short list of sizes, strides or dimension numbers, held inline: at most eight, a ninth is a ShapeError.
class Shape {
 public:
  static constexpr int max_dims = 8;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes)
      : Shape(std::span<const std::int64_t>(sizes.begin(), sizes.size())) {}
  Shape(const std::vector<std::int64_t>& sizes) : Shape(std::span<const std::int64_t>(sizes)) {}
  explicit Shape(std::span<const std::int64_t> sizes) {
    if (sizes.size() > max_dims) too_many(sizes.size());
    for (std::int64_t s : sizes) sizes_[count_++] = s;
  }
  /// `count` entries, each `value`.
  static Shape filled(int count, std::int64_t value) {
    Shape result;
    for (int i = 0; i < count; ++i) result.push_back(value);
    return result;
  }

  /// How many entries there are.
  int size() const { return static_cast<int>(count_); }
  bool empty() const { return count_ == 0; }
  std::int64_t& operator[](int i) { return sizes_[i]; }
  const std::int64_t& operator[](int i) const { return sizes_[i]; }
  std::int64_t back() const { return sizes_[count_ - 1]; }
  std::int64_t* begin() { return sizes_; }
  std::int64_t* end() { return sizes_ + count_; }
  const std::int64_t* begin() const { return sizes_; }
  const std::int64_t* end() const { return sizes_ + count_; }

  void push_back(std::int64_t value) {
    if (count_ == max_dims) too_many(max_dims + 1);
    sizes_[count_++] = value;
  }
  void insert(int at, std::int64_t value) {
    push_back(value);
    for (int i = size() - 1; i > at; --i) sizes_[i] = sizes_[i - 1];
    sizes_[at] = value;
  }
  void erase(int at) {
    for (int i = at; i + 1 < size(); ++i) sizes_[i] = sizes_[i + 1];
    --count_;
  }

  friend bool operator==(const Shape& a, const Shape& b) {
    if (a.count_ != b.count_) return false;
    for (unsigned i = 0; i < a.count_; ++i)
      if (a.sizes_[i] != b.sizes_[i]) return false;
    return true;
  }

 private:
  [[noreturn]] static void too_many(std::size_t count);

  std::int64_t sizes_[max_dims] = {};
  unsigned count_ = 0;
};

/// "[2, 3]", as PyTorch's messages write a shape.
std::string to_string(const Shape& shape);

/// The product of the sizes; ShapeError where a size is negative or the product overflows 63 bits.
std::int64_t numel(const Shape& shape);

/// Row-major strides, in elements.
Shape contiguous_strides(const Shape& shape);

/// The shape that two shapes broadcast to (PyTorch's rule). ShapeError naming `op`, both shapes and the axis otherwise.
Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b);

/// `dim` counted from the end where negative. IndexError naming `op` outside [-n, n); a 0-d tensor counts as n = 1.
int wrap_dim(const char* op, std::int64_t dim, int n);

}  // namespace taper
