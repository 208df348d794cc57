//! `waystation-agent claim`: a short code for the station's token.
//!
//! The code works once: whatever could fail on this machine is tried before it is sent.

mod post;

use super::runtime;
use crate::config::DEFAULT_PATHS;
use anyhow::{Context, bail};
use post::{HttpAddress, post};
use serde::Deserialize;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Fetch this station's token from the hub with a claim code, and write the configuration.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The code comes from `waystation-hub station add ID --claim` or `waystation-hub station claim ID`, and works once.

Examples:
  waystation-agent claim 7K3M-Q9TX --hub https://hub.example:8443
  waystation-agent claim 7K3M-Q9TX --hub https://hub.example:8443 --ca ca.pem --config /etc/waystation/agent.toml")]
pub struct Claim {
    /// Eight letters and digits; case and hyphen do not matter
    code: String,
    /// The hub's HTTP server: https://HOST[:PORT]
    #[arg(long)]
    hub: String,
    /// The authority of the hub's certificate, PEM [default: what the system trusts]
    #[arg(long)]
    ca: Option<PathBuf>,
    /// The configuration, written if it is not there [default: /etc/waystation/agent.toml]
    #[arg(long)]
    config: Option<PathBuf>,
}

/// Where the package keeps what belongs to the agent's own user, who can write nowhere else.
const PACKAGED_DATA: &str = "/var/lib/waystation-agent";

/// What the hub gives; what a later hub adds is passed over.
#[derive(Deserialize)]
struct Claimed {
    station: String,
    token: String,
    hub: Option<String>,
    ca: Option<String>,
}

/// The members of a problem document that say something.
#[derive(Deserialize)]
struct Problem {
    detail: Option<String>,
}

/// What a configuration that is there says.
struct Existing {
    station: Option<String>,
    hub: Option<String>,
    token_file: Option<PathBuf>,
    has_token: bool,
}

impl Claim {
    pub fn execute(self) -> anyhow::Result<ExitCode> {
        let hub = HttpAddress::parse(&self.hub)?;
        let config = self.config.clone().unwrap_or_else(|| DEFAULT_PATHS[1].into());
        let folder =
            config.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let is_service = config == Path::new(DEFAULT_PATHS[1]);
        let data = if is_service { Path::new(PACKAGED_DATA) } else { folder };
        let existing = if config.exists() { Some(Existing::read(&config)?) } else { None };
        let token_file = existing
            .as_ref()
            .and_then(|found| found.token_file.clone())
            .unwrap_or_else(|| data.join("token"));
        let token = NewFile::beside(&token_file)?;
        let claimed = self.fetch(&hub)?;
        token.fill(&claimed.token)?;
        println!("Station {}: its token is in {}.", claimed.station, token_file.display());
        let ca = self.place_ca(&claimed, folder)?;
        match existing {
            None => write_config(&config, &claimed, &token_file, ca.as_deref(), data)?,
            Some(found) => found.compare(&config, &claimed, &token_file),
        }
        if is_service {
            println!(
                "Next: runuser -u waystation-agent -- waystation-agent check, then systemctl enable --now waystation-agent."
            );
        } else {
            println!("Next: waystation-agent check --config {0}, then run --config {0}.", config.display());
        }
        Ok(ExitCode::SUCCESS)
    }

    fn fetch(&self, hub: &HttpAddress) -> anyhow::Result<Claimed> {
        let body = serde_json::json!({ "code": self.code }).to_string();
        let (status, answer) = runtime()?.block_on(post(hub, self.ca.as_deref(), "/claim", &body))?;
        if status != 200 {
            let said = serde_json::from_slice::<Problem>(&answer).ok().and_then(|problem| problem.detail);
            bail!(
                "the hub refused ({status}): {}",
                said.as_deref().unwrap_or("is this the hub's HTTP address?")
            );
        }
        serde_json::from_slice(&answer).context("the hub's answer is not understood; is it a newer one?")
    }

    /// The authority for the configuration: the hub's own word, or what was given here; the agent's user may not be
    /// able to read the file that was given.
    fn place_ca(&self, claimed: &Claimed, folder: &Path) -> anyhow::Result<Option<PathBuf>> {
        let pem = match (&claimed.ca, &self.ca) {
            (Some(pem), _) => pem.clone(),
            (None, Some(given)) => {
                std::fs::read_to_string(given).with_context(|| format!("cannot read {}", given.display()))?
            }
            (None, None) => return Ok(None),
        };
        let path = folder.join("ca.pem");
        std::fs::write(&path, pem)
            .and_then(|()| readable_by_all(&path))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Some(path))
    }
}

/// Beside what the hub said, where the data is kept: in `data`.
fn write_config(
    config: &Path,
    claimed: &Claimed,
    token_file: &Path,
    ca: Option<&Path>,
    data: &Path,
) -> anyhow::Result<()> {
    let Some(hub) = &claimed.hub else {
        bail!(
            "the hub did not say where its MQTT is; write {} yourself, with station, token_file and hub",
            config.display()
        );
    };
    // TOML's basic strings are JSON's.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let path = |path: &Path| quoted(&path.display().to_string());
    let mut text = format!(
        "station = {}\ntoken_file = {}\nhub = {}\n",
        quoted(&claimed.station),
        path(token_file),
        quoted(hub)
    );
    if let Some(ca) = ca {
        text += &format!("ca = {}\n", path(ca));
    }
    let data_dir = if data == Path::new(PACKAGED_DATA) { data.to_owned() } else { data.join("agent-data") };
    text += &format!("data_dir = {}\n", path(&data_dir));
    let file = OpenOptions::new().write(true).create_new(true).open(config);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| readable_by_all(config))
        .with_context(|| format!("cannot write {}", config.display()))?;
    println!("{} is written; add the sources of this station to it.", config.display());
    Ok(())
}

/// Whatever the installer's umask is: neither file is a secret, and the agent has a user of its own.
fn readable_by_all(path: &Path) -> std::io::Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

impl Existing {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let source = config::File::from(path).format(config::FileFormat::Toml);
        let read = config::Config::builder().add_source(source).build();
        let read = read.with_context(|| format!("{} cannot be read", path.display()))?;
        let text = |key: &str| read.get_string(key).ok();
        Ok(Self {
            station: text("station"),
            hub: text("hub"),
            token_file: text("token_file").map(PathBuf::from),
            has_token: text("token").is_some(),
        })
    }

    /// Names what differs; the file is the installer's.
    fn compare(&self, path: &Path, claimed: &Claimed, token_file: &Path) {
        let mut differs = Vec::new();
        if self.station.as_deref() != Some(&claimed.station) {
            differs.push(format!("station = \"{}\"", claimed.station));
        }
        if let Some(hub) = claimed.hub.as_ref().filter(|hub| self.hub.as_ref() != Some(*hub)) {
            differs.push(format!("hub = \"{hub}\""));
        }
        if self.token_file.is_none() {
            let instead = if self.has_token { " instead of token" } else { "" };
            differs.push(format!("token_file = \"{}\"{instead}", token_file.display()));
        }
        match differs.is_empty() {
            true => println!("{} fits.", path.display()),
            false => {
                println!("{} is left as it is; change in it:\n  {}", path.display(), differs.join("\n  "))
            }
        }
    }
}

/// A file that takes another's place once it is filled; only its owner can read it.
struct NewFile {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
}

impl NewFile {
    fn beside(path: &Path) -> anyhow::Result<Self> {
        let temporary = path.with_extension("new");
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        std::fs::remove_file(&temporary).ok();
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary);
        let file = file.with_context(|| format!("cannot write {}; are you root?", temporary.display()))?;
        Ok(Self { file, temporary, path: path.to_owned() })
    }

    /// The agent's own user must read it, and replace it when the hub changes it: who owns the folder, unless that is
    /// root's, and then who has the former file. One that root left behind in the agent's folder is mended so.
    fn fill(mut self, token: &str) -> anyhow::Result<()> {
        let folder = self.temporary.parent().filter(|folder| !folder.as_os_str().is_empty());
        let owners = [folder.unwrap_or(Path::new(".")), self.path.as_path()];
        let mut owners = owners.into_iter().filter_map(|path| std::fs::metadata(path).ok());
        let owner = owners.find(|owner| owner.uid() != 0);
        let filled = (|| {
            self.file.write_all(format!("{token}\n").as_bytes())?;
            if let Some(owner) = owner.filter(|_| rustix::process::geteuid().is_root()) {
                std::os::unix::fs::fchown(&self.file, Some(owner.uid()), Some(owner.gid()))?;
            }
            self.file.sync_all()?;
            std::fs::rename(&self.temporary, &self.path)
        })();
        filled.with_context(|| {
            format!(
                "the code is used up, and its token could not be written to {}; make another code",
                self.path.display()
            )
        })
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // Gone already when it has taken its place.
        std::fs::remove_file(&self.temporary).ok();
    }
}
