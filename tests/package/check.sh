#!/usr/bin/env bash
# usage: check.sh BUILD_DIR CXX LIBDIR
# Installs BUILD_DIR into an empty folder, moves that folder, and builds and runs the program beside this script against it:
# by CMake, and by pkg-config with and without --static. So is the README's program, which has to print what the README says.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$1 cxx=$2 libdir=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/first" >"$work/install.log"
mv "$work/first" "$work/installed"
prefix=$work/installed
export LD_LIBRARY_PATH=$prefix/$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
unset DESTDIR

cmake -S "$here" -B "$work/cmake" -G Ninja -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release >"$work/cmake.log"
cmake --build "$work/cmake" >>"$work/cmake.log" || { cat "$work/cmake.log"; exit 1; }
echo "find_package:"; "$work/cmake/outside"

export PKG_CONFIG_PATH=$prefix/$libdir/pkgconfig
for static in "" --static; do
  read -ra flags <<<"$(pkg-config $static --cflags --libs taper)"
  "$cxx" -std=c++20 "$here/main.cpp" -o "$work/outside" "${flags[@]}"
  echo "pkg-config $static:"; "$work/outside"
done

readme=$here/../../README.md
awk '/^```cpp$/ {take = 1; next} /^```$/ && take {exit} take' "$readme" >"$work/readme.cpp"
awk '/^```cpp$/ {seen = 1; next} /^```$/ && seen {++fences; next} fences == 2' "$readme" >"$work/readme.out"
"$cxx" -std=c++20 "$work/readme.cpp" -o "$work/readme" "${flags[@]}"
"$work/readme" | diff "$work/readme.out" -
echo "README: prints what it says"

if [ -d "$build/bin" ]; then
  echo "program:"; LD_LIBRARY_PATH="" "$prefix/bin/taper" --version
fi
