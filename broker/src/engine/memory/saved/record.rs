//! Records: fields put one after the other, and taken out again with nothing trusted.

use super::Tag;
use super::refusal::Refusal;

/// A record being made; its memory is used again for the next.
#[derive(Debug, Default)]
pub(super) struct Record(Vec<u8>);

impl Record {
    pub(super) fn begin(&mut self, tag: Tag) -> &mut Self {
        self.0.clear();
        self.0.extend_from_slice(&[0; 4]);
        self.0.push(tag as u8);
        self
    }

    pub(super) fn u8(&mut self, value: u8) -> &mut Self {
        self.rest(&[value])
    }

    pub(super) fn u32(&mut self, value: u32) -> &mut Self {
        self.rest(&value.to_le_bytes())
    }

    pub(super) fn u64(&mut self, value: u64) -> &mut Self {
        self.rest(&value.to_le_bytes())
    }

    /// How many there are of something that the wire bounds below this: bytes of a name or value, headers.
    pub(super) fn count(&mut self, count: usize) -> &mut Self {
        self.rest(&u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes())
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.count(text.len()).rest(text.as_bytes())
    }

    pub(super) fn rest(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// The record with its length in front; none if it is too long for that.
    pub(super) fn finish(&mut self) -> Option<&[u8]> {
        let (length, fields) = self.0.split_at_mut_checked(4)?;
        length.copy_from_slice(&u32::try_from(fields.len()).ok()?.to_le_bytes());
        Some(&self.0)
    }
}

/// The fields of a record that are still to be taken.
#[derive(Debug)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (array, rest) =
            self.0.split_first_chunk().ok_or(Refusal::Contradiction("a record is too short"))?;
        self.0 = rest;
        Ok(*array)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Refusal> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Refusal> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Refusal> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn count(&mut self) -> Result<usize, Refusal> {
        self.array().map(u16::from_le_bytes).map(usize::from)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Refusal> {
        let length = self.count()?;
        let (text, rest) =
            self.0.split_at_checked(length).ok_or(Refusal::Contradiction("a record is too short"))?;
        self.0 = rest;
        as_text(text)
    }

    pub(super) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// All fields have been taken.
    pub(super) fn end(&self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Contradiction("a record is too long")) }
    }
}

pub(super) fn as_text(bytes: &[u8]) -> Result<&str, Refusal> {
    std::str::from_utf8(bytes).map_err(|_| Refusal::Contradiction("a text is not UTF-8"))
}
