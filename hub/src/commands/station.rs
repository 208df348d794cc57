//! `station`: the registry of stations, also while the hub runs.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use waystation_protocol::StationId;

use super::{ConfigFile, claim, configure, output, rotate};
use crate::registry::{Edit, Existing, ImportReport, NewStation, Station, Token, differing};

/// Register stations, also while the hub runs
#[derive(Debug, Subcommand)]
#[command(after_help = "\
A station logs in over MQTT with user name = its id and password = its token.

Examples:
  waystation-hub station add dx-0001 --district 大兴区 --name-zh 清源驿站 --latitude 39.7284 --longitude 116.3394
  waystation-hub station add dx-0002 --json
  waystation-hub station import stations.csv --tokens-out tokens.csv
  waystation-hub station edit dx-0001 --capacity 24 --host-type ''
  waystation-hub station rotate-token dx-0001
  waystation-hub station add dx-0003 --claim
  waystation-hub station configure dx-0001 --interval environment=60 --deadband environment.temperature_c=0.2
  waystation-hub station list --json")]
pub(super) enum Command {
    /// Register one station; its token is shown once
    Add {
        #[command(flatten)]
        station: Box<StationArguments>,
        /// Instead of its token, make a short code for `waystation-agent claim`, good once
        #[arg(long)]
        claim: bool,
        #[command(flatten)]
        expires: claim::Expires,
        /// Print {"station","token"}, or {"station","claim","expires"}
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Make a new claim code for a station; its token stays good until the code is used
    Claim {
        id: StationId,
        #[command(flatten)]
        expires: claim::Expires,
        /// Print {"station","claim","expires"}
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Register many from a CSV file: all of them, or none if there is any mistake
    #[command(after_help = "\
The file is UTF-8 with a first line that names its columns, in any order; only `id` is required:
  id,name_zh,name_en,city,district,street,grid,latitude,longitude,kind,host_type,opening_hours,capacity,time_zone
  dx-0001,清源驿站,Qingyuan,北京市,大兴区,清源街道,,39.7284,116.3394,rest,union,08:00-18:00,20,

Example:
  waystation-hub station import stations.csv --tokens-out tokens.csv")]
    Import {
        /// The CSV file; - for standard input
        file: PathBuf,
        /// Write the tokens to this new file, readable by you only, instead of standard output
        #[arg(long, value_name = "FILE")]
        tokens_out: Option<PathBuf>,
        /// Change stations that are registered already; their tokens stay
        #[arg(long)]
        update: bool,
        /// Print {"added","updated"}
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Change members of a station; what is not named stays, and its token too
    Edit {
        #[command(flatten)]
        station: Box<EditArguments>,
        /// Print the registration as it is then
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Set what a station reports and how often, or show what is set and what became of it
    #[command(after_help = "\
What is named is put over what was set before. The station gets it when it is there.

Examples:
  waystation-hub station configure dx-0001 --interval environment=60 --min-interval 5
  waystation-hub station configure dx-0001
  waystation-hub station configure dx-0001 --reset")]
    Configure {
        id: StationId,
        #[command(flatten)]
        settings: configure::Settings,
        /// Print what is set as JSON, null if nothing ever was
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Show the registered stations
    List {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Forget stations: they can log in no more; their data stays
    Remove {
        #[arg(required = true)]
        ids: Vec<StationId>,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Give a station a new token; the old one is worth nothing from then on
    #[command(after_help = "\
With --online nobody need go there: a running hub sends the token to the station, over TLS only, and the old one
stays good until the station has logged in with the new one.

Examples:
  waystation-hub station rotate-token dx-0001
  waystation-hub station rotate-token dx-0001 --online --wait 60")]
    RotateToken {
        id: StationId,
        #[command(flatten)]
        online: rotate::Online,
        /// Print {"station","token"}, or what became of it
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
}

#[derive(Debug, Args)]
pub(super) struct StationArguments {
    /// 1 to 48 characters of a-z 0-9 -, beginning with a letter or digit
    id: String,
    #[arg(long, default_value = "", hide_default_value = true)]
    name_zh: String,
    #[arg(long, default_value = "", hide_default_value = true)]
    name_en: String,
    #[arg(long, default_value = "", hide_default_value = true)]
    city: String,
    #[arg(long, default_value = "", hide_default_value = true)]
    district: String,
    #[arg(long, default_value = "", hide_default_value = true)]
    street: String,
    #[arg(long, default_value = "", hide_default_value = true)]
    grid: String,
    /// WGS-84 degrees
    #[arg(long, default_value = "", hide_default_value = true, allow_hyphen_values = true)]
    latitude: String,
    /// WGS-84 degrees
    #[arg(long, default_value = "", hide_default_value = true, allow_hyphen_values = true)]
    longitude: String,
    /// rest (暖心驿站), counselling (心灵驿站) or in_factory (工间活动站)
    #[arg(long, default_value = "rest")]
    kind: String,
    /// Who runs the room: union, bank, petrol_station…
    #[arg(long, default_value = "", hide_default_value = true)]
    host_type: String,
    /// Like 08:00-18:00, or 24h
    #[arg(long, default_value = "", hide_default_value = true)]
    opening_hours: String,
    /// People that the room is made for
    #[arg(long, default_value = "", hide_default_value = true)]
    capacity: String,
    /// Like Asia/Urumqi, where it is not that of [calendar]
    #[arg(long, default_value = "", hide_default_value = true)]
    time_zone: String,
}

/// An empty text clears a member.
#[derive(Debug, Args)]
pub(super) struct EditArguments {
    id: StationId,
    #[arg(long)]
    name_zh: Option<String>,
    #[arg(long)]
    name_en: Option<String>,
    #[arg(long)]
    city: Option<String>,
    #[arg(long)]
    district: Option<String>,
    #[arg(long)]
    street: Option<String>,
    #[arg(long)]
    grid: Option<String>,
    /// WGS-84 degrees
    #[arg(long, allow_hyphen_values = true)]
    latitude: Option<String>,
    /// WGS-84 degrees
    #[arg(long, allow_hyphen_values = true)]
    longitude: Option<String>,
    /// rest (暖心驿站), counselling (心灵驿站) or in_factory (工间活动站)
    #[arg(long)]
    kind: Option<String>,
    /// Who runs the room: union, bank, petrol_station…
    #[arg(long)]
    host_type: Option<String>,
    /// Like 08:00-18:00, or 24h
    #[arg(long)]
    opening_hours: Option<String>,
    /// People that the room is made for
    #[arg(long)]
    capacity: Option<String>,
    /// Like Asia/Urumqi, where it is not that of [calendar]
    #[arg(long)]
    time_zone: Option<String>,
}

impl From<EditArguments> for Edit {
    fn from(given: EditArguments) -> Self {
        let mut edit = Edit::default();
        for (column, text) in [
            ("name_zh", given.name_zh),
            ("name_en", given.name_en),
            ("city", given.city),
            ("district", given.district),
            ("street", given.street),
            ("grid", given.grid),
            ("latitude", given.latitude),
            ("longitude", given.longitude),
            ("kind", given.kind),
            ("host_type", given.host_type),
            ("opening_hours", given.opening_hours),
            ("capacity", given.capacity),
            ("time_zone", given.time_zone),
        ] {
            if let Some(text) = text {
                edit.set(column, text);
            }
        }
        edit
    }
}

impl From<StationArguments> for NewStation {
    fn from(given: StationArguments) -> Self {
        NewStation {
            id: given.id,
            name_zh: given.name_zh,
            name_en: given.name_en,
            city: given.city,
            district: given.district,
            street: given.street,
            grid: given.grid,
            latitude: given.latitude,
            longitude: given.longitude,
            kind: given.kind,
            host_type: given.host_type,
            opening_hours: given.opening_hours,
            capacity: given.capacity,
            time_zone: given.time_zone,
        }
    }
}

pub(super) fn run(command: Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match command {
        Command::Add { station, claim, expires, json, config } => {
            let station = NewStation::from(*station);
            let registry = config.registry()?;
            let token = registry.add(&station)?;
            if claim {
                let id = StationId::try_from(station.id.trim())?;
                claim::make(out, &registry, &id, &expires, json)?;
                return Ok(ExitCode::SUCCESS);
            }
            show_token(out, &station.id, "is registered", &token, json)?;
        }
        Command::Claim { id, expires, json, config } => {
            claim::make(out, &config.registry()?, &id, &expires, json)?;
        }
        Command::Import { file, tokens_out, update, json, config } => {
            import(out, &file, tokens_out.as_deref(), update, json, &config)?;
        }
        Command::Edit { station, json, config } => {
            let (id, edit) = (station.id.clone(), Edit::from(*station));
            anyhow::ensure!(!edit.is_empty(), "nothing to change; name a member, such as --capacity 24");
            let (before, after) = config.registry()?.edit(&id, &edit)?;
            if json {
                output::json(out, &after)?
            } else {
                show_changed(out, &id, &differing(&before, &after))?
            }
        }
        Command::Configure { id, settings, json, config } => {
            configure::run(out, &id, settings, json, &config)?;
        }
        Command::List { json, config } => {
            let stations = config.registry()?.list()?;
            if json { output::json(out, &stations)? } else { list(out, &stations)? }
        }
        Command::Remove { ids, config } => {
            let registry = config.registry()?;
            for id in &ids {
                registry.remove(id)?;
                rotate::forget(id, &config);
                output::line(out, &format!("Station {id} is forgotten."))?;
            }
        }
        Command::RotateToken { id, online, json, config } if online.online => {
            return rotate::run(out, &id, &online, json, &config);
        }
        Command::RotateToken { id, json, config, .. } => {
            let token = config.registry()?.rotate_token(&id)?;
            rotate::overtake(&id, &config);
            show_token(out, id.as_str(), "has a new token", &token, json)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show_token(out: &mut impl Write, id: &str, what: &str, token: &Token, json: bool) -> anyhow::Result<()> {
    let value = serde_json::json!({ "station": id.trim(), "token": token.as_str() });
    let explanation = format!("Station {} {what}. Its token, shown only now:", id.trim());
    output::token(out, &explanation, token, json.then_some(&value))
}

fn show_changed(out: &mut impl Write, id: &StationId, changed: &[&str]) -> anyhow::Result<()> {
    match changed {
        [] => output::line(out, &format!("Station {id} is like that already.")),
        _ => output::line(out, &format!("Station {id} has a new {}.", changed.join(", "))),
    }
}

fn list(out: &mut impl Write, stations: &[Station]) -> anyhow::Result<()> {
    let mut out = BufWriter::new(out);
    let mut print = |station: &Station| {
        let district = station.district.as_deref().unwrap_or("-");
        let name = if station.name_zh.is_empty() { &station.name_en } else { &station.name_zh };
        writeln!(out, "{}", format!("{:<24} {district}  {name}", station.id.as_str()).trim_end())
    };
    let printed = stations.iter().try_for_each(&mut print).and_then(|()| out.flush());
    printed.context("cannot write to standard output")
}

fn import(
    out: &mut impl Write,
    file: &Path,
    tokens_out: Option<&Path>,
    update: bool,
    json: bool,
    config: &ConfigFile,
) -> anyhow::Result<()> {
    let csv: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(File::open(file).with_context(|| format!("cannot read {}", file.display()))?)
    };
    let registry = config.registry()?;
    // Opened before anything is registered: a token that has nowhere to go would be lost.
    let tokens = tokens_out.map(TokensFile::create).transpose()?;
    let existing = if update { Existing::Update } else { Existing::Refuse };
    let report = match registry.import(csv, existing) {
        Ok(report) => report,
        Err(error) => {
            if let Some(tokens) = tokens {
                tokens.discard()?;
            }
            return Err(error).with_context(|| file.display().to_string());
        }
    };
    eprintln!("{} stations registered, {} changed.", report.added.len(), report.updated.len());
    let shown_elsewhere = tokens.is_some();
    if let Some(tokens) = tokens {
        tokens.fill(&report)?;
    }
    if json {
        output::json(out, &summary(&report, shown_elsewhere))
    } else if shown_elsewhere {
        Ok(())
    } else {
        write_tokens(&mut *out, &report).context(
            "the stations are registered but their tokens could not be shown; use `station rotate-token`",
        )
    }
}

fn summary(report: &ImportReport, tokens_elsewhere: bool) -> serde_json::Value {
    let added = report.added.iter().map(|(id, token)| match tokens_elsewhere {
        true => serde_json::json!({ "station": id }),
        false => serde_json::json!({ "station": id, "token": token.as_str() }),
    });
    serde_json::json!({ "added": added.collect::<Vec<_>>(), "updated": report.updated })
}

fn write_tokens(out: impl Write, report: &ImportReport) -> std::io::Result<()> {
    let mut out = BufWriter::new(out);
    writeln!(out, "station,token")?;
    for (id, token) in &report.added {
        writeln!(out, "{id},{}", token.as_str())?;
    }
    out.flush()
}

/// A new file for tokens that only its owner can read.
struct TokensFile {
    path: PathBuf,
    file: File,
}

impl TokensFile {
    fn create(path: &Path) -> anyhow::Result<Self> {
        let created = File::options().write(true).create_new(true).mode(0o600).open(path);
        let file = created.with_context(|| format!("cannot create {} for the tokens", path.display()))?;
        Ok(Self { path: path.to_owned(), file })
    }

    fn fill(self, report: &ImportReport) -> anyhow::Result<()> {
        write_tokens(&self.file, report).and_then(|()| self.file.sync_all()).with_context(|| {
            let path = self.path.display();
            format!("the stations are registered but writing their tokens to {path} failed; use `station rotate-token`")
        })
    }

    fn discard(self) -> anyhow::Result<()> {
        std::fs::remove_file(&self.path).with_context(|| format!("cannot remove {}", self.path.display()))
    }
}
