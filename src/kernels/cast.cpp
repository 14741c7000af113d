#ifndef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cast.cpp"
#endif
#include <algorithm>

#include "kernels/pointwise.h"
#include "kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace taper::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class In, class Out>
void cast_loop(std::int64_t n, void* out, std::int64_t so, const void* x, std::int64_t sx) {
  auto* o = static_cast<Out*>(out);
  const auto* a = static_cast<const In*>(x);
  if (so == 1 && sx == 1) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) o[i] = static_cast<Out>(a[i]);
  } else if (so == 1 && sx == 0) {
    std::fill_n(o, n, static_cast<Out>(*a));
  } else {
    for (std::int64_t i = 0; i < n; ++i) o[i * so] = static_cast<Out>(a[i * sx]);
  }
}

template <class In>
CastLoop cast_from(DType to) {
  constexpr CastLoop loops[] = {&cast_loop<In, float>, &cast_loop<In, double>, &cast_loop<In, std::int64_t>,
                                &cast_loop<In, std::int32_t>, &cast_loop<In, bool>};
  return loops[static_cast<std::size_t>(to)];
}

CastLoop find_cast(DType from, DType to) {
  switch (from) {
    case DType::float32:
      return cast_from<float>(to);
    case DType::float64:
      return cast_from<double>(to);
    case DType::int64:
      return cast_from<std::int64_t>(to);
    case DType::int32:
      return cast_from<std::int32_t>(to);
    case DType::bool_:
      break;
  }
  return cast_from<bool>(to);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace taper::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace taper::kernels {
HWY_EXPORT(find_cast);

CastLoop cast(DType from, DType to) { return HWY_DYNAMIC_DISPATCH(find_cast)(from, to); }

}  // namespace taper::kernels
#endif
