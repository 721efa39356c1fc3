#!/usr/bin/env bash
# installed.sh BUILD COMMAND...: runs it with a temporary installation of the build: PREFIX, and first in PATH.
set -euo pipefail
build=$1
shift
PREFIX=$(mktemp -d)
trap 'rm -rf "$PREFIX"' EXIT
cmake --install "$build" --prefix "$PREFIX" > /dev/null
export PREFIX WEIGHTLOOM_BIN=$PREFIX/bin
"$@"
