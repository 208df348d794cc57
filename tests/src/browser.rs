//! Scripts of `console/browser` in a real Chromium, and what they ask of the test that has started them.

use crate::process::Process;
use crate::programs;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// One browser at a time: two would take more memory and processors than a small machine has.
static ONE: Mutex<()> = Mutex::new(());

/// Runs a scenario to its end; panics with what it says unless it succeeds. `stage` is what it is told of the hub. What
/// it asks for, such as `disconnect jb-003`, is done by `act`.
pub fn play(scenario: &str, stage: &Value, mut act: impl FnMut(&str, &str)) {
    let _alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let said = tempfile::NamedTempFile::new().expect("a file");
    let mut command = Command::new(programs::system("node", "nodejs"));
    command.arg("browser/run.mjs").arg(scenario).current_dir(console());
    command.env("STAGE", stage.to_string()).env("CHROMIUM", programs::system("chromium", "chromium"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(said.reopen().expect("the same file"));
    let mut script = Process::start_as_is("the browser's script", &mut command, said.path());
    let mut answers = script.child().stdin.take().expect("it is piped");
    let asked = BufReader::new(script.child().stdout.take().expect("it is piped"));
    // Its own patience bounds this: at its end the output closes.
    for line in asked.lines() {
        let line = line.expect("text");
        let (what, whom) = line.split_once(' ').unwrap_or((&line, ""));
        act(what, whom.trim());
        writeln!(answers, "done").expect("it waits for this");
    }
    let status = script.wait();
    assert!(
        status.success(),
        "{scenario}: {status}\n{}",
        std::fs::read_to_string(said.path()).unwrap_or_default()
    );
}

/// Where screenshots are kept; git ignores it.
pub fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("artefacts/console");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn console() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../console");
    assert!(
        folder.join("node_modules/playwright-core").is_dir(),
        "run `make console` first: it installs playwright-core"
    );
    folder
}
