#!/bin/bash
# Runs once, in the container of InfluxDB, after it made the bucket: InfluxQL finds that bucket as the database of the
# same name, and Grafana gets a user of its own that can only read it.
set -euo pipefail
influx v1 dbrp create --org "$DOCKER_INFLUXDB_INIT_ORG" --bucket-id "$DOCKER_INFLUXDB_INIT_BUCKET_ID" \
  --db "$DOCKER_INFLUXDB_INIT_BUCKET" --rp autogen --default
influx v1 auth create --org "$DOCKER_INFLUXDB_INIT_ORG" --read-bucket "$DOCKER_INFLUXDB_INIT_BUCKET_ID" \
  --username grafana --password "$(cat /keys/grafana-password)" >/dev/null
