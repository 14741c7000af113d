#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "catch.h"
#include "kernels/lstm.h"
#include "kernels/packed_product.h"
#include "kernels/values.h"

using namespace taper::kernels;
using namespace taper_test;

TEMPLATE_TEST_CASE("a packed product has the bits of one fused sum per element on every target", "", float, double) {
  using T = TestType;
  on_every_target([&] {
    for (const auto& [m, n, k] : {std::array<std::int64_t, 3>{8, 32, 5},
                                  {13, 45, 131},
                                  {1, 16, 300},
                                  {3, 1, 1},
                                  {9, 70, 0},
                                  {0, 5, 3},
                                  {4, 128, 257}}) {
      const std::vector<T> a = values<T>(1, m * (k + 2));
      const std::vector<T> b = values<T>(2, k * n);
      const std::vector<T> before = values<T>(3, m * (n + 1));
      for (const bool transposed : {false, true}) {
        std::vector<T> packed(static_cast<std::size_t>(packed_size(k, n)));
        const Laid<T> right = transposed ? Laid<T>{b.data(), 1, k} : Laid<T>{b.data(), n, 1};
        pack(k, n, right, packed.data());
        for (const bool add : {false, true}) {
          std::vector<T> c = before;
          packed_product(m, n, k, a.data(), k + 2, packed.data(), add, c.data(), n + 1);
          std::vector<T> expected = before;
          for (std::int64_t i = 0; i < m; ++i)
            for (std::int64_t j = 0; j < n; ++j) {
              T& out = expected[static_cast<std::size_t>(i * (n + 1) + j)];
              if (!add) out = 0;
              for (std::int64_t p = 0; p < k; ++p)
                out = std::fma(a[static_cast<std::size_t>(i * (k + 2) + p)], *right.at(p, j), out);
            }
          REQUIRE(c == expected);
        }
      }
    }
  });
}

TEST_CASE("a layer of an LSTM has the same bits on every target") {
  const LstmShape shape{3, 11, 6, 19, 19, false};
  const auto some = [&](std::int64_t seed, std::int64_t count) {
    std::vector<float> numbers = values<float>(seed, count);
    for (float& x : numbers) x /= 64;
    return numbers;
  };
  const std::int64_t rows = shape.steps * shape.batch;
  const std::vector<float> x = some(1, rows * 6), w_ih = some(2, 76 * 6), w_hh = some(3, 76 * 19), bias = some(4, 76);
  const std::vector<float> c0 = some(5, 11 * 19), d_output = some(6, rows * 19);
  std::vector<std::vector<float>> first;
  on_every_target([&] {
    const auto zeros = [](std::int64_t count) { return std::vector<float>(static_cast<std::size_t>(count)); };
    std::vector<float> gates = zeros(rows * 76), cells = zeros(rows * 19), output = zeros(rows * 19);
    lstm_forward<float>(shape, {x.data(), w_ih.data(), w_hh.data(), nullptr, bias.data(), nullptr, c0.data(),
                                gates.data(), cells.data(), output.data(), output.data()});
    std::vector<float> d_gates = zeros(rows * 76), d_c = zeros(11 * 19), d_h0 = zeros(11 * 19);
    lstm_backward<float>(shape, {w_hh.data(), nullptr, c0.data(), gates.data(), cells.data(), d_output.data(), nullptr,
                                 d_gates.data(), nullptr, d_h0.data(), d_c.data()});
    const std::vector<std::vector<float>> found{gates, cells, output, d_gates, d_c, d_h0};
    if (first.empty()) first = found;
    REQUIRE(found == first);
  });
}
