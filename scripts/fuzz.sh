#!/usr/bin/env bash
# usage: fuzz.sh [--seconds N] [TARGET ...]
# Feeds mutations of real files to every loader (or to each TARGET: npy, npz, ...), N seconds each (20), under ASan and
# UBSan. A crash, more than 64 MiB in one block or 2 s over one file fails; the file's path is printed. What was found to
# reach new code stays in build/fuzz/corpus for the next run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=20 targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=${2:?fuzz.sh: --seconds needs a number}; shift 2 ;;
    --seconds=*) seconds=${1#--seconds=}; shift ;;
    -*) echo "fuzz.sh: unknown option '$1'; usage: fuzz.sh [--seconds N] [TARGET ...]" >&2; exit 2 ;;
    *) targets+=("${1#fuzz_}"); shift ;;
  esac
done
case $seconds in
  '' | *[!0-9]*) echo "fuzz.sh: --seconds '$seconds' is not a number" >&2; exit 2 ;;
esac
known=()
for source in tests/fuzz/fuzz_*.cpp; do
  name=${source##*/fuzz_}
  known+=("${name%.cpp}")
done
[ ${#targets[@]} -gt 0 ] || targets=("${known[@]}")
for target in "${targets[@]}"; do
  [ -f "tests/fuzz/fuzz_$target.cpp" ] || { echo "fuzz.sh: no target '$target'; there are ${known[*]}" >&2; exit 2; }
done

scripts/setup.sh clang libclang-rt-14-dev
scripts/build.sh fuzz "${targets[@]/#/fuzz_}"

# seed TARGET FILE...: small real files to begin with
seed() {
  local folder=build/fuzz/corpus/$1 file
  shift
  mkdir -p "$folder"
  for file in "$@"; do
    if [ -f "$file" ] && [ "$(stat -c %s "$file")" -le 20000 ]; then cp "$file" "$folder/"; fi
  done
}
for target in "${targets[@]}"; do
  # Of formats that have no small files among the tests' data.
  seed "$target" tests/fuzz/seeds/"$target"/*
done
seed npy tests/data/io/*.npy
seed npz tests/data/io/*.npz tests/data/*.npz
seed safetensors tests/data/io/*.safetensors
seed torch tests/data/torch/*.pt

run() {
  local target=$1 folder=build/fuzz/artifacts/$1 log=build/fuzz/$1.log
  mkdir -p "$folder"
  if build/fuzz/tests/fuzz/fuzz_"$target" build/fuzz/corpus/"$target" -artifact_prefix="$folder/" -seed=1 \
      -max_total_time="$seconds" -timeout=2 -rss_limit_mb=512 -malloc_limit_mb=64 -print_final_stats=1 \
      -use_value_profile=1 >"$log" 2>&1; then
    printf 'fuzz: %-13s %9d files in %d s, %d kept\n' "$target" \
      "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$seconds" "$(ls build/fuzz/corpus/"$target" | wc -l)"
  else
    tail -n 40 "$log"
    echo "fuzz: $target FAILED on $(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1); its log is $log"
    return 1
  fi
}
export -f run
export seconds
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'run "$1"' _ {}
