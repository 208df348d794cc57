//! One reader's connection to the broker.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;

use super::Shared;
use super::session::{Delivery, Session};
use super::subscription::{Refused, Request};

/// The highest quality of service that readers are granted.
const QOS_MAX: u8 = 1;

/// A reader cannot be attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AttachError {
    #[error("the reader broker has stopped")]
    Stopped,
    #[error("the earlier connection of this client id has not let go of its session yet")]
    StillConnected,
}

/// Why a link must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkEnd {
    /// Another connection has the client id now.
    TakenOver,
    /// The router ended, and with it every subscription; the client may come back at once.
    RouterLost,
    /// The broker stops.
    Stopped,
}

/// A reader's connection. Dropping it ends its subscriptions, or leaves its session behind if it asked for that.
pub struct ReaderLink {
    shared: Arc<Shared>,
    client_id: String,
    /// 0: the session ends with the link.
    session_expiry: Duration,
    /// `None` only while it is dropped.
    session: Option<Box<Session>>,
    end: watch::Receiver<Option<LinkEnd>>,
}

impl ReaderLink {
    pub(super) async fn attach(
        shared: Arc<Shared>,
        client_id: &str,
        clean_session: bool,
    ) -> Result<(Self, bool), AttachError> {
        let (kept, end) = shared.sessions.enter(client_id, shared.options.take_over_timeout).await?;
        let kept = kept.filter(|_| !clean_session);
        let present = kept.is_some();
        let mut session = kept.unwrap_or_else(|| Box::new(Session::new(&shared)));
        session.resume();
        shared.readers.inc();
        let client_id = client_id.to_owned();
        let session_expiry = if clean_session { Duration::ZERO } else { shared.options.session_expiry_max };
        Ok((Self { shared, client_id, session_expiry, session: Some(session), end }, present))
    }

    /// How long the session is kept after the link is dropped (MQTT 5.0: the Session Expiry Interval); 0: not at all.
    /// Unless the client says so, a session that did not begin clean is kept for the longest time.
    pub fn set_session_expiry(&mut self, expiry: Duration) {
        self.session_expiry = expiry.min(self.shared.options.session_expiry_max);
    }

    /// Why `next` returned `None`.
    #[must_use]
    pub fn ended(&self) -> Option<LinkEnd> {
        *self.end.borrow()
    }

    /// How many QoS 1 messages may wait for their acknowledgement (MQTT 5.0: the client's Receive Maximum).
    pub fn set_inflight_max(&mut self, inflight_max: u16) {
        if let Some(session) = &mut self.session {
            session.set_inflight_max(inflight_max);
        }
    }

    /// Subscribes, in order; for each filter the QoS that was granted (at most 1). What is published after this
    /// returned reaches the reader, and so does the retained presence of every station that a filter selects,
    /// except for `$share` ones and as far as the request wants it.
    pub fn subscribe(&mut self, requests: &[Request]) -> Vec<Result<u8, Refused>> {
        requests.iter().map(|request| self.subscribe_to(request)).collect()
    }

    fn subscribe_to(&mut self, request: &Request) -> Result<u8, Refused> {
        let Shared { subscriptions, options, .. } = &*self.shared;
        let granted = Request { qos: request.qos.min(QOS_MAX), ..request.clone() };
        if let Some(session) = &mut self.session {
            session.subscribe(&granted, subscriptions, options.reader_subscriptions_max)?;
        }
        Ok(granted.qos)
    }

    /// Ends subscriptions; for each filter whether there was one. What is queued already may still come.
    pub fn unsubscribe(&mut self, filters: &[String]) -> Vec<bool> {
        let Some(session) = &mut self.session else { return vec![false; filters.len()] };
        filters.iter().map(|filter| session.unsubscribe(filter)).collect()
    }

    /// The client has acknowledged a QoS 1 message. Any order will do.
    pub fn ack(&mut self, pkid: u16) {
        if let Some(session) = &mut self.session {
            session.ack(pkid);
        }
    }

    /// The next message for the client; `None` when the connection must end, see [`Self::ended`]. Waits while as many messages are unacknowledged
    /// as the client takes. Cancel-safe.
    pub async fn next(&mut self) -> Option<Delivery> {
        let session = self.session.as_mut()?;
        tokio::select! {
            biased;
            // An error means that the broker is gone.
            _ = self.end.wait_for(Option::is_some) => None,
            delivery = session.next(&self.shared.presence) => {
                self.shared.counts.sent.inc();
                Some(delivery)
            }
        }
    }
}

impl Drop for ReaderLink {
    fn drop(&mut self) {
        let session = self.session.take();
        // One that is not kept ends here, before its client id is free.
        let kept =
            session.filter(|_| !self.session_expiry.is_zero()).map(|session| (session, self.session_expiry));
        self.shared.readers.dec();
        self.shared.sessions.leave(&self.client_id, kept, self.shared.options.sessions_max);
    }
}
