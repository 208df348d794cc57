# Our agent speaks MQTT that any broker understands.

plain_port=$(free_port)
printf 'listener %s 127.0.0.1\nallow_anonymous true\npersistence false\n' "$plain_port" >"$work/plain.conf"
start plain mosquitto -c "$work/plain.conf"
eventually listening "$plain_port"
heard=$work/agent.heard
start agent-reader mosquitto_sub -d -h 127.0.0.1 -p "$plain_port" -q 1 -t 'v1/stations/dx-0001/#' -F '%t %p'
heard=$work/agent-reader.log
eventually grep -q '^Subscribed' "$heard"
cat >"$work/agent.toml" <<TOML
station = "dx-0001"
token = "anything"
hub = "mqtt://127.0.0.1:$plain_port"
data_dir = "$work/outbox"
[batch]
zstd = false
[gateway]
interval_s = 0
[sources.stdin]
enabled = true
exit_at_end = true
TOML
deliver() {
  printf '{"kind":"environment",%s\n' "$(environment 7001 | tail -c +2)" |
    "$bin/waystation-agent" run --config "$work/agent.toml"
}
check "the agent delivers to a plain mosquitto and ends" deliver
check "its batch" heard '"first_seq":1'
check "with the reading" heard '"co2_ppm":7001'
check "its birth" heard 'v1/stations/dx-0001/presence {"state":"online"'
waiting() { "$bin/waystation-agent" outbox --config "$work/agent.toml" --json | grep -q '"records":0'; }
check "nothing is left in its outbox" waiting
