#!/usr/bin/env bash
# Runs the packages' services under a real systemd, with all that their units take away: in a copy of this system that is
# thrown away, as scripts/try-packages.sh makes it, with a systemd of its own that starts nothing else.
#   sudo scripts/try-services.sh HUB.deb AGENT.deb
# Exit code 0 if all went well, 77 if this machine does not allow such a copy.
set -euo pipefail

# A boot and a day of it take seconds.
SECONDS_MAX=120

if [ "${1:-}" != --inside ]; then
  own=(unshare --mount --net --pid --cgroup --uts --ipc --fork --kill-child)
  if [ "$(id -u)" -ne 0 ] || [ ! -x /lib/systemd/systemd ] || ! command -v dpkg-deb >/dev/null; then
    echo "skipped: running services needs root, systemd and dpkg" >&2
    exit 77
  fi
  if ! "${own[@]}" sh -c 'mount -t tmpfs tmpfs /mnt && mkdir /mnt/up /mnt/work /mnt/root /mnt/cgroup &&
    mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/up,workdir=/mnt/work /mnt/root &&
    mount -t cgroup2 cgroup2 /mnt/cgroup' 2>/dev/null; then
    echo "skipped: this machine allows no overlay and no control groups in a namespace" >&2
    exit 77
  fi
  told=$(mktemp -d)
  trap 'rm -rf "$told"' EXIT
  # The copy's systemd would wait for ever: it is ended once the day is told, or takes too long.
  "${own[@]}" "$0" --inside "$told" "$(realpath "$1")" "$(realpath "$2")" >"$told/console" 2>&1 &
  copy=$!
  SECONDS=0
  until [ -e "$told/code" ] || [ "$SECONDS" -ge "$SECONDS_MAX" ] || ! kill -0 "$copy" 2>/dev/null; do sleep 0.2; done
  kill -KILL "$copy" 2>/dev/null || true
  wait "$copy" 2>/dev/null || true
  cat "$told/day" 2>/dev/null || tail -n 20 "$told/console"
  exit "$(cat "$told/code" 2>/dev/null || echo 1)"
fi

told=$2 hub=$3 agent=$4 root=/mnt/root
mount -t tmpfs tmpfs /mnt
mkdir /mnt/up /mnt/work "$root"
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/up,workdir=/mnt/work "$root"
cp "$hub" "$root/hub.deb"
cp "$agent" "$root/agent.deb"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
for folder in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs "$root/$folder"; done
chmod 1777 "$root/tmp"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
touch "$root/dev/ptmx" "$root/dev/console"
mount --bind "$root/dev/pts/ptmx" "$root/dev/ptmx"
mount --bind /dev/null "$root/dev/console"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir -p "$root/told" "$root/etc/systemd/system"
mount --bind "$told" "$root/told"
ip link set lo up

# The only thing that this systemd starts.
rm -rf "$root"/etc/systemd/system/*.wants
cat >"$root/etc/systemd/system/day.service" <<'UNIT'
[Service]
Type=oneshot
ExecStart=/bin/bash /day.sh
StandardOutput=file:/told/day
StandardError=file:/told/day
UNIT
printf '[Unit]\nRequires=day.service\n' >"$root/etc/systemd/system/default.target"
cat >"$root/day.sh" <<'DAY'
set -uo pipefail
export LC_ALL=C.UTF-8
say() { echo "--- $*"; }
finish() { echo "$1" >/told/code.new; mv /told/code.new /told/code; exit "$1"; }
wrong() { echo "WRONG: $*"; journalctl --sync; journalctl -b --no-pager -n 40; finish 1; }
expect() { local what=$1; shift; "$@" >/run/last.log 2>&1 || { cat /run/last.log; wrong "$what"; }; }
until_true() { local what=$1 tries=300; shift; until "$@" >/run/last.log 2>&1; do tries=$((tries - 1)); [ $tries -gt 0 ] || { cat /run/last.log; wrong "$what"; }; sleep 0.1; done; }
active() { [ "$(systemctl is-active "$1")" = active ]; }
process() { systemctl show -P MainPID "$1"; }
status_says() { systemctl show -P StatusText "$1" | grep -q "$2"; }
as_agent() { runuser -u waystation-agent -- env WAYSTATION_OUTBOX__MAX_BYTES=64MiB "$@"; }

say "installed and started"
expect "dpkg --install" dpkg --install /hub.deb /agent.deb
expect "the hub starts" systemctl start waystation-hub
until_true "the hub's status" status_says waystation-hub "MQTT on 0.0.0.0:1883"
token=$(cd /; runuser -u waystation -- waystation-hub station add jb-001 --json --config /etc/waystation/hub.toml | sed 's/.*"token":"\([^"]*\)".*/\1/')
printf '%s\n' "$token" | install -m 600 -o waystation-agent -g waystation-agent /dev/stdin /var/lib/waystation-agent/token
sed 's|mqtts://hub.example:8883|mqtt://127.0.0.1:1883|' /usr/share/doc/waystation-agent/examples/agent.toml >/etc/waystation/agent.toml
until_true "the agent's check is content" as_agent waystation-agent check
expect "the agent starts" systemctl enable --now waystation-agent
until_true "the agent is live" as_agent sh -c 'waystation-agent outbox | grep -q ": live"'

say "killed, and started again"
for service in waystation-agent waystation-hub; do
  before=$(process $service)
  kill -KILL "$before"
  until_true "$service comes back" sh -c "[ \"\$(systemctl show -P MainPID $service)\" != $before ] && [ \"\$(systemctl is-active $service)\" = active ]"
done
until_true "the agent is live again" as_agent sh -c 'waystation-agent outbox | grep -q ": live"'

say "what the units take away is missed by nobody"
journalctl --sync
if journalctl -b --no-pager -u waystation-hub -u waystation-agent | grep -iE 'not permitted|permission denied|read-only file'; then wrong "a right is missing"; fi

say "upgraded: running services are started anew"
before=$(process waystation-hub)
expect "the upgrade" dpkg --force-confold --install /hub.deb /agent.deb
expect "a new hub" [ "$(process waystation-hub)" != "$before" ]
expect "the hub runs" active waystation-hub
expect "the agent runs" active waystation-agent

say "removed: they end"
expect "the removal" dpkg --remove waystation-agent waystation-hub
if active waystation-hub || active waystation-agent; then wrong "a service runs on"; fi
say "all went well"
finish 0
DAY
cd "$root"
mkdir old
pivot_root . old
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c 'cd / && umount -l /old &&
  exec /lib/systemd/systemd --unit=default.target --log-target=journal --show-status=no'
