# mosquitto_pub, mosquitto_sub and mosquitto_rr, in both versions and at each QoS.

value=1000
for version in mqttv311 mqttv5; do
  for qos in 0 1 2; do
    value=$((value + 1))
    listen "$version-$qos" -V "$version" -q "$qos" -t 'v1/stations/+/environment' -F '%t %p'
    check "$version QoS $qos: mosquitto_pub" pub dx-0001 environment "$(environment $value)" -V "$version" -q "$qos"
    check "$version QoS $qos: the hub has it" becomes_latest dx-0001 $value
    check "$version QoS $qos: mosquitto_sub" heard "\"co2_ppm\":$value"
    stop "$listener"
  done

  check_fails "$version: a wrong token" \
    mosquitto_pub -h 127.0.0.1 -p "$mqtt_port" -V "$version" -i dx-0001 -u dx-0001 -P wrong -t x -m x
  check_fails "$version: the client id of another" pub dx-0001 environment '{}' -V "$version" -q 1 -i dx-0002
  check_fails "$version: the topic of another" pub dx-0001 ../dx-0002/environment '{}' -V "$version" -q 1 -W 5
  check "$version: what cannot be understood is acknowledged" pub dx-0001 door 'nonsense' -V "$version" -q 1
done

# A thousand messages down one connection.
thousand() {
  for number in $(seq 1000); do environment $((2000 + number)); echo; done |
    mosquitto_pub -h 127.0.0.1 -p "$mqtt_port" -i dx-0001 -u dx-0001 -P "${token[dx-0001]}" -q 1 -l \
      -t v1/stations/dx-0001/environment
}
check "a thousand lines at QoS 1" thousand
check "the hub has the last of them" becomes_latest dx-0001 3000

# The service asks for a reading by publishing one; the answer is the hub's copy for readers.
request() {
  mosquitto_rr -h 127.0.0.1 -p "$mqtt_port" -V "$1" -i "service-$1" -u service -P "${token[service]}" -q 1 -W 60 \
    -t v1/stations/dx-0002/environment -e v1/stations/dx-0002/environment -m "$(environment "$2")" | grep -q "$2"
}
check "mosquitto_rr mqttv5" request mqttv5 4001
check "mosquitto_rr mqttv311" request mqttv311 4002
