// What the machine can do at best, by bare loops and bare OpenBLAS, and so the limit of rows of ops:
// limits THREADS NAME... prints a line `NAME <tab> microseconds <tab> rate` for each name.
// clang-format off
//   copy_N, triad_N, axpy_N, read_N  per MB moved, with arrays of N floats (N may end with k or M); axpy is in place
//   sgemm_nt_M_N_K                   per product of M x K and K x N; each letter says whether that factor is transposed
//   gather_V_B                       per B random rows copied out of a table of V x 128, prefetched, on huge pages
//   update_V_B                       per B random rows copied out as above and then changed in place
//   fork_join                        per job handed to all threads and waited for, all of them awake
// clang-format on
#include <cblas.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "timing.h"

// The loops that compilers vectorise are compiled for each of these and chosen at run time.
#if defined(__x86_64__)
#define LIMITS_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define LIMITS_CLONES
#endif

namespace {

using Count = std::int64_t;

LIMITS_CLONES void triad(float* a, const float* b, const float* c, Count n) {
#pragma omp simd
  for (Count i = 0; i < n; ++i) a[i] = b[i] + 0.5F * c[i];
}

LIMITS_CLONES void copy(float* a, const float* b, Count n) {
#pragma omp simd
  for (Count i = 0; i < n; ++i) a[i] = b[i];
}

LIMITS_CLONES float read(const float* a, Count n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (Count i = 0; i < n; ++i) sum += a[i];
  return sum;
}

// Floats on huge pages where the system has them, all written once.
using Floats = std::unique_ptr<float, void (*)(void*)>;
Floats floats(Count n) {
  const std::size_t page = std::size_t{2} << 20;
  const std::size_t bytes = (static_cast<std::size_t>(n) * sizeof(float) + page - 1) / page * page;
  void* block = std::aligned_alloc(page, bytes);
  if (block == nullptr) throw std::bad_alloc();
  madvise(block, bytes, MADV_HUGEPAGE);
  auto* const begin = static_cast<float*>(block);
  std::fill(begin, begin + n, 1.0F);
  return {begin, std::free};
}

/// Seconds per call of `piece(thread, repeat)` made on all threads at once, each without waiting for the others: the
/// best of five samples of at least 50 ms.
template <class Piece>
double seconds(int threads, Piece&& piece) {
  const auto sample = [&](Count calls) {
    std::atomic<int> ready{0};
    std::atomic<bool> go{false};
    std::vector<double> ends(static_cast<std::size_t>(threads));
    const auto run = [&](int thread) {
      piece(thread, 0);
      ++ready;
      while (!go) std::this_thread::yield();
      for (Count i = 1; i <= calls; ++i) piece(thread, i);
      ends[static_cast<std::size_t>(thread)] = timing::now();
    };
    std::vector<std::thread> others;
    for (int t = 1; t < threads; ++t) others.emplace_back(run, t);
    while (ready < threads - 1) std::this_thread::yield();
    piece(0, 0);
    const double start = timing::now();
    go = true;
    for (Count i = 1; i <= calls; ++i) piece(0, i);
    ends[0] = timing::now();
    for (std::thread& other : others) other.join();
    return *std::max_element(ends.begin(), ends.end()) - start;
  };
  Count calls = 1;
  double time = sample(1);
  for (; time < 0.05; time = sample(calls))
    calls = std::max(calls + 1, static_cast<Count>(static_cast<double>(calls) * std::min(100.0, 0.06 / time)));
  for (int i = 0; i < 4; ++i) time = std::min(time, sample(calls));
  return time / static_cast<double>(calls);
}

void print(const std::string& name, double microseconds, double rate, const char* unit) {
  std::printf("%s\t%.5g\t%.4g %s\n", name.c_str(), microseconds, rate, unit);
  std::fflush(stdout);
}

void stream(const std::string& name, int threads, Count n) {
  const std::string kind = name.substr(0, name.find('_'));
  const Count piece = n / threads;
  const Floats a = floats(n), b = floats(n), c = floats(n);
  volatile float sink = 0;
  const double time = seconds(threads, [&](int thread, Count) {
    const Count at = thread * piece;
    if (kind == "triad") triad(a.get() + at, b.get() + at, c.get() + at, piece);
    if (kind == "axpy") triad(a.get() + at, a.get() + at, b.get() + at, piece);
    if (kind == "copy") copy(a.get() + at, b.get() + at, piece);
    if (kind == "read") sink = read(a.get() + at, piece);
  });
  const double arrays = kind == "triad" || kind == "axpy" ? 3 : kind == "copy" ? 2 : 1;
  const double megabytes = arrays * 4e-6 * static_cast<double>(n);
  print(name, time / megabytes * 1e6, megabytes / time * 1e-3, "GB/s");
}

// OpenBLAS on all threads, or, where that is quicker, on a strip of the result on each thread.
void sgemm(const std::string& name, const std::string& transposed, int threads, Count m, Count n, Count k) {
  const bool left = transposed.at(0) == 't', right = transposed.at(1) == 't';
  const Floats a = floats(m * k), b = floats(k * n), c = floats(m * n);
  const auto product = [&](Count row, Count column, Count height, Count width) {
    const auto as_int = [](Count x) { return static_cast<blasint>(x); };
    cblas_sgemm(CblasRowMajor, left ? CblasTrans : CblasNoTrans, right ? CblasTrans : CblasNoTrans, as_int(height),
                as_int(width), as_int(k), 1, a.get() + row * (left ? 1 : k), as_int(left ? m : k),
                b.get() + column * (right ? k : 1), as_int(right ? k : n), 0, c.get() + row * n + column, as_int(n));
  };
  double time = seconds(1, [&](int, Count) { product(0, 0, m, n); });
  if (threads > 1 && std::max(m, n) >= threads) {
    openblas_set_num_threads(1);
    time = std::min(time, seconds(threads, [&](int thread, Count) {
                      const Count begin = std::max(m, n) * thread / threads,
                                  end = std::max(m, n) * (thread + 1) / threads;
                      if (m > n) product(begin, 0, end - begin, n);
                      if (m <= n) product(0, begin, m, end - begin);
                    }));
    openblas_set_num_threads(threads);
  }
  print(name, time * 1e6, 2e-9 * static_cast<double>(m * n * k) / time, "GFLOP/s");
}

void rows(const std::string& name, int threads, Count words, Count batch, bool update) {
  constexpr Count dim = 128;
  const Floats table = floats(words * dim), out = floats(batch * dim);
  std::vector<Count> indices(static_cast<std::size_t>(std::max<Count>(64 * batch, words / batch * batch)));
  std::mt19937_64 random(1);
  for (Count& index : indices) index = static_cast<Count>(random() % static_cast<std::uint64_t>(words));
  const Count batches = static_cast<Count>(indices.size()) / batch, piece = batch / threads;
  const auto call_of = [&](int thread, Count call, bool prefetch) {
    const Count* const at = indices.data() + call % batches * batch + thread * piece;
    float* const gathered = out.get() + thread * piece * dim;
    for (Count i = 0; i < piece; ++i) {
      // Into the second cache long before, into the first shortly before.
      if (prefetch && i + 32 < piece)
        for (Count j = 0; j < dim; j += 16) __builtin_prefetch(table.get() + at[i + 32] * dim + j, 0, 2);
      if (prefetch && i + 4 < piece)
        for (Count j = 0; j < dim; j += 16) __builtin_prefetch(table.get() + at[i + 4] * dim + j, 0, 3);
      std::memcpy(gathered + i * dim, table.get() + at[i] * dim, dim * sizeof(float));
    }
    if (!update) return;
    for (Count i = 0; i < piece; ++i) {
      float* const row = table.get() + at[i] * dim;
      triad(row, row, gathered + i * dim, dim);
    }
  };
  // Of a table in a near cache prefetching is a waste.
  const double time = std::min(seconds(threads, [&](int thread, Count call) { call_of(thread, call, true); }),
                               seconds(threads, [&](int thread, Count call) { call_of(thread, call, false); }));
  print(name, time * 1e6, static_cast<double>(batch) / time * 1e-6, "M rows/s");
}

void fork_join(const std::string& name, int threads) {
  std::atomic<Count> job{0}, done{0};
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t)
    others.emplace_back([&] {
      for (Count last = 0; last >= 0;) {
        Count next = 0;
        while ((next = job.load(std::memory_order_acquire)) == last) {
        }
        last = next;
        done.fetch_add(1, std::memory_order_release);
      }
    });
  Count last = 0;
  const double time = seconds(1, [&](int, Count) {
    done.store(0, std::memory_order_relaxed);
    job.store(++last, std::memory_order_release);
    while (done.load(std::memory_order_acquire) < threads - 1) {
    }
  });
  job = -1;
  for (std::thread& other : others) other.join();
  print(name, time * 1e6, 1e-6 / time, "M/s");
}

Count number(const std::string& text) {
  Count value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  if (error != std::errc() || value < 1 || (!unit.empty() && unit != "k" && unit != "M"))
    throw std::invalid_argument("'" + text + "' is not a number from 1 on, which may end with k or M");
  return value * (unit == "k" ? 1'000 : unit == "M" ? 1'000'000 : 1);
}

void measure(const std::string& name, int threads) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('_', at), name.size());
    words.push_back(name.substr(at, end - at));
    at = end + 1;
  }
  const std::string& kind = words[0];
  const std::size_t count = words.size();
  const bool factors = count == 5 && words[1].size() == 2 && words[1].find_first_not_of("nt") == std::string::npos;
  if ((kind == "copy" || kind == "triad" || kind == "axpy" || kind == "read") && count == 2)
    return stream(name, threads, number(words[1]));
  if (kind == "sgemm" && factors)
    return sgemm(name, words[1], threads, number(words[2]), number(words[3]), number(words[4]));
  if ((kind == "gather" || kind == "update") && count == 3)
    return rows(name, threads, number(words[1]), number(words[2]), kind == "update");
  if (name == "fork_join") return fork_join(name, threads);
  throw std::invalid_argument(
      "there is no limit '" + name +
      "'; there are copy_N, triad_N, axpy_N, read_N, sgemm_nt_M_N_K, gather_V_B, update_V_B, fork_join");
}

}  // namespace

int main(int argc, char** argv) try {
  const int threads = argc > 1 ? static_cast<int>(number(argv[1])) : 1;
  openblas_set_num_threads(threads);
  for (int i = 2; i < argc; ++i) measure(argv[i], threads);
} catch (const std::exception& error) {
  std::fprintf(stderr, "limits: %s\n", error.what());
  return 1;
}
