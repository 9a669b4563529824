//! The records of a file, one after the other, none taken to be longer than the file.

use std::io::{self, Read};

use super::Tag;
use super::record::Fields;
use super::refusal::{ReadError, Refusal};

/// The records of a file, one after the other.
pub(super) struct Source<R> {
    reader: R,
    /// Bytes of records that are still to come.
    left: u64,
    /// The form of the file.
    pub(super) format: u32,
    record: Vec<u8>,
}

impl<R: Read> Source<R> {
    /// The records in the next `left` bytes.
    pub(super) fn new(reader: R, left: u64, format: u32) -> Self {
        Self { reader, left, format, record: Vec::new() }
    }

    /// Whether there is anything after the records that were read.
    pub(super) fn has_more(&self) -> bool {
        self.left > 0
    }

    /// The next record. Claims no more memory than the file is long.
    pub(super) fn next(&mut self) -> Result<(Tag, Fields<'_>), ReadError> {
        let mut length = [0; 4];
        self.fill(&mut length)?;
        let length = u32::from_le_bytes(length);
        if u64::from(length) > self.left {
            return Err(Refusal::Contradiction("a record is longer than the file").into());
        }
        let mut record = std::mem::take(&mut self.record);
        record.clear();
        record.resize(usize::try_from(length).map_err(io::Error::other)?, 0);
        self.fill(&mut record)?;
        self.record = record;
        let mut fields = Fields(&self.record);
        let tag = match fields.u8()? {
            1 => Tag::Stream,
            2 => Tag::Topic,
            3 => Tag::Message,
            4 => Tag::Key,
            5 => Tag::End,
            _ => return Err(Refusal::Contradiction("a record has an unknown tag").into()),
        };
        Ok((tag, fields))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ReadError> {
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or(Refusal::Contradiction("it ends within a record"))?;
        Ok(self.reader.read_exact(bytes)?)
    }
}
