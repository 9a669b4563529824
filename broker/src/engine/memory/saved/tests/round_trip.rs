//! A stream that was saved and read does all that it would have done without.

use proptest::prelude::*;

use super::*;
use crate::engine::read::{Cursor, ReadBudget, StartAt};

const TOPICS: [&str; 4] = ["a", "a.b", "a.c", "größe"];
const PATTERNS: [&str; 5] = [">", "a", "a.*", "größe", "none"];

#[derive(Clone, Debug)]
enum Step {
    Publish { topic: usize, payload: (u8, String), key: Option<u8>, headers: Vec<(String, String)> },
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let headers = prop::collection::vec(("[A-Za-z][A-Za-z0-9_-]{0,8}", "[^\\p{Cc}]{0,8}"), 0..3);
    let publish = (0..TOPICS.len(), (0u8..3, ".{0,40}"), prop::option::of(0u8..6), headers)
        .prop_map(|(topic, payload, key, headers)| Step::Publish { topic, payload, key, headers });
    prop::collection::vec(prop_oneof![8 => publish, 1 => (0u64..400).prop_map(Step::Wait)], 0..80)
}

/// Takes the steps, beginning at `ms`; returns what came of each publish, and when it is then.
fn take(stream: &Stream, steps: &[Step], mut ms: u64) -> (Vec<Result<Appended, Refused>>, u64) {
    let mut outcomes = Vec::new();
    for step in steps {
        match step {
            Step::Wait(more) => ms += more,
            Step::Publish { topic, payload: (kind, text), key, headers } => {
                let json = serde_json::to_string(text).unwrap();
                let payload = match kind {
                    0 => Payload::json(&json).unwrap(),
                    1 => Payload::text(text.as_str()),
                    _ => Payload::bytes(text.as_bytes()),
                };
                let headers = Headers::new(headers.iter().cloned().collect()).unwrap();
                let key = key.map(|key| key.to_string());
                let now = at(ms);
                outcomes.push(publish(stream, TOPICS[*topic], payload, key.as_deref(), Some(headers), now));
            }
        }
    }
    (outcomes, ms)
}

/// All that a stream can tell: what every kind of reader of every pattern gets, byte for byte, and its figures.
fn everything(stream: &Stream) -> Vec<String> {
    let mut told = vec![format!("{:?} {:?}", stream.head(), stream.fill())];
    let head = stream.head().seq;
    let positions: Vec<_> = (0..=head + 1).map(|seq| stream.position(seq)).collect();
    let starts =
        [StartAt::Now, StartAt::Start, StartAt::Last, StartAt::Time(at(500).wall_ms), StartAt::After(None)];
    for pattern in PATTERNS.map(|pattern| Pattern::new(pattern).unwrap()) {
        // A reader of the newest of each topic, wherever it stands.
        for after in 0..=head {
            let mut cursor = Cursor { newest_through: head, ..Cursor::after(after) };
            let batch = stream.read(&mut cursor, &pattern, ReadBudget::new(usize::MAX, usize::MAX), || ());
            told.push(format!("{pattern} newest after {after}: {cursor:?} {:?}", batch.lost));
        }
        for start in positions.iter().map(|position| StartAt::After(Some(position))).chain(starts) {
            let mut begin = stream.begin(start, false, &pattern);
            // A count of this run alone: no cursor outlives it.
            begin.cursor.untold = None;
            let mut cursor = begin.cursor;
            let mut messages = Vec::new();
            loop {
                let batch =
                    stream.read(&mut cursor, &pattern, ReadBudget::new(usize::MAX, usize::MAX), || ());
                told.push(format!("{pattern} {start:?}: {begin:?} {cursor:?} {:?}", batch.lost));
                messages.extend(batch.messages);
                if batch.at_head {
                    break;
                }
            }
            for message in &messages {
                let json = message.encode_json();
                told.push(format!(
                    "{} {:?} {}",
                    message.seq(),
                    message.msgpack(),
                    String::from_utf8_lossy(&json)
                ));
            }
        }
    }
    told
}

proptest! {
    // Each case reads the streams from every place by every pattern, four times over.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_stream_that_was_saved_and_read_is_the_same_stream(
        before in steps(),
        after in steps(),
        limit in prop::option::of(1u32..4),
        max_bytes in prop::sample::select(vec![3_000u64, 6_000, 1 << 20]),
    ) {
        let max_messages_per_topic = limit.and_then(NonZeroU32::new);
        let config = StreamConfig { max_bytes, max_messages_per_topic, ..config("s", &[">"]) };
        let original = stream(&config);
        let (_, ms) = take(&original, &before, 0);
        // A restored stream is swept at once.
        original.sweep(at(ms));
        let restored = restore(&written(&[original.save(at(ms))]), &config, KEYS, at(ms));
        prop_assert_eq!(everything(&restored), everything(&original));
        prop_assert_eq!(take(&restored, &after, ms), take(&original, &after, ms));
        prop_assert_eq!(everything(&restored), everything(&original));
    }
}
