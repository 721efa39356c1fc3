#!/usr/bin/env bash
# A benchmark in its quick form, from nothing to its page: benchmark.sh NAME FOLDER [options of bench quality]. Data sets that a machine
# need not have get small stand-ins: characters for MNIST, one grey for each class of CIFAR-10.
set -euo pipefail
name=$1 work=$2
shift 2
rm -rf "$work"
mkdir -p "$work/data/cifar10"
cd "$work"
export WEIGHTLOOM_DATA=$work/data PATH=$WEIGHTLOOM_BIN:$PATH
weightloom data render --script greek --classes 10 --train 60 --test 20 --size 28 --out data/mnist --progress none
for batch in data_batch_{1..5} test_batch; do
  for image in {0..79}; do
    printf "\\$(printf %03o $((image % 10)))"
    head -c 3072 /dev/zero | tr '\0' "\\$(printf %03o $((image % 10 * 20 + image / 10)))"
  done >"data/cifar10/$batch.bin"
done
printf 'class %d\n' {0..9} >data/cifar10/batches.meta.txt

weightloom bench quality "$name" --quick --out out --progress none "$@"
[ -s out/report.html ] && [ -s out/results.json ]
rm -rf "$work"
