# TLS with the server's certificate alone, and with client certificates.

# over_tls STATION [OPTION…]
over_tls() {
  local station=$1
  shift
  mosquitto_pub -h 127.0.0.1 -p "$tls_port" --cafile "$work/ca.pem" -i "$station" -q 1 \
    -t "v1/stations/$station/environment" "$@"
}
by_token() { over_tls dx-0001 -u dx-0001 -P "${token[dx-0001]}" "$@"; }
by_certificate() { over_tls dx-0001 --cert "$work/dx-0001.pem" --key "$work/dx-0001.key" "$@"; }

for version in mqttv311 mqttv5; do
  check "$version: a token over TLS" by_token -V "$version" -m "$(environment 5001)"
  check "$version: a certificate alone" by_certificate -V "$version" -m "$(environment 5002)"
done
check "the hub has it" becomes_latest dx-0001 5002
for tls in tlsv1.2 tlsv1.3; do
  check "$tls" by_token --tls-version "$tls" -m "$(environment 5003)"
done
check_fails "a certificate does not open the door of another" over_tls dx-0002 -u dx-0002 \
  --cert "$work/dx-0001.pem" --key "$work/dx-0001.key" -m x
check_fails "a certificate of an unknown authority" over_tls dx-0002 \
  --cert "$work/dx-0002.pem" --key "$work/dx-0002.key" -m x
check_fails "no credentials at all" over_tls dx-0001 -m x
check_fails "a client refuses a hub that its authority did not sign" mosquitto_pub -h 127.0.0.1 -p "$tls_port" \
  --cafile "$work/stranger.pem" -i dx-0001 -u dx-0001 -P "${token[dx-0001]}" -q 1 -t x -m x

# The same certificate again under another key: no restart.
old=$(openssl x509 -noout -serial -in "$work/server.pem")
issue server
served() { openssl s_client -connect "127.0.0.1:$tls_port" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
serves_new() { [ -n "$(served)" ] && [ "$(served)" != "$old" ]; }
check "a new certificate is served without a restart" eventually serves_new
check "and good" by_token -m "$(environment 5004)"

stop "$hub_process"
start_hub WAYSTATION_MQTT__TLS__CLIENT_AUTH=required
check_fails "required: a token alone" by_token -m x
check "required: a certificate" by_certificate -m "$(environment 5005)"
check "required: certificate and token" by_certificate -u dx-0001 -P "${token[dx-0001]}" -m "$(environment 5006)"
stop "$hub_process"
start_hub
