//! What a stream keeps, gives out and tells of what it lost.

use std::num::NonZeroU32;
use std::num::NonZeroU64;
use std::time::Duration;

use fanfare_protocol::frame::Publish;
use fanfare_protocol::{Epoch, Pattern, Payload, StreamName, Topic};
use proptest::prelude::*;

use super::retained::{Removed, Retained};
use crate::clock::Moment;
use crate::engine::settings::StreamConfig;
use crate::engine::{Cursor, Draft, Lost, ReadBudget, SessionId, StartAt, StreamIndex};

struct Bench {
    retained: Retained,
    config: StreamConfig,
}

fn config() -> StreamConfig {
    StreamConfig {
        name: StreamName::new("test").unwrap(),
        patterns: vec![pattern(">")],
        max_age: Duration::from_mins(1),
        max_bytes: 1 << 30,
        max_messages_per_topic: None,
        publisher: false,
    }
}

fn pattern(text: &str) -> Pattern {
    Pattern::new(text).unwrap()
}

fn draft(topic: &str) -> Draft {
    draft_of(topic, "x")
}

fn draft_of(topic: &str, text: &str) -> Draft {
    let publish = Publish {
        id: None,
        topic: Topic::new(topic).unwrap(),
        payload: Payload::text(text),
        key: None,
        expect: None,
        echo: true,
        headers: None,
    };
    Draft::new(publish, SessionId(1), Moment::default())
}

impl Bench {
    fn new(config: StreamConfig) -> Self {
        Self { retained: Retained::default(), config }
    }

    fn append(&mut self, topic: &str, wall_ms: u64) -> Option<u64> {
        let mut removed = Removed::new();
        let (message, _) =
            self.retained.append(draft(topic), StreamIndex(0), &self.config, wall_ms, &mut removed);
        message.place().and_then(|place| place.prev).map(NonZeroU64::get)
    }

    fn begin(&self, at: StartAt<'_>) -> Cursor {
        self.retained.begin(at, false, &Epoch::new("now").unwrap(), &pattern(">")).cursor
    }

    /// The sequences that a reader gets in one go.
    fn read(&self, cursor: &mut Cursor, text: &str) -> (Vec<u64>, Option<Lost>) {
        let batch = self.retained.read(cursor, &pattern(text), ReadBudget::new(usize::MAX, usize::MAX));
        (batch.messages.iter().map(|message| message.seq()).collect(), batch.lost)
    }
}

#[test]
fn sequences_count_from_one_and_prev_names_the_one_before_on_the_topic() {
    let mut bench = Bench::new(config());
    assert_eq!([bench.append("a", 0), bench.append("b", 0), bench.append("a", 0)], [None, None, Some(1)]);
    assert_eq!(bench.retained.head(), 3);
}

#[test]
fn time_never_falls_within_a_stream() {
    let mut bench = Bench::new(config());
    bench.append("a", 100);
    bench.append("a", 50);
    let (found, _) = bench.read(&mut bench.begin(StartAt::Time(100)), ">");
    assert_eq!(found, [1, 2]);
    assert_eq!(bench.read(&mut bench.begin(StartAt::Time(101)), ">").0, Vec::<u64>::new());
}

#[test]
fn last_gives_the_newest_of_each_topic_and_then_all() {
    let mut bench = Bench::new(config());
    for topic in ["a", "b", "a", "c"] {
        bench.append(topic, 0);
    }
    let mut cursor = bench.begin(StartAt::Last);
    assert_eq!(bench.read(&mut cursor, ">").0, [2, 3, 4]);
    bench.append("a", 0);
    bench.append("a", 0);
    assert_eq!(bench.read(&mut cursor, ">").0, [5, 6]);
}

#[test]
fn a_reader_from_the_start_is_told_of_no_gap() {
    let mut bench = Bench::new(StreamConfig { max_messages_per_topic: NonZeroU32::new(1), ..config() });
    for topic in ["a", "b", "b", "a"] {
        bench.append(topic, 0);
    }
    let mut cursor = bench.begin(StartAt::Start);
    assert_eq!(bench.read(&mut cursor, ">"), (vec![3, 4], None));
}

#[test]
fn a_reader_that_was_overtaken_by_a_topics_limit_is_told_once_where() {
    let mut bench = Bench::new(StreamConfig { max_messages_per_topic: NonZeroU32::new(1), ..config() });
    for topic in ["a", "b", "a"] {
        bench.append(topic, 0);
    }
    let mut cursor = Cursor::after(0);
    assert_eq!(bench.read(&mut cursor, ">"), (vec![2, 3], Some(Lost { from: 1, to: 1 })));
    assert_eq!(bench.read(&mut cursor, ">"), (vec![], None));
    // Nothing of topic b is missing, and that is known.
    assert_eq!(bench.read(&mut Cursor::after(0), "b"), (vec![2], None));
}

#[test]
fn a_reader_that_comes_back_is_told_of_what_went_meanwhile_among_what_it_asked_for() {
    let mut bench = Bench::new(StreamConfig { max_messages_per_topic: NonZeroU32::new(1), ..config() });
    bench.append("a", 0);
    for wall_ms in [1_000, 2_000, 3_000] {
        bench.append("b", wall_ms);
    }
    // What the first two of topic b were is not asked for; the one of topic a is.
    let mut cursor = bench.begin(StartAt::Start);
    assert_eq!(bench.read(&mut cursor, ">"), (vec![1, 4], None));
    assert_eq!(bench.read(&mut cursor, ">"), (vec![], None));
    // It was not written: the reader falls behind, and comes back to before it.
    let mut back = Cursor { after: 0, ..cursor };
    assert_eq!(bench.read(&mut back.clone(), ">"), (vec![1, 4], None));
    bench.retained.expire(60_500, &bench.config, 0, &mut Removed::new());
    assert_eq!(bench.read(&mut back, ">"), (vec![4], Some(Lost { from: 1, to: 3 })));
    // Whoever stays where it is has had it.
    assert_eq!(bench.read(&mut cursor, ">"), (vec![], None));
}

#[test]
fn age_takes_what_is_older_and_nothing_else() {
    let mut bench = Bench::new(config());
    bench.append("a", 1_000);
    bench.append("a", 2_000);
    let mut removed = Removed::new();
    assert!(!bench.retained.expire(61_500, &bench.config, 0, &mut removed));
    assert_eq!(removed.iter().map(|message| message.seq()).collect::<Vec<_>>(), [1]);
    assert_eq!(bench.read(&mut Cursor::after(0), ">"), (vec![2], Some(Lost { from: 1, to: 1 })));
}

#[test]
fn bytes_are_bounded_index_included_and_the_newest_stays() {
    let mut bench = Bench::new(StreamConfig { max_bytes: 100_000, ..config() });
    for number in 0..10_000 {
        bench.append(&format!("topic.{number}"), 0);
        assert!(bench.retained.bytes() <= 100_000);
    }
    assert!(bench.retained.messages() > 100);
    let mut tiny = Bench::new(StreamConfig { max_bytes: 1, ..config() });
    tiny.append("a", 0);
    tiny.append("b", 0);
    assert_eq!(tiny.read(&mut tiny.begin(StartAt::Start), ">").0, [2]);
}

/// What a stream takes beside what it counts: parts of its index with few topics, the log's first and last chunk.
const FIXED_BYTES: u64 = 100 << 10;

#[test]
fn an_index_gives_back_what_topics_took_that_have_fewer_messages_now() {
    let limits = StreamConfig { max_messages_per_topic: NonZeroU32::new(1_000), ..config() };
    let mut bench = Bench::new(limits);
    for number in 0..200_000 {
        bench.append(&format!("topic.{}", number % 200), number / 20);
    }
    // The last message of each topic stays.
    let mut removed = Removed::new();
    while bench.retained.expire(69_990, &bench.config, 0, &mut removed) {}
    assert_eq!((bench.retained.topics(), bench.retained.messages()), (200, 200));
    let (allocated, counted) = (bench.retained.allocated(), bench.retained.bytes());
    assert!(allocated <= counted + FIXED_BYTES, "{allocated} bytes, and {counted} are counted");
}

#[test]
fn an_emptied_stream_takes_no_memory() {
    let mut bench = Bench::new(StreamConfig { max_messages_per_topic: NonZeroU32::new(3), ..config() });
    for number in 0..1_000 {
        bench.append(&format!("topic.{}", number % 7), 0);
    }
    let mut removed = Removed::new();
    while bench.retained.expire(1_000_000, &bench.config, 0, &mut removed) {}
    assert_eq!((bench.retained.bytes(), bench.retained.messages(), bench.retained.topics()), (0, 0, 0));
    assert_eq!(bench.retained.allocated(), 0);
}

#[test]
fn a_budget_ends_a_reading_and_the_next_goes_on_from_there() {
    let mut bench = Bench::new(config());
    for _ in 0..10 {
        bench.append("a", 0);
    }
    let mut cursor = Cursor::after(0);
    let mut found = Vec::new();
    loop {
        let batch = bench.retained.read(&mut cursor, &pattern(">"), ReadBudget::new(3, usize::MAX));
        found.extend(batch.messages.iter().map(|message| message.seq()));
        assert!(batch.messages.len() <= 3);
        if batch.at_head {
            break;
        }
    }
    assert_eq!(found, (1..=10).collect::<Vec<_>>());
}

proptest! {
    /// Topics come and go, many and few in turn: what a stream counts is what it takes.
    #[test]
    fn a_stream_takes_no_more_memory_than_it_counts(
        waves in prop::collection::vec((1u32..1_000, 1u32..1_000, 0u64..90_000), 1..8),
        limit in prop::option::of(1u32..300),
        max_bytes in 3_000u64..1_000_000,
    ) {
        let limits = StreamConfig { max_bytes, max_messages_per_topic: limit.and_then(NonZeroU32::new), ..config() };
        let mut bench = Bench::new(limits);
        let mut wall_ms = 0;
        for (messages, topics, pause_ms) in waves {
            for number in 0..messages {
                bench.append(&format!("topic.{}", number % topics), wall_ms);
                prop_assert!(bench.retained.bytes() <= max_bytes || bench.retained.messages() == 1);
            }
            wall_ms += pause_ms;
            let (allocated, counted) = (bench.retained.allocated(), bench.retained.bytes());
            prop_assert!(allocated <= counted + FIXED_BYTES, "{allocated} bytes, {counted} are counted");
        }
    }

    /// Against a list of what was appended: whatever is missing lies within a gap that was told.
    #[test]
    fn nothing_is_missing_without_a_gap(
        topics in prop::collection::vec(0u8..6, 1..400),
        reads in prop::collection::vec((1usize..40, 1usize..8), 1..40),
        limit in prop::option::of(1u32..5),
        max_bytes in 3_000u64..60_000,
        wanted in prop::sample::select(vec![">", "t.0", "t.*"]),
    ) {
        let limits = StreamConfig { max_bytes, max_messages_per_topic: limit.and_then(NonZeroU32::new), ..config() };
        let mut bench = Bench::new(limits);
        let mut all: Vec<(u64, String)> = Vec::new();
        let mut cursor = Cursor::after(0);
        let (mut got, mut gaps) = (Vec::new(), Vec::new());
        let mut topics = topics.into_iter();
        for (appends, messages_max) in reads.into_iter().chain([(400, 400), (0, 400)]) {
            for topic in topics.by_ref().take(appends) {
                let topic = format!("t.{topic}");
                bench.append(&topic, 0);
                all.push((bench.retained.head(), topic));
            }
            loop {
                let budget = ReadBudget::new(messages_max, usize::MAX);
                let batch = bench.retained.read(&mut cursor, &pattern(wanted), budget);
                gaps.extend(batch.lost);
                got.extend(batch.messages.iter().map(|message| message.seq()));
                if appends > 0 || batch.at_head {
                    break;
                }
            }
        }
        prop_assert!(got.is_sorted_by(|a, b| a < b), "in order, each once: {got:?}");
        prop_assert!(gaps.is_sorted_by(|a, b| a.to < b.from), "gaps do not overlap: {gaps:?}");
        let matching = all.iter().filter(|(_, topic)| pattern(wanted).matches(&Topic::new(topic).unwrap()));
        for (seq, _) in matching {
            let told = gaps.iter().any(|gap| (gap.from..=gap.to).contains(seq));
            prop_assert!(got.contains(seq) || told, "{seq} is missing in silence");
        }
    }
}

#[test]
fn large_messages_after_small_ones_do_not_exceed_the_bound() {
    let mut bench = Bench::new(StreamConfig { max_bytes: 1 << 20, ..config() });
    for _ in 0..10_000 {
        bench.append("small", 0);
    }
    for _ in 0..100 {
        let mut removed = Removed::new();
        let draft = draft_of("large", &"x".repeat(60_000));
        bench.retained.append(draft, StreamIndex(0), &bench.config, 0, &mut removed);
        assert!(bench.retained.bytes() <= 1 << 20);
    }
}
