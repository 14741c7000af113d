#pragma once

#include <cstdint>
#include <type_traits>

namespace taper {

using ParallelBody = void (*)(void* context, std::int64_t begin, std::int64_t end);
void parallel_for_impl(std::int64_t begin, std::int64_t end, std::int64_t grain, ParallelBody body, void* context);

/// Calls `body(b, e)` on pieces that cover [begin, end), on up to get_num_threads() threads; a range of at most `grain`
/// is one call on this thread. Pieces start at multiples of `grain` from begin. The body must write each output from
/// one index alone, so that results do not depend on the partition. The first exception of a piece is rethrown here. A
/// call from inside a body runs on its own thread.
template <class F>
void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain, F&& body) {
  if (end - begin <= grain) {
    if (begin < end) body(begin, end);
    return;
  }
  parallel_for_impl(
      begin, end, grain,
      [](void* f, std::int64_t b, std::int64_t e) { (*static_cast<std::remove_reference_t<F>*>(f))(b, e); },
      const_cast<void*>(static_cast<const void*>(&body)));
}

}  // namespace taper
