#!/usr/bin/env bash
# What the tests need from the system. As root on Debian or Ubuntu it installs what is missing; otherwise it says
# what is missing and how to get it. Quick when nothing is missing.
set -euo pipefail

# Each line: a thing to look for, and the Debian package that has it.
needed() {
  cat <<'TABLE'
cc                    build-essential
openssl               openssl
ip                    iproute2
faketime              faketime
curl                  curl
kill                  procps
influxd               influxdb
mosquitto             mosquitto
mosquitto_pub         mosquitto-clients
victoria-metrics      victoria-metrics
prometheus            prometheus
prometheus-alertmanager prometheus-alertmanager
amtool                prometheus-alertmanager
promtool              prometheus
python3               python3
python:paho.mqtt      python3-paho-mqtt
python:aiosmtpd       python3-aiosmtpd
python:pymodbus       python3-pymodbus
python:serial_asyncio python3-serial-asyncio
socat                 socat
upsd                  nut-server
python:ensurepip      python3-venv
node                  nodejs
npm                   npm
chromium              chromium
systemd-analyze       systemd
dpkg-deb              dpkg
TABLE
}

is_there() {
  case $1 in
    python:*) /usr/bin/python3 -c "import ${1#python:}" 2>/dev/null ;;
    # A file, for `command -v` would take the shell's own kill.
    *) PATH="$PATH:/usr/sbin:/sbin" type -P "$1" >/dev/null ;;
  esac
}

# From PyPI, each into a folder of its own beside the build: Schemathesis tests the HTTP API against its document,
# gbfs-validator the feeds against GBFS's published schemas.
install_from_pypi() {
  local name=$1 version=$2 folder="${CARGO_TARGET_DIR:-target}/$1"
  [ -x "$folder/bin/$name" ] && return
  echo "Installing $name $version into $folder"
  /usr/bin/python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check "$name==$version"
}

install_python_programs() {
  install_from_pypi schemathesis 4.32.5
  install_from_pypi gbfs-validator 0.1.0
}

missing=()
while read -r thing package; do
  is_there "$thing" || missing+=("$package")
done < <(needed)

if ! command -v cargo >/dev/null; then
  echo "cargo is missing: install Rust from https://rustup.rs (1.90 or newer)" >&2
  exit 1
fi
if [ ${#missing[@]} -eq 0 ]; then
  install_python_programs
  exit 0
fi

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "The tests need programs that are not installed here. On Debian or Ubuntu:" >&2
  echo "  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
  echo "Elsewhere, install what provides them and run this again." >&2
  exit 1
fi

# The packages bring services that would take ports 1883, 8086, 9090 and 9093. The tests start their own, so none is started.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
echo "Installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends "${missing[@]}"
if [ -d /run/systemd/system ]; then
  echo "The services mosquitto, influxdb, prometheus and prometheus-alertmanager are installed but not started. To keep them off after a reboot:"
  echo "  systemctl disable mosquitto influxdb prometheus prometheus-alertmanager"
fi
install_python_programs
