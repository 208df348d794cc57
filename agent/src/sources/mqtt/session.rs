//! A connection to a local broker.

use crate::config::Broker;
use crate::connection::{ConnectError, Connection, Credentials, Endpoint, Event, client_config};
use crate::diagnosis::Message;
use std::time::Duration;

const KEEP_ALIVE: Duration = Duration::from_secs(60);
const GOODBYE_MAX: Duration = Duration::from_secs(2);

/// Connects to the session that the broker keeps for this client id, or to a new one.
///
/// # Errors
/// What is wrong and what to do about it.
pub async fn connect(broker: &Broker, client_id: &str, from_scratch: bool) -> Result<Connection, Message> {
    let (endpoint, credentials) = prepare(broker, client_id)?;
    Connection::resume(&endpoint, &credentials, from_scratch).await.map_err(|error| explain(broker, &error))
}

fn prepare(broker: &Broker, client_id: &str) -> Result<(Endpoint, Credentials), Message> {
    let tls = match broker.address.is_tls() {
        true => Some(client_config(broker.ca.as_deref(), None).map_err(|error| {
            Message::new("broker_tls").with("address", &broker.address).with("error", error)
        })?),
        false => None,
    };
    let endpoint = Endpoint { address: broker.address.clone(), tls };
    let credentials = Credentials {
        client_id: client_id.to_owned(),
        username: broker.user.clone().unwrap_or_default(),
        password: broker.password.clone().or_else(|| broker.user.as_ref().map(|_| String::new())),
        keep_alive: KEEP_ALIVE,
        will: None,
    };
    Ok((endpoint, credentials))
}

fn explain(broker: &Broker, error: &ConnectError) -> Message {
    let address = |name| Message::new(name).with("address", &broker.address);
    match error {
        ConnectError::Resolve { host, error } => {
            Message::new("broker_name").with("host", host).with("error", error)
        }
        ConnectError::Tcp(error) => address("broker_tcp").with("error", error),
        ConnectError::Tls(error) => address("broker_tls").with("error", error),
        ConnectError::Refused(_) => address("broker_login"),
        ConnectError::Timeout(limit) => address("broker_silent").with("seconds", limit.as_secs()),
        ConnectError::Address(_) | ConnectError::Lost(_) => address("broker_lost").with("error", error),
    }
}

/// Logs in beside a running agent and goes again.
pub async fn try_once(broker: &Broker, name: &str, devices: usize) -> Result<Message, Message> {
    let (endpoint, credentials) = prepare(broker, &format!("waystation-check-{name}"))?;
    let mut connection =
        Connection::open(&endpoint, &credentials).await.map_err(|error| explain(broker, &error))?;
    // A filter that matches nothing shows whether the broker lets us subscribe at all.
    connection.subscribe("waystation/check");
    let answer = connection.event().await.map_err(|error| explain(broker, &error.into()))?;
    if answer != (Event::Subscribed { granted: true }) {
        return Err(Message::new("broker_list").with("address", &broker.address));
    }
    if let Err(error) = connection.close(GOODBYE_MAX).await {
        tracing::debug!(%error, "no goodbye");
    }
    Ok(Message::new("broker").with("address", &broker.address).with("devices", devices))
}
