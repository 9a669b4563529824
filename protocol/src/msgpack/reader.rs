//! Reading MessagePack: one value after the other, borrowed where it can be, with nothing allocated for a length
//! that the frame only claims.

use std::borrow::Cow;
use std::fmt::Display;

use rmp::Marker;

use crate::fault::Fault;
use crate::read::{Name, Source, Whole};

/// The part of a frame that is not read yet.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(frame: &'a [u8]) -> Self {
        Self { rest: frame }
    }

    /// Checks that nothing follows.
    pub(super) fn end(self) -> Result<(), Fault> {
        match self.rest.len() {
            0 => Ok(()),
            more => Err(Fault::invalid(format!(
                "the frame is followed by more ({more} bytes); send one per message"
            ))),
        }
    }

    /// The number of elements of an array.
    pub(super) fn array(&mut self, field: Name) -> Result<usize, Fault> {
        match self.marker(field)? {
            Marker::FixArray(len) => Ok(len.into()),
            Marker::Array16 => self.length::<2>(field),
            Marker::Array32 => self.length::<4>(field),
            other => Err(wrong(field, "an array", other)),
        }
    }

    /// The number of entries of a map.
    pub(super) fn map(&mut self, field: Name) -> Result<usize, Fault> {
        match self.marker(field)? {
            Marker::FixMap(len) => Ok(len.into()),
            Marker::Map16 => self.length::<2>(field),
            Marker::Map32 => self.length::<4>(field),
            other => Err(wrong(field, "a map", other)),
        }
    }

    /// The bytes of a `bin`, or of a `str` where `or_text`.
    pub(super) fn bytes(&mut self, field: Name, or_text: bool) -> Result<&'a [u8], Fault> {
        let marker = self.marker(field)?;
        let len = match marker {
            Marker::Bin8 => self.length::<1>(field)?,
            Marker::Bin16 => self.length::<2>(field)?,
            Marker::Bin32 => self.length::<4>(field)?,
            other if or_text => self.text_len(field, other, "bytes (bin)")?,
            other => return Err(wrong(field, "bytes (bin)", other)),
        };
        self.take(len, field)
    }

    /// Takes a nil, if one comes next.
    pub(super) fn nil(&mut self) -> bool {
        let nil = self.rest.first() == Some(&Marker::Null.to_u8());
        if nil {
            self.rest = &self.rest[1..];
        }
        nil
    }

    /// Reads a value unless it is nil, which counts as absent.
    pub(super) fn optional<'r, T>(
        &'r mut self,
        field: Name,
        read: impl FnOnce(Name, &'r mut Self) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        if self.nil() { Ok(None) } else { read(field, self).map(Some) }
    }

    /// What kind of value comes next.
    pub(super) fn peek(&self) -> Option<Marker> {
        self.rest.first().map(|byte| Marker::from_u8(*byte))
    }

    pub(super) fn marker(&mut self, field: Name) -> Result<Marker, Fault> {
        let (first, rest) = self.rest.split_first().ok_or_else(|| ends_in(field))?;
        self.rest = rest;
        Ok(Marker::from_u8(*first))
    }

    pub(super) fn take(&mut self, len: usize, field: Name) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or_else(|| ends_in(field))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array_of<const N: usize>(&mut self, field: Name) -> Result<[u8; N], Fault> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or_else(|| ends_in(field))?;
        self.rest = rest;
        Ok(*taken)
    }

    /// An unsigned number of `N` bytes.
    pub(super) fn big_endian<const N: usize>(&mut self, field: Name) -> Result<u64, Fault> {
        let bytes = self.array_of::<N>(field)?;
        Ok(bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
    }

    /// A length of `N` bytes. One that does not fit is over any frame's end.
    pub(super) fn length<const N: usize>(&mut self, field: Name) -> Result<usize, Fault> {
        usize::try_from(self.big_endian::<N>(field)?).map_err(|_| ends_in(field))
    }

    /// A signed number of `N` bytes that is 0 or more.
    fn not_negative<const N: usize>(&mut self, field: Name, expected: Whole) -> Result<u64, Fault> {
        let negative = self.rest.first().is_some_and(|byte| byte & 0x80 != 0);
        let number = self.big_endian::<N>(field)?;
        if negative { Err(Fault::wrong(field, expected, "a negative number")) } else { Ok(number) }
    }

    fn text_len(&mut self, field: Name, marker: Marker, expected: &str) -> Result<usize, Fault> {
        match marker {
            Marker::FixStr(len) => Ok(len.into()),
            Marker::Str8 => self.length::<1>(field),
            Marker::Str16 => self.length::<2>(field),
            Marker::Str32 => self.length::<4>(field),
            other => Err(wrong(field, expected, other)),
        }
    }
}

impl<'a> Source<'a> for &mut Reader<'a> {
    fn text(self, field: Name, expected: &str) -> Result<Cow<'a, str>, Fault> {
        let marker = self.marker(field)?;
        let len = self.text_len(field, marker, expected)?;
        let text = std::str::from_utf8(self.take(len, field)?);
        text.map(Cow::Borrowed).map_err(|e| Fault::invalid(format!("`{field}` is not UTF-8: {e}")))
    }

    fn whole(self, field: Name, expected: Whole) -> Result<u64, Fault> {
        match self.marker(field)? {
            Marker::FixPos(number) => Ok(number.into()),
            Marker::U8 => self.big_endian::<1>(field),
            Marker::U16 => self.big_endian::<2>(field),
            Marker::U32 => self.big_endian::<4>(field),
            Marker::U64 => self.big_endian::<8>(field),
            Marker::I8 => self.not_negative::<1>(field, expected),
            Marker::I16 => self.not_negative::<2>(field, expected),
            Marker::I32 => self.not_negative::<4>(field, expected),
            Marker::I64 => self.not_negative::<8>(field, expected),
            other => Err(wrong(field, expected, other)),
        }
    }

    /// Any float, or a whole number of up to 32 bits, which a float holds exactly.
    fn number(self, field: Name, expected: &str) -> Result<f64, Fault> {
        match self.peek() {
            Some(Marker::F32) => {
                self.marker(field)?;
                Ok(f32::from_be_bytes(self.array_of(field)?).into())
            }
            Some(Marker::F64) => {
                self.marker(field)?;
                Ok(f64::from_be_bytes(self.array_of(field)?))
            }
            Some(other) => {
                let whole = self.whole(field, Whole::ANY).ok().and_then(|whole| u32::try_from(whole).ok());
                whole.map(f64::from).ok_or_else(|| wrong(field, expected, other))
            }
            None => Err(ends_in(field)),
        }
    }

    fn flag(self, field: Name) -> Result<bool, Fault> {
        match self.marker(field)? {
            Marker::True => Ok(true),
            Marker::False => Ok(false),
            other => Err(wrong(field, "true or false", other)),
        }
    }
}

#[cold]
fn ends_in(field: Name) -> Fault {
    Fault::invalid(format!("the frame ends inside `{field}`"))
}

#[cold]
pub(super) fn wrong(field: Name, expected: impl Display, found: Marker) -> Fault {
    let found = match found {
        Marker::Null => return Fault::missing(field, expected),
        Marker::True | Marker::False => "a boolean",
        Marker::F32 | Marker::F64 => "a float",
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => "a string",
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => "bytes",
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => "an array",
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => "a map",
        Marker::FixNeg(_) => "a negative number",
        Marker::Reserved => "the unused byte c1",
        Marker::FixExt1
        | Marker::FixExt2
        | Marker::FixExt4
        | Marker::FixExt8
        | Marker::FixExt16
        | Marker::Ext8
        | Marker::Ext16
        | Marker::Ext32 => "an extension",
        _ => "a number",
    };
    Fault::wrong(field, expected, found)
}
