#!/usr/bin/env bash
# usage: setup.sh [PACKAGE ...]
# Installs what Taper is built from, and PACKAGE besides, on Debian 12 or a relative; only what is missing, and nothing at
# all (no apt call either) where nothing is. Needs root or sudo only to install.
set -euo pipefail
packages=(g++ cmake ninja-build pkgconf libfmt-dev libopenblas-dev libhwy-dev libutf8proc-dev libcli11-dev
          nlohmann-json3-dev zlib1g-dev catch2 python3 "$@")

if ! command -v dpkg-query >/dev/null; then
  echo "setup: no dpkg here; these have to be there already: ${packages[*]}" >&2
  exit 0
fi
missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup: ${missing[*]} missing; run as root or with sudo installed" >&2; exit 1; }
  as_root=(sudo)
fi
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 "$@"; }

echo "setup: installing ${missing[*]}"
# A source that cannot be reached matters only if a package is then not found.
apt update || echo "setup: apt-get update had errors" >&2
apt install --yes --no-install-recommends "${missing[@]}"
