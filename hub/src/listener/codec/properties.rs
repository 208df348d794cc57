//! Properties of MQTT 5.0: those that the hub acts on are kept, the others are checked and passed over.

use super::Malformed;
use super::input::Input;

/// What the hub acts on, of any packet's properties.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Properties {
    pub session_expiry_s: Option<u32>,
    pub receive_maximum: Option<u16>,
    pub packet_bytes_max: Option<u32>,
    pub authentication: bool,
    pub topic_alias: Option<u16>,
    pub subscription_id: bool,
}

/// Reads a property block: its length, then its properties.
pub(super) fn read(input: &mut Input<'_>) -> Result<Properties, Malformed> {
    let len = input.varint()?;
    let mut block = Input(input.take(len)?);
    let mut found = Properties::default();
    let mut seen = 0_u64;
    while !block.is_empty() {
        let id = block.varint()?;
        // User properties (38) and, in a PUBLISH, subscription identifiers (11) may stand more than once.
        let bit = 1_u64.checked_shl(u32::try_from(id).unwrap_or(u32::MAX)).unwrap_or(0);
        if seen & bit != 0 && id != 38 && id != 11 {
            return Err(Malformed("a property twice"));
        }
        seen |= bit;
        one(id, &mut block, &mut found)?;
    }
    Ok(found)
}

fn one(id: usize, block: &mut Input<'_>, found: &mut Properties) -> Result<(), Malformed> {
    match id {
        // One byte: payload format, request problem/response information, maximum QoS, the availabilities.
        1 | 23 | 25 | 36 | 37 | 40 | 41 | 42 => block.u8().map(drop),
        // Four bytes: message expiry, will delay.
        2 | 24 => block.u32().map(drop),
        17 => block.u32().map(|seconds| found.session_expiry_s = Some(seconds)),
        39 => match block.u32()? {
            0 => Err(Malformed("maximum packet size 0")),
            bytes => {
                found.packet_bytes_max = Some(bytes);
                Ok(())
            }
        },
        // Two bytes: server keep-alive, topic alias maximum.
        19 | 34 => block.u16().map(drop),
        33 => match block.u16()? {
            0 => Err(Malformed("receive maximum 0")),
            count => {
                found.receive_maximum = Some(count);
                Ok(())
            }
        },
        35 => block.u16().map(|alias| found.topic_alias = Some(alias)),
        11 => {
            found.subscription_id = true;
            block.varint().map(drop)
        }
        // Text: content type, response topic, assigned client id, response information, server reference, reason.
        3 | 8 | 18 | 26 | 28 | 31 => block.text().map(drop),
        21 => {
            found.authentication = true;
            block.text().map(drop)
        }
        9 | 22 => block.binary().map(drop),
        38 => block.text().and_then(|_| block.text()).map(drop),
        _ => Err(Malformed("an unknown property")),
    }
}
