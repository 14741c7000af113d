#!/usr/bin/env bash
# usage: bench.sh [--filter NAME] [--threads N] [--rounds N] [--json FILE] [--svg FILE] [--programs DIR]; see bench.sh --help
exec python3 "$(dirname "${BASH_SOURCE[0]}")/../benchmarks/bench.py" "$@"
