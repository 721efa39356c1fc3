#!/usr/bin/env bash
# many_commands.sh WEIGHTLOOM [COMMANDS]: what a zoo comes to that is filled by single commands: the time of each hundred
# imports, in milliseconds a command, and the files in the database's folder. At the usual limit of 1,024 open files.
#   tests/benchmarks/many_commands.sh build/dev/bin/weightloom 10000
set -euo pipefail
weightloom=$(realpath "$1") commands=${2:-10000}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
ulimit -n 1024
"$weightloom" zoo init zoo -q > /dev/null
header='{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
start=$(date +%s%N)
for ((i = 1; i <= commands; ++i)); do
  printf '\66\0\0\0\0\0\0\0%s%08d' "$header" "$i" > "n$i.safetensors"
  "$weightloom" zoo import --zoo zoo "n$i.safetensors" --progress none -q > /dev/null
  rm "n$i.safetensors"
  if ((i % 100 == 0)); then
    now=$(date +%s%N)
    echo "$i: $(((now - start) / 100000000)) ms a command, $(ls zoo/db | wc -l) files"
    start=$now
  fi
done
"$weightloom" zoo verify --zoo zoo --deep --progress none
