#!/usr/bin/env bash
# usage: test.sh [CTEST-OPTION ...]
# Sets up, builds everything and runs all tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh
scripts/build.sh release
ctest --preset release --parallel "$(nproc)" "$@"
