#!/usr/bin/env bash
# usage: check.sh CXX INCLUDE_DIR
# Every public header compiles alone and twice without a warning, and drags in nothing that its users would pay for. What
# <taper/taper.h> weighs after preprocessing stays under a limit.
set -euo pipefail
cxx=$1 include=$2
limit=1400000   # bytes; <string>, <vector>, <span>, <optional> and <stdexcept> alone are 844,000 with g++ 12
heavy='/(fmt|nlohmann|hwy|CLI)/|/(cblas|openblas_config|zip|zipconf|utf8proc)\.h$|/(iostream|functional|memory)$'

check() {
  local header=$1 found
  if ! printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
      "$cxx" -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I "$include" -x c++ -fsyntax-only -; then
    echo "$header does not compile alone"
    return 1
  fi
  [ "$header" = taper/fmt.h ] && return
  found=$(printf '#include "%s"\n' "$header" | "$cxx" -std=c++20 -I "$include" -x c++ -M - | tr -s ' \\' '\n' | grep -E "$heavy" || true)
  if [ -n "$found" ]; then
    printf '%s includes, itself or through others:\n%s\n' "$header" "$found"
    return 1
  fi
}
export -f check
export cxx include heavy

cd "$include"
find taper -name '*.h' -print0 | sort -z | xargs -0 -n 1 -P "$(nproc)" bash -c 'check "$1"' _

if [ -f taper/taper.h ]; then
  reached=$(printf '#include <taper/taper.h>\n' | "$cxx" -std=c++20 -I "$include" -x c++ -M - | tr -s ' \\' '\n')
  for header in $(find taper -name '*.h' ! -path taper/fmt.h); do
    grep -qxF "$include/$header" <<<"$reached" || { echo "taper/taper.h does not include $header"; exit 1; }
  done
  size=$(printf '#include <taper/taper.h>\n' | "$cxx" -std=c++20 -I "$include" -x c++ -E -P - | wc -c)
  echo "taper/taper.h: $size bytes preprocessed, $limit allowed"
  [ "$size" -le "$limit" ]
fi
