//! A full disk: acknowledgements stop, `/readyz` names the log, nothing that was acknowledged is lost, and it heals by
//! itself when space returns.

use std::path::{Path, PathBuf};
use std::process::Command;
use waystation_tests::hub::Login;
use waystation_tests::load::{Style, check_stored};
use waystation_tests::readings::{environment, now_ms};
use waystation_tests::{Client, Hub, HubSettings, Influxd, Load, Packet, Version, until};

const STYLES: [Style; 3] = [
    Style::Single { version: Version::V311, window: 50 },
    Style::Single { version: Version::V5, window: 50 },
    Style::Batch { version: Version::V5, window: 2, readings: 100, zstd: false },
];

fn names_the_log(hub: &Hub) -> bool {
    hub.failing().iter().any(|part| part == "log")
}

/// A publish is taken in and not acknowledged, while the connection lives: PINGRESP comes before PUBACK. Gives the
/// client and the packet that is owed.
fn publish_unacknowledged(hub: &Hub, station: &Login) -> (Client, u16) {
    let mut client = Client::log_in(hub.mqtt, station, Version::V5);
    let id = client.publish(&station.topic("environment"), environment(now_ms(), 777).to_string().as_bytes());
    client.ping();
    assert_eq!(client.packet(), Packet::PingResp);
    (client, id)
}

/// Fills the disk under load; `heal` makes room. Ends once everything acknowledged stands in InfluxDB.
fn check(hub: &mut Hub, influxd: &mut Influxd, heal: impl Fn(&mut Influxd)) {
    let logins = hub.import_stations("dx", 6);
    let witness = hub.known_station("witness");
    let load = Load::start(hub.mqtt, &logins, &STYLES);
    until("the hub says that the log is full", || names_the_log(hub));
    assert_eq!(hub.get("/healthz").status, 200);
    let (mut client, owed) = publish_unacknowledged(hub, &witness);
    assert!(names_the_log(hub));

    heal(influxd);
    assert_eq!(client.packet(), Packet::PubAck { id: owed, code: 0 });
    until("the hub is ready again", || hub.failing().is_empty());
    load.wait_acknowledged(100);
    if !influxd.is_running() {
        influxd.run();
    }
    let sent = load.finish();
    check_stored(influxd, &sent);
    let rows = influxd.rows("SELECT co2_ppm FROM environment WHERE station = 'witness'");
    assert_eq!(rows.len(), 1, "{rows:?}");
    until("every part works", || hub.failing().is_empty());
}

#[test]
fn the_limit_of_the_log_is_reached_and_influxdb_comes_back() {
    let mut influxd = Influxd::start();
    influxd.kill();
    let mut hub = HubSettings::default().influx(&influxd).set_text("log", "max_bytes", "8MiB").start();
    check(&mut hub, &mut influxd, Influxd::run);
    hub.stop();
}

/// A small file system of its own.
struct Tmpfs(PathBuf);

impl Tmpfs {
    /// None without the right to mount.
    fn mount(path: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(path).expect("a folder");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &format!("size={size}"), "waystation-test"]).arg(path);
        let mounted = command.output().is_ok_and(|output| output.status.success());
        mounted.then(|| Self(path.to_owned()))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

#[test]
fn the_disk_itself_is_full_and_somebody_makes_room() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = folder.path().join("disk");
    let Some(disk) = Tmpfs::mount(&mounted, "24m") else {
        eprintln!("skipped: mounting a tmpfs needs root; the limit of the log is tested beside this");
        return;
    };
    let ballast = mounted.join("ballast");
    std::fs::write(&ballast, vec![0; 12 << 20]).unwrap();
    let mut influxd = Influxd::start();
    influxd.kill();
    let settings = HubSettings::default().influx(&influxd).set_text("log", "max_bytes", "1GiB");
    let mut hub = settings.prepare_in(folder, &mounted.join("data"));
    hub.start();
    check(&mut hub, &mut influxd, |influxd| {
        std::fs::remove_file(&ballast).unwrap();
        influxd.run();
    });
    hub.stop();
    drop(disk);
}
