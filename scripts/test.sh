#!/usr/bin/env bash
# Set-up, build with warnings as errors, all tests: scripts/test.sh [ctest options], for example scripts/test.sh -R zoo.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
cmake --preset ci --log-level=WARNING
cmake --build --preset ci
ctest --preset ci --parallel "$(nproc)" "$@"
