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
  found=$(grep -rnE "^ *# *include *[<\"]($pattern)" --include='*.cpp' --include='*.hpp' --include='*.h' "$@")
  case $? in
    0) printf '%s:\n%s\n' "$why" "$found" >&2 ;;
    1) return ;;
    *) printf '%s: cannot be checked\n' "$why" >&2 ;;
  esac
  failed=1
}

# What each module may include of the others.
data='base network formats data zoo'
declare -A may_include=(
  [base]=''
  [network]='base'
  [formats]='base'
  [plugin]='base network sdk'
  [data]='base formats'
  [language]='base formats'
  [zoo]='base formats'
  [retrieval]='base data language network plugin zoo'
  [compute]='base formats'
  [training]='base formats compute'
  [runtime]='base formats network data compute training'
  [tokenizer]="$data compute training runtime"
  [generator]="$data language compute training runtime tokenizer"
  [assessment]="$data language compute training runtime tokenizer generator report"
  [workflow]="$data language plugin retrieval compute training runtime tokenizer generator assessment report"
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

# Everything that knows compute brings LibTorch along.
brings_torch=compute torch_free=()
for module in "${!may_include[@]}"; do
  if [[ " ${may_include[$module]} " == *' compute '* ]]; then
    brings_torch+="|$module"
  elif [ $module != compute ]; then
    [ $module = zoo ] && torch_free+=(zoo) || torch_free+=("core/$module")
  fi
done

# What the executable NAME is built from in cli/, without the extension.
sources_of() { sed -n "/^add_executable($1\$/,/^)/s/^ *\([a-z_]*\)\.cpp\$/\1/p" cli/CMakeLists.txt | sort; }
engine_only=$(comm -13 <(sources_of weightloom) <(sources_of weightloom-engine))
front=()
for file in cli/*.?pp; do
  name=${file#cli/}
  [ "$name" = version.cpp ] && continue  # it states LibTorch's version, from a header of constants
  grep -qx "${name%.?pp}" <<<"$engine_only" || front+=("$file")
done

torch='torch/|ATen/|c10/'
third_party="$torch|boost/|rocksdb/|nlohmann/|fmt/|spdlog/|toml\+\+/|openssl/|CLI/"
own=$(IFS='|'; echo "${!may_include[*]}")
forbid 'the SDK needs the standard library alone' "$third_party|weightloom/($own)/" sdk/include
forbid 'a plugin needs the SDK alone' "$third_party|weightloom/($own)/" plugins
forbid 'no LibTorch below core/compute' "$torch" "${torch_free[@]}"
forbid 'the core knows nothing of the command line' 'cli/|CLI/' core zoo
forbid 'the front loads no LibTorch' "$torch|weightloom/($brings_torch)/|cli/(${engine_only//$'\n'/|})\.hpp" "${front[@]}"
exit $failed
