#pragma once

#include <cstdint>
#include <memory>

#include "autograd/record.h"
#include "base/generator_lock.h"
#include "ops/elementwise.h"
#include "taper/ops/create.h"

/// What operations that draw share: which generator, and in which order memory is filled.
namespace taper::detail {

inline Generator& chosen(Generator* generator) { return generator != nullptr ? *generator : default_generator(); }

/// TypeError for a sparse tensor.
void check_dense(const char* op, const Tensor& x);

/// The dimensions of a tensor from the fastest in memory to the slowest.
Shape memory_order(const Tensor& x);

/// A dense tensor whose dimensions lie in memory in the order of `like`'s.
Tensor make_like(const Tensor& like, DType dtype);

/// New memory with x's strides, holes and all.
Tensor same_geometry(const Tensor& x);

/// Whether x's elements, in the order of memory, lie side by side.
bool lies_side_by_side(const Tensor& x);

/// Numbers of x's dtype, in a row, become x's elements in the order of memory.
void put_in_memory_order(const Tensor& x, const void* numbers);

/// fill(numbers, n) writes n numbers in a row, which become x's elements in the order of memory.
template <class T, class F>
void fill_in_memory_order(const Tensor& x, F&& fill) {
  if (lies_side_by_side(x)) return fill(reinterpret_cast<T*>(x.get().data), x.numel());
  const auto numbers = std::make_unique<T[]>(static_cast<std::size_t>(x.numel()));
  fill(numbers.get(), x.numel());
  put_in_memory_order(x, numbers.get());
}

/// Fills `out` from the generator that was handed over, or from the default one.
template <class Distribution>
void draw(const Distribution& distribution, const Tensor& out, Generator* generator) {
  Generator& source = chosen(generator);
  const GeneratorLock lock(source);
  distribution.fill(out, source);
}

/// The numbers of `self` anew, with a gradient of zero for what was there before.
template <class Distribution>
Tensor& fill_in_place(const char* op, const char* node, const Distribution& distribution, Tensor& self,
                      Generator* generator) {
  check_dense(op, self);
  distribution.check(op, self.dtype());
  check_in_place(op, self, would_record({self}));
  if (!would_record({self})) {
    draw(distribution, self, generator);
    bump_version(self);
    return self;
  }
  Tensor numbers = same_geometry(self);
  draw(distribution, numbers, generator);
  const Tensor before = snapshot(self);
  assign_in_place(op, self, record(node, std::move(numbers), {before}, saved(), [](Grads& dx, const Tensor& g) {
                    dx.add(0, zeros_like(g));
                  }));
  return self;
}

}  // namespace taper::detail
