#!/usr/bin/env bash
# serve.sh COMMAND…: runs the command with a real OpenID Connect provider beside it,
# whose address is in TAKEOVER_TEST_OIDC, and stops it when the command ends. Its
# packages are installed once into the user's cache (PEERS_DIR names another place).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$(cat "$here/package.json" | sha256sum | cut -c1-16)
dir=${PEERS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/takeover-peers}/oidc-$version
if [ ! -d "$dir" ]; then
  mkdir -p "$(dirname "$dir")"
  half=$(mktemp -d "$dir.XXXXXX") # whole or absent: moved into place when all is there
  cp "$here/package.json" "$half"
  (cd "$half" && npm install --ignore-scripts --no-audit --no-fund --silent) >&2 || { rm -rf "$half"; exit 1; }
  mv -T "$half" "$dir" 2>/dev/null || rm -rf "$half" # another run was faster
fi

said=$(mktemp) work=$(mktemp -d)
server=
stop() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server"; } || true
  rm -rf "$said" "$work"
}
trap stop EXIT
cp "$here/start.mjs" "$work"
ln -s "$dir/node_modules" "$work/node_modules"
node "$work/start.mjs" >"$said" 2>"$work/log" &
server=$!
for _ in $(seq 300); do
  TAKEOVER_TEST_OIDC=$(sed -n 's/^{"issuer":"\([^"]*\)".*/\1/p' "$said")
  [ -z "$TAKEOVER_TEST_OIDC" ] || break
  kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.1
done
[ -n "$TAKEOVER_TEST_OIDC" ] || { echo "the provider is not ready after half a minute" >&2; exit 1; }
export TAKEOVER_TEST_OIDC
"$@"
