#!/bin/bash
# walk.sh runs inside the clean Debian as root; see run.sh. Each step says what it saw.
set -euo pipefail
export HOME=/root LANG=C.UTF-8 SYSTEMD_OFFLINE=1
say() { printf '\n-- %s\n' "$*"; }
fail() { echo "FAILED: $*" >&2; tail -n 30 /walk/*.log >&2; exit 1; }
as() { runuser -u takeover -- "$@"; }
run() { as takeover "$@" --config /etc/takeover/takeover.yaml; }
write() { as sh -c "umask 077; cat >$1"; }
# get PATH PORT: the body of a page on this machine.
get() {
  exec 3<>"/dev/tcp/127.0.0.1/$2"
  printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$1" >&3
  sed '1,/^\r$/d' <&3
  exec 3>&-
}
shown() { get /v1/posts 8081 | grep -o '"text"' | wc -l; }
serve() {
  TAKEOVER_SERVER_METRICS_LISTEN=127.0.0.1:9090 setpriv --reuid takeover --regid takeover --init-groups \
    takeover serve --config /etc/takeover/takeover.yaml >>/walk/daemon.log 2>&1 &
  daemon=$!
  for _ in $(seq 300); do [ "$(get /readyz 8080 2>/dev/null)" = ok ] && return; sleep 0.2; done
  fail "the daemon is not ready: $(get /readyz 8080)"
}
halt() { kill -TERM "$daemon"; wait "$daemon" || fail "the daemon ended with $?"; }
count() { run queue --state "$1" -o json --quiet 2>/dev/null | grep -o '"id":"d_' | wc -l || true; }
# until COUNT STATE: waits until that many deliveries are in the state.
until_count() { for _ in $(seq 600); do [ "$(count "$2")" -ge "$1" ] && return; sleep 0.2; done; run queue || true; fail "not $1 deliveries are $2"; }
plan() { # plan NAME N SECONDS: N posts, the first due in so many seconds, one a second
  printf 'schema: takeover/plan-v1\nplan: %s\ncampaign: itac\nwindow: w\ntitle: %s\ntimezone: UTC\nlanguages: [en]\nposts:\n' "$1" "$1"
  for i in $(seq "$2"); do
    printf '  - {id: %s-%d, kind: message, at: "%s", channels: [telegram-news], text: {en: "Welcome to our city, says post %d of %s."}}\n' \
      "$1" "$i" "$(date -u -d "+$(($3 + i)) seconds" +%Y-%m-%dT%H:%M:%S)" "$i" "$1"
  done
}
submit() { write "/tmp/$1.yaml"; run plan submit "/tmp/$1.yaml" --as lead@mayors.example --quiet; run approve --plan "$1" --as desk@campaign.example --quiet; }

say "install"
dpkg -i /walk/old.deb
[ "$(takeover version)" != "" ] && takeover version
[ "$(stat -c '%U %a' /var/lib/takeover /var/lib/takeover/master.key /etc/takeover/credentials | tr '\n' ' ')" = "takeover 700 takeover 600 root 700 " ] || fail "rights: $(stat -c '%n %U %a' /var/lib/takeover /var/lib/takeover/master.key /etc/takeover/credentials)"
run config check /etc/takeover/takeover.yaml

say "the units"
for unit in takeover takeover-backup; do
  systemd-analyze security --offline=true --threshold=15 /usr/lib/systemd/system/$unit.service >/walk/security.log || fail "the sandbox of $unit"
  tail -n 1 /walk/security.log
done
systemd-analyze verify --man=no /usr/lib/systemd/system/takeover.service /usr/lib/systemd/system/takeover-backup.service /usr/lib/systemd/system/takeover-backup.timer
systemctl is-enabled takeover.service takeover-backup.timer

say "start, and publish to the sandbox"
takeover sandbox --listen 127.0.0.1:8081 >/walk/sandbox.log 2>&1 &
sandbox=$!
serve
# The example as init gives it, its plan of the coming days, and a window that is open now.
as takeover init /tmp/itac --from-example itac --no-input
as sed -i 's/min_lead: [0-9a-z]*/min_lead: 0s/' /tmp/itac/campaign.yaml
run campaign apply /tmp/itac/campaign.yaml --as desk@campaign.example --yes --quiet
run window grant w --mechanism mayors --from "$(date -u -d yesterday +%Y-%m-%dT00:00:00Z)" --to "$(date -u -d '+2 days' +%Y-%m-%dT00:00:00Z)" \
  --channel telegram-news --shared --as desk@campaign.example --yes --quiet
run plan submit /tmp/itac/mayors-imd-2026.yaml --as lead@mayors.example --quiet
run approve --plan mayors-imd-2026 --as desk@campaign.example --quiet
plan first 5 2 | submit first
until_count 5 published
[ "$(shown)" = 5 ] || fail "the public saw $(shown) posts, not 5"
get /readyz 8080; get /metrics 9090 >/walk/metrics

say "back up, and prove the backup"
backup=$(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/takeover-backup.service | sed 's/ \$TAKEOVER_BACKUP_OPTIONS//')
as $backup
run restore /var/backups/takeover --verify

say "destroy, and restore"
halt
rm -rf /var/lib/takeover/data
as install -d -m 0700 /var/lib/takeover/data
run restore /var/backups/takeover
serve
run status | tee /walk/status.log || true
grep -q restore /walk/status.log || fail "a restored daemon must start stopped"
run resume --cause restore --as desk@campaign.example --yes -m "looked at the wall" --quiet
until_count 5 published
[ "$(shown)" = 5 ] || fail "after the restore the public saw $(shown) posts"

say "upgrade in the middle of a plan"
plan second 12 4 | submit second
until_count 8 published
halt
dpkg -i /walk/new.deb
takeover version
serve
until_count 17 published
[ "$(shown)" = 17 ] || fail "the public saw $(shown) posts, not 17"
ls /var/backups/takeover
[ "$(ls /var/backups/takeover/*.backup | wc -l)" -ge 2 ] || fail "the upgrade made no backup before"
run audit verify
run doctor || true

say "remove"
halt
kill -TERM "$sandbox"
dpkg -r takeover
[ ! -e /usr/bin/takeover ] || fail "the program is still there"
[ -e /var/lib/takeover/data/takeover.db ] && [ -e /var/lib/takeover/master.key ] || fail "the data went with the program"
dpkg -P takeover
[ ! -e /etc/takeover ] && [ -d /var/backups/takeover ] || fail "purge took too much or too little"
echo
echo "Installed, published 17 posts once each, backed up, destroyed, restored, upgraded, removed."
