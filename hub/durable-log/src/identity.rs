//! Who the log is, and the secret that its frames are sealed with.
//!
//! `log.id` holds one line: `ID SALT CRC` in hex (32, 16 and 8 digits). Every segment header repeats id and salt, so
//! that a lost `log.id` can be made again. The salt goes into each frame's checksum and hides its sequence number, so
//! that bytes of a record, which may come from anybody, can never pass for a frame when a reader searches behind
//! damage. It never leaves the disk.

use std::fmt::Write;
use std::io;

use crate::frame::FrameKey;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub id: [u8; 16],
    pub salt: u64,
}

impl Identity {
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0; 24];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        let (id, salt) = bytes.split_at(16);
        let mut identity = Self { id: [0; 16], salt: 0 };
        identity.id.copy_from_slice(id);
        identity.salt = salt.iter().fold(0, |salt, &byte| salt << 8 | u64::from(byte));
        Ok(identity)
    }

    pub fn id_hex(&self) -> String {
        hex(&self.id)
    }

    pub fn frame_key(&self) -> FrameKey {
        FrameKey::new(self.salt)
    }

    pub fn to_line(&self) -> String {
        format!("{} {:016x}", self.id_hex(), self.salt)
    }

    pub fn from_line(line: &str) -> Option<Self> {
        let (id, salt) = line.trim_end().split_once(' ')?;
        let id = if id.len() == 32 { u128::from_str_radix(id, 16).ok()? } else { return None };
        Some(Self { id: id.to_be_bytes(), salt: u64::from_str_radix(salt, 16).ok()? })
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}
