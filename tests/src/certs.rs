//! Certificates for tests, made by the openssl command.

use crate::process::run;
use crate::programs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An authority in a folder, and what it signed.
pub struct Authority {
    folder: PathBuf,
}

/// A certificate and its key, in PEM.
#[derive(Debug, Clone)]
pub struct Pair {
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl Authority {
    pub fn new(folder: &Path) -> Self {
        let authority = Self { folder: folder.to_owned() };
        let Pair { cert, key } = authority.pair("ca");
        let mut command = authority.openssl(&["req", "-x509", "-newkey", "ec", "-pkeyopt"]);
        command.args([
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=Waystation test CA",
        ]);
        run(command.arg("-keyout").arg(key).arg("-out").arg(cert));
        authority
    }

    pub fn cert(&self) -> PathBuf {
        self.pair("ca").cert
    }

    /// A certificate whose CN is `name`, good for a server on loopback and for a client.
    pub fn issue(&self, name: &str) -> Pair {
        self.issue_for(name, "IP:127.0.0.1,DNS:localhost")
    }

    /// The same for a server at other places, written as OpenSSL's `subjectAltName`.
    pub fn issue_for(&self, name: &str, places: &str) -> Pair {
        let pair = self.pair(name);
        let request = self.folder.join(format!("{name}.csr"));
        let extensions = self.folder.join(format!("{name}.ext"));
        std::fs::write(&extensions, format!("subjectAltName={places}\n")).expect("extensions");
        let mut command = self.openssl(&["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
        command.args(["-nodes", "-subj", &format!("/CN={name}")]);
        run(command.arg("-keyout").arg(&pair.key).arg("-out").arg(&request));
        let authority = self.pair("ca");
        let mut command = self.openssl(&["x509", "-req", "-days", "2", "-CAcreateserial", "-in"]);
        command.arg(&request).arg("-CA").arg(authority.cert).arg("-CAkey").arg(authority.key);
        run(command.arg("-extfile").arg(&extensions).arg("-out").arg(&pair.cert));
        pair
    }

    fn pair(&self, name: &str) -> Pair {
        let path = |ending: &str| self.folder.join(format!("{name}.{ending}"));
        Pair { cert: path("pem"), key: path("key") }
    }

    fn openssl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(programs::system("openssl", "openssl"));
        command.args(arguments);
        command
    }
}
