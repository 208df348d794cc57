//! A real mail server on a free port: Debian's aiosmtpd, with TLS and a login.

use crate::certs::Pair;
use crate::ports::free_address;
use crate::process::Process;
use crate::programs;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

pub const USERNAME: &str = "hub@example.com";
pub const PASSWORD: &str = "right 密码";

pub struct MailServer {
    _process: Process,
    address: SocketAddr,
    // Removed after the process has ended: fields are dropped in this order.
    folder: TempDir,
}

impl MailServer {
    /// `security`: `starttls`, `tls` or `none`.
    pub fn start(security: &str, pair: &Pair) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_address();
        let mut command = Command::new(programs::python());
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("smtpd.py"));
        command.arg("--port").arg(address.port().to_string()).args(["--security", security]);
        command.arg("--cert").arg(&pair.cert).arg("--key").arg(&pair.key);
        command.args(["--username", USERNAME, "--password", PASSWORD]);
        let mut process = Process::start("aiosmtpd", &mut command, &folder.path().join("messages"));
        process.wait_listening(address);
        Self { _process: process, address, folder }
    }

    /// As a channel names it.
    pub fn server(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    /// What it has taken so far.
    pub fn messages(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join("messages")).expect("its output");
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}
