#!/usr/bin/env bash
# Dependencies point one way (docs/architecture.md). CMake keeps targets apart; system headers such as LibTorch's are
# visible to all of them, and what a module uses brings its own uses along, so includes are checked here.
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

# What each module may include of the others.
data='base network formats data zoo'
declare -A may_include=(
  [base]=''
  [network]='base'
  [formats]='base'
  [plugin]='base network sdk'
  [data]='base'
  [zoo]='base formats'
  [compute]='base formats'
  [training]='base formats compute'
  [runtime]='base formats network data compute training'
  [tokenizer]="$data compute training runtime"
  [generator]="$data compute training runtime tokenizer"
  [assessment]="$data compute training runtime tokenizer generator report"
  [workflow]="$data plugin compute training runtime tokenizer generator assessment report"
  [report]='base'
)
for folder in core/*/ zoo/; do
  folder=${folder%/}
  module=${folder#core/}
  if [ -z "${may_include[$module]+known}" ]; then
    echo "$folder: no line of $0 says what it may include" >&2
    failed=1
    continue
  fi
  for other in "${!may_include[@]}" sdk; do
    [[ " $module ${may_include[$module]} " == *" $other "* ]] ||
      forbid "$module must not know $other" "weightloom/$other/" "$folder"
  done
done

torch='torch/|ATen/|c10/'
third_party="$torch|boost/|rocksdb/|nlohmann/|fmt/|spdlog/|toml\+\+/|openssl/|CLI/"
own=$(IFS='|'; echo "${!may_include[*]}")
forbid 'the SDK needs the standard library alone' "$third_party|weightloom/($own)/" sdk/include
forbid 'a plugin needs the SDK alone' "$third_party|weightloom/($own)/" plugins
forbid 'no LibTorch below core/compute' "$torch" core/base core/network core/plugin core/formats core/data core/report zoo
forbid 'the core knows nothing of the command line' 'cli/|CLI/' core zoo
forbid 'the front loads no LibTorch' "$torch" cli/front_main.cpp cli/plugin_commands.cpp cli/zoo_commands.cpp cli/zoo_change_commands.cpp cli/data_commands.cpp
exit $failed
