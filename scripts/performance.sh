#!/usr/bin/env bash
# usage: performance.sh [--rounds N]
# Measures everything anew, best on an idle machine, and writes docs/performance.md and docs/performance.svg from it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=3
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=${2:?performance.sh: --rounds needs a number}; shift 2 ;;
    --help) sed -n '2,3s/^# //p' scripts/performance.sh; exit ;;
    *) echo "performance.sh: unknown argument '$1'; usage: performance.sh [--rounds N]" >&2; exit 2 ;;
  esac
done
reports=build/performance
mkdir -p "$reports"
for threads in 1 2; do
  scripts/bench.sh --threads "$threads" --rounds "$rounds" --json "$reports/$threads.json"
done
scripts/living.sh --scratch --json "$reports/living.json"
python3 benchmarks/page.py "$reports/1.json" "$reports/2.json" "$reports/living.json"
git diff --stat docs/performance.md docs/performance.svg
