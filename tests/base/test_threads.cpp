#ifdef __linux__
#include <sched.h>
#endif

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/thread_default.h"
#include "catch.h"
#include "taper/base/error.h"
#include "taper/base/threads.h"
#include "taper/base/warning.h"

using namespace taper;

TEST_CASE("the environment says how many threads there are, TAPER_NUM_THREADS before OMP_NUM_THREADS") {
  CHECK(detail::default_threads(nullptr, nullptr, 8) == 8);
  CHECK(detail::default_threads("", "", 8) == 8);
  CHECK(detail::default_threads("3", "5", 8) == 3);
  CHECK(detail::default_threads(nullptr, "5", 8) == 5);
  CHECK(detail::default_threads(nullptr, "4,2", 8) == 4);
}

TEST_CASE("a number of threads that is none is passed over, and said") {
  std::vector<std::string> said;
  WarningHandler before = set_warning_handler([&said](const std::string& message) { said.push_back(message); });
  CHECK(detail::default_threads("many", "2", 8) == 2);
  CHECK(detail::default_threads("0", nullptr, 8) == 8);
  CHECK(detail::default_threads("2x", "-1", 8) == 8);
  set_warning_handler(std::move(before));
  CHECK(said ==
        std::vector<std::string>{"TAPER_NUM_THREADS: 'many' is passed over; a number of threads from 1 on is needed",
                                 "TAPER_NUM_THREADS: '0' is passed over; a number of threads from 1 on is needed",
                                 "TAPER_NUM_THREADS: '2x' is passed over; a number of threads from 1 on is needed",
                                 "OMP_NUM_THREADS: '-1' is passed over; a number of threads from 1 on is needed"});
}

#ifdef __linux__
TEST_CASE("processors are counted that a thread may run on") {
  int found = 0;
  std::thread bound([&found] {
    cpu_set_t all;
    sched_getaffinity(0, sizeof all, &all);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i)
      if (CPU_ISSET(i, &all)) CPU_SET(i, &one);
    if (sched_setaffinity(0, sizeof one, &one) == 0) found = detail::usable_processors();
  });
  bound.join();
  CHECK(found == 1);
}
#endif

TEST_CASE("no threads at all are refused") {
  const int before = get_num_threads();
  CHECK_THROWS_AS(set_num_threads(0), ValueError);
  CHECK(get_num_threads() == before);
}
