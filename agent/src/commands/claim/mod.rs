//! `waystation-agent claim`: a short code for the station's token.
//!
//! The code works once: whatever could fail on this machine is tried before it is sent.

mod new_file;
mod post;

use super::runtime;
use crate::config::DEFAULT_PATHS;
use crate::texts::{Language, Message};
use new_file::NewFile;
use post::{HttpAddress, post};
use serde::Deserialize;
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
    /// The language [default: that of the environment]
    #[arg(long)]
    lang: Option<Language>,
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
        let language = self.lang.unwrap_or_else(Language::of_environment);
        let said = self.claim(language).map_err(|failure| match failure {
            Failure::Said(message) => anyhow::anyhow!(message.text("claim", language)),
            Failure::Other(error) => error,
        })?;
        for message in said {
            println!("{}", message.text("claim", language));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn claim(&self, language: Language) -> Result<Vec<Message>, Failure> {
        let hub = HttpAddress::parse(&self.hub)?;
        let config = self.config.clone().unwrap_or_else(|| DEFAULT_PATHS[1].into());
        let is_service = config == Path::new(DEFAULT_PATHS[1]);
        let places = Places::of(&config, is_service);
        let existing = if config.exists() { Some(Existing::read(&config)?) } else { None };
        let token_file = existing.as_ref().and_then(|found| found.token_file.clone());
        let token_file = token_file.unwrap_or_else(|| places.data.join("token"));
        let token = NewFile::beside(&token_file)?;
        let new_config = if existing.is_none() { Some(NewFile::beside(&config)?) } else { None };
        let ca = NewFile::beside(&places.ca)?;
        let given_ca = self.ca.as_deref().map(read_text).transpose()?;

        let claimed = self.fetch(&hub, language)?;
        token.fill_secret(&claimed.token, &places.data)?;
        let mut said =
            vec![Message::new("token").with("station", &claimed.station).with("path", token_file.display())];
        let ca = claimed.ca.clone().or(given_ca).map(|pem| ca.fill_public(&pem)).transpose()?;
        said.push(match (new_config, existing) {
            (Some(new_config), _) => {
                let path = Message::new("no_address").with("path", config.display());
                let hub = claimed.hub.as_deref().ok_or(path)?;
                new_config.fill_public(&places.config(&claimed.station, hub, &token_file, ca.as_deref()))?;
                Message::new("written").with("path", config.display())
            }
            (None, Some(found)) => found.compare(&config, &claimed, &token_file, language),
            (None, None) => Message::new("fits").with("path", config.display()),
        });
        said.push(
            Message::new(if is_service { "next_service" } else { "next" }).with("path", config.display()),
        );
        Ok(said)
    }

    fn fetch(&self, hub: &HttpAddress, language: Language) -> Result<Claimed, Failure> {
        let body = serde_json::json!({ "code": self.code }).to_string();
        let (status, answer) =
            runtime()?.block_on(post(hub, self.ca.as_deref(), "/claim", language.tag(), &body))?;
        if status != 200 {
            let detail = serde_json::from_slice::<Problem>(&answer).ok().and_then(|problem| problem.detail);
            let detail = detail.unwrap_or_else(|| Message::new("no_hub").text("claim", language));
            return Err(Message::new("refused").with("status", status).with("detail", detail).into());
        }
        serde_json::from_slice(&answer)
            .map_err(|error| Message::new("not_understood").with("error", error).into())
    }
}

/// Why nothing was claimed, or not all of it written.
enum Failure {
    Said(Message),
    Other(anyhow::Error),
}

impl From<Message> for Failure {
    fn from(message: Message) -> Self {
        Self::Said(message)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

/// Where the parts of a new installation go.
struct Places {
    /// The token, and all that the agent keeps.
    data: PathBuf,
    data_dir: PathBuf,
    ca: PathBuf,
}

impl Places {
    /// The service's own folder for the configuration that its unit names; else beside the configuration.
    fn of(config: &Path, is_service: bool) -> Self {
        let folder =
            config.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let ca = folder.join("ca.pem");
        match is_service {
            true => Self { data: PACKAGED_DATA.into(), data_dir: PACKAGED_DATA.into(), ca },
            false => Self { data: folder.to_owned(), data_dir: folder.join("agent-data"), ca },
        }
    }

    fn config(&self, station: &str, hub: &str, token_file: &Path, ca: Option<&Path>) -> String {
        // TOML's basic strings are JSON's.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let path = |path: &Path| quoted(&path.display().to_string());
        let ca = ca.map(|ca| format!("ca = {}\n", path(ca))).unwrap_or_default();
        format!(
            "station = {}\ntoken_file = {}\nhub = {}\n{ca}data_dir = {}\n",
            quoted(station),
            path(token_file),
            quoted(hub),
            path(&self.data_dir)
        )
    }
}

fn read_text(path: &Path) -> Result<String, Message> {
    std::fs::read_to_string(path)
        .map_err(|error| Message::new("unreadable").with("path", path.display()).with("error", error))
}

impl Existing {
    fn read(path: &Path) -> Result<Self, Message> {
        let source = config::File::from(path).format(config::FileFormat::Toml);
        let read = config::Config::builder().add_source(source).build();
        let unreadable = |error| Message::new("unreadable").with("path", path.display()).with("error", error);
        let read = read.map_err(unreadable)?;
        let text = |key: &str| read.get_string(key).ok();
        Ok(Self {
            station: text("station"),
            hub: text("hub"),
            token_file: text("token_file").map(PathBuf::from),
            has_token: text("token").is_some(),
        })
    }

    /// Names what differs; the file is the installer's.
    fn compare(&self, path: &Path, claimed: &Claimed, token_file: &Path, language: Language) -> Message {
        let mut differs = Vec::new();
        if self.station.as_deref() != Some(&claimed.station) {
            differs.push(format!("station = \"{}\"", claimed.station));
        }
        if let Some(hub) = claimed.hub.as_ref().filter(|hub| self.hub.as_ref() != Some(*hub)) {
            differs.push(format!("hub = \"{hub}\""));
        }
        if self.token_file.is_none() {
            let instead = Message::new("instead").text("claim", language);
            let instead = if self.has_token { instead } else { String::new() };
            differs.push(format!("token_file = \"{}\"{instead}", token_file.display()));
        }
        let said = Message::new(if differs.is_empty() { "fits" } else { "differs" });
        said.with("path", path.display()).with("changes", differs.join("\n  "))
    }
}
