#include <algorithm>
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/parallel.h"
#include "catch.h"
#include "taper/base/threads.h"

using namespace taper;

namespace {

class Threads {
 public:
  explicit Threads(int count) { set_num_threads(count); }
  ~Threads() { set_num_threads(before_); }

 private:
  int before_ = get_num_threads();
};

}  // namespace

TEST_CASE("pieces cover a range once, start at multiples of the grain and are no longer, on any number of threads") {
  for (const int count : {1, 2, 3, 5, 2}) {
    const Threads threads(count);
    for (const std::int64_t length : {0, 1, 7, 10, 11, 64, 1000}) {
      for (const std::int64_t grain : {1, 3, 10, 999}) {
        CAPTURE(count, length, grain);
        const std::int64_t begin = -4;
        std::vector<int> visits(static_cast<std::size_t>(length));
        std::atomic<bool> aligned{true};
        parallel_for(begin, begin + length, grain, [&](std::int64_t from, std::int64_t to) {
          // A range on one thread may be a single piece.
          if ((from - begin) % grain != 0 || from >= to || to > begin + length || (count > 1 && to - from > grain))
            aligned = false;
          for (std::int64_t i = from; i < to; ++i) ++visits[static_cast<std::size_t>(i - begin)];
        });
        CHECK(aligned);
        CHECK(std::all_of(visits.begin(), visits.end(), [](int n) { return n == 1; }));
      }
    }
  }
}

TEST_CASE("an exception of a piece is rethrown, ends the job and leaves the threads at work") {
  const Threads threads(3);
  for (std::int64_t bad : {0, 50, 99}) {
    std::atomic<int> pieces{0};
    const auto body = [&](std::int64_t from, std::int64_t) {
      ++pieces;
      if (from == bad) throw std::runtime_error("piece " + std::to_string(from));
    };
    CHECK_THROWS_WITH(parallel_for(0, 100, 1, body), "piece " + std::to_string(bad));
    CHECK(pieces <= 100);
    bad = -1;
    pieces = 0;
    parallel_for(0, 100, 1, body);
    CHECK(pieces == 100);
  }
}

TEST_CASE("a parallel loop inside another runs on its piece's own thread") {
  const Threads threads(2);
  std::atomic<std::int64_t> sum{0};
  parallel_for(0, 10, 1, [&](std::int64_t outer, std::int64_t) {
    std::int64_t own = 0;  // no other thread may touch it
    parallel_for(0, 100, 1, [&](std::int64_t from, std::int64_t to) {
      for (std::int64_t i = from; i < to; ++i) own += i;
    });
    sum += outer * own;
  });
  CHECK(sum == 45 * 4950);
}
