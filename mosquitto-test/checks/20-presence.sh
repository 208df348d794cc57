# Births and wills on the retained presence topic.

presence=v1/stations/dx-0002/presence
retained_is() { sub reader -t "$presence" -C 1 -W 30 -F '%r %p' | grep -qF -- "1 $1"; }

for version in mqttv311 mqttv5; do
  online="{\"state\":\"online\",\"agent\":\"$version\"}" offline="{\"state\":\"offline\",\"agent\":\"$version\"}"
  check "$version: a birth" pub dx-0002 presence "$online" -V "$version" -q 1 -r
  check "$version: a new reader gets the birth, retained" eventually retained_is "$online"

  # A connection that is lost: killed in the middle of its life.
  start "will-$version" mosquitto_sub -h 127.0.0.1 -p "$mqtt_port" -V "$version" -d -i dx-0002 -u dx-0002 \
    -P "${token[dx-0002]}" -t v1/stations/dx-0002/command --will-topic "$presence" --will-payload "$offline" \
    --will-qos 1 --will-retain
  check "$version: a station may hear its own commands" eventually grep -q '^Subscribed' "$work/will-$version.log"
  stop "$started" KILL
  check "$version: its will is retained once it is killed" eventually retained_is "$offline"
done
check_fails "a will on the topic of another" pub dx-0001 environment "$(environment 900)" -q 1 \
  --will-topic "$presence" --will-payload '{}'
