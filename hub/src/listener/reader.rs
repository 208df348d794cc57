//! The reader's half of a session: its link to the broker and what it has not acknowledged.

use super::codec::{self, Connect, Flags, Qos, Version};
use super::shard::Shard;
use crate::broker::{Delivery, ReaderLink, Request};
use std::io;
use std::time::Duration;

pub(super) struct ReaderSide {
    pub(super) link: ReaderLink,
    pub(super) session_present: bool,
    packet_bytes_max: usize,
}

impl ReaderSide {
    /// Attaches the reader to the broker.
    pub(super) async fn attach(
        shard: &Shard,
        client_id: &str,
        clean: bool,
        connect: &Connect<'_>,
    ) -> io::Result<Self> {
        let (mut link, session_present) =
            shard.shared.broker.attach(client_id, clean).await.map_err(io::Error::other)?;
        link.set_inflight_max(connect.receive_maximum);
        if connect.version == Version::V5 {
            link.set_session_expiry(Duration::from_secs(connect.session_expiry_s.into()));
        }
        Ok(Self {
            link,
            session_present,
            packet_bytes_max: connect.packet_bytes_max.map_or(usize::MAX, |bytes| bytes as usize),
        })
    }

    /// Appends a message for the client. One that is larger than the client takes is dropped [MQTT-3.1.2-25].
    pub(super) fn write(&mut self, version: Version, delivery: Delivery, out: &mut Vec<u8>) {
        let Delivery { topic, payload, qos, retain, dup, pkid } = delivery;
        if topic.len() + payload.len() + 16 > self.packet_bytes_max {
            if qos > 0 {
                self.link.ack(pkid);
            }
            return;
        }
        let qos = if qos == 0 { Qos::AtMostOnce } else { Qos::AtLeastOnce };
        let flags = Flags { qos, retain, dup };
        codec::publish(version, &topic, &payload, flags, pkid, out);
    }

    pub(super) fn acknowledged(&mut self, packet_id: u16) {
        self.link.ack(packet_id);
    }

    /// Subscribes; the codes of SUBACK, the granted QoS or `None` if the broker did not take the filter.
    pub(super) fn subscribe(&mut self, requests: &[Request]) -> Vec<Option<u8>> {
        let granted = self.link.subscribe(requests);
        let zipped = requests.iter().map(|request| &request.filter).zip(granted);
        zipped
            .map(|(filter, granted)| match granted {
                Ok(qos) => Some(qos),
                Err(error) => {
                    tracing::info!(%error, filter, "subscription refused");
                    None
                }
            })
            .collect()
    }

    /// Unsubscribes; whether each filter was subscribed to.
    pub(super) fn unsubscribe(&mut self, filters: &[&str]) -> Vec<bool> {
        let filters: Vec<String> = filters.iter().map(|filter| (*filter).to_owned()).collect();
        self.link.unsubscribe(&filters)
    }
}
