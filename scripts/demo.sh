#!/usr/bin/env bash
# usage: demo.sh
# Sets up, builds the program, trains word vectors on the bundled toy text and asks them three questions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh
scripts/build.sh release taper_program
taper=build/release/bin/taper
vectors=build/release/toy.vec

show() {
  printf '\n$ %s\n' "$*"
  "$@"
}
if [ "$vectors" -nt "$taper" ]; then
  printf '\n%s is there already; remove it to train again\n' "$vectors"
else
  show "$taper" train -o "$vectors"
fi
show "$taper" neighbors "$vectors" cat
show "$taper" analogy "$vectors" man woman king
show "$taper" neighbors "$vectors" 男人 --ascii --count 1
