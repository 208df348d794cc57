//! A door contact as a file: lines or bytes of a FIFO or character device, or the content of a regular file such as a
//! GPIO's `value`. A state counts once it has lasted for the debounce time.

use super::mapping::{Contacts, Draft};
use super::serial::{Port, open_device};
use super::source::{Outlet, Source, Work, World, stopped};
use crate::backoff::Backoff;
use crate::config::LineSource;
use crate::diagnosis::Message;
use crate::dice::Dice;
use crate::outbox::OutboxClosed;
use serde_json::Value;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::time::Duration;
use thiserror::Error;
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, sleep, sleep_until};
use waystation_protocol::SourceKind;

const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(60);
/// A longer line is no state.
const LINE_BYTES_MAX: usize = 256;

/// The source for one file.
pub struct ContactLine {
    config: LineSource,
}

#[derive(Debug, Error)]
enum Broken {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Closed(#[from] OutboxClosed),
}

impl ContactLine {
    pub fn new(config: LineSource) -> Self {
        Self { config }
    }

    fn problem(&self, error: &io::Error) -> Message {
        Message::new("line_file").with("path", self.config.path.display()).with("error", error)
    }
}

impl Source for ContactLine {
    fn name(&self) -> &str {
        &self.config.name.name
    }

    fn run(self: Box<Self>, world: World) -> Work<'static, ()> {
        Box::pin(async move {
            let outlet = world.outlet(SourceKind::Line, &self.config.name);
            let mut stop = world.stop;
            tokio::select! {
                () = stopped(&mut stop) => {}
                () = self.watch(outlet) => {}
            }
        })
    }

    fn try_once(&self) -> Work<'_, Result<Message, Message>> {
        Box::pin(async {
            match Input::open(&self.config).await {
                Ok(_) => Ok(Message::new("source_ready")),
                Err(error) => Err(self.problem(&error)),
            }
        })
    }
}

impl ContactLine {
    async fn watch(&self, outlet: Outlet) {
        let mut backoff = Backoff::new(Dice::from_system(), RETRY_FIRST, RETRY_MAX);
        let mut states = States {
            config: &self.config,
            outlet: &outlet,
            contacts: Contacts::default(),
            pending: None,
            current: None,
            say_at: Instant::now(),
        };
        loop {
            match states.follow(&mut backoff).await {
                Broken::Io(error) => outlet.health.failing(&self.problem(&error)),
                Broken::Closed(_) => return,
            }
            sleep(backoff.next_wait()).await;
        }
    }
}

/// Where states come from.
enum Input {
    Stream(Port, Vec<u8>),
    File,
}

impl Input {
    async fn open(config: &LineSource) -> io::Result<Self> {
        let kind = tokio::fs::metadata(&config.path).await?.file_type();
        if kind.is_fifo() || kind.is_char_device() {
            return Ok(Self::Stream(open_device(&config.path)?, Vec::new()));
        }
        tokio::fs::read(&config.path).await?;
        Ok(Self::File)
    }

    /// The next words that the file says. Cancel-safe.
    async fn next(&mut self, config: &LineSource) -> io::Result<Vec<String>> {
        match self {
            Self::Stream(port, buffer) => {
                if port.read_buf(buffer).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(words(buffer, config.by_byte))
            }
            Self::File => {
                sleep(config.poll).await;
                let mut text = tokio::fs::read(&config.path).await?;
                text.truncate(LINE_BYTES_MAX);
                text.push(b'\n');
                Ok(words(&mut text, config.by_byte).pop().into_iter().collect())
            }
        }
    }
}

/// Takes the complete words out of the buffer.
fn words(buffer: &mut Vec<u8>, by_byte: bool) -> Vec<String> {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    if by_byte {
        let bytes = std::mem::take(buffer);
        return bytes
            .iter()
            .filter(|byte| !byte.is_ascii_whitespace())
            .map(|byte| char::from(*byte).to_string())
            .collect();
    }
    let Some(end) = buffer.iter().rposition(is_end) else {
        if buffer.len() > LINE_BYTES_MAX {
            buffer.clear();
        }
        return Vec::new();
    };
    let lines: Vec<u8> = buffer.drain(..=end).collect();
    let lines = lines.split(is_end).map(|line| String::from_utf8_lossy(line).trim().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

struct States<'a> {
    config: &'a LineSource,
    outlet: &'a Outlet,
    contacts: Contacts,
    /// A state that has to last until then.
    pending: Option<(Value, Instant)>,
    current: Option<Value>,
    /// When the state is said again.
    say_at: Instant,
}

impl States<'_> {
    async fn follow(&mut self, backoff: &mut Backoff) -> Broken {
        match self.try_follow(backoff).await {
            Ok(never) => match never {},
            Err(broken) => broken,
        }
    }

    async fn try_follow(&mut self, backoff: &mut Backoff) -> Result<std::convert::Infallible, Broken> {
        let mut input = Input::open(self.config).await?;
        self.outlet.health.ok();
        loop {
            let settled = self.pending.as_ref().map(|(_, at)| *at);
            tokio::select! {
                words = input.next(self.config) => {
                    backoff.reset();
                    words?.iter().for_each(|word| self.hear(word));
                }
                () = sleep_until(settled.unwrap_or_else(Instant::now)), if settled.is_some() => {
                    self.current = self.pending.take().map(|(state, _)| state);
                    self.say().await?;
                }
                () = sleep_until(self.say_at), if self.current.is_some() => self.say().await?,
            }
        }
    }

    fn hear(&mut self, word: &str) {
        match self.config.conversion.apply(&Value::from(word)) {
            Ok(Some(state)) if self.current.as_ref() == Some(&state) => self.pending = None,
            Ok(Some(state)) => {
                if self.pending.as_ref().is_none_or(|(pending, _)| *pending != state) {
                    self.pending = Some((state, Instant::now() + self.config.debounce));
                }
            }
            Ok(None) => {}
            Err(_) => {
                self.outlet.health.note(&Message::new("value_unknown").with("member", self.config.member));
            }
        }
    }

    async fn say(&mut self) -> Result<(), OutboxClosed> {
        let Some(state) = self.current.clone() else { return Ok(()) };
        let mut draft = Draft::new(self.config.kind, &self.config.device);
        draft.members.insert(self.config.member.to_owned(), state);
        self.contacts.note(&mut draft, false);
        self.say_at = Instant::now() + self.config.every;
        self.outlet.offer(&[draft.to_json()]).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], by_byte: bool, expected: &[&str], left: &[u8]) {
        let mut buffer = text.to_vec();
        assert_eq!(words(&mut buffer, by_byte), expected);
        assert_eq!(buffer, left);
    }

    #[test]
    fn lines_and_bytes() {
        check(b"1\n0\r\n\n op", false, &["1", "0"], b" op");
        check(b"open", false, &[], b"open");
        check(b"10 \n1", true, &["1", "0", "1"], b"");
        check(&[b'x'; 300], false, &[], b"");
    }
}
