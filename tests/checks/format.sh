#!/usr/bin/env bash
# Every C and C++ file is formatted as .clang-format says.
set -euo pipefail
cd "$(dirname "$0")/../.."
find sdk core zoo cli plugins tests examples \( -name '*.cpp' -o -name '*.hpp' -o -name '*.h' -o -name '*.c' \) -print0 2>/dev/null |
  xargs -0 -r -n 16 -P "$(nproc)" clang-format --dry-run --Werror
