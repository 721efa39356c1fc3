#!/usr/bin/env bash
# From a bare Debian 12 machine to generated weights and a report: scripts/quickstart.sh. It leaves everything in quickstart/, and
# reuses what an earlier run has finished.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
scripts/build.sh
scripts/fetch_data.sh mnist fashion-mnist

export PATH="$PWD/build/release/bin:$PATH"
recipe=examples/quickstart/quickstart.toml
out=quickstart
export WEIGHTLOOM_ZOO=$out/zoo
models=(--tokenizer "$out/tokenizer.safetensors" --generator "$out/generator.safetensors")
mkdir -p "$out/stages"

# stage NAME COMMAND ...: runs it and adds its seconds to those of earlier runs.
stage() {
  local name=$1 begin=$SECONDS before
  shift
  echo "== $name" >&2
  "$@" --progress=plain
  before=$(cat "$out/stages/$name" 2>/dev/null || echo 0)
  echo $((before + SECONDS - begin)) >"$out/stages/$name"
}

# Each command skips what an earlier run has finished, and goes on where one was stopped.
[ -e "$WEIGHTLOOM_ZOO" ] || weightloom zoo init "$WEIGHTLOOM_ZOO"
stage grow weightloom zoo grow "$recipe"
stage tokenizer weightloom tokenizer train --recipe "$recipe" --out "$out/tokenizer.safetensors"
stage encode weightloom tokenizer encode --tokenizer "$out/tokenizer.safetensors"
stage generator weightloom generator train --recipe "$recipe" "${models[@]:0:2}" --out "$out/generator.safetensors"

# Weights for a network that the zoo does not hold, asked for in words.
stage generate weightloom generate --arch resnet --set depth=20 --set "width=[8,12,16]" --set classes=10 \
  --instruction "a classifier for handwritten digits" "${models[@]}" --out "$out/digits.safetensors"

times=()
for name in grow tokenizer encode generator generate; do times+=(--stage "$name=$(cat "$out/stages/$name")"); done
weightloom report --recipe "$recipe" "${models[@]}" "${times[@]}" --out "$out/report.html" --results "$out/results.json"
echo "The report is $out/report.html, its figures are in $out/results.json"
