#!/usr/bin/env bash
# Runs the hub and the agent against mosquitto's clients and broker; see README.md.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${WAYSTATION_BIN_DIR:-${CARGO_TARGET_DIR:-$here/../target}/debug}
# What configures the harness must not configure the programs.
for variable in "${!WAYSTATION_@}"; do unset "$variable"; done
export LANG=C.UTF-8
work=$(mktemp -d)
. "$here/lib.sh"

clean_up() {
  for process in "${processes[@]}"; do stop "$process" KILL; done
  rm -rf "$work"
}
trap clean_up EXIT

need mosquitto mosquitto
need mosquitto_pub mosquitto-clients
need openssl openssl
need curl curl
for program in waystation-hub waystation-agent; do
  [ -x "$bin/$program" ] || { echo "$bin/$program is missing: cargo build -p $program" >&2; exit 2; }
done

. "$here/certificates.sh"
mqtt_port=$(free_port) tls_port=$(free_port) http_port=$(free_port)
cat >"$work/hub.toml" <<TOML
data_dir = "$work/data"
[mqtt]
listen = "127.0.0.1:$mqtt_port"
tls_listen = "127.0.0.1:$tls_port"
[mqtt.tls]
cert = "$work/server.pem"
key = "$work/server.key"
client_ca = "$work/ca.pem"
client_auth = "optional"
[http]
listen = "127.0.0.1:$http_port"
TOML
start_hub
add_station dx-0001
add_station dx-0002
add_token reader reader
add_token service service

for file in "$here"/checks/*.sh; do
  echo "# $(basename "$file")"
  . "$file"
done

echo "$((checks - failures)) of $checks checks passed"
if ((failures > 0)); then
  echo "--- the last words of the hub:"
  tail -30 "$work/hub.log"
  exit 1
fi
