#!/usr/bin/env bash
# usage: parity.sh [--seed N] [--op NAME]
# Runs the programs of python_parity/ with a live PyTorch, from the seed N (42), and holds Taper against the fresh dumps;
# with --op only the samples of that operation. From seed 42 the committed dumps have to come out again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seed=42
op=()
while [ $# -gt 0 ]; do
  case $1 in
    --seed) seed=${2:?parity.sh: --seed needs a number}; shift 2 ;;
    --seed=*) seed=${1#--seed=}; shift ;;
    --op) op=(--op "${2:?parity.sh: --op needs a name}"); shift 2 ;;
    --op=*) op=(--op "${1#--op=}"); shift ;;
    *) echo "parity.sh: unknown argument '$1'; usage: parity.sh [--seed N] [--op NAME]" >&2; exit 2 ;;
  esac
done
case $seed in
  '' | *[!0-9]*) echo "parity.sh: --seed '$seed' is not a number" >&2; exit 2 ;;
esac

scripts/setup.sh python3-torch
scripts/build.sh release taper_tests
dumps=$PWD/build/release/parity
rm -rf "$dumps"
# Debian's python3 is the one that sees Debian's torch, whatever else PATH offers.
python="/usr/bin/python3 -W ignore"
$python python_parity/make_dumps.py --seed "$seed" --out "$dumps" "${op[@]}"
if [ ${#op[@]} -gt 0 ]; then
  TAPER_PARITY_DIR=$dumps TAPER_PARITY_ONLY=1 build/release/tests/taper_tests '[operations]'
else
  $python python_parity/torch_files.py write "$dumps/torch" "$seed"
  TAPER_PARITY_DIR=$dumps build/release/tests/taper_tests '[parity]'
  $python python_parity/files.py check "$dumps"
  $python python_parity/torch_files.py check "$dumps/torch"
  $python python_parity/rng_states.py --check "$dumps/rng_states_taper.txt"
  $python python_parity/make_schedules.py --check "$dumps"
  $python python_parity/make_resumed.py --check "$dumps"
  $python python_parity/check_examples.py
fi
$python python_parity/write_page.py "$dumps" >"$dumps/parity.md"
sed -n '/^| /p' "$dumps/parity.md"
if [ "$seed" = 42 ] && [ ${#op[@]} -eq 0 ]; then
  $python python_parity/make_dumps.py --brief --out "$dumps/brief" >/dev/null
  $python python_parity/compare_dumps.py tests/data "$dumps/brief"
fi
