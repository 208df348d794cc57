#!/usr/bin/env python3
"""Plays compose.yaml on this machine without Docker: each service's command, user, variables, volumes and read-only root,
in namespaces of its own, with Debian's programs in place of the images. InfluxDB is 1.x, Grafana is left out.

  sudo scripts/compose/rehearse.py FOLDER-OF-OUR-PROGRAMS

Exit code 0 if the stations' readings come to InfluxDB and Prometheus, and every rule is evaluated. Wants root, python3-yaml,
influxdb, prometheus, prometheus-alertmanager.
"""

import json, os, re, signal, subprocess, sys, tempfile, time, urllib.parse, urllib.request
from pathlib import Path
import yaml

ROOT = Path(__file__).resolve().parents[2]
# What the image starts, and as whom.
IMAGES = {
    "waystation": (["waystation-hub"], "10001:10001", "/var/lib/waystation"),
    "prom/prometheus": (["prometheus"], "65534:65534", "/"),
    "prom/alertmanager": (["prometheus-alertmanager"], "65534:65534", "/"),
}
# Variables that the Dockerfile sets.
OURS = {"WAYSTATION_DATA_DIR": "/var/lib/waystation", "WAYSTATION_HTTP__LISTEN": "0.0.0.0:8080"}
INSIDE = r"""
set -eu
mount -t tmpfs tmpfs "$1/layers"; mkdir "$1/layers/up" "$1/layers/work" "$1/layers/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/layers/up,workdir=$1/layers/work" "$1/layers/root"
root=$1/layers/root
mount --bind /proc "$root/proc"; mount --bind /dev "$root/dev"; mount --bind "$1/hosts" "$root/etc/hosts"
mkdir -p "$root$6" "$root/opt/programs"; mount --bind "$2" "$root/opt/programs"
while IFS='|' read -r from to mode; do
  if [ -d "$from" ]; then mkdir -p "$root$to"; else mkdir -p "$(dirname "$root$to")"; : >"$root$to"; fi
  mount --bind "$from" "$root$to"
  [ "$mode" != ro ] || mount -o remount,ro,bind "$root$to"
done <"$3"
mount -t tmpfs tmpfs "$root/tmp"; chmod 1777 "$root/tmp"
[ "$4" != True ] || mount -o remount,ro "$root"
user=$5; folder=$6; shift 6
exec chroot "$root" setpriv --reuid="${user%:*}" --regid="${user#*:}" --clear-groups --inh-caps=-all \
  env --chdir="$folder" "$@"
"""


def main():
    if "REHEARSAL" not in os.environ:
        # Networks and mounts of its own, so that every port is free and nothing is left behind.
        programs = Path(sys.argv[1]).resolve()
        os.execvpe("unshare", ["unshare", "-m", "-n", sys.executable, __file__, str(programs)],
                   {**os.environ, "REHEARSAL": "1"})
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        play = Play(Path(folder), Path(sys.argv[1]))
        try:
            play.all()
        except BaseException:
            for log in sorted(play.folder.glob("*.log")):
                print(f"--- {log.stem}\n{log.read_text()[-2500:]}", file=sys.stderr)
            raise
        finally:
            play.end()


class Play:
    def __init__(self, folder, programs):
        self.folder, self.programs, self.running = folder, programs, []
        self.compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
        self.services = self.compose["services"]
        folder.chmod(0o755)
        (folder / "layers").mkdir()
        (folder / "hosts").write_text("127.0.0.1 localhost " + " ".join(self.services) + "\n")
        subprocess.run(["mount", "--bind", str(folder / "hosts"), "/etc/hosts"], check=True)

    def volumes(self, name):
        lines = []
        for volume in self.services[name]["volumes"]:
            source, target, *mode = volume.split(":")
            path = ROOT / source if source.startswith("./") else self.folder / "volumes" / source
            if source.startswith("./"):
                assert path.exists(), f"{name}: {source} does not exist"
            elif not path.exists():
                path.mkdir(parents=True)
                # A new volume takes its owner from the image's folder.
                owner = {"prometheus-data": 65534, "alertmanager-data": 65534, "hub-data": 10001}.get(source, 0)
                os.chown(path, owner, owner)
            lines.append(f"{path}|{target}|{(mode or ['rw'])[0]}\n")
        (self.folder / f"{name}.volumes").write_text("".join(lines))

    def start(self, name):
        service = self.services[name]
        image = service["image"].rsplit(":", 1)[0]
        entry, user, home = IMAGES[image]
        user = service.get("user", user)
        variables = {**(OURS if image == "waystation" else {}), **service.get("environment", {})}
        if name in ("hub", "influx-init"):
            variables["WAYSTATION_INFLUX__API"] = "v1"
        command = service.get("entrypoint", entry) + service.get("command", [])
        self.volumes(name)
        variables["PATH"] = "/opt/programs:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        assignments = [f"{key}={value}" for key, value in variables.items()]
        arguments = ["unshare", "-m", "bash", "-c", INSIDE, "bash", str(self.folder), str(self.programs),
                     str(self.folder / f"{name}.volumes"), str(service.get("read_only", False)), user, home]
        log = open(self.folder / f"{name}.log", "ab")
        process = subprocess.Popen(arguments + assignments + command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.running.append((name, process))
        return process

    def once(self, name):
        status = self.start(name).wait()
        assert status == 0, f"{name} ended with {status}"
        print(f"{name}: done")

    def influxd(self):
        data = self.folder / "influxd"
        data.mkdir()
        config = data / "influxdb.conf"
        config.write_text(f'reporting-disabled = true\n[meta]\ndir = "{data}/meta"\n[data]\ndir = "{data}/data"\n'
                          f'wal-dir = "{data}/wal"\n[http]\nlog-enabled = false\n[monitor]\nstore-enabled = false\n')
        log = open(self.folder / "influxdb.log", "ab")
        process = subprocess.Popen(["influxd", "-config", str(config)], stdout=log, stderr=log)
        self.running.append(("influxdb", process))

    def all(self):
        self.once("prepare")
        self.once("prepare")     # a second `docker compose up` changes nothing
        self.influxd()
        self.until("InfluxDB answers", lambda: get("http://influxdb:8086/ping") is not None)
        self.once("influx-init")
        self.start("alertmanager")
        self.start("hub")
        self.until("the hub is healthy", self.healthcheck)
        self.start("prometheus")
        self.start("stations")
        self.until("ten stations are online in Prometheus", lambda: query('waystation_stations{state="online"}') == 10)
        self.until("points are in InfluxDB", lambda: points() >= 10)
        self.until("InfluxDB is up", lambda: query("waystation_influx_up") == 1)
        self.until("every rule was evaluated", lambda: all(rule["health"] == "ok" for rule in rules()))
        assert len(rules()) > 40
        self.until("Prometheus knows Alertmanager", lambda: b"alertmanager:9093" in get("http://prometheus:9090/api/v1/alertmanagers"))
        assert query('count(ALERTS{alertstate="firing"})') is None, get("http://prometheus:9090/api/v1/alerts")
        hub = next(process for name, process in self.running if name == "hub")
        hub.send_signal(signal.SIGTERM)
        assert hub.wait(45) == 0, "the hub drains"
        self.until("the hub is missed", lambda: query('ALERTS{alertname="WaystationHubDown"}') == 1)
        print("compose.yaml: everything that could be played was played")

    def healthcheck(self):
        return subprocess.run([ROOT / "scripts/compose/healthcheck.sh"], stderr=subprocess.DEVNULL).returncode == 0

    def until(self, what, condition):
        for _ in range(240):
            for name, process in self.running:
                assert process.poll() in (None, 0), f"{name} ended with {process.returncode}"
            try:
                if condition():
                    print(f"{what}: yes")
                    return
            except OSError:
                pass
            time.sleep(0.5)
        raise AssertionError(f"not within two minutes: {what}")

    def end(self):
        for _, process in reversed(self.running):
            process.kill()
            process.wait()


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read()


def query(text):
    answer = json.loads(get("http://prometheus:9090/api/v1/query?query=" + urllib.parse.quote(text)))
    result = answer["data"]["result"]
    return float(result[0]["value"][1]) if result else None


def points():
    answer = json.loads(get("http://influxdb:8086/query?db=waystation&q=" + urllib.parse.quote("SELECT count(*) FROM gateway")))
    series = answer["results"][0].get("series")
    return max(series[0]["values"][0][1:]) if series else 0


def rules():
    return [rule for group in json.loads(get("http://prometheus:9090/api/v1/rules"))["data"]["groups"] for rule in group["rules"]]


main()
