// What the machine can do at best, by bare loops and bare OpenBLAS, and so the limit of rows of ops:
// limits THREADS NAME... prints a line `NAME <tab> microseconds <tab> rate` for each name.
// clang-format off
//   copy_N, triad_N, axpy_N, read_N  per MB moved, with arrays of N floats (N may end with k or M); axpy is in place
//   sgemm_nt_M_N_K                   per product of M x K and K x N; each letter says whether that factor is transposed
//   gather_V_B                       per B random rows copied out of a table of V x 128, prefetched, on huge pages
//   update_V_B                       per B random rows copied out as above and then changed in place
//   roots, quotients                 per million square roots or quotients as IEEE 754 rounds them, of numbers in the
//                                    nearest cache
//   fork_join                        per job handed to all threads and waited for, all of them awake
// clang-format on
// limits THREADS turns takes turns with the programs of rows. It reads lines: names with spaces between, of which it
// says what they do in a microsecond that one call would take (`amount unit`, a tab between two names); then for each
// "again" a sample of each, in microseconds; "done" and the next names.
#include <cblas.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <sstream>
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

LIMITS_CLONES void roots(float* a, const float* b, Count n) {
#pragma omp simd
  for (Count i = 0; i < n; ++i) a[i] = std::sqrt(b[i]);
}

LIMITS_CLONES void quotients(float* a, const float* b, const float* c, Count n) {
#pragma omp simd
  for (Count i = 0; i < n; ++i) a[i] = b[i] / c[i];
}

// Floats on huge pages where the system has them, all written once.
using Floats = std::shared_ptr<float>;
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

/// Seconds that so many calls take.
using Timed = std::function<double(Count calls)>;

/// Times calls of `piece(thread, call)` made on all threads at once, each without waiting for the others.
template <class Piece>
Timed on_all(int threads, Piece piece) {
  return [=](Count calls) {
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
}

/// Times calls of a piece that sees to threads itself.
template <class Piece>
Timed on_one(Piece piece) {
  return on_all(1, [=](int, Count) { piece(); });
}

struct Limit {
  double parts;             ///< a call does so many of what the limit's figure is for
  double amount;            ///< what one of them does, in units times microseconds
  const char* unit;         ///< of the rate
  std::vector<Timed> ways;  ///< of which the quickest counts
};

/// Samples of a limit, in microseconds, that take the time asked for.
class Samples {
 public:
  Samples(const Limit& limit, double seconds) : limit_(&limit) {
    for (const Timed& way : limit.ways)
      calls_.push_back(timing::calls_that_last(seconds / static_cast<double>(limit.ways.size()), way));
  }
  double next() const {
    double best = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < calls_.size(); ++i)
      best = std::min(best, limit_->ways[i](calls_[i]) / static_cast<double>(calls_[i]));
    return best * 1e6 / limit_->parts;
  }

 private:
  const Limit* limit_;
  std::vector<Count> calls_;
};

Limit stream(const std::string& kind, int threads, Count n) {
  const Count piece = n / threads;
  const Floats a = floats(n), b = floats(n), c = floats(n);
  const auto call = [=](int thread, Count) {
    const Count at = thread * piece;
    if (kind == "triad") triad(a.get() + at, b.get() + at, c.get() + at, piece);
    if (kind == "axpy") triad(a.get() + at, a.get() + at, b.get() + at, piece);
    if (kind == "copy") copy(a.get() + at, b.get() + at, piece);
    if (kind == "read") c.get()[at] = read(a.get() + at, piece);
  };
  const double arrays = kind == "triad" || kind == "axpy" ? 3 : kind == "copy" ? 2 : 1;
  return {arrays * 4e-6 * static_cast<double>(n), 1e3, "GB/s", {on_all(threads, call)}};
}

Limit arithmetic(const std::string& kind, int threads) {
  constexpr Count n = 2048;
  const Floats a = floats(n * threads), b = floats(n * threads), c = floats(n * threads);
  const auto call = [=](int thread, Count) {
    const Count at = thread * n;
    if (kind == "roots") roots(a.get() + at, b.get() + at, n);
    if (kind == "quotients") quotients(a.get() + at, b.get() + at, c.get() + at, n);
  };
  return {1e-6 * static_cast<double>(n * threads), 1e3, "G/s", {on_all(threads, call)}};
}

// The very call that a program would make: OpenBLAS may use all threads, and decides whether it does.
Limit sgemm(const std::string& transposed, Count m, Count n, Count k) {
  const bool left = transposed.at(0) == 't', right = transposed.at(1) == 't';
  const Floats a = floats(m * k), b = floats(k * n), c = floats(m * n);
  const auto product = [=] {
    const auto as_int = [](Count x) { return static_cast<blasint>(x); };
    cblas_sgemm(CblasRowMajor, left ? CblasTrans : CblasNoTrans, right ? CblasTrans : CblasNoTrans, as_int(m),
                as_int(n), as_int(k), 1, a.get(), as_int(left ? m : k), b.get(), as_int(right ? k : n), 0, c.get(),
                as_int(n));
  };
  return {1, 2e-3 * static_cast<double>(m * n * k), "GFLOP/s", {on_one(product)}};
}

Limit rows(int threads, Count words, Count batch, bool update) {
  constexpr Count dim = 128;
  const Floats table = floats(words * dim), out = floats(batch * dim);
  const Count batches = std::max<Count>(64, words / batch), piece = batch / threads;
  const auto indices = std::make_shared<std::vector<Count>>(static_cast<std::size_t>(batches * batch));
  std::mt19937_64 random(1);
  for (Count& index : *indices) index = static_cast<Count>(random() % static_cast<std::uint64_t>(words));
  const auto way = [&](bool prefetch) {
    return on_all(threads, [=](int thread, Count call) {
      const Count* const at = indices->data() + call % batches * batch + thread * piece;
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
    });
  };
  // Of a table in a near cache prefetching is a waste.
  return {1, static_cast<double>(batch), "M rows/s", {way(true), way(false)}};
}

double seconds_of_fork_joins(int threads, Count calls) {
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
  const double time = on_one([&] {
    done.store(0, std::memory_order_relaxed);
    job.store(++last, std::memory_order_release);
    while (done.load(std::memory_order_acquire) < threads - 1) {
    }
  })(calls);
  job = -1;
  for (std::thread& other : others) other.join();
  return time;
}

Count number(const std::string& text) {
  Count value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  if (error != std::errc() || value < 1 || (!unit.empty() && unit != "k" && unit != "M"))
    throw std::invalid_argument("'" + text + "' is not a number from 1 on, which may end with k or M");
  return value * (unit == "k" ? 1'000 : unit == "M" ? 1'000'000 : 1);
}

Limit limit_of(const std::string& name, int threads) {
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
    return stream(kind, threads, number(words[1]));
  if (kind == "sgemm" && factors) return sgemm(words[1], number(words[2]), number(words[3]), number(words[4]));
  if ((kind == "gather" || kind == "update") && count == 3)
    return rows(threads, number(words[1]), number(words[2]), kind == "update");
  if (name == "roots" || name == "quotients") return arithmetic(name, threads);
  if (name == "fork_join")
    return {1, 1, "M/s", {[threads](Count calls) { return seconds_of_fork_joins(threads, calls); }}};
  throw std::invalid_argument("there is no limit '" + name +
                              "'; there are copy_N, triad_N, axpy_N, read_N, sgemm_nt_M_N_K, gather_V_B, update_V_B, "
                              "roots, quotients, fork_join");
}

void print(const std::string& name, int threads) {
  const Limit limit = limit_of(name, threads);
  const Samples samples(limit, timing::seconds_of_a_sample);
  std::vector<double> times(5);
  for (double& time : times) time = samples.next();
  std::sort(times.begin(), times.end());
  std::printf("%s\t%.5g\t%.4g %s\n", name.c_str(), times[2], limit.amount / times[2], limit.unit);
  std::fflush(stdout);
}

void take_turns(int threads) {
  std::map<std::string, Limit> limits;  // one row's; what the next row shares with it stays
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::vector<std::string> names;
    for (std::string name; words >> name;) names.push_back(name);
    std::erase_if(limits, [&](const auto& x) { return std::find(names.begin(), names.end(), x.first) == names.end(); });
    std::vector<Samples> samples;
    const double seconds = std::max(0.005, timing::seconds_of_a_turn / static_cast<double>(names.size()));
    for (const std::string& name : names) {
      const auto found = limits.find(name);
      const Limit& limit = found != limits.end() ? found->second : limits[name] = limit_of(name, threads);
      samples.emplace_back(limit, seconds);
      std::printf("%s%.6g %s", samples.size() > 1 ? "\t" : "", limit.amount, limit.unit);
    }
    std::printf("\n");
    std::fflush(stdout);
    while (std::getline(std::cin, line) && line == "again") {
      for (std::size_t i = 0; i < samples.size(); ++i) std::printf("%s%.5g", i > 0 ? "\t" : "", samples[i].next());
      std::printf("\n");
      std::fflush(stdout);
    }
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const int threads = argc > 1 ? static_cast<int>(number(argv[1])) : 1;
  openblas_set_num_threads(threads);
  if (argc == 3 && std::string_view(argv[2]) == "turns") {
    take_turns(threads);
  } else {
    for (int i = 2; i < argc; ++i) print(argv[i], threads);
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "limits: %s\n", error.what());
  return 1;
}
