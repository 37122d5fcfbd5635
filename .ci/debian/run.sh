#!/usr/bin/env bash
# run.sh: on a clean Debian, in namespaces of its own without a network, the life
# of an installation: install, publish, back up, destroy, restore, upgrade in
# mid-plan, remove. Needs root, mmdebstrap and promtool; installs what is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD/.ci/debian
missing=()
command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
command -v promtool >/dev/null || missing+=(prometheus)
command -v ip >/dev/null || missing+=(iproute2)
[ ${#missing[@]} -eq 0 ] || { apt-get update -q && apt-get install -qy --no-install-recommends "${missing[@]}"; }

dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
arch=$(dpkg --print-architecture)
sources=/etc/apt/sources.list.d/debian.sources
[ -e "$sources" ] || sources=/etc/apt/sources.list
mmdebstrap --quiet --variant=minbase --include=systemd,ca-certificates "$suite" "$dir/root" "$sources"

# The release before this one, and this one: the same program under two versions.
go run ./cmd/release -into "$dir/old" -version v0.0.1 -arch "$arch"
go run ./cmd/release -into "$dir/new" -version v0.0.2 -arch "$arch"
(cd "$dir/new" && sha256sum --check --quiet SHA256SUMS)
mkdir "$dir/root/walk"
cp "$dir/old/takeover_0.0.1_$arch.deb" "$dir/root/walk/old.deb"
cp "$dir/new/takeover_0.0.2_$arch.deb" "$dir/root/walk/new.deb"
cp "$here/walk.sh" "$dir/root/walk/"

unshare --mount --pid --net --ipc --uts --fork --kill-child bash -ec '
  ip link set lo up
  mount -t proc proc "$1/proc"
  mount -t tmpfs tmp "$1/tmp"
  mount --bind /dev "$1/dev"
  exec chroot "$1" /bin/bash /walk/walk.sh
' walk "$dir/root"
promtool check metrics <"$dir/root/walk/metrics"
echo "The numbers are as Prometheus wants them."
