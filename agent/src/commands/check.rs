//! placeholder
use std::process::ExitCode;
#[derive(Debug, clap::Args)]
pub struct Check {}
impl Check {
    pub fn execute(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("not built yet")
    }
}
