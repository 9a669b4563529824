//! Under which conditions a stream takes a message: against a plain reference, and with many publishers at once.

use std::time::Duration;

use fanfare_protocol::frame::Publish;
use fanfare_protocol::{Pattern, Payload, StreamName, Topic};
use proptest::prelude::*;

use super::*;
use crate::clock::Moment;
use crate::engine::SessionId;
use crate::engine::append::Key;
use crate::engine::memory::keys::footprint;

const WINDOW_MS: u64 = 1_000;
const MAX_AGE_MS: u64 = 700;
const TOPICS: [&str; 3] = ["a", "b", "c"];

fn stream(max_keys: usize) -> Stream {
    let config = StreamConfig {
        name: StreamName::new("test").unwrap(),
        patterns: vec![Pattern::new(">").unwrap()],
        max_age: Duration::from_millis(MAX_AGE_MS),
        max_bytes: 1 << 30,
        max_messages_per_topic: None,
        publisher: false,
    };
    // Topic and key have one letter each, so every key takes the same.
    let key_bytes = footprint(&Key::new(&Topic::new("a").unwrap(), "0"));
    let keys = KeyLimits {
        window: Duration::from_millis(WINDOW_MS),
        max_bytes: max_keys * key_bytes,
        max_bytes_each: usize::MAX,
    };
    Stream::new(StreamIndex(0), &config, keys).unwrap()
}

fn at(ms: u64) -> Now {
    Now { moment: Moment::after_start(Duration::from_millis(ms)), wall_ms: ms }
}

fn publish(
    stream: &Stream,
    topic: &str,
    key: Option<&str>,
    expect: Option<u64>,
    now: Now,
) -> Result<Appended, Refused> {
    let publish = Publish {
        id: None,
        topic: Topic::new(topic).unwrap(),
        payload: Payload::text("x"),
        key: key.map(Into::into),
        expect,
        echo: true,
        headers: None,
    };
    let conditions = Conditions::of(&publish);
    let mut sent = 0;
    let appended =
        stream.append(Draft::new(publish, SessionId(1), now.moment), conditions, now, |_, _| sent += 1);
    let is_new = appended.is_ok_and(|appended| !appended.duplicate);
    assert_eq!(sent, u32::from(is_new), "a message is sent if it is new, and once");
    appended
}

#[test]
fn a_repeat_is_known_though_its_message_has_left_the_stream() {
    let stream = stream(10);
    publish(&stream, "a", Some("k"), None, at(0)).unwrap();
    stream.sweep(at(900));
    assert_eq!(stream.fill().messages, 0);
    let repeat = publish(&stream, "a", Some("k"), Some(5), at(900));
    assert_eq!(repeat, Ok(Appended { seq: 1, duplicate: true }), "the key is checked first");
    stream.sweep(at(1_000));
    let fill = stream.fill();
    assert_eq!((fill.keys, fill.key_bytes, fill.head), (0, 0, 1));
}

#[test]
fn a_refused_publish_leaves_its_key_free() {
    let stream = stream(10);
    assert_eq!(publish(&stream, "a", Some("k"), Some(1), at(0)), Err(Refused::Conflict { last: 0 }));
    assert_eq!(publish(&stream, "a", Some("k"), Some(0), at(0)), Ok(Appended { seq: 1, duplicate: false }));
}

#[test]
fn a_closed_stream_takes_nothing_more_and_saves_what_it_took() {
    let stream = stream(10);
    publish(&stream, "a", Some("k"), None, at(0)).unwrap();
    stream.close();
    for key in [None, Some("k"), Some("new")] {
        assert_eq!(publish(&stream, "a", key, None, at(0)), Err(Refused::Stopping));
    }
    let saved = stream.save(at(0));
    assert_eq!((saved.marks.head, saved.messages.len(), saved.keys.len()), (1, 1, 1));
}

#[test]
fn of_many_publishers_with_one_key_one_is_appended() {
    const KEYS: u64 = 500;
    let stream = stream(1_000);
    let appended: u64 = std::thread::scope(|scope| {
        let publisher = || {
            let one = |key: u64| publish(&stream, "a", Some(&key.to_string()), None, at(0)).unwrap();
            (0..KEYS).filter(|key| !one(*key).duplicate).count() as u64
        };
        let publishers: Vec<_> = (0..4).map(|_| scope.spawn(publisher)).collect();
        publishers.into_iter().map(|publisher| publisher.join().unwrap()).sum()
    });
    assert_eq!((appended, stream.fill().head), (KEYS, KEYS));
}

#[test]
fn of_many_publishers_with_one_expectation_one_is_appended() {
    const ROUNDS: u64 = 500;
    let stream = stream(0);
    std::thread::scope(|scope| {
        let publisher = || {
            let mut last = 0;
            while last < ROUNDS {
                last = match publish(&stream, "a", None, Some(last), at(0)) {
                    Ok(Appended { seq, .. }) => {
                        assert_eq!(seq, last + 1, "something came between");
                        seq
                    }
                    Err(Refused::Conflict { last }) => last,
                    Err(other) => panic!("{other:?}"),
                };
            }
        };
        for _ in 0..4 {
            scope.spawn(publisher);
        }
    });
    assert!((ROUNDS..ROUNDS + 4).contains(&stream.fill().head));
}

/// What a stream does, in the plainest way.
#[derive(Default)]
struct Reference {
    head: u64,
    /// Topic, sequence, time.
    retained: Vec<(usize, u64, u64)>,
    /// Topic, key, sequence, time.
    keys: Vec<(usize, u8, u64, u64)>,
    max_keys: usize,
}

impl Reference {
    fn last_of(&self, topic: usize) -> u64 {
        self.retained.iter().rev().find(|(of, ..)| *of == topic).map_or(0, |(_, seq, _)| *seq)
    }

    fn sweep(&mut self, now: u64) {
        self.retained.retain(|(.., time)| time + MAX_AGE_MS >= now);
    }

    fn publish(
        &mut self,
        topic: usize,
        key: Option<u8>,
        expect: Option<u64>,
        now: u64,
    ) -> Result<Appended, Refused> {
        self.keys.retain(|(.., time)| time + WINDOW_MS > now);
        let known = self.keys.iter().find(|(of, known, ..)| *of == topic && Some(*known) == key);
        if let Some((_, _, seq, _)) = known {
            return Ok(Appended { seq: *seq, duplicate: true });
        }
        if expect.is_some_and(|expect| expect != self.last_of(topic)) {
            return Err(Refused::Conflict { last: self.last_of(topic) });
        }
        if let Some(key) = key {
            if self.keys.len() == self.max_keys {
                let retry_after = Duration::from_millis(self.keys[0].3 + WINDOW_MS - now);
                return Err(Refused::KeysFull { retry_after, own: false });
            }
            self.keys.push((topic, key, self.head + 1, now));
        }
        self.head += 1;
        self.retained.push((topic, self.head, now));
        self.sweep(now);
        Ok(Appended { seq: self.head, duplicate: false })
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// With the sequence that is expected, less this; 0 is the right one.
    Publish {
        topic: usize,
        key: Option<u8>,
        expect_less: Option<u64>,
    },
    Wait(u64),
    Sweep,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let publish = (0..TOPICS.len(), prop::option::of(0u8..5), prop::option::of(0u64..3))
        .prop_map(|(topic, key, expect_less)| Step::Publish { topic, key, expect_less });
    let step = prop_oneof![6 => publish, 2 => (1u64..400).prop_map(Step::Wait), 1 => Just(Step::Sweep)];
    prop::collection::vec(step, 1..150)
}

proptest! {
    #[test]
    fn conditions_hold_as_in_the_reference(steps in steps(), max_keys in 1usize..8) {
        let stream = stream(max_keys);
        let mut reference = Reference { max_keys, ..Reference::default() };
        let mut now = 10_000;
        for step in steps {
            match step {
                Step::Wait(ms) => now += ms,
                Step::Sweep => {
                    stream.sweep(at(now));
                    reference.sweep(now);
                }
                Step::Publish { topic, key, expect_less } => {
                    let expect = expect_less.map(|less| reference.last_of(topic).saturating_sub(less));
                    let text = key.map(|key| key.to_string());
                    let appended = publish(&stream, TOPICS[topic], text.as_deref(), expect, at(now));
                    prop_assert_eq!(appended, reference.publish(topic, key, expect, now));
                }
            }
            prop_assert_eq!(stream.fill().head, reference.head);
            prop_assert_eq!(stream.fill().messages, reference.retained.len() as u64);
        }
    }
}
