#!/usr/bin/env bash
# serve.sh COMMAND…: runs the command with a PostgreSQL of its own beside it,
# whose connection string is in TAKEOVER_TEST_POSTGRES, and removes the server
# when the command ends. The cluster lies in a new folder, is reached through a
# socket in it and a free port of loopback, and keeps the server's own settings:
# what is measured and killed here is what an operator gets.
#
# Needs PostgreSQL 15 or newer (on Debian, as root, installs it). The server
# refuses to run as root: then it runs as the package's own user, postgres.
# TAKEOVER_TEST_POSTGRES_DATA names the cluster's folder and
# TAKEOVER_TEST_POSTGRES_BIN the programs', for commands that restart it.
set -euo pipefail

programs() { { ls -d /usr/lib/postgresql/*/bin /usr/local/pgsql/bin 2>/dev/null || true; } | sort -V | tail -n 1; }
bin=$(programs)
if [ -z "$bin" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  # the package would start a cluster of its own, which nobody asked for
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  { apt-get update && apt-get install -y --no-install-recommends postgresql; } >&2
  bin=$(programs)
fi
[ -n "$bin" ] || { echo "this needs PostgreSQL 15 or newer" >&2; exit 1; }

dir=$(mktemp -d /tmp/takeover-postgres.XXXXXX)
as=()
if [ "$(id -u)" = 0 ]; then
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  chown postgres:postgres "$dir"
fi
stop() {
  "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap stop EXIT

cd "$dir" # a folder that its user may enter
"${as[@]}" "$bin/initdb" -D "$dir/data" -U takeover -A trust -E UTF8 --no-locale >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null || echo $((20000 + RANDOM)))
cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$dir'
CONF
"${as[@]}" "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w start >/dev/null || { cat "$dir/server.log" >&2; exit 1; }
cd "$OLDPWD"

export TAKEOVER_TEST_POSTGRES="postgres://takeover@127.0.0.1:$port/postgres?sslmode=disable"
export TAKEOVER_TEST_POSTGRES_DATA="$dir/data" TAKEOVER_TEST_POSTGRES_BIN="$bin"
"$@"
