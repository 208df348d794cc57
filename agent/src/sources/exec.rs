//! A command whose lines are readings: run again and again, or one that stays and is started again when it ends. Its
//! standard error is the agent's.

use super::line::LINE_BYTES_MAX;
use super::source::{Outlet, Source, Work, World, stopped};
use crate::backoff::Backoff;
use crate::config::ExecSource;
use crate::diagnosis::Message;
use crate::dice::Dice;
use crate::outbox::OutboxClosed;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use waystation_protocol::SourceKind;

const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(300);
/// A command that stayed so long had not failed at its start.
const STAYED: Duration = Duration::from_secs(60);

/// A command that is tried says something within this; below `diagnosis::TRIAL_MAX`, so that this is what is told.
const SPEAKS_WITHIN: Duration = Duration::from_secs(12);

/// The source for one command.
pub struct Exec {
    config: ExecSource,
}

/// A command and all that it started; none of them outlives it.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        // An error means that all of them have ended.
        if let Some(Err(error)) = self.0.map(|group| kill_process_group(group, Signal::KILL)) {
            tracing::trace!(%error, "nothing is left of a command");
        }
    }
}

#[derive(Debug, Error)]
enum Broken {
    #[error("{0}")]
    Failed(String),
    #[error(transparent)]
    Closed(#[from] OutboxClosed),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Exec {
    pub fn new(config: ExecSource) -> Self {
        Self { config }
    }

    fn start(&self) -> io::Result<(Child, Group)> {
        let (program, arguments) = self.config.command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
        let child = command.kill_on_drop(true).spawn()?;
        let group = Group(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
        Ok((child, group))
    }

    /// How long the check waits for a line: as long as a run may take, and less than it waits for any source.
    fn trial_max(&self) -> Duration {
        let run_max = self.config.every.map_or(SPEAKS_WITHIN, |_| self.config.timeout);
        run_max.min(SPEAKS_WITHIN)
    }

    fn problem(&self, error: &str) -> Message {
        let program = self.config.command.first().cloned().unwrap_or_default();
        Message::new("exec").with("program", program).with("error", error)
    }
}

impl Source for Exec {
    fn name(&self) -> &str {
        &self.config.name.name
    }

    fn run(self: Box<Self>, world: World) -> Work<'static, ()> {
        Box::pin(async move {
            let outlet = world.outlet(SourceKind::Exec, &self.config.name);
            let mut stop = world.stop;
            tokio::select! {
                // Dropping the child kills it.
                () = stopped(&mut stop) => {}
                () = self.keep_running(&outlet) => {}
            }
        })
    }

    fn try_once(&self) -> Work<'_, Result<Message, Message>> {
        Box::pin(async {
            let (mut child, _group) = self.start().map_err(|error| self.problem(&error.to_string()))?;
            let mut lines = child.stdout.take().map(BufReader::new);
            let mut line = Vec::new();
            if let Some(lines) = &mut lines {
                let mut lines = lines.take(LINE_BYTES_MAX as u64);
                let limit = self.trial_max();
                let read = timeout(limit, lines.read_until(b'\n', &mut line)).await;
                let silent = |_| self.problem(&format!("it printed no line within {} s", limit.as_secs()));
                read.map_err(silent)?.map_err(|error| self.problem(&error.to_string()))?;
            }
            if line.is_empty() {
                return Err(self.problem("it printed nothing"));
            }
            let mut decoded = waystation_protocol::Decoded::default();
            match super::read_line(line.trim_ascii(), &mut decoded) {
                Ok(_) => Ok(Message::new("exec")),
                Err(refusal) => Err(Message::new("reading_refused")
                    .with("error", refusal.error)
                    .with("member", refusal.member.unwrap_or_else(|| refusal.detail.to_owned()))),
            }
        })
    }
}

impl Exec {
    async fn keep_running(&self, outlet: &Outlet) {
        let mut backoff = Backoff::new(Dice::from_system(), RETRY_FIRST, RETRY_MAX);
        let mut due = Instant::now();
        loop {
            sleep_until(due).await;
            let started = Instant::now();
            let outcome = self.once(outlet).await;
            due += self.config.every.unwrap_or_default();
            match outcome {
                Ok(()) if self.config.every.is_some() => {
                    outlet.health.ok();
                    backoff.reset();
                    due = due.max(Instant::now());
                }
                Err(Broken::Closed(_)) => return,
                Err(Broken::Failed(error)) => {
                    outlet.health.failing(&self.problem(&error));
                    if started.elapsed() > STAYED {
                        backoff.reset();
                    }
                    due = due.max(Instant::now() + backoff.next_wait());
                }
                Ok(()) => sleep(backoff.next_wait()).await,
            }
        }
    }

    /// One run to its end; of a command that stays, the end is a failure.
    async fn once(&self, outlet: &Outlet) -> Result<(), Broken> {
        let (mut child, _group) = self.start()?;
        let Some(output) = child.stdout.take() else { return Ok(()) };
        let Some(_) = self.config.every else {
            take_lines(output, outlet).await?;
            return Err(Broken::Failed(format!("it ended ({})", child.wait().await?)));
        };
        let run = async {
            take_lines(output, outlet).await?;
            Ok::<ExitStatus, Broken>(child.wait().await?)
        };
        let limit = self.config.timeout;
        match timeout(limit, run).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(Broken::Failed(format!("it failed ({status})"))),
            Ok(Err(broken)) => Err(broken),
            Err(_) => Err(Broken::Failed(format!("it did not end within {} s", limit.as_secs()))),
        }
    }
}

/// Takes lines until the end; what the last one says counts without a line feed, too.
async fn take_lines(output: impl AsyncRead + Unpin, outlet: &Outlet) -> Result<(), Broken> {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut output).take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut line).await?;
        if read == 0 {
            return Ok(());
        }
        if line.len() > LINE_BYTES_MAX {
            return Err(Broken::Failed(format!("a line is longer than {LINE_BYTES_MAX} bytes")));
        }
        let reading = line.trim_ascii();
        if !reading.is_empty() {
            outlet.health.ok();
            outlet.offer(&[reading.to_vec()]).await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SourceName;
    use crate::texts::Language;

    async fn check(every_s: Option<u64>, timeout_s: u64, waited_s: u64) {
        let source = Exec::new(ExecSource {
            name: SourceName { name: "seats".to_owned(), report_all: true },
            command: ["sleep", "3600"].map(str::to_owned).to_vec(),
            every: every_s.map(Duration::from_secs),
            timeout: Duration::from_secs(timeout_s),
        });
        let problem = source.try_once().await.unwrap_err().text("problem", Language::En);
        assert!(problem.contains(&format!("it printed no line within {waited_s} s")), "{problem}");
        assert!(problem.contains("sleep"), "{problem}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_command_is_tried_as_long_as_it_may_run() {
        check(Some(60), 2, 2).await;
        check(Some(60), 30, 12).await;
        check(None, 2, 12).await;
    }
}
