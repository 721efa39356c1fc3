#!/usr/bin/env bash
# Set-up, build with warnings as errors, all tests: scripts/test.sh [ctest options], for example scripts/test.sh -R zoo.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

scripts/setup.sh
cmake --preset ci --log-level=WARNING || fail "CMake could not set up the build; its message is above"
cmake --build --preset ci || fail "compiling failed at the first error or warning above"
ctest --preset ci --parallel "$(nproc)" "$@" || fail "tests failed; one of them alone: scripts/test.sh -R NAME"
