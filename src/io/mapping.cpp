#include "io/mapping.h"

#include <sys/mman.h>

#include <new>

#include "tensor/make.h"

namespace taper::io {

Mapping* Mapping::make(int descriptor, std::uint64_t size) noexcept {
  // Not reserved: of a file larger than the memory only what is written to has to fit.
  void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0);
  if (data == MAP_FAILED) return nullptr;
  auto* mapping = new (std::nothrow) Mapping(static_cast<char*>(data), size);
  if (mapping == nullptr) ::munmap(data, size);
  return mapping;
}

Mapping::~Mapping() { ::munmap(data_, size_); }

void Mapping::release() noexcept {
  if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

Tensor Mapping::tensor(std::uint64_t offset, const Shape& shape, DType dtype) {
  if (offset % size_of(dtype) != 0) return {};
  refs_.fetch_add(1, std::memory_order_relaxed);
  try {
    return detail::adopt_memory(data_ + offset, shape, dtype, this,
                                [](void* owner) { static_cast<Mapping*>(owner)->release(); });
  } catch (...) {
    release();
    throw;
  }
}

}  // namespace taper::io
