//! The HTTP server behind TLS, asked by Python's own client, which checks the certificate.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use waystation_tests::certs::Authority;
use waystation_tests::process::{self, Process};
use waystation_tests::{HubSettings, until};

const ASK: &str = "import ssl, sys, urllib.request as web
context = ssl.create_default_context(cafile=sys.argv[1])
print(web.urlopen(sys.argv[2], context=context, timeout=60).read().decode())";

/// What the hub answers; an error if the certificate is not good for the name.
fn ask(authority: &Path, host: &str, address: SocketAddr, path: &str) -> Command {
    let mut command = Command::new("/usr/bin/python3");
    command.args(["-c", ASK]).arg(authority).arg(format!("https://{host}:{}{path}", address.port()));
    command
}

#[test]
fn pages_and_api_come_over_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new(folder.path());
    let pair = authority.issue("hub");
    let hub = HubSettings::default()
        .set_text("http.tls", "cert", pair.cert.display())
        .set_text("http.tls", "key", pair.key.display())
        .prepare();
    hub.add_station("dx-0001");
    let mut run = hub.command(&["run"]);
    let mut server = Process::start("waystation-hub", &mut run, &folder.path().join("output.log"));
    server.wait_listening(hub.http);
    let ca = authority.cert();
    until("the hub is ready", || {
        ask(&ca, "localhost", hub.http, "/readyz").output().is_ok_and(|answer| answer.status.success())
    });
    let stations = process::run(&mut ask(&ca, "127.0.0.1", hub.http, "/api/v1/stations"));
    assert!(stations.contains("dx-0001"), "{stations}");
    let page = process::run(&mut ask(&ca, "localhost", hub.http, "/"));
    assert!(page.contains("<html"), "{page}");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let stranger = Authority::new(elsewhere.path());
    let refused = ask(&stranger.cert(), "localhost", hub.http, "/healthz").output().expect("python");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("CERTIFICATE_VERIFY_FAILED"));
    assert!(server.terminate().success());
}
