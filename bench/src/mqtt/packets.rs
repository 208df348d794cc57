//! Packets of MQTT 3.1.1, sections 3.1 to 3.14 of the standard.

pub const CONNACK_BYTES: usize = 4;
pub const PUBACK_BYTES: usize = 4;
pub const DISCONNECT: [u8; 2] = [0xE0, 0];

/// CONNECT with a clean session.
pub fn connect(client: &str, login: Option<(&str, &str)>, keep_alive_s: u16) -> Vec<u8> {
    let mut body = Vec::with_capacity(128);
    text(&mut body, "MQTT");
    body.push(4);
    body.push(if login.is_some() { 0b1100_0010 } else { 0b0000_0010 });
    body.extend_from_slice(&keep_alive_s.to_be_bytes());
    text(&mut body, client);
    if let Some((user, password)) = login {
        text(&mut body, user);
        text(&mut body, password);
    }
    packet(0x10, &body)
}

/// SUBSCRIBE to one filter at QoS 0.
pub fn subscribe(filter: &str) -> Vec<u8> {
    let mut body = vec![0, 1];
    text(&mut body, filter);
    body.push(0);
    packet(0x82, &body)
}

/// What a CONNACK refuses: its return code, or that it is no CONNACK at all.
pub fn connack_refusal(answer: [u8; CONNACK_BYTES]) -> Option<String> {
    match answer {
        [0x20, 2, _, 0] => None,
        [0x20, 2, _, code] => Some(format!("CONNACK with return code {code}")),
        other => Some(format!("{other:02x?} where a CONNACK was due")),
    }
}

/// Counts the PUBLISH packets that begin in `input`, which continues a stream in the middle of packets:
/// `skip` is how many bytes of the last packet are still to come. Returns the count, the new `skip`, and how
/// many bytes at the end are a header that is not complete.
pub fn publish_packets(input: &[u8], skip: usize) -> (u64, usize, usize) {
    let (mut at, mut count) = (skip, 0);
    while at < input.len() {
        let Some((header_bytes, body_bytes)) = header(&input[at..]) else {
            return (count, 0, input.len() - at);
        };
        count += u64::from(input[at] >> 4 == 3);
        at += header_bytes + body_bytes;
    }
    (count, at - input.len(), 0)
}

/// Bytes of the fixed header and of what follows it; `None` if the header is not complete.
fn header(input: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0usize;
    for (index, byte) in input.iter().skip(1).take(4).enumerate() {
        length |= usize::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((index + 2, length));
        }
    }
    None
}

/// A whole packet: fixed header, remaining length, body.
pub fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    let mut left = body.len();
    loop {
        let more = if left > 127 { 0x80 } else { 0 };
        out.push((left % 128) as u8 | more);
        left /= 128;
        if left == 0 {
            break;
        }
    }
    out.extend_from_slice(body);
    out
}

/// A string with its length in front.
pub fn text(out: &mut Vec<u8>, value: &str) {
    out.extend_from_slice(&(value.len() as u16).to_be_bytes());
    out.extend_from_slice(value.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishes_are_counted_however_the_stream_is_cut() {
        let mut stream = Vec::new();
        for size in [3usize, 200, 70, 20_000] {
            stream.extend(packet(0x30, &vec![b'x'; size]));
            stream.extend([0xD0, 0]);
        }
        for chunk in [1usize, 2, 3, 7, 100, 4096, stream.len()] {
            let (mut count, mut skip, mut carry) = (0, 0, Vec::new());
            for piece in stream.chunks(chunk) {
                carry.extend_from_slice(piece);
                let (more, next_skip, incomplete) = publish_packets(&carry, skip);
                count += more;
                skip = next_skip;
                carry.drain(..carry.len() - incomplete);
            }
            assert_eq!((count, skip, carry.len()), (4, 0, 0), "chunks of {chunk}");
        }
    }
}
