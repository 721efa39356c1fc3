#!/usr/bin/env bash
# Dependencies point one way (docs/architecture.md). CMake keeps targets apart; system headers such as LibTorch's are
# visible to all of them, so includes are checked here.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
failed=0

# forbid WHY PATTERN PATH...: no file under PATH includes a header that matches PATTERN.
forbid() {
  local why=$1 pattern=$2 found
  shift 2
  found=$(grep -rnE "^ *# *include *[<\"]($pattern)" --include='*.cpp' --include='*.hpp' --include='*.h' "$@" 2>/dev/null) || return 0
  printf '%s:\n%s\n' "$why" "$found" >&2
  failed=1
}

torch='torch/|ATen/|c10/'
third_party="$torch|boost/|rocksdb/|nlohmann/|fmt/|spdlog/|toml\+\+/|openssl/|CLI/"
forbid 'the SDK needs the standard library alone' "$third_party|weightloom/(base|network|plugin|zoo|runtime)/" sdk/include
forbid 'a plugin needs the SDK alone' "$third_party|weightloom/(base|network|plugin|zoo|runtime)/" plugins
forbid 'no LibTorch below the runtime' "$torch" core/base core/network core/plugin core/formats core/data zoo
forbid 'the zoo knows no plugins' 'weightloom/plugin/' zoo
forbid 'the core knows nothing of the command line' 'cli/|CLI/' core zoo
forbid 'the front loads no LibTorch' "$torch" cli/front_main.cpp cli/plugin_commands.cpp cli/zoo_commands.cpp cli/data_commands.cpp
exit $failed
