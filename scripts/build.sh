#!/usr/bin/env bash
# Builds the release: scripts/build.sh leaves the command at build/release/bin/weightloom.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

cmake --preset release -DWEIGHTLOOM_TESTS=OFF --log-level=WARNING ||
  fail "CMake could not set up the build; scripts/setup.sh installs the packages that it looks for"
cmake --build --preset release ||
  fail "compiling failed at the first error above; with little memory, try: cmake --build --preset release --parallel 1"
