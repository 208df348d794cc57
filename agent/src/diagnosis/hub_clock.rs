//! This machine's clock beside the hub's.

use super::Message;
use super::explain::at_hub;
use crate::clock::now_ms;
use crate::config::Config;
use crate::connection::{Connection, ConnectionLost, Event};
use std::time::Duration;
use tokio::time::{Instant, timeout};
use waystation_protocol::{Channel, TimeAnswer, TimeQuestion, topic_name};

/// From here on the hub raises its alert about the clock.
const OFFSET_MS_MAX: i64 = 5_000;
/// A broker that is no hub never tells the time.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// Asks the hub for the time. One that does not tell it is no failure.
pub async fn compare(config: &Config, connection: &mut Connection) -> Result<((), Message), Message> {
    let topic = topic_name(&config.station, Channel::Time);
    match timeout(ANSWER_MAX, ask(connection, &topic)).await {
        Ok(Ok(Some(offset_ms))) => judge(offset_ms),
        Ok(Ok(None)) | Err(_) => Ok(((), Message::new("hub_clock_untold"))),
        Ok(Err(error)) => Err(at_hub("publish_failed", config).with("error", error)),
    }
}

/// This clock minus the hub's, ms; `None` if the answer is none of a hub.
async fn ask(connection: &mut Connection, topic: &str) -> Result<Option<i64>, ConnectionLost> {
    connection.subscribe(topic);
    while !matches!(connection.event().await?, Event::Subscribed { .. }) {}
    let asked = Instant::now();
    let question = TimeQuestion { t: now_ms() };
    connection.publish_unacknowledged(topic, question.to_json().into());
    loop {
        if let Event::Message { topic: from, payload, .. } = connection.event().await?
            && from == topic
        {
            let half_way_ms = i64::try_from(asked.elapsed().as_millis() / 2).unwrap_or(0);
            let answer = TimeAnswer::parse(&payload).ok().filter(|answer| answer.t == question.t);
            return Ok(answer.map(|answer| now_ms() - half_way_ms - answer.hub));
        }
    }
}

fn judge(offset_ms: i64) -> Result<((), Message), Message> {
    let message = |name| Message::new(name).with("offset_s", format!("{:.1}", offset_ms as f64 / 1000.0));
    if offset_ms.abs() > OFFSET_MS_MAX { Err(message("clock_off")) } else { Ok(((), message("hub_clock"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_may_be_off_as_far_as_the_hub_allows() {
        for (offset_ms, name) in
            [(0, "hub_clock"), (-5_000, "hub_clock"), (5_001, "clock_off"), (-90_000_000, "clock_off")]
        {
            let (Ok((_, message)) | Err(message)) = judge(offset_ms);
            assert_eq!(message.name, name, "{offset_ms}");
        }
    }
}
