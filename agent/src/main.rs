//! The `waystation-agent` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    waystation_agent::commands::main()
}
