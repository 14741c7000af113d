#!/usr/bin/env bash
# usage: bench.sh [--filter NAME] [--rounds N]
# Builds benchmarks/ops and, where libtorch-dev is installed, its twin in libtorch; runs the two in turn N times (3) and prints
# row by row the median time of each in microseconds and the median of the pairs' ratios. Without libtorch: Taper's alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
filter='' rounds=3
while [ $# -gt 0 ]; do
  case $1 in
    --filter) filter=${2:?bench.sh: --filter needs a name}; shift 2 ;;
    --rounds) rounds=${2:?bench.sh: --rounds needs a number}; shift 2 ;;
    *) echo "bench.sh: unknown argument '$1'; usage: bench.sh [--filter NAME] [--rounds N]" >&2; exit 2 ;;
  esac
done
case $rounds in
  '' | *[!0-9]* | 0) echo "bench.sh: --rounds '$rounds' is not a number from 1 on" >&2; exit 2 ;;
esac

scripts/setup.sh
scripts/build.sh release ops
programs=(ops)
if scripts/build.sh release ops_libtorch >/dev/null 2>&1; then programs+=(ops_libtorch); fi
for ((round = 1; round <= rounds; ++round)); do
  for program in "${programs[@]}"; do
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "build/release/benchmarks/$program" 1 "$filter" | sed "s/^/$program\t$round\t/"
  done
done | awk -F '\t' '
  function median(list, n,   i, j, t) {
    for (i = 2; i <= n; ++i) for (j = i; j > 1 && list[j] < list[j - 1]; --j) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
    return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
  }
  { if (!($3 in seen)) { seen[$3] = 1; names[++count] = $3 } time[$1, $2, $3] = $4; if ($2 > rounds) rounds = $2 }
  END {
    printf "%-24s %12s %12s %8s\n", "row (us)", "Taper", "PyTorch", "ratio"
    for (i = 1; i <= count; ++i) {
      name = names[i]; n = 0
      for (r = 1; r <= rounds; ++r) {
        a[r] = time["ops", r, name]
        if (("ops_libtorch", r, name) in time) { b[++n] = time["ops_libtorch", r, name]; q[n] = b[n] / a[r] }
      }
      if (n > 0) printf "%-24s %12.4g %12.4g %7.1fx\n", name, median(a, rounds), median(b, n), median(q, n)
      else printf "%-24s %12.4g %12s %8s\n", name, median(a, rounds), "-", "-"
    }
  }'
