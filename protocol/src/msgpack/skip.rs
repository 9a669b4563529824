//! Skipping values that nobody here knows: fields of a later version.

use rmp::Marker;

use crate::fault::Fault;
use crate::msgpack::reader::{Reader, wrong};
use crate::read::Name;

impl Reader<'_> {
    /// Skips a value of any type, however deep: the values still to skip are counted, not stacked.
    pub(super) fn skip(&mut self, field: Name) -> Result<(), Fault> {
        let mut left: u64 = 1;
        while left > 0 {
            left = (left - 1).saturating_add(self.skip_one(field)?);
        }
        Ok(())
    }

    /// Skips a value without what is in it; gives the number of values in it.
    fn skip_one(&mut self, field: Name) -> Result<u64, Fault> {
        let marker = self.marker(field)?;
        let (bytes, inside) = match marker {
            Marker::FixArray(len) => (0, u64::from(len)),
            Marker::Array16 => (0, self.big_endian::<2>(field)?),
            Marker::Array32 => (0, self.big_endian::<4>(field)?),
            Marker::FixMap(len) => (0, 2 * u64::from(len)),
            Marker::Map16 => (0, 2 * self.big_endian::<2>(field)?),
            Marker::Map32 => (0, 2 * self.big_endian::<4>(field)?),
            Marker::Bin8 | Marker::Str8 => (self.length::<1>(field)?, 0),
            Marker::Bin16 | Marker::Str16 => (self.length::<2>(field)?, 0),
            Marker::Bin32 | Marker::Str32 => (self.length::<4>(field)?, 0),
            Marker::Ext8 => (self.length::<1>(field)?.saturating_add(1), 0),
            Marker::Ext16 => (self.length::<2>(field)?.saturating_add(1), 0),
            Marker::Ext32 => (self.length::<4>(field)?.saturating_add(1), 0),
            other => (fixed_len(other).ok_or_else(|| wrong(field, "MessagePack", other))?, 0),
        };
        self.take(bytes, field)?;
        Ok(inside)
    }
}

/// Bytes that follow the marker of a value without a length.
fn fixed_len(marker: Marker) -> Option<usize> {
    Some(match marker {
        Marker::FixPos(_) | Marker::FixNeg(_) | Marker::Null | Marker::True | Marker::False => 0,
        Marker::FixStr(len) => len.into(),
        Marker::U8 | Marker::I8 => 1,
        Marker::U16 | Marker::I16 | Marker::FixExt1 => 2,
        Marker::FixExt2 => 3,
        Marker::U32 | Marker::I32 | Marker::F32 => 4,
        Marker::FixExt4 => 5,
        Marker::U64 | Marker::I64 | Marker::F64 => 8,
        Marker::FixExt8 => 9,
        Marker::FixExt16 => 17,
        _ => return None,
    })
}
