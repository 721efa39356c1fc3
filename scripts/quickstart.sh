#!/usr/bin/env bash
# From a bare Debian 12 machine to generated weights and a report: scripts/quickstart.sh. It leaves everything in quickstart/, and
# reuses what an earlier run has finished. Where MNIST cannot be fetched it does without.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

scripts/setup.sh
scripts/build.sh
scripts/fetch_data.sh fashion-mnist

export PATH="$PWD/build/release/bin:$PATH"
recipe=examples/quickstart/quickstart.toml
out=quickstart
result=digits instruction="a residual network of twenty layers for handwritten digits"
gap= fetched=0
scripts/fetch_data.sh mnist || fetched=$?
[ $fetched -lt 128 ] || exit $fetched  # interrupted
if [ $fetched != 0 ]; then
  gap="MNIST is missing: the table has the rows of Fashion-MNIST alone. 'scripts/fetch_data.sh mnist' says why; when it works, run this again"
  say "$gap"
  # A folder of its own: the same names belong to other networks. Ten classes have too few subsets of four for all tasks.
  out=quickstart/without-mnist
  mkdir -p "$out"
  sed -e 's/"mnist@[0-9]*", //' -e '/^tasks = /s/count = 180/count = 120/' "$recipe" >"$out/quickstart.toml"
  recipe=$out/quickstart.toml
  ! grep -q '"mnist' "$recipe" || fail "$recipe still names MNIST: the script does not fit the recipe it was made from"
  result=clothes instruction="a residual network of twenty layers for clothes"
fi
export WEIGHTLOOM_ZOO=$out/zoo
model=$out/generator.safetensors
mkdir -p "$out/stages"

# stop CODE COMMAND ...: ends the script with the code of a command that failed.
stop() {
  say "'${*:2:3}' failed; its message is above. What is finished stays: run this again and it goes on from there"
  exit "$1"
}

run() { "$@" || stop $? "$@"; }

# stage NAME COMMAND ...: runs it and adds its seconds to those of earlier runs, whether or not they came to its end.
stage() {
  local name=$1 begin=$SECONDS before code=0
  shift
  echo "== $name" >&2
  "$@" --progress=plain || code=$?
  before=$(cat "$out/stages/$name" 2>/dev/null || echo 0)
  echo $((before + SECONDS - begin)) >"$out/stages/$name"
  [ $code = 0 ] || stop $code "$@"
}

# Each command skips what an earlier run has finished, and goes on where one was stopped.
[ -e "$WEIGHTLOOM_ZOO" ] || run weightloom zoo init "$WEIGHTLOOM_ZOO"
stage grow weightloom zoo grow "$recipe"
stage tokenizer weightloom tokenizer train --recipe "$recipe" --out "$out/tokenizer.safetensors"
stage encode weightloom tokenizer encode --tokenizer "$out/tokenizer.safetensors"
stage generator weightloom generator train --recipe "$recipe" --tokenizer "$out/tokenizer.safetensors" --out "$model"

# Weights for a network that the zoo does not hold, asked for in words.
stage generate weightloom generate --instruction "$instruction" --generator "$model" --out "$out/$result.safetensors"

times=()
for name in grow tokenizer encode generator generate; do times+=(--stage "$name=$(cat "$out/stages/$name")"); done
run weightloom report --recipe "$recipe" --generator "$model" "${times[@]}" --sentence "$out/$result.safetensors" --out "$out/report.html" --results "$out/results.json"
echo "The report is $out/report.html, its figures are in $out/results.json"
[ -z "$gap" ] || say "$gap"
