#!/usr/bin/env bash
# Above the executor nothing chooses a device or a type of its own: tensors made from nothing take theirs from ComputeOptions or
# from a tensor at hand (weightloom/compute/options.hpp).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
found=$(find core/tokenizer core/generator core/assessment core/workflow cli -name '*.cpp' -print0 | xargs -0 perl -0777 -ne '
  while (/torch::(zeros|ones|empty|full|rand|randn|randint|randperm|arange|eye|linspace|tensor)(\((?:[^()]++|(?2))*\))/g) {
    my ($name, $arguments, $line) = ($1, $2, 1 + (substr($_, 0, $-[0]) =~ tr/\n//));
    print "$ARGV:$line: torch::$name without options\n" unless $arguments =~ /options|Options|floats|indices/;
  }') || { echo "the sources cannot be searched" >&2; exit 1; }
[ -z "$found" ] || { echo "$found" >&2; exit 1; }
