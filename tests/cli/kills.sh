#!/usr/bin/env bash
# Kills commands that change a zoo at random moments, and looks for damage and loss after each: kills.sh WEIGHTLOOM ROUNDS [SEED].
# A network that a finished command stored, and none removed, must be there; `zoo verify --deep` must find no damage, nor
# `zoo backups --check`.
set -euo pipefail
weightloom=$1 rounds=$2 RANDOM=${3:-1}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export WEIGHTLOOM_ZOO=zoo
"$weightloom" zoo init >/dev/null
"$weightloom" zoo init other >/dev/null

# checkpoint FILE BYTES: one tensor of random bytes.
checkpoint() {
  local header="{\"w\":{\"dtype\":\"U8\",\"shape\":[$2],\"data_offsets\":[0,$2]}}"
  while (((${#header}) % 8)); do header+=' '; done
  printf "\\x$(printf %02x ${#header})\0\0\0\0\0\0\0%s" "$header" >"$1"
  head -c "$2" /dev/urandom >>"$1"
}

# A size below and one above that from which tensors are files.
sizes=(5000 1200000)
declare -A stored
kills=0 finished=0

milliseconds() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }
checkpoint first.safetensors 5000
begin=$(milliseconds)
"$weightloom" zoo import first.safetensors --progress none >/dev/null
longest=$((($(milliseconds) - begin) * 3 / 2)) # what a command may take

fail() {
  echo "round $round, after 'zoo ${command[*]}': $1" >&2
  exit 1
}

for ((round = 1; round <= rounds; ++round)); do
  names=("${!stored[@]}")
  any=${names[RANDOM % (${#names[@]} + 1)]:-}
  added='' removed=''
  case $((RANDOM % 9)) in
    0 | 1 | 2)
      added=n$round
      checkpoint "$added.safetensors" "${sizes[RANDOM % 2]}"
      command=(import "$added.safetensors")
      ;;
    3) command=(set "${any:-none}" --metric loss=$round) ;;
    4 | 5)
      command=(rm "${any:-none}" --yes)
      removed=$any
      ;;
    6) command=(gc) ;;
    7) command=(backup backups --keep 3) ;;
    8)
      checkpoint m.safetensors "${sizes[RANDOM % 2]}"
      "$weightloom" zoo import m.safetensors --name "m$round" --zoo other --progress none >/dev/null
      command=(merge other)
      ;;
  esac
  "$weightloom" zoo "${command[@]}" --progress none >out 2>&1 &
  pid=$!
  sleep "$(printf 0.%03d $((RANDOM % longest)))"
  kill -9 $pid 2>/dev/null && kills=$((kills + 1))
  code=0
  wait $pid 2>/dev/null || code=$?
  if [ $code = 0 ]; then
    finished=$((finished + 1))
    [ -z "$added" ] || stored[$added]=1
  elif [ $code != 137 ] && [ -n "$any$added" ] && [ "${command[0]}" != merge ]; then
    fail "it ended with $code: $(cat out)"
  fi
  # What was being removed may be there or not.
  [ -z "$removed" ] || unset "stored[$removed]"
  rm -f -- *.safetensors
  "$weightloom" zoo verify --deep >out 2>&1 || fail "$(cat out)"
  "$weightloom" zoo list -q >listed || fail "the zoo cannot be listed"
  for name in "${!stored[@]}"; do grep -qxF "$name" listed || fail "$name is lost"; done
  if [ "${command[0]}" = backup ] && [ -e backups/weightloom-backup.json ]; then
    "$weightloom" zoo backups backups --check >out 2>&1 || fail "$(cat out)"
  fi
done
echo "$kills commands killed, $finished finished, none lost anything"
