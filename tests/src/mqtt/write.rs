//! What a client sends.

use super::Version;
use crate::hub::Login;

/// A CONNECT packet in the making.
#[derive(Debug, Clone)]
pub struct Connect {
    pub version: Version,
    pub client_id: String,
    pub user: Option<String>,
    pub password: Option<Vec<u8>>,
    pub clean: bool,
    pub keep_alive_s: u16,
    pub will: Option<Will>,
    /// Properties of 5.0, without their length.
    pub properties: Vec<u8>,
}

#[derive(Debug, Clone)]
pub struct Will {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: u8,
    pub retain: bool,
}

impl Connect {
    pub fn new(version: Version, login: &Login) -> Self {
        Self {
            version,
            client_id: login.name.clone(),
            user: Some(login.name.clone()),
            password: Some(login.token.clone().into_bytes()),
            clean: true,
            keep_alive_s: 0,
            will: None,
            properties: Vec::new(),
        }
    }

    pub fn client_id(mut self, client_id: &str) -> Self {
        self.client_id = client_id.to_owned();
        self
    }

    pub fn user(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.as_bytes().to_vec());
        self
    }

    pub fn keep_alive_s(mut self, seconds: u16) -> Self {
        self.keep_alive_s = seconds;
        self
    }

    /// Does not ask for a clean session. In 5.0 it asks for one that lasts an hour.
    pub fn kept(mut self) -> Self {
        self.clean = false;
        self.properties.extend([0x11, 0, 0, 0x0E, 0x10]);
        self
    }

    pub fn will(mut self, topic: &str, payload: &str) -> Self {
        let (topic, payload) = (topic.to_owned(), payload.as_bytes().to_vec());
        self.will = Some(Will { topic, payload, qos: 1, retain: true });
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let v5 = self.version == Version::V5;
        let mut body = text("MQTT");
        body.push(if v5 { 5 } else { 4 });
        body.push(self.flags());
        body.extend(self.keep_alive_s.to_be_bytes());
        if v5 {
            body.extend(remaining_length(self.properties.len()));
            body.extend(&self.properties);
        }
        body.extend(text(&self.client_id));
        if let Some(will) = &self.will {
            if v5 {
                body.push(0);
            }
            body.extend(text(&will.topic));
            body.extend(binary(&will.payload));
        }
        body.extend(self.user.iter().flat_map(|user| text(user)));
        body.extend(self.password.iter().flat_map(|password| binary(password)));
        packet(0x10, &body)
    }

    fn flags(&self) -> u8 {
        let will = self.will.as_ref();
        u8::from(self.clean) << 1
            | will.map_or(0, |will| 0x04 | will.qos << 3 | u8::from(will.retain) << 5)
            | u8::from(self.password.is_some()) << 6
            | u8::from(self.user.is_some()) << 7
    }
}

pub fn publish(version: Version, topic: &str, payload: &[u8], qos: u8, id: u16) -> Vec<u8> {
    let mut body = text(topic);
    if qos > 0 {
        body.extend(id.to_be_bytes());
    }
    if version == Version::V5 {
        body.push(0);
    }
    body.extend(payload);
    packet(0x30 | qos << 1, &body)
}

pub fn subscribe(version: Version, id: u16, filter: &str, qos: u8) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    if version == Version::V5 {
        body.push(0);
    }
    body.extend(text(filter));
    body.push(qos);
    packet(0x82, &body)
}

pub fn unsubscribe(version: Version, id: u16, filter: &str) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    if version == Version::V5 {
        body.push(0);
    }
    body.extend(text(filter));
    packet(0xA2, &body)
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    bytes.extend(remaining_length(body.len()));
    bytes.extend(body);
    bytes
}

/// A UTF-8 string with its length before it.
pub fn text(text: &str) -> Vec<u8> {
    binary(text.as_bytes())
}

/// Bytes with their length before them.
pub fn binary(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a short text").to_be_bytes();
    [&length, bytes].concat()
}

/// A variable byte integer.
pub fn remaining_length(mut length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(length & 0x7F).expect("seven bits");
        length >>= 7;
        if length == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
