#!/usr/bin/env bash
# usage: instructions.sh [--update]
# Counts the instructions per call of the smallest rows of the benchmarks under valgrind and fails where one takes over 10%
# more than benchmarks/instructions.txt says; with --update it writes that file anew. Kernels for AVX2 are counted whatever
# else the processor has (valgrind offers no more, and OpenBLAS is told so), as g++ 12 compiles them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
update=false
for argument in "$@"; do
  case $argument in
    --update) update=true ;;
    --help) sed -n '2,5s/^# //p' scripts/instructions.sh; exit ;;
    *) echo "instructions.sh: unknown argument '$argument'; usage: instructions.sh [--update]" >&2; exit 2 ;;
  esac
done
grep -qsw avx2 /proc/cpuinfo || { echo "instructions.sh: this processor has no AVX2, which the counts are of" >&2; exit 1; }

scripts/setup.sh valgrind
scripts/build.sh release instructions
folder=build/release/instructions
rm -rf "$folder"
mkdir -p "$folder"
OPENBLAS_CORETYPE=Haswell OPENBLAS_NUM_THREADS=1 valgrind --quiet --tool=callgrind --callgrind-out-file="$folder/out" \
  --collect-atstart=no --toggle-collect=counted_calls --dump-after=counted_calls \
  build/release/benchmarks/instructions >"$folder/rows"
part=0
while read -r row; do
  part=$((part + 1))
  awk -v row="$row" '/^totals:/ { printf "%-34s %9d\n", row, $2 / 100 }' "$folder/out.$part"
done <"$folder/rows" >"$folder/counts"

if $update; then
  cp "$folder/counts" benchmarks/instructions.txt
  cat benchmarks/instructions.txt
  exit
fi
awk '
  NR == FNR { before[$1] = $2; next }
  { change = $1 in before ? ($2 / before[$1] - 1) * 100 : 0
    printf "%-34s %9d %+7.1f%%%s\n", $1, $2, change, $1 in before ? (change > 10 ? "  too many" : "") : "  not listed"
    if (change > 10 || !($1 in before)) bad = 1
    if (change < -10) fewer = 1
    delete before[$1] }
  END {
    for (row in before) { print row " is listed but was not counted"; bad = 1 }
    if (bad) print "Rows take over 10% more instructions than benchmarks/instructions.txt says, or differ from its rows; where it has to be so: scripts/instructions.sh --update"
    else if (fewer) print "Rows take fewer instructions than before: scripts/instructions.sh --update keeps the gain"
    exit bad
  }' benchmarks/instructions.txt "$folder/counts"
