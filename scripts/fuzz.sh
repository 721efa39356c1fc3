#!/usr/bin/env bash
# Every parser, bundles, the query language and instructions under libFuzzer, with the address and undefined-behaviour sanitizers:
# scripts/fuzz.sh [SECONDS [TARGET...]], by default 600 seconds each, all of them. Inputs that led to something new stay in
# build/fuzz/corpus, and a later run begins with them; what was found is in build/fuzz/findings.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

seconds=${1:-600}
shift $(($# > 0))
command -v clang++ >/dev/null || install_packages clang libclang-rt-dev
cmake --preset fuzz --log-level=WARNING || fail "CMake could not set up the build; its message is above"
cmake --build --preset fuzz || fail "compiling failed at the first error above"
cd build/fuzz
mkdir -p findings corpus
bin/fuzz_seeds seeds

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cd seeds && printf '%s\n' *)
failed=()
for target in "${targets[@]}"; do
  mkdir -p "corpus/$target"
  # The limit of memory is the bound that readers promise for small files; one input takes milliseconds.
  if bin/fuzz_"$target" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=512 \
       -artifact_prefix=findings/"$target"- -print_final_stats=1 "corpus/$target" "seeds/$target" >"findings/$target.log" 2>&1; then
    say "$target: nothing found in $(sed -n 's/^stat::number_of_executed_units: *//p' "findings/$target.log") inputs"
  else
    say "$target: FOUND, see build/fuzz/findings/$target.log"
    failed+=("$target")
  fi
done
[ ${#failed[@]} = 0 ] || fail "something was found: ${failed[*]}"
