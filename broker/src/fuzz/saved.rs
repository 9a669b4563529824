//! Saved streams: the format in a byte, then records, as a file whose checksum is right. Nothing in it is trusted, and what
//! is gone on with is saved again as it was.

use std::io::Cursor as File;
use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::{Pattern, StreamName};

use super::Outcome;
use crate::clock::{Moment, Now};
use crate::engine::memory::{read_saved, write_saved};
use crate::engine::{
    Cursor, KeyLimits, Message, ReadBudget, SavedStream, StartAt, Stream, StreamConfig, StreamIndex,
};

const MAGIC: &[u8] = b"fanfare\0";
const RUN: u64 = 7;
const KEYS: KeyLimits =
    KeyLimits { window: Duration::from_mins(2), max_bytes: 1 << 20, max_bytes_each: 1 << 20 };

pub(super) fn run(input: &[u8]) -> Outcome {
    let Some((format, records)) = input.split_first() else { return Outcome::Refused };
    let configs = [config("recent", &[">"], 1 << 20), config("small", &["a.*", "b"], 2_000)];
    let Some(streams) = read(&sealed(*format, records), &configs) else { return Outcome::Refused };
    for saved in streams {
        let place = configs.iter().position(|config| config.name == saved.name);
        goes_on(saved, &configs, place.expect("only those go on"));
    }
    Outcome::Taken
}

fn config(name: &str, patterns: &[&str], max_bytes: u64) -> StreamConfig {
    StreamConfig {
        name: StreamName::new(name).expect("a name"),
        patterns: patterns.iter().map(|pattern| Pattern::new(pattern).expect("a pattern")).collect(),
        max_age: Duration::from_hours(1),
        max_bytes,
        max_messages_per_topic: None,
        publisher: true,
    }
}

fn now() -> Now {
    Now { moment: Moment::after_start(Duration::from_secs(1)), wall_ms: 1_800_000_000_000 }
}

/// A file with these records: the checksum keeps damage out, and who changes records can compute it.
fn sealed(format: u8, records: &[u8]) -> Vec<u8> {
    let mut file = [MAGIC, &u32::from(format).to_le_bytes(), &RUN.to_le_bytes(), records].concat();
    let checksum = crc32fast::hash(&file);
    file.extend_from_slice(&checksum.to_le_bytes());
    file
}

fn read(file: &[u8], configs: &[StreamConfig]) -> Option<Vec<SavedStream>> {
    let content = read_saved(File::new(file), Some(RUN), configs, now().moment);
    content.ok().map(|content| content.streams)
}

/// A stream is read from its start by its own rules; saved and read again it is the same.
fn goes_on(saved: SavedStream, configs: &[StreamConfig], place: usize) {
    let index = StreamIndex(u16::try_from(place).expect("there are few"));
    let restore = |saved| Stream::restore(index, &configs[place], KEYS, saved, now());
    let first = restore(saved);
    reads(&first);
    let mut file = Vec::new();
    write_saved(&mut file, RUN, &[first.save(now())]).expect("memory takes everything");
    let mut again = read(&file, configs).expect("what was saved is read");
    let again = restore(again.pop().expect("it is there"));
    let (told_again, told) = (told(&again), told(&first));
    for (again, before) in told_again.iter().zip(&told) {
        assert_eq!(again, before, "saved and read again");
    }
    assert_eq!(told_again.len(), told.len(), "messages and topics, saved and read again");
}

/// All that is saved of a stream, in an order of its own.
fn told(stream: &Stream) -> Vec<String> {
    let SavedStream { name, patterns, epoch, marks, topics, messages, keys } = stream.save(now());
    let mut told: Vec<String> = topics.iter().map(|topic| format!("{topic:?}")).collect();
    told.sort_unstable();
    told.push(format!("{name} {patterns:?} {epoch:?} {marks:?} {keys:?}"));
    let message =
        |message: &Arc<Message>| format!("{:?} {}", message.place(), message.msgpack().escape_ascii());
    told.extend(messages.iter().map(message));
    told
}

/// Whoever reads from the start gets what is retained, ascending, and comes to the head.
fn reads(stream: &Stream) {
    let everything = Pattern::new(">").expect("a pattern");
    let mut cursor: Cursor = stream.begin(StartAt::Start, false, &everything).cursor;
    let mut last = 0;
    loop {
        let before = cursor.after;
        let batch = stream.read(&mut cursor, &everything, ReadBudget::new(usize::MAX, usize::MAX), || ());
        for message in &batch.messages {
            assert!(message.seq() > last, "{} after {last}", message.seq());
            last = message.seq();
        }
        if batch.at_head {
            return;
        }
        assert!(cursor.after > before, "reading stands still at {before}");
    }
}
