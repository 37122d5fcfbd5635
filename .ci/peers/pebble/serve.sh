#!/usr/bin/env bash
# serve.sh COMMAND…: runs the command with a real ACME authority beside it, Pebble,
# told of in TAKEOVER_TEST_PEBBLE, and stops it when the command ends. For it every
# name leads to this machine, where it looks for them on the ports told. It is built
# once and installed where Go installs commands.
set -euo pipefail
version=v2.10.3
bin=$(go env GOBIN)
bin=${bin:-$(go env GOPATH)/bin}
for c in pebble pebble-challtestsrv; do
  [ -x "$bin/$c" ] || go install "github.com/letsencrypt/pebble/v2/cmd/$c@$version"
done

dir=$(mktemp -d)
servers=()
stop() {
  for s in "${servers[@]}"; do kill "$s" 2>/dev/null && wait "$s" || true; done
  rm -rf "$dir"
}
trap stop EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=pebble \
  -addext subjectAltName=IP:127.0.0.1 -keyout "$dir/key.pem" -out "$dir/directory.pem" 2>/dev/null
cat >"$dir/config.json" <<JSON
{"pebble": {"listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000",
  "certificate": "$dir/directory.pem", "privateKey": "$dir/key.pem", "tlsPort": 15443, "httpPort": 15080, "keyAlgorithm": "ecdsa",
  "profiles": {"default": {"description": "as most", "validityPeriod": 7776000}}}}
JSON
"$bin/pebble-challtestsrv" -dnsserver 127.0.0.1:18053 -defaultIPv6 "" -doh "" -http01 "" -https01 "" -tlsalpn01 "" \
  -management 127.0.0.1:18055 >"$dir/names.log" 2>&1 &
servers+=($!)
PEBBLE_VA_NOSLEEP=1 "$bin/pebble" -strict -dnsserver 127.0.0.1:18053 -config "$dir/config.json" >"$dir/log" 2>&1 &
servers+=($!)
for _ in $(seq 100); do
  ! curl -fs -o "$dir/root.pem" --cacert "$dir/directory.pem" https://127.0.0.1:15000/roots/0 || break
  for s in "${servers[@]}"; do kill -0 "$s" 2>/dev/null || { cat "$dir"/*log >&2; exit 1; }; done
  sleep 0.1
done
cat "$dir/directory.pem" "$dir/root.pem" >"$dir/roots.pem"
TAKEOVER_TEST_PEBBLE="{\"directory\":\"https://127.0.0.1:14000/dir\",\"roots\":\"$dir/roots.pem\",\"tls\":\"15443\",\"http\":\"15080\"}" "$@"
