# shellcheck shell=bash
# What the scripts share; sourced by them.

say() { echo "$(basename "$0" .sh): $*" >&2; }
fail() { say "$*"; exit 1; }

# install_packages NAME ...: Debian packages, as root.
install_packages() {
  local as_root=()
  command -v apt-get >/dev/null || fail "there is no apt-get here (Debian 12 is expected); install by other means: $*"
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "run as root, or install sudo; missing: $*"
    as_root=(sudo)
  fi
  say "installing $*"
  "${as_root[@]}" apt-get update -q >&2 ||
    fail "apt-get update failed; check the network connection and /etc/apt, then run this again"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >&2 ||
    fail "apt-get could not install $*; its messages are above. Check the network connection, then run this again"
}
