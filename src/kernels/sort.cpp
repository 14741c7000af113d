#include "kernels/sort.h"

#include <algorithm>
#include <type_traits>
#include <vector>

#include "base/parallel.h"

namespace taper::kernels {
namespace {

template <class T>
struct Entry {
  T value;
  std::int64_t index;
};

// Whether a stands before b; of equal values the first does.
template <bool descending, class T>
bool before(const Entry<T>& a, const Entry<T>& b) {
  const auto is_nan = [](T x) {
    if constexpr (std::is_floating_point_v<T>) return x != x;
    return false;
  };
  const Entry<T>& low = descending ? b : a;
  const Entry<T>& high = descending ? a : b;
  if (low.value < high.value || (!is_nan(low.value) && is_nan(high.value))) return true;
  if (high.value < low.value || (!is_nan(high.value) && is_nan(low.value))) return false;
  return a.index < b.index;
}

template <bool descending, class T>
void first_k(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, std::int64_t k, T* values,
             std::int64_t* indices) {
  constexpr std::int64_t piece = 1 << 11;  // elements
  parallel_for(0, outer * inner, std::max<std::int64_t>(1, piece / std::max<std::int64_t>(n, 1)),
               [&](std::int64_t begin, std::int64_t end) {
                 std::vector<Entry<T>> line(static_cast<std::size_t>(n));
                 for (std::int64_t r = begin; r < end; ++r) {
                   const T* x = in + r / inner * n * inner + r % inner;
                   for (std::int64_t i = 0; i < n; ++i) line[static_cast<std::size_t>(i)] = {x[i * inner], i};
                   if (k < n / 8) {
                     std::partial_sort(line.begin(), line.begin() + k, line.end(), before<descending, T>);
                   } else {
                     std::sort(line.begin(), line.end(), before<descending, T>);
                   }
                   const std::int64_t to = r / inner * k * inner + r % inner;
                   for (std::int64_t i = 0; i < k; ++i) {
                     values[to + i * inner] = line[static_cast<std::size_t>(i)].value;
                     indices[to + i * inner] = line[static_cast<std::size_t>(i)].index;
                   }
                 }
               });
}

}  // namespace

template <class T>
void sort(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, bool descending, T* values,
          std::int64_t* indices) {
  topk(in, outer, n, inner, n, descending, values, indices);
}

template <class T>
void topk(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, std::int64_t k, bool largest, T* values,
          std::int64_t* indices) {
  if (largest) {
    first_k<true>(in, outer, n, inner, k, values, indices);
  } else {
    first_k<false>(in, outer, n, inner, k, values, indices);
  }
}

using I64 = std::int64_t;
using I32 = std::int32_t;
template void sort(const float*, I64, I64, I64, bool, float*, I64*);
template void sort(const double*, I64, I64, I64, bool, double*, I64*);
template void sort(const I64*, I64, I64, I64, bool, I64*, I64*);
template void sort(const I32*, I64, I64, I64, bool, I32*, I64*);
template void sort(const bool*, I64, I64, I64, bool, bool*, I64*);
template void topk(const float*, I64, I64, I64, I64, bool, float*, I64*);
template void topk(const double*, I64, I64, I64, I64, bool, double*, I64*);
template void topk(const I64*, I64, I64, I64, I64, bool, I64*, I64*);
template void topk(const I32*, I64, I64, I64, I64, bool, I32*, I64*);
template void topk(const bool*, I64, I64, I64, I64, bool, bool*, I64*);

}  // namespace taper::kernels
