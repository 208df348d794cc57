#!/bin/bash
# Runs once, in the container of InfluxDB, after it made the bucket: InfluxQL finds that bucket as the database of the
# same name, and Grafana gets a token that can only read it.
set -euo pipefail
influx v1 dbrp create --org "$DOCKER_INFLUXDB_INIT_ORG" --bucket-id "$DOCKER_INFLUXDB_INIT_BUCKET_ID" \
  --db "$DOCKER_INFLUXDB_INIT_BUCKET" --rp autogen --default
umask 0027
influx auth create --org "$DOCKER_INFLUXDB_INIT_ORG" --read-bucket "$DOCKER_INFLUXDB_INIT_BUCKET_ID" \
  --description grafana --json |
  sed -n 's/.*"token": *"\([^"]*\)".*/\1/p' >/grafana-keys/influx-token
[ -s /grafana-keys/influx-token ]
