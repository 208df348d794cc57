#!/bin/bash
# Exit 0 if a hub in this container answers on /healthz. The image has no curl; bash can speak TCP by itself.
set -eu
port=${WAYSTATION_HTTP__LISTEN:-0.0.0.0:8080}
exec 3<>"/dev/tcp/127.0.0.1/${port##*:}"
printf 'GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' >&3
read -r _ status _ <&3
[ "$status" = 200 ]
