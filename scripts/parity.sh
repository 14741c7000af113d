#!/usr/bin/env bash
# usage: parity.sh [--seed N]
# Runs the programs of python_parity/ with a live PyTorch, from the seed N (42), and holds Taper against the fresh dumps.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seed=42
while [ $# -gt 0 ]; do
  case $1 in
    --seed) seed=${2:?parity.sh: --seed needs a number}; shift 2 ;;
    --seed=*) seed=${1#--seed=}; shift ;;
    *) echo "parity.sh: unknown argument '$1'; usage: parity.sh [--seed N]" >&2; exit 2 ;;
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
/usr/bin/python3 python_parity/make_dumps.py --seed "$seed" --out "$dumps"
/usr/bin/python3 python_parity/torch_files.py write "$dumps/torch" "$seed"
TAPER_PARITY_DIR=$dumps build/release/tests/taper_tests '[parity]'
/usr/bin/python3 python_parity/files.py check "$dumps"
/usr/bin/python3 python_parity/torch_files.py check "$dumps/torch"
/usr/bin/python3 python_parity/rng_states.py --check "$dumps/rng_states_taper.txt"
/usr/bin/python3 python_parity/make_schedules.py --check "$dumps"
/usr/bin/python3 python_parity/make_resumed.py --check "$dumps"
/usr/bin/python3 python_parity/check_examples.py
