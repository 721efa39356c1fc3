#!/usr/bin/env bash
# Installs what Weightloom is built from and tested with, on Debian 12: scripts/setup.sh. Does nothing when all of it is there.
set -euo pipefail
. "$(dirname "$0")/common.sh"

packages=(
  build-essential cmake ninja-build ccache git ca-certificates
  libtorch-dev libopenblas0-pthread librocksdb-dev libboost-filesystem-dev
  libtomlplusplus-dev libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev
  libssl-dev zlib1g-dev libzstd-dev libpng-dev libturbojpeg0-dev libfreetype-dev
  catch2 clang-format clang-tidy python3-torchvision zsh fish
  dataset-fashion-mnist wordnet-base fonts-dejavu-core fonts-dejavu-extra fonts-noto-core fonts-freefont-ttf
)

# The names of those packages that are not installed.
missing() {
  comm -23 <(printf '%s\n' "$@" | sort) \
           <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

mapfile -t wanted < <(missing "${packages[@]}")
[ ${#wanted[@]} = 0 ] || install_packages "${wanted[@]}"
