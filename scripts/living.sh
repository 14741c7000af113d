#!/usr/bin/env bash
# usage: living.sh [--scratch] [--json FILE] [--programs DIR]; see living.sh --help
exec python3 "$(dirname "${BASH_SOURCE[0]}")/../benchmarks/living.py" "$@"
