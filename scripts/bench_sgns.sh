#!/usr/bin/env bash
# usage: bench_sgns.sh CORPUS [THREADS [PROGRAMS]]
# Words per second of skip-gram with negative sampling: Taper at batches from 1 to 8192, then libtorch, gensim and
# fastText where they are installed, on the same text, dimension 100, window 5, 5 negatives. PROGRAMS is where sgns and
# sgns_libtorch are built (build/release/benchmarks). A few hundred thousand words, one sentence per line, are enough.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -ge 1 ] || { sed -n '2,6s/^# //p' "$0"; exit 2; }
corpus=$1 threads=${2:-1} programs=${3:-build/release/benchmarks}
if [ $# -lt 3 ]; then
  scripts/build.sh release sgns
  scripts/build.sh release sgns_libtorch || echo "libtorch-dev is not installed" >&2
fi
export OMP_NUM_THREADS=$threads OPENBLAS_NUM_THREADS=$threads OMP_WAIT_POLICY=passive
rows=$(mktemp) few=$(mktemp)
trap 'rm -f "$rows" "$few"' EXIT
head -c 600000 "$corpus" >"$few"  # for what takes long

for batch in 1 4 8 16 32 64 512 4096 8192; do
  "$programs/sgns" "$corpus" blocks "$batch" "$threads" 2>/dev/null ||
    printf 'taper\tblocks\t%s\t%s\tdiverges\t\t\t\n' "$batch" "$threads"
done | tee -a "$rows"
for batch in 1 16 64 512 4096 8192; do
  "$programs/sgns" "$corpus" pairs "$batch" "$threads"
done | tee -a "$rows"
if [ -x "$programs/sgns_libtorch" ]; then
  for batch in 16 64 512; do "$programs/sgns_libtorch" "$few" blocks "$batch" "$threads"; done | tee -a "$rows"
  for batch in 16 512 4096 8192; do "$programs/sgns_libtorch" "$few" pairs "$batch" "$threads"; done | tee -a "$rows"
fi
if /usr/bin/python3 -c 'import gensim' 2>/dev/null; then
  benchmarks/sgns_peers.py gensim "$corpus" "$threads" | tee -a "$rows"
fi
if command -v fasttext >/dev/null; then
  benchmarks/sgns_peers.py fasttext "$corpus" "$threads" | tee -a "$rows"
fi

awk -F'\t' '
  function of(speed, base) { return base > 0 && speed + 0 > 0 ? sprintf("%.1f", speed / base) : "" }
  { line[NR] = $0 }
  $1 == "gensim" { gensim = $5 }
  $1 == "libtorch" && $2 == "pairs" && $5 > torch { torch = $5 }
  END {
    print "\n| tool | form | batch | threads | words/s | of gensim | of libtorch, pairs | peak MiB |"
    print "|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= NR; ++i) {
      split(line[i], f, "\t")
      printf("| %s | %s | %s | %s | %s | %s | %s | %s |\n", f[1], f[2], f[3], f[4], f[5], of(f[5], gensim),
             of(f[5], torch), f[7])
    }
  }' "$rows"
