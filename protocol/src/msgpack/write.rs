//! Writing MessagePack: values in their shortest form, and maps of optional fields.

use rmp::Marker;

use crate::codes::{ErrorCode, GapReason};
use crate::frame::MaxRate;
use crate::headers::Headers;
use crate::msgpack::layout::PLACE_LEN;
use crate::pattern::Pattern;
use crate::payload::JsonText;
use crate::position::{Epoch, Position, StreamName};
use crate::topic::Topic;

/// What can be written as MessagePack.
pub(super) trait Pack {
    fn pack(&self, out: &mut Vec<u8>);
}

/// The map of optional fields at the end of a frame, while it is being written.
pub(super) struct Options<'o> {
    out: &'o mut Vec<u8>,
    /// Where the map's header stands; its low bits count the fields. No frame has more than 15.
    header: usize,
}

impl<'o> Options<'o> {
    /// Begins an empty map; it is valid after each field.
    pub(super) fn begin(out: &'o mut Vec<u8>) -> Self {
        let header = out.len();
        out.push(Marker::FixMap(0).to_u8());
        Self { out, header }
    }

    /// Writes a field.
    pub(super) fn put(&mut self, key: u64, value: &(impl Pack + ?Sized)) {
        value.pack(self.field(key));
    }

    /// Writes a field if there is a value for it.
    pub(super) fn put_some(&mut self, key: u64, value: Option<&(impl Pack + ?Sized)>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    /// Writes the key of a field; its value must follow.
    pub(super) fn field(&mut self, key: u64) -> &mut Vec<u8> {
        self.out[self.header] += 1;
        key.pack(self.out);
        self.out
    }
}

/// Writes the header of an array.
pub(super) fn array(len: usize, out: &mut Vec<u8>) {
    match len {
        0..=15 => out.push(Marker::FixArray(low_byte(len)).to_u8()),
        _ => long(len, Marker::Array16, Marker::Array32, out),
    }
}

/// Writes the header of a map.
fn map(len: usize, out: &mut Vec<u8>) {
    match len {
        0..=15 => out.push(Marker::FixMap(low_byte(len)).to_u8()),
        _ => long(len, Marker::Map16, Marker::Map32, out),
    }
}

/// Writes bytes, and says where they begin in `out`.
pub(super) fn bin(bytes: &[u8], out: &mut Vec<u8>) -> usize {
    match bytes.len() {
        0..=255 => out.extend_from_slice(&[Marker::Bin8.to_u8(), low_byte(bytes.len())]),
        len => long(len, Marker::Bin16, Marker::Bin32, out),
    }
    let begin = out.len();
    out.extend_from_slice(bytes);
    begin
}

/// Writes a list; `write` writes each element.
pub(super) fn list<T>(elements: &[T], out: &mut Vec<u8>, mut write: impl FnMut(&T, &mut Vec<u8>)) {
    array(elements.len(), out);
    for element in elements {
        write(element, out);
    }
}

/// Writes a length of 16 or 32 bits after its marker. Frames are far shorter than 4 GiB.
fn long(len: usize, of_16_bits: Marker, of_32_bits: Marker, out: &mut Vec<u8>) {
    if let Ok(len) = u16::try_from(len) {
        out.push(of_16_bits.to_u8());
        out.extend_from_slice(&len.to_be_bytes());
    } else {
        out.push(of_32_bits.to_u8());
        out.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
    }
}

/// The low byte of a length that is known to fit.
fn low_byte(len: usize) -> u8 {
    len.to_le_bytes()[0]
}

impl Pack for u64 {
    fn pack(&self, out: &mut Vec<u8>) {
        let bytes = self.to_be_bytes();
        match *self {
            0..=0x7f => out.push(bytes[7]),
            0x80..=0xff => marked::<1>(Marker::U8, bytes, out),
            0x100..=0xffff => marked::<2>(Marker::U16, bytes, out),
            0x1_0000..=0xffff_ffff => marked::<4>(Marker::U32, bytes, out),
            _ => marked::<8>(Marker::U64, bytes, out),
        }
    }
}

/// Writes the last bytes of a number after its marker. How many is known to the compiler: else the copy would be a call.
fn marked<const USED: usize>(marker: Marker, bytes: [u8; 8], out: &mut Vec<u8>) {
    out.push(marker.to_u8());
    if let Some(used) = bytes.last_chunk::<USED>() {
        out.extend_from_slice(used);
    }
}

impl Pack for u32 {
    fn pack(&self, out: &mut Vec<u8>) {
        u64::from(*self).pack(out);
    }
}

impl Pack for u8 {
    fn pack(&self, out: &mut Vec<u8>) {
        u64::from(*self).pack(out);
    }
}

impl Pack for bool {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(if *self { Marker::True } else { Marker::False }.to_u8());
    }
}

impl Pack for str {
    fn pack(&self, out: &mut Vec<u8>) {
        match self.len() {
            len @ 0..=31 => out.push(Marker::FixStr(low_byte(len)).to_u8()),
            len @ 32..=255 => out.extend_from_slice(&[Marker::Str8.to_u8(), low_byte(len)]),
            len => long(len, Marker::Str16, Marker::Str32, out),
        }
        out.extend_from_slice(self.as_bytes());
    }
}

/// Writes names and words as strings.
macro_rules! pack_by_text {
    ($($type:ty),*) => {
        $(impl Pack for $type {
            fn pack(&self, out: &mut Vec<u8>) {
                self.as_str().pack(out);
            }
        })*
    };
}

pack_by_text!(Topic, Pattern, StreamName, Epoch, ErrorCode, GapReason);

impl Pack for MaxRate {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(Marker::F64.to_u8());
        out.extend_from_slice(&self.per_second().to_be_bytes());
    }
}

impl Pack for JsonText<'_> {
    fn pack(&self, out: &mut Vec<u8>) {
        bin(self.as_str().as_bytes(), out);
    }
}

impl Pack for Position {
    fn pack(&self, out: &mut Vec<u8>) {
        map(self.0.len(), out);
        for (stream, place) in &self.0 {
            stream.pack(out);
            array(PLACE_LEN, out);
            place.epoch.pack(out);
            place.seq.pack(out);
        }
    }
}

impl Pack for Headers {
    fn pack(&self, out: &mut Vec<u8>) {
        map(self.iter().len(), out);
        for (name, value) in self.iter() {
            name.pack(out);
            value.pack(out);
        }
    }
}

/// Writes an absent value in a place that can't be left out.
pub(super) fn nil(out: &mut Vec<u8>) {
    out.push(Marker::Null.to_u8());
}
