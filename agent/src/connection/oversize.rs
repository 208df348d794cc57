//! A message larger than we take, on its way past: it is left out, and the connection with all that waits in the session
//! goes on.

use super::ConnectionLost;
use bytes::{Buf, BytesMut};

/// PUBLISH, in the upper half of a packet's first byte.
const PUBLISH: u8 = 3;

/// What is left of such a message.
#[derive(Debug, PartialEq, Eq)]
pub struct Oversize {
    pub topic: String,
    /// To be acknowledged, or it comes again for ever.
    pub packet_id: Option<u16>,
    /// Bytes still to come.
    left: usize,
}

/// What stands at the front of the buffer.
#[derive(Debug, PartialEq, Eq)]
pub enum Front {
    /// A packet that the codec can take, or tell what is wrong with.
    Packet,
    /// The beginning of a message that is too large: more of it is needed.
    Beginning,
    /// Such a message, of which the beginning was taken off.
    Oversize(Oversize),
}

/// Looks for a message whose remaining length is above `bytes_max`.
pub fn front(inbound: &mut BytesMut, bytes_max: usize) -> Result<Front, ConnectionLost> {
    let Some(first) = inbound.first().copied().filter(|first| first >> 4 == PUBLISH) else {
        return Ok(Front::Packet);
    };
    let Some((remaining, length_bytes)) = remaining_length(&inbound[1..]) else { return Ok(Front::Packet) };
    if remaining <= bytes_max {
        return Ok(Front::Packet);
    }
    let head = 1 + length_bytes;
    let has_id = (first >> 1) & 3 > 0;
    let Some(topic_bytes) = number(inbound, head) else { return Ok(Front::Beginning) };
    let id_at = head + 2 + usize::from(topic_bytes);
    let Some(packet_id) = (if has_id { number(inbound, id_at).map(Some) } else { Some(None) }) else {
        return Ok(Front::Beginning);
    };
    let taken = id_at + if has_id { 2 } else { 0 };
    if inbound.len() < taken {
        return Ok(Front::Beginning);
    }
    let topic = String::from_utf8_lossy(&inbound[head + 2..id_at]).into_owned();
    // The largest topic is shorter than the least message that is too large.
    let left = (head + remaining).checked_sub(taken).ok_or(ConnectionLost::Protocol("a packet's length"))?;
    inbound.advance(taken);
    Ok(Front::Oversize(Oversize { topic, packet_id, left }))
}

impl Oversize {
    /// Takes what is there of it off the buffer; whether it is all through.
    pub fn pass(&mut self, inbound: &mut BytesMut) -> bool {
        let passed = self.left.min(inbound.len());
        inbound.advance(passed);
        self.left -= passed;
        self.left == 0
    }
}

/// The number in these two bytes, if they are there.
fn number(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map(u16::from_be_bytes)
}

/// A packet's length after its first bytes, and how many bytes it takes to say it; none if it is not all there, or
/// not valid, which the codec tells apart.
fn remaining_length(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (place, byte) in bytes.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((length, place + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use rumqttc::{Publish, QoS};

    const MAX: usize = 300;

    fn publish(qos: QoS, bytes: usize) -> BytesMut {
        let mut publish = Publish::new("a/b", qos, vec![7; bytes]);
        publish.pkid = 513;
        let mut packet = BytesMut::new();
        publish.write(&mut packet).unwrap();
        packet
    }

    /// However it is cut into pieces, it passes, and what follows it stays.
    fn check(qos: QoS, bytes: usize, packet_id: Option<u16>) {
        let packet = publish(qos, bytes);
        for piece in [1, 2, 7, 1000] {
            let mut inbound = BytesMut::new();
            let mut rest = packet.chunks(piece).chain([&b"next"[..]]);
            let mut oversize = loop {
                inbound.extend_from_slice(rest.next().unwrap());
                match front(&mut inbound, MAX).unwrap() {
                    Front::Oversize(found) => break found,
                    Front::Beginning => {}
                    Front::Packet => assert!(inbound.len() < 4, "{} bytes", inbound.len()),
                }
            };
            assert_eq!((oversize.topic.as_str(), oversize.packet_id), ("a/b", packet_id));
            while !oversize.pass(&mut inbound) {
                inbound.extend_from_slice(rest.next().unwrap());
            }
            rest.for_each(|rest| inbound.extend_from_slice(rest));
            assert_eq!(inbound, "next");
        }
    }

    #[test]
    fn a_message_that_is_too_large_passes() {
        check(QoS::AtMostOnce, MAX, None);
        check(QoS::AtLeastOnce, MAX, Some(513));
        check(QoS::AtLeastOnce, 100_000, Some(513));
    }

    #[test]
    fn others_are_the_codecs() {
        for mut inbound in
            [publish(QoS::AtLeastOnce, 50), BytesMut::from(&[0x20, 2, 0, 0][..]), BytesMut::new()]
        {
            assert_eq!(front(&mut inbound, MAX).unwrap(), Front::Packet);
        }
    }
}
