#!/usr/bin/env bash
# usage: check.sh CXX INCLUDE_DIR
# Every public header compiles alone and twice without a warning, and drags in nothing that its users would pay for.
# <taper/taper.h> includes them all, and what it weighs after preprocessing stays under a limit.
set -euo pipefail
cxx=$1 include=$2
limit=1200000   # bytes; <string>, <vector>, <span>, <optional> and <stdexcept> alone are 844,000 with g++ 12
heavy='/(fmt|nlohmann|hwy|CLI)/|/(cblas|openblas_config|zip|zipconf|utf8proc)\.h$|/(iostream|functional|memory|atomic)$'

# Compiles a file of just this header, twice, and lists what it includes, itself or through others.
includes() {
  printf '#include "%s"\n#include "%s"\n' "$1" "$1" |
    "$cxx" -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I "$include" -x c++ -fsyntax-only -MD -MF /dev/stdout -MT all - |
    tr -s ' \\' '\n'
}
check() {
  local header=$1 list found
  list=$(includes "$header") || { echo "$header does not compile alone"; return 1; }
  [ "$header" = taper/fmt.h ] && return
  found=$(grep -E "$heavy" <<<"$list") || return 0
  printf '%s includes, itself or through others:\n%s\n' "$header" "$found"
  return 1
}
export -f check includes
export cxx include heavy

cd "$include"
find taper -name '*.h' -print0 | sort -z | xargs -0 -n 1 -P "$(nproc)" bash -o pipefail -c 'check "$1"' _

missing=$(comm -23 <(find taper -name '*.h' ! -path taper/fmt.h | sort) <(includes taper/taper.h | sed "s|^$include/||" | sort))
if [ -n "$missing" ]; then
  printf 'taper/taper.h does not include:\n%s\n' "$missing"
  exit 1
fi
size=$(printf '#include <taper/taper.h>\n' | "$cxx" -std=c++20 -I "$include" -x c++ -E -P - | wc -c)
echo "taper/taper.h: $size bytes preprocessed, $limit allowed"
[ "$size" -le "$limit" ]
