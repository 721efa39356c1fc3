#!/usr/bin/env bash
# Installs what Weightloom is built from and tested with, on Debian 12: scripts/setup.sh. Does nothing when all of it is there.
set -euo pipefail

packages=(
  build-essential cmake ninja-build ccache git ca-certificates
  libtorch-dev libopenblas0-pthread librocksdb-dev libboost-filesystem-dev
  libtomlplusplus-dev libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev
  libssl-dev zlib1g-dev libpng-dev libjpeg62-turbo-dev
  catch2 clang-format clang-tidy
  dataset-fashion-mnist
)
# Node.js from elsewhere brings an npm of its own, which Debian's package would clash with.
command -v npm >/dev/null || packages+=(npm)

# The names of those packages that are not installed.
missing() {
  comm -23 <(printf '%s\n' "$@" | sort) \
           <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

mapfile -t wanted < <(missing "${packages[@]}")
[ ${#wanted[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "setup: run as root, or install sudo; missing: ${wanted[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "setup: installing ${wanted[*]}" >&2
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${wanted[@]}"
