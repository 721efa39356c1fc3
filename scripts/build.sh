#!/usr/bin/env bash
# Builds the release: scripts/build.sh leaves the command at build/release/bin/weightloom.
set -euo pipefail
cd "$(dirname "$0")/.."

cmake --preset release -DWEIGHTLOOM_TESTS=OFF --log-level=WARNING
cmake --build --preset release
