#!/usr/bin/env bash
# Do the sources compile against the headers of another LibTorch? scripts/check_libtorch_headers.sh DIR, where DIR holds torch/, ATen/ and
# c10/: for example usr/include of the unpacked package libtorch-dev of a later Debian release. Nothing is linked or installed.
set -euo pipefail
headers=$(cd "${1:?usage: scripts/check_libtorch_headers.sh DIR}" && pwd)
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags=(-std=c++20 -fPIC -isystem "$headers" -isystem "$headers/torch/csrc/api/include" -I . -I sdk/include -DSPDLOG_FMT_EXTERNAL)
for include in core/*/include zoo/include; do flags+=(-I "$include"); done
echo '#include "weightloom/compute/torch.hpp"' >"$work/torch.hpp"
g++ "${flags[@]}" -x c++-header "$work/torch.hpp" -o "$work/torch.hpp.gch"

# check FILE: one line when it does not compile, with the compiler's first errors.
check() { g++ "${flags[@]}" -include "$work/torch.hpp" -fsyntax-only "$1" 2>"$work/${1//\//_}.log" || { echo "$1"; head -n 5 "$work/${1//\//_}.log"; return 1; }; }
failed=0
mapfile -t files < <(ls core/{compute,training,runtime,tokenizer,generator,assessment,workflow}/*.cpp; grep -lE 'weightloom/(compute|runtime|tokenizer|generator|workflow)/' cli/*.cpp)
for file in "${files[@]}"; do check "$file" >&2 || failed=1; done
version=$(sed -n 's/^#define TORCH_VERSION_[MP][A-Z]* //p' "$headers/torch/csrc/api/include/torch/version.h" | paste -sd .)
[ $failed = 0 ] && echo "${#files[@]} files compile against LibTorch $version"
exit $failed
