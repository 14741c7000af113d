#include "catch.h"
#include "kernels/iterate.h"
#include "kernels/values.h"
#include "taper/ops/copy.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"

using namespace taper;
using taper_test::same_on_threads;

TEST_CASE("strided and broadcast operands are walked alike in one piece and in several") {
  constexpr std::int64_t rows = 611, columns = 503;  // pieces begin in the middle of a line
  STATIC_REQUIRE(rows * columns > 2 * kernels::kGrain);
  const Tensor x = arange(rows * columns).view({rows, columns}).t();
  const Tensor row = arange(rows) * 1000000;
  const Tensor column = (arange(columns) * -7).view({columns, 1});
  const auto sums = same_on_threads([&] { return (x + row).to_vector<std::int64_t>(); });
  const auto differences = same_on_threads([&] { return (x.contiguous() - column).to_vector<std::int64_t>(); });
  bool right = true;
  for (std::int64_t c = 0; c < columns; ++c)
    for (std::int64_t r = 0; r < rows; ++r) {
      const auto at = static_cast<std::size_t>(c * rows + r);
      right = right && sums[at] == r * columns + c + r * 1000000 && differences[at] == r * columns + c + c * 7;
    }
  CHECK(right);
}
