#include "kernels/blas.h"

#include <cblas.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <type_traits>

#include "base/parallel.h"
#include "kernels/small_product.h"
#include "taper/base/threads.h"

namespace taper::kernels {
namespace {

using I64 = std::int64_t;

// OpenBLAS picks other roundings on more threads, so it gets one, and threads take tiles that depend on the shape
// alone.
void use_one_blas_thread() {
  static const bool done = (openblas_set_num_threads(1), true);
  static_cast<void>(done);
}

constexpr bool fits(I64 size) { return size <= std::numeric_limits<blasint>::max(); }

// Of numbers with no meaning where a size is 1 or less, the BLAS asks for a sensible row length all the same.
template <class T>
struct Stored {
  bool transposed;
  I64 stride;
  Stored(const Laid<T>& x, I64 rows, I64 columns)
      : transposed(x.across != 1),
        stride(std::max<I64>({transposed ? x.across : x.down, transposed ? rows : columns, 1})) {}
};

// The product by the plain loop; integers are multiplied as unsigned ones, whose overflow is defined.
template <class T>
void plain_rows(I64 begin, I64 end, const Product<T>& x) {
  using Wrap = typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>, std::type_identity<T>>::type;
  for (I64 i = begin; i < end; ++i) {
    for (I64 j = 0; j < x.n; ++j) {
      Wrap total = 0;
      for (I64 p = 0; p < x.k; ++p) total += static_cast<Wrap>(*x.a.at(i, p)) * static_cast<Wrap>(*x.b.at(p, j));
      const Wrap old = x.beta == T{0} ? Wrap{0} : static_cast<Wrap>(x.beta) * static_cast<Wrap>(*x.base.at(i, j));
      x.c[i * x.c_down + j] = static_cast<T>(static_cast<Wrap>(x.alpha) * total + old);
    }
  }
}

// The rows [i, i + m) and columns [j, j + n) of a product.
template <class T>
Product<T> piece_of(const Product<T>& x, I64 i, I64 j, I64 m, I64 n) {
  Product<T> piece = x;
  piece.m = std::min(m, x.m - i);
  piece.n = std::min(n, x.n - j);
  piece.a.data = x.a.at(i, 0);
  piece.b.data = x.b.at(0, j);
  piece.base.data = x.base.at(i, j);
  piece.c = x.c + i * x.c_down + j;
  return piece;
}

template <class T>
void copy_base(const Product<T>& x) {
  for (I64 i = 0; i < x.m; ++i) {
    const T* from = x.base.at(i, 0);
    T* to = x.c + i * x.c_down;
    if (x.base.across == 1) {
      std::copy_n(from, x.n, to);
    } else {
      for (I64 j = 0; j < x.n; ++j) to[j] = from[j * x.base.across];
    }
  }
}

template <class T>
void blas_piece(const Product<T>& x) {
  if (x.beta != T{0} && x.base.data != x.c) copy_base(x);
  const Stored<T> a(x.a, x.m, x.k);
  const Stored<T> b(x.b, x.k, x.n);
  const auto flag = [](bool transposed) { return transposed ? CblasTrans : CblasNoTrans; };
  const auto size = [](I64 value) { return static_cast<blasint>(value); };
  const auto call = [&](auto gemm_of_type) {
    gemm_of_type(CblasRowMajor, flag(a.transposed), flag(b.transposed), size(x.m), size(x.n), size(x.k), x.alpha,
                 x.a.data, size(a.stride), x.b.data, size(b.stride), x.beta, x.c, size(x.c_down));
  };
  if constexpr (std::is_same_v<T, float>) {
    call(cblas_sgemm);
  } else {
    call(cblas_dgemm);
  }
}

constexpr I64 worth_a_thread = 1'000'000;  // multiplications

// For processors with AVX-512, OpenBLAS has kernels for float products of up to 10^6 multiplications that read their
// operands where they lie. A larger product in such tiles saves the copy that the BLAS makes of its operands, as long
// as a tile's operands fit the first caches: measured from 90 to 100 GFLOP/s up to 115 of 118.
bool has_kernels_without_copies() {
  static const bool has = [] {
    const std::string_view core = openblas_get_corename();
    return core == "SkylakeX" || core == "Cooperlake" || core == "SapphireRapids" || core == "Sapphirerapids";
  }();
  return has;
}

struct Tile {
  I64 m;
  I64 n;
};

template <class T>
Tile tile_for(const Product<T>& x) {
  if (x.m * x.n * x.k <= worth_a_thread && fits(x.m) && fits(x.n)) return {x.m, x.n};
  if (std::is_same_v<T, float> && has_kernels_without_copies()) {
    const bool a_turned = Stored<T>(x.a, x.m, x.k).transposed;
    const bool b_turned = Stored<T>(x.b, x.k, x.n).transposed;
    if (!a_turned && !b_turned && x.k <= 512) return {16, 64};
    if (a_turned && !b_turned && x.k <= 256) return {32, 64};
    if (!a_turned && b_turned && x.k >= 512 && x.k <= 960) return {32, 32};
    if (!a_turned && b_turned && x.k >= 128 && x.k < 512 && x.m <= 64) return {16, 64};
  }
  Tile tile{256, 1024};
  const auto count = [&] { return ((x.m + tile.m - 1) / tile.m) * ((x.n + tile.n - 1) / tile.n); };
  while (count() < 4 && (tile.m > 64 || tile.n > 64)) (tile.n >= tile.m ? tile.n : tile.m) /= 2;
  return tile;
}

// Calls the BLAS for each tile. A call packs its operands anew, so tiles one below the other become one call where
// there are no more threads to take them. It must not show in the result: of OpenBLAS's kernels those for AVX-512 add
// up a float's terms in the same order wherever it stands (others do not), as long as a tile is not so small that it
// takes still another one.
template <class T>
void run_tiles(const Product<T>& x, const Tile& tile) {
  const I64 across = (x.n + tile.n - 1) / tile.n;
  const I64 down = (x.m + tile.m - 1) / tile.m;
  const I64 narrowest = x.n - (across - 1) * tile.n;
  const bool joins =
      std::is_same_v<T, float> && has_kernels_without_copies() && tile.m * narrowest * x.k > worth_a_thread;
  // Threads share a result by columns where it is wide, so that each reads its own rows of a layer's weight, and by
  // rows where it is the gradient of one: these are the rows that an optimizer has them change.
  const bool by_columns = joins || (x.n > x.m && !Stored<T>(x.a, x.m, x.k).transposed);
  const I64 at_once =
      joins ? across * down / (2 * get_num_threads() - 1) : worth_a_thread / 2 / (tile.m * tile.n * x.k);
  parallel_for(0, across * down, std::max<I64>(1, at_once), [&](I64 begin, I64 end) {
    for (I64 t = begin, count = 1; t < end; t += count) {
      const I64 i = by_columns ? t % down : t / across;
      const I64 j = by_columns ? t / down : t % across;
      if (joins) count = std::max<I64>(1, std::min(end - t, x.m / tile.m - i));
      blas_piece(piece_of(x, i * tile.m, j * tile.n, count * tile.m, tile.n));
    }
  });
}

// What a product without terms is.
template <class T>
void scale_base(const Product<T>& x) {
  for (I64 i = 0; i < x.m; ++i)
    for (I64 j = 0; j < x.n; ++j) x.c[i * x.c_down + j] = x.beta == T{0} ? T{0} : x.beta * *x.base.at(i, j);
}

template <class T>
bool fits_blas(const Product<T>& x) {
  return fits(x.k) && fits(Stored<T>(x.a, x.m, x.k).stride) && fits(Stored<T>(x.b, x.k, x.n).stride) && fits(x.c_down);
}

}  // namespace

template <class T>
void gemm(const Product<T>& x) {
  if (x.m == 0 || x.n == 0) return;
  if constexpr (std::is_floating_point_v<T>) {
    if (x.k == 0 || x.alpha == T{0}) return scale_base(x);
    if (is_small_product(x)) return small_product(x);
    if (fits_blas(x)) {
      use_one_blas_thread();
      run_tiles(x, tile_for(x));
      return;
    }
  }
  parallel_for(0, x.m, std::max<I64>(1, (1 << 14) / std::max<I64>(x.n * x.k, 1)),
               [&](I64 begin, I64 end) { plain_rows(begin, end, x); });
}

template <class T>
void gemm_batch(I64 batch, const Product<T>& first, const BatchStrides& strides) {
  if (batch == 1) return gemm(first);
  const I64 work = std::max<I64>(first.m * first.n * first.k, 1);
  const auto products = [&](I64 begin, I64 end) {
    Product<T> x = first;
    for (I64 i = begin; i < end; ++i) {
      x.a.data = first.a.data + i * strides.a;
      x.b.data = first.b.data + i * strides.b;
      x.base.data = first.base.data + i * strides.base;
      x.c = first.c + i * strides.c;
      gemm(x);
    }
  };
  if (work > worth_a_thread) return products(0, batch);  // each product has its own threads
  parallel_for(0, batch, std::max<I64>(1, worth_a_thread / 4 / (work + 64)), products);
}

template <class T>
T dot(I64 n, const T* x, const T* y) {
  if constexpr (std::is_floating_point_v<T>) {
    use_one_blas_thread();
    constexpr I64 most = std::numeric_limits<blasint>::max();
    T total = 0;
    for (I64 i = 0; i < n; i += most) {
      const auto count = static_cast<blasint>(std::min(most, n - i));
      if constexpr (std::is_same_v<T, float>) {
        total += cblas_sdot(count, x + i, 1, y + i, 1);
      } else {
        total += cblas_ddot(count, x + i, 1, y + i, 1);
      }
    }
    return total;
  } else {
    using Wrap = std::make_unsigned_t<T>;
    Wrap total = 0;
    for (I64 i = 0; i < n; ++i) total += static_cast<Wrap>(x[i]) * static_cast<Wrap>(y[i]);
    return static_cast<T>(total);
  }
}

using I32 = std::int32_t;
template void gemm(const Product<float>&);
template void gemm(const Product<double>&);
template void gemm(const Product<I64>&);
template void gemm(const Product<I32>&);
template void gemm_batch(I64, const Product<float>&, const BatchStrides&);
template void gemm_batch(I64, const Product<double>&, const BatchStrides&);
template void gemm_batch(I64, const Product<I64>&, const BatchStrides&);
template void gemm_batch(I64, const Product<I32>&, const BatchStrides&);
template float dot(I64, const float*, const float*);
template double dot(I64, const double*, const double*);
template I64 dot(I64, const I64*, const I64*);
template I32 dot(I64, const I32*, const I32*);

}  // namespace taper::kernels
