// The smallest rows of ops, for scripts/instructions.sh: prints the name of each after 100 calls in counted_calls,
// which valgrind counts the instructions of.
#include "ops/rows.h"

extern "C" [[gnu::noinline]] void counted_calls(void (*call)(void*), void* row) {
  for (int i = 0; i < 100; ++i) call(row);
}

int main() {
  timing::Arguments arguments(0, nullptr);
  arguments.counter = [](const std::string& name, void (*call)(void*), void* row) {
    for (int i = 0; i < 100; ++i) call(row);  // fills the pools
    counted_calls(call, row);
    std::puts(name.c_str());
  };
  ops::start(1);
  ops::small(arguments);
  arguments.filter = "v10k_b256";
  ops::embeddings(arguments);
}
