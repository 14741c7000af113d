#pragma once

#include <vector>

namespace taper_test {

/// The values that python_parity/files.py gives an array whose dtype begins with `kind`.
inline std::vector<double> rule(char kind, int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i)
    values.push_back(kind == 'f' ? (i - 3) / 4.0 : kind == 'i' ? i - 3 : kind == 'u' ? i : i % 2);
  return values;
}

}  // namespace taper_test
