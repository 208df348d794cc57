# A site's own mosquitto forwards what its devices publish into the hub, also what it got while the hub was away.

locally() { mosquitto_pub -h 127.0.0.1 -p "$local_port" -q 1 -t "site/$1" -m "$2"; }
value=6000
for version in mqttv311 mqttv50; do
  station=bridge-$version
  add_station "$station"
  local_port=$(free_port)
  sed -e "s/@LOCAL_PORT@/$local_port/" -e "s/@HUB_PORT@/$mqtt_port/" -e "s/@STATION@/$station/" \
    -e "s/@TOKEN@/${token[$station]}/" -e "s/@VERSION@/$version/" "$here/bridge.conf" >"$work/$station.conf"
  start "$station" mosquitto -v -c "$work/$station.conf"
  bridge=$started
  eventually listening "$local_port"
  value=$((value + 10))
  check "$version: published locally" locally environment "$(environment $value)"
  check "$version: arrives at the hub" becomes_latest "$station" $value

  stop "$hub_process" KILL
  # Until the broker has noticed.
  check "$version: the outage is noticed" eventually grep -qE 'Connecting bridge.*|disconnected' "$work/$station.log"
  for number in $(seq 5); do locally environment "$(environment $((value + number)))"; done
  start_hub
  check "$version: what was published meanwhile arrives" becomes_latest "$station" $((value + 5))
  check "$version: and what is published later" locally environment "$(environment $((value + 6)))"
  check "$version: arrives too" becomes_latest "$station" $((value + 6))
  stop "$bridge"
done
