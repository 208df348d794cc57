#!/usr/bin/python3
"""MQTT to InfluxDB 1.x as the tutorials do it: paho-mqtt, JSON, one HTTP write for each message.

With a batch size above one, messages are collected, and written when there are that many or after a second.
"""

import argparse
import http.client
import json
import time

import paho.mqtt.client as mqtt


def line(topic, payload):
    """The line of one environment reading, with the tags and fields that the hub writes."""
    reading = json.loads(payload)
    station = topic.split("/")[2]
    ts, device = reading.pop("ts"), reading.pop("device")
    fields = ",".join(f"{name}={value}" for name, value in reading.items())
    return f"environment,device={device},station={station} {fields} {ts}"


class Writer:
    """Writes lines over one kept-alive connection."""

    def __init__(self, influxdb, database, batch):
        host, port = influxdb.split(":")
        self.connection = http.client.HTTPConnection(host, int(port))
        self.path = f"/write?db={database}&precision=ms"
        self.batch, self.lines, self.oldest = batch, [], 0.0

    def add(self, one_line):
        if not self.lines:
            self.oldest = time.monotonic()
        self.lines.append(one_line)
        if len(self.lines) >= self.batch:
            self.flush()

    def flush_if_old(self):
        if self.lines and time.monotonic() - self.oldest > 1.0:
            self.flush()

    def flush(self):
        self.connection.request("POST", self.path, "\n".join(self.lines))
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != 204:
            raise SystemExit(f"InfluxDB answered with status {answer.status}")
        self.lines = []


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mqtt", required=True, help="host:port")
    parser.add_argument("--influxdb", required=True, help="host:port")
    parser.add_argument("--database", required=True)
    parser.add_argument("--batch", type=int, default=1)
    options = parser.parse_args()
    writer = Writer(options.influxdb, options.database, options.batch)
    client = mqtt.Client()
    client.on_connect = lambda *_: client.subscribe("v1/stations/+/environment", qos=0)
    client.on_subscribe = lambda *_: print("subscribed", flush=True)
    client.on_message = lambda _client, _data, message: writer.add(line(message.topic, message.payload))
    host, port = options.mqtt.split(":")
    client.connect(host, int(port))
    while client.loop(timeout=0.2) == mqtt.MQTT_ERR_SUCCESS:
        writer.flush_if_old()


if __name__ == "__main__":
    main()
