#include "taper/base/threads.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/parallel.h"
#include "base/thread_default.h"
#include "taper/base/error.h"

namespace taper {
namespace {

std::atomic<int>& thread_count() {
  static std::atomic<int> count{detail::default_threads(std::getenv("TAPER_NUM_THREADS"),
                                                        std::getenv("OMP_NUM_THREADS"), detail::usable_processors())};
  return count;
}

thread_local bool inside_parallel = false;

// Workers sleep on a condition variable between jobs, after looking out for the next one a little longer: waking a
// thread costs more than most kernels, and a training step has many of them in a row. One job runs at a time; a second
// thread that asks meanwhile runs its own range alone, so nobody waits for a stranger's work.
//
// Each thread has a share of the range, cut in the same place whenever the range is the same, and takes of others'
// shares only when it is done with its own, and the last first: what a kernel wrote lies in the cache of the core where
// the next one reads it. Between cores it travels at a fraction of a cache's speed.
class Pool {
 public:
  static Pool& instance() {
    static Pool pool;
    return pool;
  }

  bool try_run(std::int64_t begin, std::int64_t end, std::int64_t grain, int threads, ParallelBody body,
               void* context) {
    std::unique_lock owner(owner_, std::try_to_lock);
    if (!owner.owns_lock()) return false;
    {
      std::lock_guard lock(mutex_);
      while (static_cast<int>(shares_.size()) < threads) shares_.emplace_back();
      while (static_cast<int>(workers_.size()) < threads - 1)
        workers_.emplace_back([this, self = static_cast<int>(workers_.size()) + 1] { work(self); });
      const std::int64_t count = (end - begin + grain - 1) / grain;
      const std::int64_t together = count / Share::most + 1;  // pieces that become one, to be few enough
      const std::int64_t pieces = (count + together - 1) / together;
      // The caller's share comes first and is no smaller than the others', which have to wake up.
      const auto cut = [&](int share) { return static_cast<std::uint64_t>((pieces * share + threads - 1) / threads); };
      for (int i = 0; i < threads; ++i) shares_[static_cast<std::size_t>(i)].fill(cut(i), cut(i + 1));
      begin_ = begin;
      end_ = end;
      grain_ = grain * together;
      body_ = body;
      context_ = context;
      error_ = nullptr;
      threads_ = open_to_ = threads;
      ++job_;
    }
    wake_.notify_all();
    pieces(0);
    std::unique_lock lock(mutex_);
    open_to_ = 0;
    if (active_ > 0) {
      lock.unlock();
      look_out([this] { return active_.load(std::memory_order_acquire) == 0; });
      lock.lock();
    }
    done_.wait(lock, [this] { return active_ == 0; });
    body_ = nullptr;
    if (error_) std::rethrow_exception(error_);
    return true;
  }

  ~Pool() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

 private:
  // Some tens of microseconds in which any other thread may have the processor.
  template <class F>
  static void look_out(F over) {
    for (int i = 0; i < 100 && !over(); ++i) std::this_thread::yield();
  }

  // What is left of the pieces that one thread is to do first: the first one's number and the end, in one word.
  class alignas(64) Share {
   public:
    static constexpr std::int64_t most = std::int64_t{1} << 31;
    void fill(std::uint64_t first, std::uint64_t end) { left_.store(first << 32 | end, std::memory_order_relaxed); }
    /// The number of a piece that is now the caller's, or -1.
    std::int64_t take(bool last) {
      std::uint64_t left = left_.load(std::memory_order_relaxed);
      for (;;) {
        const std::uint64_t first = left >> 32, end = left & 0xffffffff;
        if (first >= end) return -1;
        if (left_.compare_exchange_weak(left, last ? left - 1 : left + (std::uint64_t{1} << 32),
                                        std::memory_order_relaxed))
          return static_cast<std::int64_t>(last ? end - 1 : first);
      }
    }

   private:
    std::atomic<std::uint64_t> left_{0};
  };

  void pieces(int self) {
    inside_parallel = true;
    try {
      for (int i = 0; i < threads_; ++i) {
        Share& share = shares_[static_cast<std::size_t>((self + i) % threads_)];
        for (std::int64_t piece = 0; (piece = share.take(i > 0)) >= 0;) {
          const std::int64_t from = begin_ + piece * grain_;
          body_(context_, from, std::min(end_, from + grain_));
        }
      }
    } catch (...) {
      std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
      for (Share& share : shares_) share.fill(0, 0);
    }
    inside_parallel = false;
  }

  void work(int self) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return stop_ || (job_ != seen && self < open_to_); });
      if (stop_) return;
      seen = job_;
      ++active_;
      lock.unlock();
      pieces(self);
      lock.lock();
      if (--active_ == 0) done_.notify_one();
      lock.unlock();
      look_out([this, seen] { return job_.load(std::memory_order_relaxed) != seen; });
      lock.lock();
    }
  }

  std::mutex owner_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::vector<std::thread> workers_;
  std::deque<Share> shares_;  // which stay where they are when more are added
  std::int64_t begin_ = 0;
  std::int64_t end_ = 0;
  std::int64_t grain_ = 1;
  ParallelBody body_ = nullptr;
  void* context_ = nullptr;
  std::exception_ptr error_;
  std::atomic<std::uint64_t> job_{0};
  int threads_ = 0;  // that may take part in the job
  int open_to_ = 0;  // the same while workers may still join it, then none
  std::atomic<int> active_{0};
  bool stop_ = false;
};

}  // namespace

void set_num_threads(int count) {
  if (count < 1) throw ValueError(fmt::format("set_num_threads: {} threads; at least 1 is needed", count));
  thread_count().store(count, std::memory_order_relaxed);
}

int get_num_threads() { return thread_count().load(std::memory_order_relaxed); }

void parallel_for_impl(std::int64_t begin, std::int64_t end, std::int64_t grain, ParallelBody body, void* context) {
  const std::int64_t step = std::max<std::int64_t>(grain, 1);
  const std::int64_t count = (end - begin + step - 1) / step;
  const int threads = static_cast<int>(std::min<std::int64_t>(get_num_threads(), count));
  if (threads > 1 && !inside_parallel && Pool::instance().try_run(begin, end, step, threads, body, context)) return;
  for (std::int64_t from = begin; from < end; from += step) body(context, from, std::min(end, from + step));
}

}  // namespace taper
