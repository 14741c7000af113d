#!/usr/bin/env bash
# usage: tidy.sh [SOURCE ...]
# clang-format over every source and header, then clang-tidy, with the build's warnings, over SOURCEs or all that are
# compiled (but for the twins in libtorch); any finding fails. Of the kernels' targets the baseline is read. All sources
# take half an hour of processor time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh clang clang-format clang-tidy
mapfile -t everything < <(git ls-files '*.cpp' '*.h')
clang-format --dry-run -Werror "${everything[@]}"

# clang, because its clang-tidy knows none of g++'s flags; no precompiled header, because it could not read g++'s; each
# source by itself.
cmake -S . -B build/tidy -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++ \
  -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DCMAKE_UNITY_BUILD=OFF -DTAPER_BUILD_BENCHMARKS=ON -DTAPER_BUILD_FUZZERS=ON >/dev/null
compiled() {
  for source in $(git ls-files '*.cpp'); do
    if grep -q "\"$PWD/$source\"" build/tidy/compile_commands.json; then echo "$source"; fi
  done
}
if [ $# -gt 0 ]; then sources=("$@"); else mapfile -t sources < <(compiled); fi
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy -p build/tidy --quiet --warnings-as-errors='*'
echo "tidy: ${#sources[@]} sources"
