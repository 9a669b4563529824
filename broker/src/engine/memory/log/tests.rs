//! The log against a plain list: what it has, and that it takes no more memory than it counts, whatever leaves it.

use std::collections::BTreeSet;

use fanfare_protocol::frame::Publish;
use fanfare_protocol::{Payload, StreamName, Topic};
use proptest::prelude::*;

use super::*;
use crate::clock::Moment;
use crate::engine::message::{Draft, Place, SessionId, StreamIndex};

/// What the first and the last chunk take, and the list of chunks at its smallest, in bytes.
const FIXED_BYTES: usize = 2 * CHUNK_MESSAGES * 8 + CHUNKS_MIN * size_of::<Chunk>();

fn message(seq: u64) -> Arc<Message> {
    let topic = Topic::new("a").unwrap();
    let publish = Publish {
        id: None,
        topic: topic.clone(),
        payload: Payload::text("x"),
        key: None,
        expect: None,
        echo: true,
        headers: None,
    };
    let place = Place { index: StreamIndex(0), stream: StreamName::new("s").unwrap(), seq, prev: None };
    Arc::new(Draft::new(publish, SessionId(1), Moment::default()).seal(topic, Some(place), 0))
}

fn filled(messages: u64) -> Log {
    let mut log = Log::default();
    (1..=messages).for_each(|seq| log.push(message(seq)));
    log
}

#[test]
fn backwards_the_log_gives_what_it_gives_forwards() {
    let mut log = filled(2_000);
    for seq in (1..=2_000).filter(|seq| seq % 7 == 3) {
        log.remove(seq);
    }
    let forwards: Vec<u64> = log.after(0).map(|message| message.seq()).collect();
    for before in [0, 1, 2, 255, 256, 257, 258, 1_000, 2_000, 2_001, u64::MAX] {
        let backwards: Vec<u64> = log.before(before).map(|message| message.seq()).collect();
        let wanted: Vec<u64> = forwards.iter().copied().filter(|seq| *seq < before).rev().collect();
        assert_eq!(backwards, wanted, "before {before}");
    }
}

fn takes_what_it_counts(log: &Log) -> bool {
    log.allocated() <= log.len() * SLOT_BYTES + FIXED_BYTES
}

#[test]
fn the_log_finds_and_removes_any_message() {
    let mut log = filled(2_000);
    // Two of three, from the end to the front, so that chunks empty and merge.
    for seq in (1..=2_000).rev().filter(|seq| seq % 3 != 0) {
        assert!(log.remove(seq).is_some());
        assert!(log.remove(seq).is_none());
    }
    let kept: Vec<u64> = (1..=2_000).filter(|seq| seq % 3 == 0).collect();
    assert_eq!(log.after(0).map(|message| message.seq()).collect::<Vec<_>>(), kept);
    assert_eq!(log.after(999).map(|message| message.seq()).next(), Some(1_002));
    assert_eq!(log.len(), kept.len());
}

#[test]
fn one_survivor_of_each_chunk_does_not_keep_the_chunk() {
    const HOT: u64 = 1_000;
    let mut log = Log::default();
    // One topic has at most 1,000 messages; every 256th message is of a topic of its own, and stays.
    let mut hot = VecDeque::new();
    for seq in 1..=256 * 400 {
        log.push(message(seq));
        if seq % 256 != 0 {
            hot.push_back(seq);
        }
        if hot.len() as u64 > HOT {
            assert!(hot.pop_front().is_some_and(|oldest| log.remove(oldest).is_some()));
        }
    }
    assert!(takes_what_it_counts(&log), "{} bytes for {} messages", log.allocated(), log.len());
}

#[test]
fn an_emptied_log_takes_nothing() {
    let mut log = filled(10_000);
    while log.pop_first().is_some() {}
    assert_eq!(log.allocated(), 0);
    let mut log = filled(10_000);
    (1..=10_000).for_each(|seq| assert!(log.remove(seq).is_some()));
    assert_eq!(log.allocated(), 0);
}

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    PopFirst(usize),
    /// So many, each so far behind the one before, from this part of what is there.
    Remove(usize, usize, f64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1usize..800).prop_map(Step::Push),
        (1usize..300).prop_map(Step::PopFirst),
        (1usize..800, 1usize..4, 0f64..1.0).prop_map(|(count, stride, at)| Step::Remove(count, stride, at)),
    ]
}

proptest! {
    #[test]
    fn a_log_is_a_list_and_takes_what_it_counts(steps in prop::collection::vec(step(), 1..40)) {
        let (mut log, mut plain, mut head) = (Log::default(), BTreeSet::new(), 0);
        for step in steps {
            match step {
                Step::Push(count) => {
                    for seq in head + 1..=head + count as u64 {
                        log.push(message(seq));
                        plain.insert(seq);
                    }
                    head += count as u64;
                }
                Step::PopFirst(count) => for _ in 0..count {
                    prop_assert_eq!(log.pop_first().map(|message| message.seq()), plain.pop_first());
                },
                Step::Remove(count, stride, at) => {
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a part of a small count")]
                    let from = (plain.len() as f64 * at) as usize;
                    let gone: Vec<u64> = plain.iter().skip(from).step_by(stride).take(count).copied().collect();
                    for seq in gone {
                        prop_assert_eq!(log.remove(seq).map(|message| message.seq()), Some(seq));
                        plain.remove(&seq);
                    }
                }
            }
            prop_assert_eq!(log.len(), plain.len());
            prop_assert!(takes_what_it_counts(&log), "{} bytes for {}", log.allocated(), log.len());
        }
        let left: Vec<u64> = log.after(0).map(|message| message.seq()).collect();
        prop_assert_eq!(left, plain.into_iter().collect::<Vec<_>>());
    }
}
