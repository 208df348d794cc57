//! The gateway agent as an installer starts it, and a device that feeds it.

use crate::hub::Login;
use crate::process::{self, Process};
use crate::programs;
use crate::readings::{environment, in_batch};
use crate::toml::Toml;
use crate::wait::until_some;
use serde_json::Value;
use std::fmt::Display;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// An agent that may be running; its outbox outlives its process.
pub struct Agent {
    process: Option<Process>,
    settings: Toml,
    /// Tables that stand in lists.
    tables: String,
    folder: TempDir,
}

impl Agent {
    /// The agent of a station; it takes JSON lines on a socket and on standard input, and sends no readings of its own.
    pub fn prepare(station: &Login, hub: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut settings = Toml::default();
        settings.set_text("", "station", &station.name);
        settings.set_text("", "token", &station.token);
        settings.set_text("", "hub", format_args!("mqtt://{hub}"));
        settings.set_path("", "data_dir", &folder.path().join("outbox"));
        settings.set_path("sources.jsonl", "path", &folder.path().join("readings.sock"));
        settings.set_text("outbox", "segment_bytes", "64KiB");
        settings.set("gateway", "interval_s", 0);
        let agent = Self { process: None, settings, tables: String::new(), folder };
        agent.write();
        agent
    }

    /// Changes a setting for the next start.
    pub fn set(&mut self, section: &str, key: &str, value: impl Display) {
        self.settings.set(section, key, value);
        self.write();
    }

    /// Where the agent keeps what is its own.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("outbox")
    }

    /// Moves the token into a file; gives its place.
    pub fn keep_token_in_file(&mut self, station: &Login) -> PathBuf {
        let path = self.folder.path().join("token");
        std::fs::write(&path, format!("{}\n", station.token)).expect("the token");
        self.settings.unset("", "token");
        self.settings.set_path("", "token_file", &path);
        self.write();
        path
    }

    /// Connects over TLS instead, to a hub whose certificate this authority has signed.
    pub fn use_tls(&mut self, hub: SocketAddr, authority: &Path) {
        self.settings.set_text("", "hub", format_args!("mqtts://{hub}"));
        self.settings.set_path("", "ca", authority);
        self.write();
    }

    /// Adds a table to its configuration for the next start, such as `[[doors]]`.
    pub fn add(&mut self, table: &str) {
        self.tables.push_str(table);
        self.write();
    }

    fn write(&self) {
        self.settings.write(&self.config());
        let text = std::fs::read_to_string(self.config()).expect("the configuration");
        std::fs::write(self.config(), format!("{text}\n{}", self.tables)).expect("the configuration");
    }

    pub fn start(&mut self) {
        let mut command = self.command(&["run"]);
        command.stdin(Stdio::null());
        self.process = Some(Process::start("waystation-agent", &mut command, &self.log_path()));
    }

    /// Starts it with standard input as a source; it ends by itself once that has ended and all is delivered.
    pub fn start_with_input(&mut self) -> &mut Process {
        self.set("sources.stdin", "enabled", true);
        self.set("sources.stdin", "exit_at_end", true);
        let mut command = self.command(&["run"]);
        command.stdin(Stdio::piped());
        self.process.insert(Process::start("waystation-agent", &mut command, &self.log_path()))
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.take().expect("the agent runs").kill();
    }

    /// Panics with its last words if it has ended by itself.
    pub fn assert_running(&mut self) {
        self.process.as_mut().expect("the agent was started").assert_running();
    }

    /// What `outbox --json` prints; works while the agent runs.
    pub fn outbox(&self) -> Value {
        // Its exit code tells of losses, which is for the caller to judge.
        let output = self.command(&["outbox", "--json"]).output().expect("the agent's command runs");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    /// A connection of a device to the running agent.
    pub fn device(&mut self) -> Device {
        let path = self.folder.path().join("readings.sock");
        let process = self.process.as_mut().expect("the agent was started");
        let stream = until_some("the agent takes readings", || {
            process.assert_running();
            UnixStream::connect(&path).ok()
        });
        let answers = BufReader::new(stream.try_clone().expect("a second handle"));
        let mut device = Device { stream, answers };
        device.stream.write_all(b"{\"want_acks\":true}\n").expect("the agent runs");
        device
    }

    /// A command of the agent with this configuration.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = programs::ours("waystation-agent");
        command.args(arguments).arg("--config").arg(self.config());
        command
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("agent.toml")
    }

    /// What it has logged so far, over all its starts.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("agent.log")
    }

    /// `check --json`, good or bad.
    pub fn check_output(&self) -> Output {
        self.command(&["check", "--json"]).output().expect("the agent's command runs")
    }

    /// Runs one of its commands to its end and gives what it printed.
    pub fn run_command(&self, arguments: &[&str]) -> String {
        process::run(&mut self.command(arguments))
    }
}

/// Lines in, acknowledgements out.
pub struct Device {
    stream: UnixStream,
    answers: BufReader<UnixStream>,
}

impl Device {
    /// Sends readings as [`line()`] makes them; false when the agent is gone.
    pub fn send(&mut self, readings: &[(i64, i64)]) -> bool {
        let lines: String = readings.iter().map(|(ts, value)| line(*ts, *value)).collect();
        self.stream.write_all(lines.as_bytes()).is_ok()
    }

    /// Sends a line as it stands; false when the agent is gone.
    pub fn send_line(&mut self, line: &str) -> bool {
        self.stream.write_all(format!("{line}\n").as_bytes()).is_ok()
    }

    /// The number of lines, from the first on, that the agent has on disk; none when it is gone.
    pub fn acknowledged(&mut self) -> Option<u64> {
        let mut answer = String::new();
        match self.answers.read_line(&mut answer) {
            Ok(read) if read > 0 && answer.ends_with('\n') => {
                serde_json::from_str::<Value>(&answer).ok()?.get("ack")?.as_u64()
            }
            _ => None,
        }
    }
}

/// One line of a source.
pub fn line(ts: i64, value: i64) -> String {
    format!("{}\n", in_batch("environment", &environment(ts, value)))
}
