// A program outside the project's tree: it sees only what an installed taper gives.
#include <taper/base/shape.h>

#include <cstdio>

int main() {
  const std::string text = taper::to_string(taper::broadcast_shapes("outside", {2, 1}, {3}));
  std::puts(text.c_str());
  return text == "[2, 3]" ? 0 : 1;
}
