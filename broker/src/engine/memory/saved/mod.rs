//! Saved streams: the file that a planned stop leaves for the next start, and what is in it.
//!
//! The file is a header, records, and a checksum. Numbers are little-endian; a *text* is its length (`u16`) and UTF-8.
//!
//! | part | content |
//! |---|---|
//! | header | `fanfare\0`, format (`u32`, now 2), run (`u64`): the run of the broker that wrote the file |
//! | records | each its length (`u32`, of what follows), its tag (`u8`), and its fields |
//! | checksum | CRC-32 (IEEE, `u32`) of all before |
//!
//! | record | tag | fields |
//! |---|---|---|
//! | stream | 1 | name and epoch (texts); head, last time, removed through, unreplaced through (`u64` each); how many topics (`u32`), messages and keys (`u64` each) follow; patterns (`u32`, then that many texts) |
//! | topic | 2 | name (text), removed through (`u64`) |
//! | message | 3 | `seq`, `prev` (0: none), time (`u64` each), topic (`u32`: its place among this stream's, from 0), kind (`u8`), publisher (text; since format 2), headers (`u16`, then that many names and values), payload (the rest) |
//! | key | 4 | `seq`, end of its window in milliseconds since 1970 (`u64` each), topic, NUL and key (the rest) |
//! | end | 5 | how many streams there were (`u32`) |
//!
//! Each stream is followed by its topics, then its messages ascending, then its keys in the order in which they are
//! forgotten; `end` comes last. Whoever changes any of this raises the format: an older broker refuses the file then, and a newer one reads
//! those before it.

mod read;
mod record;
mod records;
mod refusal;
mod source;
mod stream;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use read::{Content, read};
pub(crate) use refusal::{ReadError, Refusal};
pub(crate) use stream::{Marks, SavedKey, SavedStream};
pub(crate) use write::{Written, write};

/// How every such file begins.
const MAGIC: &[u8; 8] = b"fanfare\0";
/// The form that this version writes.
const FORMAT: u32 = 2;
/// The oldest form that it reads.
const FORMAT_OLDEST: u32 = 1;
/// The first form whose messages say who published them.
const FORMAT_WITH_PUBLISHER: u32 = 2;
/// Magic, format and run, in bytes.
const HEADER_BYTES: usize = 8 + 4 + 8;
/// The checksum, in bytes.
const CHECKSUM_BYTES: usize = 4;

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Tag {
    Stream = 1,
    Topic = 2,
    Message = 3,
    Key = 4,
    End = 5,
}
