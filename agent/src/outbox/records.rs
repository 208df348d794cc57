//! Readings on their way to disk, one behind the other in one buffer.

/// A group of records.
#[derive(Debug, Default)]
pub struct Records {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    is_urgent: bool,
}

impl Records {
    /// Adds the record that `write` appends to the buffer.
    pub fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    /// They are wanted on disk and at the hub soon.
    pub fn hurry(&mut self) {
        self.is_urgent = true;
    }

    pub fn is_urgent(&self) -> bool {
        self.is_urgent
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many records.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// How many bytes they take.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }
}
