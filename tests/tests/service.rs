//! The programs as services of systemd: what they tell it, and how little their units let them do.

// clippy.toml allows these in tests, but sees helpers of an integration test as no test.
#![allow(clippy::expect_used)]

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use waystation_tests::process::Process;
use waystation_tests::{Agent, HubSettings, programs};

/// The most exposure that a unit may have, of systemd-analyze's 10: 2.5 is well inside of its "OK".
const EXPOSURE_MAX: &str = "25";

fn unit(program: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    root.join(format!("packaging/systemd/{program}.service"))
}

/// Starts the program under a manager that listens, until it has been heard of as a service should be.
fn check_notifications(name: &'static str, mut command: Command) {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).expect("the manager's socket");
    manager.set_read_timeout(Some(Duration::from_secs(120))).expect("a limit for a test that fails");
    command.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", "2000000").stdin(Stdio::null());
    let mut process = Process::start(name, &mut command, &folder.path().join("log"));
    let mut heard = Vec::new();
    let mut hear_until = |wanted: &str| {
        while !heard.iter().any(|line: &String| line.starts_with(wanted)) {
            let mut message = [0; 4096];
            let length =
                manager.recv(&mut message).unwrap_or_else(|error| panic!("{name}: {wanted}: {error}"));
            let text = String::from_utf8_lossy(&message[..length]).into_owned();
            heard.extend(text.lines().map(str::to_owned));
        }
    };
    hear_until("READY=1");
    hear_until("WATCHDOG=1");
    hear_until("STATUS=");
    process.signal("TERM");
    hear_until("STOPPING=1");
    assert!(process.wait().success());
    assert_eq!(heard[0], "READY=1", "{heard:?}");
}

#[test]
fn the_hub_tells_systemd_how_it_does() {
    let hub = HubSettings::default().prepare();
    check_notifications("waystation-hub", hub.command(&["run"]));
}

#[test]
fn the_agent_tells_systemd_how_it_does() {
    let hub = HubSettings::default().start();
    let agent = Agent::prepare(&hub.known_station("dx-0001"), hub.mqtt);
    check_notifications("waystation-agent", agent.command(&["run"]));
}

#[test]
fn the_units_expose_little() {
    for program in ["waystation-hub", "waystation-agent"] {
        let mut command = Command::new("systemd-analyze");
        command
            .args(["security", "--offline=true", "--no-pager", "--threshold", EXPOSURE_MAX])
            .arg(unit(program));
        let Ok(output) = command.output() else {
            println!("skipped: systemd-analyze is not installed (Debian's package systemd)");
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let verdict = text.lines().rfind(|line| line.contains("exposure level")).unwrap_or(&text).to_owned();
        println!("{verdict}");
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The units know every setting that they use: systemd ignores what it does not know, with a line in its log.
#[test]
fn systemd_understands_the_units() {
    let folder = tempfile::tempdir().expect("a folder");
    for program in ["waystation-hub", "waystation-agent"] {
        let text = std::fs::read_to_string(unit(program)).expect("the unit");
        let ours = programs::folder().join(program);
        let here = text.replace(&format!("/usr/bin/{program}"), &ours.to_string_lossy());
        let path = folder.path().join(format!("{program}.service"));
        std::fs::write(&path, here).expect("the unit");
        let Ok(output) = Command::new("systemd-analyze").arg("verify").arg(&path).output() else {
            println!("skipped: systemd-analyze is not installed (Debian's package systemd)");
            return;
        };
        let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
        let about_ours: Vec<_> = complaints.lines().filter(|line| line.contains(program)).collect();
        assert!(about_ours.is_empty(), "{about_ours:?}");
    }
}
