//! The `waystation-hub` command.

fn main() -> std::process::ExitCode {
    waystation_hub::commands::main()
}
