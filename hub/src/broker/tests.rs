mod flow;
mod retained;
mod routing;
mod sessions;
mod shared;

use super::*;
use crate::metrics::Metrics;

/// A running broker. Tests await events; the limit only turns a hang into a failure.
struct Bench {
    broker: Broker,
    threads: Option<BrokerThreads>,
    metrics: Metrics,
}

impl Bench {
    fn start() -> Self {
        Self::with(Options::default())
    }

    fn with(options: Options) -> Self {
        let metrics = Metrics::new();
        let (broker, threads) = Broker::start(options, metrics.clone()).unwrap();
        Self { broker, threads: Some(threads), metrics }
    }

    async fn reader(&self, client_id: &str, filters: &[(&str, u8)]) -> ReaderLink {
        let (mut reader, present) = self.broker.attach(client_id, true).await.unwrap();
        assert!(!present);
        subscribe(&mut reader, filters);
        reader
    }

    fn publish(&self, topic: &str, payload: impl ToString) {
        self.broker.publish(Bytes::copy_from_slice(topic.as_bytes()), payload.to_string().into());
    }

    fn presence(&self, station: &str, payload: &str, fan_out: bool) {
        let station = StationId::try_from(station).unwrap();
        self.broker.set_presence(&station, Bytes::copy_from_slice(payload.as_bytes()), fan_out);
    }

    fn count(&self, result: &str) -> u64 {
        self.metrics.reader_messages.with_label_values(&[result]).get()
    }

    async fn stop(&mut self) {
        let threads = self.threads.take().unwrap();
        tokio::task::spawn_blocking(|| threads.join()).await.unwrap();
    }
}

#[track_caller]
fn request(filter: &str, qos: u8, retained: Retained) -> Request {
    Request { filter: filter.to_owned(), qos, retained }
}

fn subscribe(reader: &mut ReaderLink, filters: &[(&str, u8)]) {
    let requests: Vec<_> =
        filters.iter().map(|(filter, qos)| request(filter, *qos, Retained::Always)).collect();
    let granted = reader.subscribe(&requests);
    assert!(
        granted.iter().zip(filters).all(|(granted, (_, qos))| *granted == Ok((*qos).min(1))),
        "{granted:?}"
    );
}

async fn next(reader: &mut ReaderLink) -> Delivery {
    let delivery = tokio::time::timeout(Duration::from_secs(120), reader.next()).await;
    delivery.expect("a message within two minutes").expect("the link is open")
}

async fn ended(reader: &mut ReaderLink) -> bool {
    let end = async { while reader.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(120), end).await.is_ok()
}

fn text(bytes: &Bytes) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Reads up to the message that says so: everything that was published before it has arrived then.
async fn until(reader: &mut ReaderLink, last: &str) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    loop {
        let delivery = next(reader).await;
        if delivery.qos > 0 {
            reader.ack(delivery.pkid);
        }
        if delivery.payload == last.as_bytes() {
            return deliveries;
        }
        deliveries.push(delivery);
    }
}

const DOOR: &str = "v1/stations/jb-001/door";
