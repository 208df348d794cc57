//! Commands from the hub. An expired one, or one whose id was seen, is never carried out.

use crate::clock::now_ms;
use std::collections::VecDeque;
use tokio::sync::mpsc;
use waystation_protocol::{Action, Command, CommandResult, Outcome};

/// Ids remembered; commands expire within seconds, so that older ones cannot come again.
const SEEN_MAX: usize = 256;

/// Carries out what it can, and answers everything.
pub struct Orders {
    seen: VecDeque<String>,
    report_now: mpsc::Sender<()>,
}

impl Orders {
    pub fn new(report_now: mpsc::Sender<()>) -> Self {
        Self { seen: VecDeque::new(), report_now }
    }

    /// Handles one command; gives the answer for the `result` channel. A payload that is no command gets none, since
    /// there is no id to answer to.
    pub fn obey(&mut self, payload: &[u8]) -> Option<Vec<u8>> {
        let command = match Command::parse(payload) {
            Ok(command) => command,
            Err(rejected) => {
                tracing::warn!(reason = %rejected.reason, member = rejected.member, "a command was not understood");
                return None;
            }
        };
        let (outcome, detail) = self.judge(&command, now_ms());
        tracing::info!(action = %command.action, %outcome, "command");
        let detail = detail.map(Into::into);
        Some(CommandResult { id: command.id, ts: now_ms(), outcome, detail }.to_json())
    }

    fn judge(&mut self, command: &Command, now_ms: i64) -> (Outcome, Option<&'static str>) {
        if self.seen.iter().any(|seen| *seen == command.id) {
            return (Outcome::Refused, Some("a command with this id came before"));
        }
        if self.seen.len() == SEEN_MAX {
            self.seen.pop_front();
        }
        self.seen.push_back(command.id.to_string());
        if command.expires <= now_ms {
            return (Outcome::Expired, None);
        }
        match command.action {
            Action::ReportNow => match self.report_now.try_send(()) {
                // A full queue holds a request already.
                Ok(()) | Err(mpsc::error::TrySendError::Full(())) => (Outcome::Done, None),
                Err(mpsc::error::TrySendError::Closed(())) => {
                    (Outcome::Failed, Some("the agent is stopping"))
                }
            },
            Action::Unlock | Action::SetIntervals | Action::RestartAgent => {
                (Outcome::Refused, Some("this agent cannot do that yet"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_or_repeated_command_is_never_carried_out() {
        let (report_now, mut requests) = mpsc::channel(1);
        let mut orders = Orders::new(report_now);
        let mut check = |id: &str, action: &str, expires_in_ms: i64, expected: Outcome| {
            let command = format!(
                r#"{{"id":"{id}","action":"{action}","device":"front","expires":{}}}"#,
                now_ms() + expires_in_ms
            );
            let result = CommandResult::parse(&orders.obey(command.as_bytes()).unwrap()).unwrap();
            assert_eq!((result.id.as_str(), result.outcome), (id, expected));
        };
        check("1", "report_now", 30_000, Outcome::Done);
        check("1", "report_now", 30_000, Outcome::Refused);
        check("2", "report_now", -1, Outcome::Expired);
        check("2", "report_now", 30_000, Outcome::Refused);
        check("3", "unlock", 30_000, Outcome::Refused);
        assert!(requests.try_recv().is_ok() && requests.try_recv().is_err());
        assert_eq!(orders.obey(b"{}"), None);
    }
}
