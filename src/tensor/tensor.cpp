#include "taper/tensor/tensor.h"

#include <fmt/format.h>

#include <new>

#include "autograd/node.h"
#include "base/pool.h"
#include "taper/base/error.h"
#include "tensor/extra.h"
#include "tensor/loan.h"
#include "tensor/make.h"

namespace taper {
namespace detail {
namespace {

TensorImpl* new_impl() { return ::new (pool::allocate(sizeof(TensorImpl))) TensorImpl; }

std::size_t checked_bytes(std::int64_t count, DType dtype) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<std::size_t>(count), size_of(dtype), &bytes) || bytes > (std::size_t{1} << 62))
    throw ShapeError(fmt::format("shape: size overflows: {} elements of {}", count, name(dtype)));
  return bytes;
}

}  // namespace

void destroy(TensorImpl* impl) noexcept {
  if (impl->extra != nullptr && impl->extra->retained_at != nullptr) move_retained_grad(*impl, nullptr, 0);
  if (impl->grad_fn != nullptr) release(impl->grad_fn);
  if (impl->extra != nullptr) {
    impl->extra->~Extra();
    pool::release(impl->extra, sizeof(Extra));
  }
  if (impl->base != nullptr) release(impl->base);
  if (impl->storage != nullptr) release(impl->storage);
  impl->~TensorImpl();
  pool::release(impl, sizeof(TensorImpl));
}

bool view_requires_grad(const TensorImpl& view) noexcept {
  return view.view_version != view.storage->version.load(std::memory_order_relaxed) &&
         view.view_kind != ViewKind::no_grad && view.view_kind != ViewKind::inference &&
         (view.base->requires_grad || view.base->grad_fn != nullptr);
}

bool is_contiguous(const Shape& shape, const Shape& strides) {
  std::int64_t step = 1;
  for (int i = shape.size() - 1; i >= 0; --i) {
    if (shape[i] == 0) return true;
    if (shape[i] != 1 && strides[i] != step) {
      for (std::int64_t size : shape)
        if (size == 0) return true;
      return false;
    }
    step *= shape[i];
  }
  return true;
}

Tensor make_tensor(const Shape& shape, DType dtype) {
  const std::int64_t count = numel(shape);
  Storage* storage = Storage::make(checked_bytes(count, dtype));
  TensorImpl* impl = new_impl();
  impl->dtype = dtype;
  impl->numel = count;
  impl->inference = thread_state.inference;
  impl->storage = storage;
  impl->data = static_cast<char*>(storage->data);
  impl->shape = shape;
  impl->strides = contiguous_strides(shape);
  return Tensor::adopt(impl);
}

Tensor make_dense_like(const Tensor& like, DType dtype) {
  const TensorImpl& from = like.get();
  Storage* storage = Storage::make(checked_bytes(from.numel, dtype));
  TensorImpl* impl = new_impl();
  impl->dtype = dtype;
  impl->numel = from.numel;
  impl->inference = thread_state.inference;
  impl->storage = storage;
  impl->data = static_cast<char*>(storage->data);
  impl->shape = from.shape;
  impl->strides = from.strides;
  return Tensor::adopt(impl);
}

Tensor wrap_number(Scalar value) {
  Tensor tensor = make_tensor({}, value.dtype());
  TensorImpl& impl = tensor.get();
  impl.wrapped_number = true;
  switch (value.dtype()) {
    case DType::float64:
      *reinterpret_cast<double*>(impl.data) = value.to_double();
      break;
    case DType::bool_:
      *reinterpret_cast<bool*>(impl.data) = value.to_int() != 0;
      break;
    default:
      *reinterpret_cast<std::int64_t*>(impl.data) = value.to_int();
  }
  return tensor;
}

Tensor alias(const Tensor& base, const Shape& shape, const Shape& strides, std::int64_t offset) {
  const TensorImpl& from = base.get();
  TensorImpl* impl = new_impl();
  impl->dtype = from.dtype;
  impl->inference = from.inference;
  impl->storage = from.storage;
  if (from.storage != nullptr) retain(from.storage);
  impl->data = from.data + offset * static_cast<std::int64_t>(size_of(from.dtype));
  impl->shape = shape;
  impl->strides = strides;
  impl->numel = numel(shape);
  impl->contiguous = is_contiguous(shape, strides);
  return Tensor::adopt(impl);
}

Tensor alias(const Tensor& base) {
  const TensorImpl& from = base.get();
  TensorImpl* impl = new_impl();
  impl->dtype = from.dtype;
  impl->inference = from.inference;
  impl->storage = from.storage;
  if (from.storage != nullptr) retain(from.storage);
  impl->data = from.data;
  impl->shape = from.shape;
  impl->strides = from.strides;
  impl->numel = from.numel;
  impl->contiguous = from.contiguous;
  impl->wrapped_number = from.wrapped_number;
  if (from.sparse) {
    impl->sparse = true;
    Tensor result = Tensor::adopt(impl);
    Extra& parts = extra(result);
    parts.indices = from.extra->indices;
    own_values(base);
    parts.values = from.extra->values;
    parts.coalesced = from.extra->coalesced;
    return result;
  }
  return Tensor::adopt(impl);
}

Tensor hollow(const Tensor& x) {
  const TensorImpl& from = x.get();
  TensorImpl* impl = new_impl();
  impl->dtype = from.dtype;
  impl->shape = from.shape;
  impl->strides = from.strides;
  impl->numel = from.numel;
  impl->contiguous = from.contiguous;
  return Tensor::adopt(impl);
}

Tensor adopt_memory(void* data, const Shape& shape, DType dtype, void* owner, void (*give_back)(void*)) {
  const std::int64_t count = numel(shape);
  TensorImpl* impl = new_impl();
  impl->dtype = dtype;
  impl->inference = thread_state.inference;
  impl->numel = count;
  impl->storage = Storage::adopt(data, checked_bytes(count, dtype), owner, give_back);
  impl->data = static_cast<char*>(data);
  impl->shape = shape;
  impl->strides = contiguous_strides(shape);
  return Tensor::adopt(impl);
}

Tensor make_sparse(const Tensor& indices, const Tensor& values, const Shape& shape, bool coalesced) {
  TensorImpl* impl = new_impl();
  impl->dtype = values.dtype();
  impl->inference = thread_state.inference;
  impl->numel = numel(shape);
  impl->shape = shape;
  impl->strides = contiguous_strides(shape);
  impl->sparse = true;
  Tensor result = Tensor::adopt(impl);
  Extra& parts = extra(result);
  parts.indices = indices;
  parts.values = values;
  parts.coalesced = coalesced;
  return result;
}

Extra& extra(const Tensor& tensor) {
  TensorImpl& impl = tensor.get();
  if (impl.extra == nullptr) impl.extra = ::new (pool::allocate(sizeof(Extra))) Extra;
  return *impl.extra;
}

}  // namespace detail

void Tensor::undefined() { throw ValueError("tensor: this one is undefined; give it a value first"); }

std::int64_t Tensor::size(std::int64_t dim) const {
  if (get().shape.empty()) throw IndexError(fmt::format("size: dimension {} of a 0-d tensor", dim));
  return get().shape[wrap_dim("size", dim, this->dim())];
}

std::int64_t Tensor::storage_offset() const {
  const detail::TensorImpl& impl = get();
  if (impl.storage == nullptr) return 0;
  return (impl.data - static_cast<char*>(impl.storage->data)) / static_cast<std::int64_t>(size_of(impl.dtype));
}

std::uint32_t Tensor::version() const {
  if (get().inference) throw GradError("version: changes of an inference tensor are not counted");
  return detail::raw_version(get());
}

bool Tensor::shares_memory_with(const Tensor& other) const {
  return get().storage != nullptr && get().storage == other.get().storage;
}

template <class T>
T* Tensor::data() const {
  const detail::TensorImpl& impl = get();
  if (impl.dtype != dtype_of<T>)
    throw TypeError(fmt::format("data: asked for {}, but the tensor holds {}", name(dtype_of<T>), name(impl.dtype)));
  if (impl.sparse) throw TypeError("data: a sparse tensor has no dense numbers; use to_dense() or values()");
  if (impl.storage != nullptr) detail::before_showing(*impl.storage);
  return reinterpret_cast<T*>(impl.data);
}
template float* Tensor::data<float>() const;
template double* Tensor::data<double>() const;
template std::int64_t* Tensor::data<std::int64_t>() const;
template std::int32_t* Tensor::data<std::int32_t>() const;
template bool* Tensor::data<bool>() const;

Scalar Tensor::item() const {
  const detail::TensorImpl& impl = get();
  if (impl.numel != 1)
    throw ShapeError(fmt::format("item: shape {} has {} elements; only one element converts to a number",
                                 to_string(impl.shape), impl.numel));
  if (impl.sparse) return to_dense().item();
  return detail::dispatch(impl.dtype, [&](auto zero) { return Scalar(*reinterpret_cast<decltype(zero)*>(impl.data)); });
}

template <class T>
T Tensor::item() const {
  const Scalar value = item();
  if (value.dtype() == DType::float64) return static_cast<T>(value.to_double());
  return static_cast<T>(value.to_int());
}
template float Tensor::item<float>() const;
template double Tensor::item<double>() const;
template std::int64_t Tensor::item<std::int64_t>() const;
template std::int32_t Tensor::item<std::int32_t>() const;
template bool Tensor::item<bool>() const;

template <class T>
std::vector<T> Tensor::to_vector() const {
  if (get().sparse) return to_dense().to_vector<T>();
  const detail::TensorImpl& impl = get();
  std::vector<T> result;
  result.reserve(static_cast<std::size_t>(impl.numel));
  if (impl.numel == 0) return result;
  detail::dispatch(impl.dtype, [&](auto zero) {
    const auto* data = reinterpret_cast<const decltype(zero)*>(impl.data);
    Shape at = Shape::filled(impl.shape.size(), 0);
    std::int64_t offset = 0;
    for (std::int64_t i = 0; i < impl.numel; ++i) {
      result.push_back(static_cast<T>(data[offset]));
      for (int d = impl.shape.size() - 1; d >= 0; --d) {
        offset += impl.strides[d];
        if (++at[d] < impl.shape[d]) break;
        offset -= at[d] * impl.strides[d];
        at[d] = 0;
      }
    }
  });
  return result;
}
template std::vector<float> Tensor::to_vector<float>() const;
template std::vector<double> Tensor::to_vector<double>() const;
template std::vector<std::int64_t> Tensor::to_vector<std::int64_t>() const;
template std::vector<std::int32_t> Tensor::to_vector<std::int32_t>() const;
template std::vector<bool> Tensor::to_vector<bool>() const;

}  // namespace taper
