#!/usr/bin/env bash
# A test source that no CMakeLists.txt names is a test that never runs.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
failed=0
while read -r file; do
  grep -qF "$(basename "$file")" "$(dirname "$file")/CMakeLists.txt" || { echo "no CMakeLists.txt names $file" >&2; failed=1; }
done < <(find tests -name '*_test.cpp' -not -path '*/build/*')
exit $failed
