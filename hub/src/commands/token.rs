//! `token`: access of people and programs.

use std::io::Write;
use std::process::ExitCode;

use clap::Subcommand;

use super::{ConfigFile, output};
use crate::registry::{Role, TokenName};

/// Give people and programs access
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Roles:
  viewer    reads, over HTTP and MQTT
  operator  a viewer who may also act: acknowledge alerts, send commands
  admin     an operator who may also change stations and tokens
  reader    reads over MQTT only (Home Assistant, Node-RED, scripts)
  service   reads over MQTT and publishes for any station

Over HTTP: Authorization: Bearer TOKEN. Over MQTT: user name = NAME, password = the token.

Examples:
  waystation-hub token add zhang --role operator
  waystation-hub token add node-red --role reader --json
  waystation-hub token remove zhang")]
pub(super) enum Command {
    /// Make a token; it is shown once
    Add {
        /// Whose it is: 1 to 64 characters of A-Z a-z 0-9 . _ @ -
        name: TokenName,
        /// viewer, operator, admin, reader or service
        #[arg(long)]
        role: Role,
        /// Print {"name","role","token"}
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Show whose tokens there are
    List {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Withdraw a token
    Remove {
        name: TokenName,
        #[command(flatten)]
        config: ConfigFile,
    },
}

pub(super) fn run(command: Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match command {
        Command::Add { name, role, json, config } => {
            let token = config.registry()?.add_token(&name, role)?;
            let value = serde_json::json!({ "name": name, "role": role, "token": token.as_str() });
            let explanation = format!("{name} is now {role}. The token, shown only now:");
            output::token(out, &explanation, &token, json.then_some(&value))?;
        }
        Command::List { json, config } => {
            let tokens = config.registry()?.list_tokens()?;
            if json {
                output::json(out, &tokens)?;
            } else {
                for token in &tokens {
                    output::line(out, &format!("{:<10}{}", token.role, token.name))?;
                }
            }
        }
        Command::Remove { name, config } => {
            config.registry()?.remove_token(&name)?;
            output::line(out, &format!("{name} has no access any more."))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
