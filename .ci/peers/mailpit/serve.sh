#!/usr/bin/env bash
# serve.sh COMMAND…: runs the command with a real mail server beside it, Mailpit,
# whose addresses are in TAKEOVER_TEST_MAILPIT, and stops the server when the command
# ends. It is built once (about 100 s) and installed where Go installs commands.
set -euo pipefail
version=v1.27.11
bin=$(go env GOBIN)
mailpit=${bin:-$(go env GOPATH)/bin}/mailpit
[ -x "$mailpit" ] || go install "github.com/axllent/mailpit@$version"

dir=$(mktemp -d)
server=
stop() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server"; } || true
  rm -rf "$dir"
}
trap stop EXIT
smtp=127.0.0.1:${SMTP_PORT:-1025} api=127.0.0.1:${API_PORT:-8025}
"$mailpit" --smtp "$smtp" --listen "$api" --database "$dir/mail.db" \
  --smtp-auth-accept-any --smtp-auth-allow-insecure --enable-chaos --disable-version-check >"$dir/log" 2>&1 &
server=$!
for _ in $(seq 100); do
  ! curl -fs -o /dev/null "http://$api/readyz" || break
  kill -0 "$server" 2>/dev/null || { cat "$dir/log" >&2; exit 1; }
  sleep 0.1
done
TAKEOVER_TEST_MAILPIT="{\"smtp\":\"$smtp\",\"api\":\"http://$api\"}" "$@"
