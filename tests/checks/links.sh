#!/usr/bin/env bash
# Relative links of the documents lead somewhere, and the scripts that they name are there.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
failed=0
while read -r document; do
  while read -r link; do
    [ -e "$(dirname "$document")/${link%%#*}" ] || { echo "$document: no $link" >&2; failed=1; }
  done < <(grep -oE '\]\([^)#:]+(#[^)]*)?\)' "$document" | sed -E 's/^\]\((.*)\)$/\1/')
  while read -r script; do
    [ -x "$script" ] || { echo "$document: no executable $script" >&2; failed=1; }
  done < <(grep -oE '(^|[ `./])scripts/[a-z_]+\.sh' "$document" | grep -oE 'scripts/.*' | sort -u)
done < <(find . -name '*.md' -not -path './build/*' -not -path './quickstart/*' -not -path './data/*')
exit $failed
