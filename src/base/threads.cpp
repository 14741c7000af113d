#include "taper/base/threads.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/parallel.h"
#include "taper/base/error.h"

namespace taper {
namespace {

int default_threads() {
  const int processors = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const char* text = std::getenv("TAPER_NUM_THREADS");
  if (text == nullptr) return processors;
  int count = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, count);
  return error == std::errc() && stop == end && count >= 1 ? count : processors;
}

std::atomic<int>& thread_count() {
  static std::atomic<int> count{default_threads()};
  return count;
}

thread_local bool inside_parallel = false;

// Workers sleep on a condition variable between jobs, after looking out for the next one a little longer: waking a
// thread costs more than most kernels, and a training step has many of them in a row. One job runs at a time; a second
// thread that asks meanwhile runs its own range alone, so nobody waits for a stranger's work.
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
      while (static_cast<int>(workers_.size()) < threads - 1) workers_.emplace_back([this] { work(); });
      next_.store(begin, std::memory_order_relaxed);
      end_ = end;
      grain_ = grain;
      body_ = body;
      context_ = context;
      error_ = nullptr;
      openings_ = threads - 1;
      ++job_;
    }
    wake_.notify_all();
    pieces();
    std::unique_lock lock(mutex_);
    openings_ = 0;
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

  void pieces() {
    inside_parallel = true;
    try {
      for (;;) {
        const std::int64_t from = next_.fetch_add(grain_, std::memory_order_relaxed);
        if (from >= end_) break;
        body_(context_, from, std::min(end_, from + grain_));
      }
    } catch (...) {
      std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
      next_.store(end_, std::memory_order_relaxed);
    }
    inside_parallel = false;
  }

  void work() {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return stop_ || (job_ != seen && openings_ > 0); });
      if (stop_) return;
      seen = job_;
      --openings_;
      ++active_;
      lock.unlock();
      pieces();
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
  std::atomic<std::int64_t> next_{0};
  std::int64_t end_ = 0;
  std::int64_t grain_ = 1;
  ParallelBody body_ = nullptr;
  void* context_ = nullptr;
  std::exception_ptr error_;
  std::atomic<std::uint64_t> job_{0};
  int openings_ = 0;
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
