#!/usr/bin/env bash
# serve.sh COMMAND…: runs the command with a real WordPress beside it, whose
# address and application passwords are in TAKEOVER_TEST_WORDPRESS, and removes
# the site when the command ends. Needs PHP, MariaDB and WordPress of Debian; as root,
# it installs what is missing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

packages=(wordpress php-cli php-mysql php-gd php-curl php-xml php-mbstring mariadb-server curl)
missing=()
for package in "${packages[@]}"; do
  dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "WordPress needs the packages ${missing[*]}" >&2; exit 1; }
  # Installed is all they shall be: no database or web server of theirs starts.
  { apt-get update -q && RUNLEVEL=1 apt-get install -qy --no-install-recommends "${missing[@]}"; } >&2
fi

dir=$(mktemp -d)
chmod 711 "$dir" # the database's own user goes through it
trap 'sh "$here/stop.sh" "$dir/site" >/dev/null 2>&1; rm -rf "$dir"' EXIT
TAKEOVER_TEST_WORDPRESS=$(sh "$here/start.sh" "$dir/site")
export TAKEOVER_TEST_WORDPRESS
"$@"
