#!/bin/bash
# The first start of compose.yaml: secrets that nobody chose, ten stations with tokens, tokens for Prometheus and for a person.
# Each service gets the secrets that it needs and no others: /keys/SERVICE is a volume of its own, readable by its user
# only. What is there already stays. Runs as root without a network, the hub's own commands as the hub's user; with
# AS_MYSELF set everything belongs to whoever runs it, which is how the tests do it.
set -euo pipefail
umask 077
keys=${KEYS:-/keys}
configuration=${CONFIGURATION:-/etc/waystation/hub.toml}
stations=${STATIONS:-/etc/waystation/stations.csv}
# Users of the images: ours, influxdb, grafana, and nobody, who runs Prometheus.
hub=10001 influxdb=1000 grafana=472 prometheus=65534

# put FILE OWNER: keeps standard input in a file that only OWNER reads, all of it or nothing.
put() {
  cat >"$1.new"
  [ -s "$1.new" ] || { echo "nothing to put into $1" >&2; exit 1; }
  chmod 0400 "$1.new"
  own "$2:$2" "$1.new"
  mv -f "$1.new" "$1"
}

own() { [ -n "${AS_MYSELF:-}" ] || chown "$@"; }

random() { od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n'; }

as_hub() {
  local as=()
  [ -n "${AS_MYSELF:-}" ] || as=(setpriv --reuid="$hub" --regid="$hub" --clear-groups --)
  "${as[@]}" "$@" --config "$configuration"
}

# token NAME ROLE: a new token, printed. Whatever had this name before is gone.
token() {
  as_hub waystation-hub token remove "$1" >/dev/null 2>&1 || true
  as_hub waystation-hub token add "$1" --role "$2" --json | sed -n 's/.*"token":"\([^"]*\)".*/\1/p'
}

for service in hub influxdb grafana prometheus stations; do
  mkdir -p "$keys/$service"
done
own "$hub:$hub" "${WAYSTATION_DATA_DIR:-/var/lib/waystation}" "$keys/hub" "$keys/stations"
own "$influxdb:$influxdb" "$keys/influxdb"
own "$prometheus:$prometheus" "$keys/prometheus"
# InfluxDB puts a token for Grafana in here (influxdb.sh); Grafana's image runs in group 0.
own "$influxdb:0" "$keys/grafana"
chmod 2750 "$keys/grafana"

[ -s "$keys/influxdb/admin-password" ] || random | put "$keys/influxdb/admin-password" "$influxdb"
[ -s "$keys/influxdb/admin-token" ] || random | put "$keys/influxdb/admin-token" "$influxdb"
[ -s "$keys/grafana/admin-password" ] || random | put "$keys/grafana/admin-password" "$grafana"
put "$keys/hub/influx-token" "$hub" <"$keys/influxdb/admin-token"

[ -s "$keys/prometheus/hub-token" ] || token prometheus viewer | put "$keys/prometheus/hub-token" "$prometheus"
[ -s "$keys/hub/admin-token" ] || token admin admin | put "$keys/hub/admin-token" "$hub"
if [ ! -s "$keys/stations/tokens.csv" ]; then
  # Tokens are shown once: stations of an earlier start whose tokens are lost begin anew.
  cut -d, -f1 "$stations" | tail -n +2 | while read -r id; do
    as_hub waystation-hub station remove "$id" >/dev/null 2>&1 || true
  done
  as_hub waystation-hub station import "$stations" | put "$keys/stations/tokens.csv" "$hub"
fi

cat <<'TEXT'
Console     http://127.0.0.1:8080/   token:    docker compose exec hub cat /keys/admin-token
Grafana     http://127.0.0.1:3000/   admin's password: docker compose exec grafana cat /keys/admin-password
Prometheus  http://127.0.0.1:9090/
TEXT
