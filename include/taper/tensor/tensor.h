#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "taper/base/callable.h"
#include "taper/base/dtype.h"
#include "taper/base/shape.h"
#include "taper/tensor/impl.h"
#include "taper/tensor/options.h"
#include "taper/tensor/scalar.h"

namespace taper {

class Generator;
class Tensor;
struct ValuesIndices;  // {values, indices}, of max, min, sort and topk along a dimension

/// `None` in an index: a new dimension of size one. In a slice: left out.
struct NoneIndex {};
inline constexpr NoneIndex None{};
/// Python's slice: start, end and step, each left out as in `::2`, that is `Slice(None, None, 2)`. The step is at least
/// 1.
struct Slice {
  std::optional<std::int64_t> start{};
  std::optional<std::int64_t> end{};
  std::int64_t step = 1;
  Slice() = default;
  Slice(std::optional<std::int64_t> from, std::optional<std::int64_t> to, std::int64_t by = 1)
      : start(from), end(to), step(by) {}
  // Templates, so that {} means an optional.
  template <std::same_as<NoneIndex> N>
  Slice(N, std::optional<std::int64_t> to, std::int64_t by = 1) : end(to), step(by) {}
  template <std::same_as<NoneIndex> N>
  Slice(std::optional<std::int64_t> from, N, std::int64_t by = 1) : start(from), step(by) {}
  template <std::same_as<NoneIndex> N>
  Slice(N, N, std::int64_t by = 1) : step(by) {}
};

/// `...` in an index: as many whole dimensions as are missing.
struct EllipsisIndex {};
inline constexpr EllipsisIndex Ellipsis{};

class Index;

struct BackwardOptions;

/// Removes a hook again.
class HookHandle {
 public:
  HookHandle() = default;
  explicit HookHandle(Callable<void()> remove) : remove_(std::move(remove)) {}
  void remove() {
    if (remove_) remove_();
    remove_ = {};
  }

 private:
  Callable<void()> remove_;
};

/// A shared handle on an n-dimensional array (torch.Tensor). Copying a Tensor makes another handle on the same numbers;
/// `clone()` copies the numbers. A default-constructed Tensor is undefined, as Python's None.
///
/// Methods that PyTorch has do what PyTorch's do; those below without a comment are the free functions of the same name
/// in `taper/ops/`, where shapes and errors stand.
class Tensor {
 public:
  Tensor() noexcept = default;
  Tensor(const Tensor& other) noexcept : impl_(other.impl_) { detail::retain(impl_); }
  Tensor(Tensor&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}
  Tensor& operator=(const Tensor& other) & noexcept {
    Tensor copy(other);
    std::swap(impl_, copy.impl_);
    return *this;
  }
  Tensor& operator=(Tensor&& other) & noexcept {
    Tensor moved(std::move(other));
    std::swap(impl_, moved.impl_);
    return *this;
  }
  /// `x[0] = y` would bind a temporary and change nothing: write `x[0].copy_(y)` or `x.index_put_({0}, y)`.
  Tensor& operator=(const Tensor& other) && = delete;
  ~Tensor() { detail::release(impl_); }

  // What it is.
  bool defined() const { return impl_ != nullptr; }
  const Shape& shape() const { return get().shape; }
  const Shape& strides() const { return get().strides; }  ///< in elements
  std::int64_t size(std::int64_t dim) const;
  int dim() const { return get().shape.size(); }
  std::int64_t numel() const { return get().numel; }
  DType dtype() const { return get().dtype; }
  bool is_contiguous() const { return get().contiguous; }
  std::int64_t storage_offset() const;
  /// How often the numbers have been changed in place, by any tensor that shares them (Tensor._version). GradError for
  /// an inference tensor, whose changes are not counted.
  std::uint32_t version() const;
  /// Whether both share one storage.
  bool shares_memory_with(const Tensor& other) const;
  /// Whether both are the same tensor (Python's `is`).
  bool is(const Tensor& other) const { return impl_ == other.impl_; }

  // The numbers.
  /// The first element's address. The rest lies at strides(). TypeError if T is not the dtype. Writing through it is
  /// not seen by the version counter.
  template <class T>
  T* data() const;
  /// The number of a one-element tensor, converted to T; ShapeError for any other numel.
  template <class T>
  T item() const;
  /// A one-element tensor's number as it is.
  Scalar item() const;
  /// All numbers in row-major order, converted to T.
  template <class T>
  std::vector<T> to_vector() const;
  /// PyTorch's text of it; "None" where it is undefined.
  std::string str() const;

  // Sparse COO, as a gradient of nn::Embedding with sparse = true has.
  bool is_sparse() const { return get().sparse; }
  Tensor indices() const;  ///< int64 [sparse_dim, nnz], as stored
  Tensor values() const;   ///< [nnz, ...], as stored
  bool is_coalesced() const;
  Tensor coalesce() const;  ///< sorted indices, duplicates summed
  Tensor to_dense() const;

  // The tape.
  bool requires_grad() const {
    const detail::TensorImpl& impl = get();
    return impl.requires_grad || impl.grad_fn != nullptr || (impl.base != nullptr && detail::view_requires_grad(impl));
  }
  /// TypeError unless floating-point; GradError for turning it off on a result, or on for an inference tensor outside
  /// InferenceMode. Returns *this.
  const Tensor& requires_grad_(bool value = true) const;
  bool is_leaf() const { return get().requires_grad || !requires_grad(); }
  bool is_parameter() const { return get().is_parameter; }
  /// Whether it was made under an InferenceMode (taper/autograd/autograd.h).
  bool is_inference() const { return get().inference; }
  /// The gradient that backward has left here; undefined where there is none.
  Tensor grad() const;
  /// Puts `gradient` in grad's place; an undefined one clears it. ShapeError or TypeError unless it has this tensor's
  /// shape and dtype.
  void set_grad(const Tensor& gradient) const;
  /// "MulBackward0", or "" for a leaf.
  std::string grad_fn_name() const;
  /// Differentiates this one-element tensor with respect to every leaf, adding to their grad. GradError for other
  /// shapes, for what has no graph, or for a graph already spent.
  void backward() const;
  void backward(const BackwardOptions& options) const;
  /// The same with a cotangent of this tensor's shape, which is converted to its dtype.
  void backward(const Tensor& gradient) const;
  void backward(const Tensor& gradient, const BackwardOptions& options) const;
  /// The same numbers outside the tape.
  Tensor detach() const;
  Tensor& detach_();
  /// Keeps grad for a result, too, at the next backward, as all its hooks have left it.
  void retain_grad() const;
  bool retains_grad() const;
  /// Calls `hook` with the gradient of this tensor when a backward has computed it, the first registered first; a
  /// defined result replaces it: ShapeError or TypeError there unless it has the same shape and dtype. autograd::grad
  /// returns a tensor's gradient as it is before its own hooks.
  HookHandle register_hook(Callable<Tensor(const Tensor&)> hook) const;
  /// The same for a hook that only looks.
  template <class F>
  requires std::is_void_v<std::invoke_result_t<F&, const Tensor&>> HookHandle register_hook(F hook)
  const {
    return register_hook(Callable<Tensor(const Tensor&)>([h = std::move(hook)](const Tensor& g) mutable {
      h(g);
      return Tensor();
    }));
  }

  // Copies and conversions (taper/ops/copy.h).
  Tensor clone() const;
  Tensor contiguous() const;
  Tensor to(DType dtype) const;
  Tensor& copy_(const Tensor& source);
  Tensor& fill_(Scalar value);
  Tensor& zero_();

  // Arithmetic, in place (taper/ops/pointwise.h).
  Tensor& add_(const Tensor& other);
  Tensor& add_(Scalar other);
  Tensor& sub_(const Tensor& other);
  Tensor& sub_(Scalar other);
  Tensor& mul_(const Tensor& other);
  Tensor& mul_(Scalar other);
  Tensor& div_(const Tensor& other);
  Tensor& div_(Scalar other);
  Tensor& pow_(Scalar exponent);
  Tensor& neg_();
  Tensor& exp_();
  Tensor& log_();
  Tensor& sqrt_();
  Tensor& abs_();
  Tensor& tanh_();
  Tensor& sigmoid_();
  Tensor& relu_();
  Tensor& clamp_(std::optional<double> min, std::optional<double> max = {});
  Tensor& masked_fill_(const Tensor& mask, Scalar value);
  Tensor& operator+=(const Tensor& other) { return add_(other); }
  Tensor& operator+=(Scalar other) { return add_(other); }
  Tensor& operator-=(const Tensor& other) { return sub_(other); }
  Tensor& operator-=(Scalar other) { return sub_(other); }
  Tensor& operator*=(const Tensor& other) { return mul_(other); }
  Tensor& operator*=(Scalar other) { return mul_(other); }
  Tensor& operator/=(const Tensor& other) { return div_(other); }
  Tensor& operator/=(Scalar other) { return div_(other); }

  // Pointwise (taper/ops/pointwise.h).
  Tensor add(const Tensor& other) const;
  Tensor add(Scalar other) const;
  Tensor sub(const Tensor& other) const;
  Tensor sub(Scalar other) const;
  Tensor mul(const Tensor& other) const;
  Tensor mul(Scalar other) const;
  Tensor div(const Tensor& other) const;
  Tensor div(Scalar other) const;
  Tensor neg() const;
  Tensor square() const;
  Tensor pow(const Tensor& exponent) const;
  Tensor pow(Scalar exponent) const;
  Tensor exp() const;
  Tensor log() const;
  Tensor log1p() const;
  Tensor expm1() const;
  Tensor sqrt() const;
  Tensor rsqrt() const;
  Tensor reciprocal() const;
  Tensor abs() const;
  Tensor sign() const;
  Tensor sin() const;
  Tensor cos() const;
  Tensor tanh() const;
  Tensor sigmoid() const;
  Tensor relu() const;
  Tensor erf() const;
  Tensor clamp(std::optional<double> min, std::optional<double> max = {}) const;
  Tensor maximum(const Tensor& other) const;
  Tensor minimum(const Tensor& other) const;
  Tensor masked_fill(const Tensor& mask, Scalar value) const;
  Tensor lerp(const Tensor& end, Scalar weight) const;
  Tensor lerp(const Tensor& end, const Tensor& weight) const;
  Tensor logical_not() const;
  Tensor eq(const Tensor& other) const;
  Tensor eq(Scalar other) const;
  Tensor ne(const Tensor& other) const;
  Tensor ne(Scalar other) const;
  Tensor lt(const Tensor& other) const;
  Tensor lt(Scalar other) const;
  Tensor le(const Tensor& other) const;
  Tensor le(Scalar other) const;
  Tensor gt(const Tensor& other) const;
  Tensor gt(Scalar other) const;
  Tensor ge(const Tensor& other) const;
  Tensor ge(Scalar other) const;
  Tensor isnan() const;

  // Reductions (taper/ops/reduce.h).
  Tensor sum() const;
  Tensor sum(std::int64_t dim, bool keepdim = false) const;
  Tensor sum(const Shape& dims, bool keepdim = false) const;
  Tensor sum(std::initializer_list<std::int64_t> dims, bool keepdim = false) const { return sum(Shape(dims), keepdim); }
  Tensor mean() const;
  Tensor mean(std::int64_t dim, bool keepdim = false) const;
  Tensor mean(const Shape& dims, bool keepdim = false) const;
  Tensor mean(std::initializer_list<std::int64_t> dims, bool keepdim = false) const {
    return mean(Shape(dims), keepdim);
  }
  Tensor prod() const;
  Tensor prod(std::int64_t dim, bool keepdim = false) const;
  Tensor var(bool unbiased = true) const;
  Tensor var(std::int64_t dim, bool unbiased = true, bool keepdim = false) const;
  Tensor var(int dim, bool unbiased = true, bool keepdim = false) const {
    return var(std::int64_t{dim}, unbiased, keepdim);
  }
  Tensor var(const Shape& dims, bool unbiased = true, bool keepdim = false) const;
  Tensor std(bool unbiased = true) const;
  Tensor std(std::int64_t dim, bool unbiased = true, bool keepdim = false) const;
  Tensor std(int dim, bool unbiased = true, bool keepdim = false) const {
    return std(std::int64_t{dim}, unbiased, keepdim);
  }
  Tensor std(const Shape& dims, bool unbiased = true, bool keepdim = false) const;
  Tensor max() const;
  ValuesIndices max(std::int64_t dim, bool keepdim = false) const;
  Tensor min() const;
  ValuesIndices min(std::int64_t dim, bool keepdim = false) const;
  Tensor amax(const Shape& dims = {}, bool keepdim = false) const;
  Tensor amin(const Shape& dims = {}, bool keepdim = false) const;
  template <std::integral I>
  Tensor amax(I dim, bool keepdim = false) const {
    return amax(Shape{dim}, keepdim);
  }
  template <std::integral I>
  Tensor amin(I dim, bool keepdim = false) const {
    return amin(Shape{dim}, keepdim);
  }
  Tensor argmax() const;
  Tensor argmax(std::int64_t dim, bool keepdim = false) const;
  Tensor argmin() const;
  Tensor argmin(std::int64_t dim, bool keepdim = false) const;
  Tensor any() const;
  Tensor any(std::int64_t dim, bool keepdim = false) const;
  Tensor all() const;
  Tensor all(std::int64_t dim, bool keepdim = false) const;
  Tensor cumsum(std::int64_t dim) const;
  Tensor logsumexp(std::int64_t dim, bool keepdim = false) const;
  Tensor softmax(std::int64_t dim) const;
  Tensor log_softmax(std::int64_t dim) const;
  Tensor norm(double p = 2.0) const;
  Tensor norm(double p, std::int64_t dim, bool keepdim = false) const;
  ValuesIndices topk(std::int64_t k, std::int64_t dim = -1, bool largest = true) const;
  ValuesIndices sort(std::int64_t dim = -1, bool descending = false) const;

  // Comparing (taper/ops/close.h).
  Tensor isclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) const;
  bool allclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) const;
  bool equal(const Tensor& other) const;

  // Products (taper/ops/matmul.h).
  Tensor mm(const Tensor& other) const;
  Tensor bmm(const Tensor& other) const;
  Tensor matmul(const Tensor& other) const;
  Tensor dot(const Tensor& other) const;

  // Shapes (taper/ops/shape.h). Sizes and dimensions may stand without their braces, too: `x.view(-1, 2)`.
  Tensor view(const Shape& shape) const;
  template <std::integral First, std::integral... Rest>
  Tensor view(First first, Rest... rest) const {
    return view(Shape{static_cast<std::int64_t>(first), static_cast<std::int64_t>(rest)...});
  }
  Tensor reshape(const Shape& shape) const;
  template <std::integral First, std::integral... Rest>
  Tensor reshape(First first, Rest... rest) const {
    return reshape(Shape{static_cast<std::int64_t>(first), static_cast<std::int64_t>(rest)...});
  }
  Tensor transpose(std::int64_t dim0, std::int64_t dim1) const;
  Tensor permute(const Shape& dims) const;
  template <std::integral First, std::integral... Rest>
  Tensor permute(First first, Rest... rest) const {
    return permute(Shape{static_cast<std::int64_t>(first), static_cast<std::int64_t>(rest)...});
  }
  Tensor t() const;
  Tensor squeeze() const;
  Tensor squeeze(std::int64_t dim) const;
  Tensor unsqueeze(std::int64_t dim) const;
  Tensor expand(const Shape& shape) const;
  template <std::integral First, std::integral... Rest>
  Tensor expand(First first, Rest... rest) const {
    return expand(Shape{static_cast<std::int64_t>(first), static_cast<std::int64_t>(rest)...});
  }
  Tensor expand_as(const Tensor& other) const;
  Tensor flatten(std::int64_t start_dim = 0, std::int64_t end_dim = -1) const;
  Tensor narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const;
  Tensor select(std::int64_t dim, std::int64_t index) const;
  Tensor slice(std::int64_t dim = 0, std::optional<std::int64_t> start = {}, std::optional<std::int64_t> end = {},
               std::int64_t step = 1) const;
  Tensor flip(const Shape& dims) const;
  Tensor repeat(const Shape& repeats) const;
  template <std::integral First, std::integral... Rest>
  Tensor repeat(First first, Rest... rest) const {
    return repeat(Shape{static_cast<std::int64_t>(first), static_cast<std::int64_t>(rest)...});
  }
  std::vector<Tensor> split(std::int64_t size, std::int64_t dim = 0) const;
  std::vector<Tensor> split(const Shape& sizes, std::int64_t dim = 0) const;
  std::vector<Tensor> chunk(std::int64_t chunks, std::int64_t dim = 0) const;
  std::vector<Tensor> unbind(std::int64_t dim = 0) const;

  // Indexing (taper/ops/index.h).
  /// Entry `i` of the first dimension, a view; negative counts from the end.
  Tensor operator[](std::int64_t i) const;
  /// Rows by an integer tensor, or entries by a boolean mask.
  Tensor operator[](const Tensor& index) const;
  /// `x[1:3]`: x[Slice(1, 3)], a view; `x[None]` and `x[...]`.
  Tensor operator[](const Slice& rows) const;
  Tensor operator[](NoneIndex) const;
  Tensor operator[](EllipsisIndex) const;
  /// `x[0, ..., 1:3, ids]`: x.index({0, Ellipsis, Slice(1, 3), ids}).
  Tensor index(const std::vector<Index>& indices) const;
  /// `x[indices] = value`. Returns *this.
  Tensor& index_put_(const std::vector<Index>& indices, const Tensor& value);
  Tensor& index_put_(const std::vector<Index>& indices, Scalar value);
  Tensor nonzero() const;
  Tensor index_select(std::int64_t dim, const Tensor& index) const;
  Tensor gather(std::int64_t dim, const Tensor& index) const;
  Tensor scatter(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor scatter(std::int64_t dim, const Tensor& index, Scalar value) const;
  Tensor scatter_add(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor index_add(std::int64_t dim, const Tensor& index, const Tensor& source) const;

  // Random fills in place, from the default generator unless one is given (taper/ops/random.h).
  Tensor& uniform_(double from = 0.0, double to = 1.0, Generator* generator = nullptr);
  Tensor& normal_(double mean = 0.0, double std = 1.0, Generator* generator = nullptr);
  Tensor& bernoulli_(double p = 0.5, Generator* generator = nullptr);
  Tensor& bernoulli_(const Tensor& p, Generator* generator = nullptr);
  Tensor& exponential_(double lambda = 1.0, Generator* generator = nullptr);
  Tensor& log_normal_(double mean = 1.0, double std = 2.0, Generator* generator = nullptr);
  Tensor& cauchy_(double median = 0.0, double sigma = 1.0, Generator* generator = nullptr);
  Tensor& geometric_(double p, Generator* generator = nullptr);
  Tensor& random_(Generator* generator = nullptr);
  template <std::integral To>
  Tensor& random_(To to, Generator* generator = nullptr) {
    return random_below(static_cast<std::int64_t>(to), generator);
  }
  template <std::integral From, std::integral To>
  Tensor& random_(From from, To to, Generator* generator = nullptr) {
    return random_between(static_cast<std::int64_t>(from), static_cast<std::int64_t>(to), generator);
  }
  template <std::integral From>
  Tensor& random_(From from, NoneIndex, Generator* generator = nullptr) {
    return random_between(static_cast<std::int64_t>(from), {}, generator);
  }
  Tensor multinomial(std::int64_t num_samples, bool replacement = false, Generator* generator = nullptr) const;

  /// The object behind the handle, for Taper's own sources. GradError-free: undefined is a ValueError.
  detail::TensorImpl& get() const {
    if (impl_ == nullptr) undefined();
    return *impl_;
  }
  detail::TensorImpl* impl() const { return impl_; }
  /// Takes over one reference.
  static Tensor adopt(detail::TensorImpl* impl) {
    Tensor tensor;
    tensor.impl_ = impl;
    return tensor;
  }

 protected:
  [[noreturn]] static void undefined();

  detail::TensorImpl* impl_ = nullptr;

 private:
  Tensor& random_below(std::int64_t to, Generator* generator);
  Tensor& random_between(std::int64_t from, std::optional<std::int64_t> to, Generator* generator);
};

/// Keywords of Tensor::backward, in PyTorch's order.
struct BackwardOptions {
  bool retain_graph = false;
  bool create_graph = false;
  std::vector<Tensor> inputs{};  ///< the only tensors to get a gradient, results too; all leaves where empty
};

struct ValuesIndices {
  Tensor values;
  Tensor indices;  ///< int64
};

/// One entry of an index expression.
class Index {
 public:
  enum class Kind { integer, slice, none, ellipsis, tensor };
  Index(int i) : kind_(Kind::integer), integer_(i) {}
  Index(std::int64_t i) : kind_(Kind::integer), integer_(i) {}
  Index(Slice s) : kind_(Kind::slice), slice_(s) {}
  Index(NoneIndex) : kind_(Kind::none) {}
  Index(EllipsisIndex) : kind_(Kind::ellipsis) {}
  Index(Tensor t) : kind_(Kind::tensor), tensor_(std::move(t)) {}

  Kind kind() const { return kind_; }
  std::int64_t integer() const { return integer_; }
  const Slice& slice() const { return slice_; }
  const Tensor& tensor() const { return tensor_; }

 private:
  Kind kind_;
  std::int64_t integer_ = 0;
  Slice slice_{};
  Tensor tensor_;
};

/// PyTorch's text of a tensor (taper/tensor/print.h has the options).
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);
/// "torch.Size([2, 3])", as Python prints x.shape.
std::ostream& operator<<(std::ostream& out, const Shape& shape);
/// "torch.float32", as Python prints x.dtype.
std::ostream& operator<<(std::ostream& out, DType dtype);

}  // namespace taper
