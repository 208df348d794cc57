//! Commands and configurations from the hub, one after the other.
//!
//! Invariants: a command's id is on disk before anything is done about it; an id that was seen, a command that has
//! expired, and one whose age cannot be told for sure when it would open a door, are never carried out; every command
//! that is understood is answered.

mod desk;
mod freshness;
mod seen;
mod settings;
#[cfg(test)]
mod tests;
mod token;
mod unlock;

pub use desk::{Answer, Desk, Order, WAITING_MAX};
pub use freshness::{Freshness, Verdict};

use crate::clock::{Clock, now_ms};
use crate::config::Door;
use crate::intake::Intake;
use crate::remote::Remote;
use crate::tokens::Tokens;
use seen::Seen;
use settings::{Trial, trial_end};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use unlock::{Told, unlock};
use waystation_protocol::{Action, Command, CommandResult, Outcome, TokenOffer};

/// What the hub may take to acknowledge the answer before the agent restarts.
const LAST_WORD_MAX: Duration = Duration::from_secs(3);
/// Room for answers beside those to what waits: nobody takes them while there is no connection, and a trial must end
/// in time none the less.
const ANSWERS_BESIDE: usize = 2;
/// Longest detail that the wire takes, in characters.
const DETAIL_CHARS_MAX: usize = 256;

/// Carries commands out.
pub struct Orders {
    orders: mpsc::Receiver<Order>,
    answers: mpsc::Sender<Answer>,
    acknowledged: watch::Receiver<u64>,
    last_number: u64,
    trial: Option<Trial>,
    freshness: Freshness,
    seen: Arc<Mutex<Seen>>,
    tools: Tools,
}

/// What commands are carried out with.
pub struct Tools {
    pub doors: Vec<Door>,
    pub intake: Intake,
    pub report_now: mpsc::Sender<()>,
    pub remote: Arc<Mutex<Remote>>,
    pub tokens: Tokens,
    /// Whether nobody else can be on the way to the hub.
    pub is_private: bool,
    /// Turned to end the agent, so that systemd starts it again.
    pub restart: watch::Sender<bool>,
}

impl Orders {
    /// The task, and the desk for the publisher; reads the ids that were seen; blocks.
    pub fn open(data_dir: &Path, clock: Clock, tools: Tools) -> (Self, Desk) {
        let (order_sender, orders) = mpsc::channel(WAITING_MAX);
        let (answers, answer_receiver) = mpsc::channel(WAITING_MAX + ANSWERS_BESIDE);
        let (acknowledged_sender, acknowledged) = watch::channel(0);
        let freshness = Freshness::new(clock);
        let seen = Arc::new(Mutex::new(Seen::open(data_dir)));
        let desk = Desk {
            freshness: freshness.clone(),
            orders: order_sender,
            answers: answer_receiver,
            waiting: VecDeque::new(),
            acknowledged: acknowledged_sender,
        };
        (Self { orders, answers, acknowledged, last_number: 0, trial: None, freshness, seen, tools }, desk)
    }

    /// Obeys until `stop` is turned. What is under way then is dropped: a program that opens a door is ended.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = async {
                self.resume_trial().await;
                self.serve().await;
            } => {}
        }
    }

    async fn serve(&mut self) {
        loop {
            let order = tokio::select! {
                order = self.orders.recv() => order,
                end = trial_end(self.trial.as_ref(), self.acknowledged.clone()) => {
                    self.end_trial(end).await;
                    continue;
                }
            };
            let Some(order) = order else { return };
            match order {
                Order::Command(payload) => self.obey(&payload).await,
                Order::Config(payload) if TokenOffer::is_one(&payload) => self.take_token(&payload).await,
                Order::Config(payload) => self.configure(&payload).await,
            }
        }
    }

    /// A payload that is no command gets no answer, since there is no id to answer to.
    async fn obey(&mut self, payload: &[u8]) {
        let command = match Command::parse(payload) {
            Ok(command) => command,
            Err(rejected) => {
                return tracing::warn!(
                    reason = %rejected.reason, member = rejected.member, "a command was not understood"
                );
            }
        };
        let (outcome, detail) = match self.admit(&command).await {
            Ok(()) => self.carry_out(&command).await,
            Err(told) => told,
        };
        tracing::info!(action = %command.action, %outcome, detail, "command");
        let restarts = command.action == Action::RestartAgent && outcome == Outcome::Done;
        self.answer(&command.id, outcome, &detail).await;
        if restarts {
            let number = self.last_number;
            let told = self.acknowledged.wait_for(|last| *last >= number);
            if timeout(LAST_WORD_MAX, told).await.is_err() {
                tracing::info!("restarting before the hub has the answer");
            }
            self.tools.restart.send_replace(true);
        }
    }

    /// Whether a command may be carried out; its id is on disk when it may.
    async fn admit(&self, command: &Command) -> Result<(), Told> {
        let (seen, id) = (self.seen.clone(), command.id.to_string());
        let remembered = spawn_blocking(move || {
            // An id is noted in one step: a panic elsewhere leaves the list whole.
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.contains(&id) { Ok(false) } else { seen.remember(&id).map(|()| true) }
        });
        let refused = |text: String| Err((Outcome::Refused, text));
        match remembered.await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return refused("a command with this id came before".into()),
            Ok(Err(error)) => return refused(format!("its id cannot be kept on disk: {error}")),
            Err(error) => return refused(format!("its id is not on disk: {error}")),
        }
        let verdict = match command.action {
            Action::Unlock => self.freshness.strictly(command.expires),
            _ => self.freshness.leniently(command.expires),
        };
        match verdict {
            Verdict::Fresh => Ok(()),
            Verdict::Expired => Err((Outcome::Expired, "it expired before it came".into())),
            Verdict::TooLong => refused("it would be good for longer than any command is".into()),
            Verdict::Unknown => {
                refused("the time is not known, so that nobody can tell whether it has expired".into())
            }
        }
    }

    async fn carry_out(&self, command: &Command) -> Told {
        let done = (Outcome::Done, String::new());
        let Tools { doors, intake, report_now, remote, .. } = &self.tools;
        match command.action {
            Action::Unlock => match doors.iter().find(|door| command.device.as_ref() == Some(&door.device)) {
                Some(door) => unlock(door, command.expires, &self.freshness, intake.doors()).await,
                None => (Outcome::Refused, "the agent's configuration has no such door".into()),
            },
            Action::ReportNow => {
                intake.report_all();
                match report_now.try_send(()) {
                    // A full queue holds a request already; none listens where the agent reports nothing of itself.
                    Ok(()) | Err(_) => done,
                }
            }
            Action::SetIntervals => {
                let (remote, intervals_s) = (remote.clone(), command.intervals_s.clone());
                let set = spawn_blocking(move || {
                    remote.lock().unwrap_or_else(PoisonError::into_inner).set_intervals(&intervals_s)
                });
                match set.await {
                    Ok(Ok(())) => done,
                    Ok(Err(error)) => (Outcome::Failed, error.to_string()),
                    Err(error) => (Outcome::Failed, error.to_string()),
                }
            }
            Action::RestartAgent => done,
        }
    }

    async fn answer(&mut self, id: &str, outcome: Outcome, detail: &str) {
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let detail: String = detail.chars().take(DETAIL_CHARS_MAX).map(plain).collect();
        let detail = (!detail.is_empty()).then(|| detail.into());
        let ts = self.freshness.clock().now_ms().unwrap_or_else(now_ms);
        let payload = CommandResult { id: id.into(), ts, outcome, detail }.to_json().into();
        self.last_number += 1;
        if self.answers.send(Answer { number: self.last_number, payload }).await.is_err() {
            tracing::debug!("an answer is dropped: the agent is stopping");
        }
    }
}
