#!/usr/bin/python3
"""A station and a reader over WebSocket, with paho-mqtt: prints `ok` when the reader got what the station published.

Each in MQTT 3.1.1 and 5.0. The station publishes at QoS 1 and goes on when it has its PUBACK.
"""

import argparse
import json
import queue
import sys

import paho.mqtt.client as mqtt

PATIENCE_S = 60


def connect(arguments, version, name, token, on_message=None):
    """A client that is logged in, its network thread running."""
    client = mqtt.Client(client_id=name, protocol=version, transport="websockets")
    connected = queue.Queue()
    client.on_connect = lambda _client, _data, _flags, code, *_properties: connected.put(code)
    client.on_message = on_message
    client.username_pw_set(name, token)
    client.ws_set_options(path="/mqtt")
    if arguments.ca:
        client.tls_set(ca_certs=arguments.ca)
    client.connect("localhost" if arguments.ca else "127.0.0.1", arguments.port)
    client.loop_start()
    code = connected.get(timeout=PATIENCE_S)
    if code != 0:
        sys.exit(f"{name} was refused: {code}")
    return client


def check(arguments, version):
    topic = f"v1/stations/{arguments.station}/environment"
    subscribed, messages = queue.Queue(), queue.Queue()
    reader = connect(arguments, version, arguments.reader, arguments.reader_token,
                     lambda _client, _data, message: messages.put(message))
    reader.on_subscribe = lambda *_arguments: subscribed.put(True)
    reader.subscribe(topic, 1)
    subscribed.get(timeout=PATIENCE_S)
    station = connect(arguments, version, arguments.station, arguments.station_token)
    payload = json.dumps({"device": "env-1", "temperature_c": 21.5, "co2_ppm": 600})
    published = station.publish(topic, payload, qos=1)
    published.wait_for_publish(PATIENCE_S)
    if not published.is_published():
        sys.exit("no PUBACK")
    message = messages.get(timeout=PATIENCE_S)
    if message.topic != topic or json.loads(message.payload)["temperature_c"] != 21.5:
        sys.exit(f"the reader got {message.topic} {message.payload}")
    for client in (station, reader):
        client.disconnect()
        client.loop_stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ca", help="authority of the hub's certificate; without it no TLS")
    for name in ("station", "station-token", "reader", "reader-token"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    for version in (mqtt.MQTTv311, mqtt.MQTTv5):
        check(arguments, version)
    print("ok")


main()
