#!/usr/bin/env bash
# Plays a field engineer's day with the packages: installs them, sets a station up as docs/agent/install.md says, upgrades,
# removes and purges. In a copy of this system that is thrown away: an overlay over /, mounts, network and processes of its own.
#   sudo scripts/try-packages.sh HUB.deb AGENT.deb
# Exit code 0 if all went well, 77 if this machine does not allow such a copy.
set -euo pipefail

if [ "${1:-}" != --inside ]; then
  if [ "$(id -u)" -ne 0 ] || ! command -v dpkg-deb >/dev/null; then
    echo "skipped: installing packages needs root and dpkg" >&2
    exit 77
  fi
  packages=$(realpath "$@")
  if ! unshare --mount --net --pid --fork sh -c 'mount -t tmpfs tmpfs /mnt && mkdir /mnt/up /mnt/work /mnt/root &&
    mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/up,workdir=/mnt/work /mnt/root' 2>/dev/null; then
    echo "skipped: this machine allows no overlay mount in a namespace" >&2
    exit 77
  fi
  # shellcheck disable=SC2086
  exec unshare --mount --net --pid --fork --kill-child "$0" --inside $packages
fi
shift

mount -t tmpfs tmpfs /mnt
mkdir /mnt/up /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/up,workdir=/mnt/work /mnt/root
root=/mnt/root
# The newer version is the same with another number.
for name in hub agent; do
  cp "$1" "$root/$name.deb"
  dpkg-deb --raw-extract "$1" /mnt/tree
  sed -i 's/^Version: .*/&+next/' /mnt/tree/DEBIAN/control
  dpkg-deb -Znone --build /mnt/tree "$root/newer-$name.deb" >/dev/null
  rm -r /mnt/tree
  shift
done
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
chmod 1777 "$root/tmp"
ip link set lo up
cat >"$root/day.sh" <<'DAY'
set -euo pipefail
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
say() { echo "--- $*"; }
wrong() { echo "WRONG: $*" >&2; tail -n 20 /run/*.log >&2 || true; exit 1; }
expect() { local what=$1; shift; "$@" >/dev/null || wrong "$what"; }
absent() { [ ! -e "$1" ]; }
mode_is() { [ "$(stat -c '%a %U' "$1")" = "$2" ]; }
until_true() { local what=$1 tries=600; shift; until "$@" >/run/last.log 2>&1; do tries=$((tries - 1)); [ $tries -gt 0 ] || wrong "$what"; sleep 0.1; done; }
# The copy lives in memory and has less room than a log may take by default.
as_hub() { runuser -u waystation -- env WAYSTATION_LOG__MAX_BYTES=1GiB "$@"; }
as_agent() { runuser -u waystation-agent -- env WAYSTATION_OUTBOX__MAX_BYTES=64MiB "$@"; }
# What systemd would do: the units' command, user and folders.
start_hub() { as_hub waystation-hub run --config /etc/waystation/hub.toml >>/run/hub.log 2>&1 & }
start_agent() { as_agent waystation-agent run --config /etc/waystation/agent.toml >>/run/agent.log 2>&1 & }
stop() { local id; id=$(pidof "$1"); kill "$id"; until_true "$1 ends" sh -c "! kill -0 $id 2>/dev/null"; }
readings() { curl -sf http://127.0.0.1:8080/api/v1/stations/jb-001 | grep -q '"temperature_c":'"$1"; }
send() { printf '{"kind":"environment","device":"env-1","temperature_c":%s}\n' "$1" | as_agent python3 -c '
import socket, sys
client = socket.socket(socket.AF_UNIX); client.connect("/run/waystation-agent/readings.sock")
client.sendall(b"{\"want_acks\":true}\n" + sys.stdin.buffer.read()); print(client.recv(99).decode().strip())'; }

say "install: $(dpkg-deb -f hub.deb Version)"
dpkg --install hub.deb agent.deb >/run/dpkg.log 2>&1 || { cat /run/dpkg.log; wrong "dpkg --install"; }
expect "the hub's folder" mode_is /var/lib/waystation "700 waystation"
expect "the agent's folder" mode_is /var/lib/waystation-agent "700 waystation-agent"
expect "the sockets' folder" mode_is /run/waystation-agent "750 waystation-agent"
expect "the agent may use serial ports" sh -c "id -nG waystation-agent | grep -qw dialout"
expect "nothing was started" sh -c "! pidof waystation-hub waystation-agent"
expect "the units are there" ls /usr/lib/systemd/system/waystation-hub.service /usr/lib/systemd/system/waystation-agent.service
expect "the installed files are what was packed" dpkg --verify waystation-hub waystation-agent

say "a station, its token, its sources"
as_hub waystation-hub check --config /etc/waystation/hub.toml >/run/hub-check.log || { cat /run/hub-check.log; wrong "the hub's check"; }
start_hub
until_true "the hub answers" curl -sf http://127.0.0.1:8080/healthz
code=$(as_hub waystation-hub station add jb-001 --claim --json --config /etc/waystation/hub.toml | sed 's/.*"claim":"\([^"]*\)".*/\1/')
until_true "the code is taken" waystation-agent claim "$code" --hub http://127.0.0.1:8080
expect "the agent's user owns its token" mode_is /var/lib/waystation-agent/token "600 waystation-agent"
expect "everybody may read the configuration" mode_is /etc/waystation/agent.toml "644 root"
expect "the agent's user gets in with what claim wrote" sh -c 'runuser -u waystation-agent -- waystation-agent check | grep "logged in as jb-001"'
sed 's|mqtts://hub.example:8883|mqtt://127.0.0.1:1883|' /usr/share/doc/waystation-agent/examples/agent.toml >/etc/waystation/agent.toml 2>/dev/null ||
  wrong "the example of the configuration (does dpkg leave documents out on this system?)"
until_true "the agent's check is content" as_agent waystation-agent check
cat /run/last.log

say "readings come to the hub"
start_agent
until_true "the agent listens" test -S /run/waystation-agent/readings.sock
send 21.5
until_true "the reading is at the hub" readings 21.5

say "upgrade: $(dpkg-deb -f newer-hub.deb Version)"
echo '# changed by the operator' >>/etc/waystation/hub.toml
echo 'RUST_LOG=warn' >>/etc/default/waystation-agent
outbox() { as_agent waystation-agent outbox --json | sed 's/.*"outbox":"\([^"]*\)".*/\1/'; }
before=$(outbox)
dpkg --force-confold --install newer-hub.deb newer-agent.deb >/run/dpkg.log 2>&1 || { cat /run/dpkg.log; wrong "the upgrade"; }
expect "the new version" sh -c "[ \"$(dpkg-query -f '${Version}' -W waystation-hub)\" = \"$(dpkg-deb -f newer-hub.deb Version)\" ]"
expect "the operator's change of hub.toml" grep -q 'changed by the operator' /etc/waystation/hub.toml
expect "the operator's change of the defaults" grep -q 'RUST_LOG=warn' /etc/default/waystation-agent
expect "the programs run on during an upgrade" pidof waystation-hub waystation-agent
stop waystation-agent; stop waystation-hub; start_hub; start_agent
until_true "the hub answers" curl -sf http://127.0.0.1:8080/healthz
until_true "the agent listens" test -S /run/waystation-agent/readings.sock
expect "the outbox is the same" test "$before" = "$(outbox)"
send 22.5
until_true "the next reading is at the hub" readings 22.5

say "remove: data, tokens and configuration stay"
stop waystation-agent; stop waystation-hub
dpkg --remove waystation-hub waystation-agent >/run/dpkg.log 2>&1 || { cat /run/dpkg.log; wrong "the removal"; }
expect "no program is left" absent /usr/bin/waystation-hub
expect "no program is left" absent /usr/bin/waystation-agent
expect "the registry stays" ls /var/lib/waystation/registry.db
expect "the token stays" ls /var/lib/waystation-agent/token
expect "the configuration stays" ls /etc/waystation/hub.toml /etc/waystation/agent.toml

say "and serve a new installation"
dpkg --force-confold --install newer-hub.deb newer-agent.deb >/run/dpkg.log 2>&1 || { cat /run/dpkg.log; wrong "the second installation"; }
start_hub
until_true "the agent's check is content again" as_agent waystation-agent check
stop waystation-hub

say "purge: nothing stays"
dpkg --purge waystation-hub waystation-agent >/run/dpkg.log 2>&1 || { cat /run/dpkg.log; wrong "the purge"; }
for path in /var/lib/waystation /var/lib/waystation-agent /etc/waystation /etc/default/waystation-hub /etc/default/waystation-agent; do
  expect "$path is gone" absent "$path"
done
expect "dpkg forgot them" sh -c "! dpkg-query -W waystation-hub waystation-agent 2>/dev/null"
say "all went well"
DAY
exec chroot "$root" bash /day.sh
