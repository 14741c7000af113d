#include <thread>

#include "catch.h"
#include "taper/base/error.h"
#include "taper/base/memory.h"
#include "taper/ops/create.h"

using namespace taper;
using taper_test::ContainsSubstring;

namespace {

// No limit again, whatever the test does.
struct Unlimited {
  ~Unlimited() { set_memory_limit(0); }
};

}  // namespace

TEST_CASE("a tensor over the memory limit is refused before it touches memory") {
  const Unlimited after;
  set_memory_limit(8'000'000'000);
  CHECK_THROWS_WITH(empty({1'000'000, 10'000}), ContainsSubstring("needs 40 GB, budget 8 GB"));
  CHECK_THROWS_AS(empty({1'000'000, 10'000}), ResourceError);
  const std::size_t before = memory_in_use();
  set_memory_limit(before + (std::size_t{1} << 20));
  Tensor small = empty({1 << 17});
  CHECK(memory_in_use() - before >= std::size_t{1} << 19);
  CHECK_THROWS_AS(empty({1 << 18}), ResourceError);
  small = Tensor();
  CHECK(memory_in_use() == before);
  CHECK_NOTHROW(empty({1 << 17}));
}

TEST_CASE("sizes that no machine has are refused") {
  const std::size_t before = memory_in_use();
  CHECK_THROWS_AS(zeros({std::int64_t{1} << 40, std::int64_t{1} << 30}), ShapeError);
  CHECK_THROWS_WITH(zeros({std::int64_t{1} << 40, std::int64_t{1} << 30}), ContainsSubstring("size overflows"));
  CHECK_THROWS_AS(zeros({std::int64_t{1} << 50}), ResourceError);
  CHECK(memory_in_use() == before);
}

TEST_CASE("memory freed by another thread is used again") {
  for (int round = 0; round < 3; ++round) {
    std::vector<Tensor> tensors;
    for (int i = 0; i < 100; ++i) tensors.push_back(full({1000}, i));
    std::thread([moved = std::move(tensors)]() mutable { moved.clear(); }).join();
  }
  const Tensor x = full({1000}, 3);
  CHECK(x.to_vector<double>() == std::vector<double>(1000, 3.0));
}
