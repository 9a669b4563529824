//! Writing saved streams, record by record.

use std::collections::HashMap;
use std::io::{self, Write};
use std::num::NonZeroU64;

use super::record::Record;
use super::stream::{Marks, SavedKey, SavedStream};
use super::{FORMAT, MAGIC, Tag};
use crate::engine::message::Message;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) messages: u64,
    /// Of the file.
    pub(crate) bytes: u64,
}

/// Writes the file of this run. `out` should have a buffer; it is flushed.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write(out: impl Write, run: u64, streams: &[SavedStream]) -> io::Result<Written> {
    let mut file = Summed { out, checksum: crc32fast::Hasher::new(), bytes: 0 };
    file.put(MAGIC)?;
    file.put(&FORMAT.to_le_bytes())?;
    file.put(&run.to_le_bytes())?;
    let mut record = Record::default();
    for stream in streams {
        write_stream(&mut file, &mut record, stream)?;
    }
    let count = u32::try_from(streams.len()).map_err(io::Error::other)?;
    file.record(record.begin(Tag::End).u32(count))?;
    let checksum = file.checksum.clone().finalize();
    file.put(&checksum.to_le_bytes())?;
    file.out.flush()?;
    let messages = streams.iter().map(|stream| stream.messages.len() as u64).sum();
    Ok(Written { messages, bytes: file.bytes })
}

fn write_stream<W: Write>(file: &mut Summed<W>, record: &mut Record, stream: &SavedStream) -> io::Result<()> {
    file.record(stream_record(record, stream)?)?;
    for (topic, removed_through) in &stream.topics {
        file.record(record.begin(Tag::Topic).text(topic.as_str()).u64(*removed_through))?;
    }
    let numbers: HashMap<_, u32> = stream.topics.iter().map(|(topic, _)| topic).zip(0..).collect();
    for message in &stream.messages {
        let number = numbers.get(message.topic()).copied();
        let number =
            number.ok_or_else(|| io::Error::other("a message's topic is not in the stream's index"))?;
        file.record(message_record(record, message, number))?;
    }
    for SavedKey { key, seq, until_ms } in &stream.keys {
        file.record(record.begin(Tag::Key).u64(*seq).u64(*until_ms).rest(key.as_str().as_bytes()))?;
    }
    Ok(())
}

fn stream_record<'r>(record: &'r mut Record, stream: &SavedStream) -> io::Result<&'r mut Record> {
    let Marks { head, last_time_ms, removed_through, unreplaced_through } = stream.marks;
    let topics = u32::try_from(stream.topics.len()).map_err(io::Error::other)?;
    record.begin(Tag::Stream).text(stream.name.as_str()).text(stream.epoch.as_str());
    record.u64(head).u64(last_time_ms).u64(removed_through).u64(unreplaced_through);
    record.u32(topics).u64(stream.messages.len() as u64).u64(stream.keys.len() as u64);
    record.u32(u32::try_from(stream.patterns.len()).map_err(io::Error::other)?);
    for pattern in &stream.patterns {
        record.text(pattern.as_str());
    }
    Ok(record)
}

fn message_record<'r>(record: &'r mut Record, message: &Message, topic: u32) -> &'r mut Record {
    let prev = message.place().and_then(|place| place.prev).map_or(0, NonZeroU64::get);
    let (kind, payload) = message.payload();
    record.begin(Tag::Message).u64(message.seq()).u64(prev).u64(message.time_ms());
    record.u32(topic).u8(kind as u8).text(message.publisher().unwrap_or_default());
    record.count(message.headers().count());
    for (name, value) in message.headers() {
        record.text(name).text(value);
    }
    record.rest(payload)
}

/// A file, and the checksum of what was put into it.
struct Summed<W> {
    out: W,
    checksum: crc32fast::Hasher,
    bytes: u64,
}

impl<W: Write> Summed<W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.checksum.update(bytes);
        self.bytes += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn record(&mut self, record: &mut Record) -> io::Result<()> {
        let record = record.finish().ok_or_else(|| io::Error::other("a record has more than 4 GiB"))?;
        self.put(record)
    }
}
