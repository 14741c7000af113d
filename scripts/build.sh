#!/usr/bin/env bash
# usage: build.sh PRESET [TARGET ...]
# Configures build/PRESET once and builds TARGETs, or everything.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=$1
shift
if [ ! -f "build/$preset/build.ninja" ]; then
  launcher=()
  command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  cmake --preset "$preset" "${launcher[@]}"
fi
cmake --build --preset "$preset" --parallel "$(nproc)" ${1:+--target "$@"}
