//! What is saved is what is read, and what is not whole is refused.

mod damage;
mod round_trip;

use std::io::Cursor as File;
use std::num::NonZeroU32;
use std::time::Duration;

use fanfare_protocol::frame::Publish;
use fanfare_protocol::{Headers, Pattern, Payload, StreamName, Topic};

use super::read::LeftOut;
use super::refusal::Unfit;
use super::*;
use crate::clock::{Moment, Now};
use crate::engine::append::{Appended, Conditions, Refused};
use crate::engine::memory::Stream;
use crate::engine::message::{Draft, SessionId, StreamIndex};
use crate::engine::settings::{KeyLimits, StreamConfig};

const RUN: u64 = 0x0123_4567_89ab_cdef;
const KEYS: KeyLimits = KeyLimits { window: Duration::from_secs(2), max_bytes: 2_000, max_bytes_each: 2_000 };

fn config(name: &str, patterns: &[&str]) -> StreamConfig {
    StreamConfig {
        name: StreamName::new(name).unwrap(),
        patterns: patterns.iter().map(|pattern| Pattern::new(pattern).unwrap()).collect(),
        max_age: Duration::from_secs(1),
        max_bytes: 1 << 20,
        max_messages_per_topic: None,
        publisher: false,
    }
}

fn stream(config: &StreamConfig) -> Stream {
    Stream::new(StreamIndex(0), config, KEYS).unwrap()
}

/// A time by both clocks, which do not agree on when time began.
fn at(ms: u64) -> Now {
    Now { moment: Moment::after_start(Duration::from_millis(ms)), wall_ms: 1_763_800_000_000 + ms }
}

fn publish(
    stream: &Stream,
    topic: &str,
    payload: Payload<'_>,
    key: Option<&str>,
    headers: Option<Headers>,
    now: Now,
) -> Result<Appended, Refused> {
    let topic = Topic::new(topic).unwrap();
    let publish =
        Publish { id: None, topic, payload, key: key.map(Into::into), expect: None, echo: true, headers };
    let conditions = Conditions::of(&publish);
    stream.append(Draft::new(publish, SessionId(1), now.moment), conditions, now, |_, _| ())
}

fn publish_text(stream: &Stream, topic: &str, text: &str, now: Now) {
    publish(stream, topic, Payload::text(text), None, None, now).unwrap();
}

fn written(streams: &[SavedStream]) -> Vec<u8> {
    let mut file = Vec::new();
    let written = write(&mut file, RUN, streams).unwrap();
    assert_eq!(written.bytes, file.len() as u64);
    file
}

fn read_back(file: &[u8], configs: &[StreamConfig]) -> Result<Content, Refusal> {
    read(File::new(file), Some(RUN), configs, at(0).moment).map_err(|error| match error {
        ReadError::Refused(refusal) => refusal,
        ReadError::Io(error) => panic!("reading memory failed: {error}"),
    })
}

fn restore(file: &[u8], config: &StreamConfig, keys: KeyLimits, now: Now) -> Stream {
    let content = read_back(file, std::slice::from_ref(config)).unwrap();
    let saved = content.streams.into_iter().next().expect("the stream goes on");
    Stream::restore(StreamIndex(0), config, keys, saved, now)
}

#[test]
fn nothing_is_saved_and_read_as_nothing() {
    let content = read_back(&written(&[]), &[]).unwrap();
    assert!(content.streams.is_empty() && content.left_out.is_empty());
}

#[test]
fn a_stream_that_is_configured_otherwise_is_left_out_and_the_others_go_on() {
    let configs = [config("kept", &["k.>", "m"]), config("gone", &["g"]), config("moved", &["m.>"])];
    let streams = configs.each_ref().map(stream);
    for (stream, topic) in streams.iter().zip(["k.1", "g", "m.1"]) {
        publish_text(stream, topic, "x", at(0));
    }
    let file = written(&streams.each_ref().map(|stream| stream.save(at(0))));
    let now = [config("new", &["g"]), config("moved", &["m.*"]), config("kept", &["m", "k.>"])];
    let content = read_back(&file, &now).unwrap();
    let left_out = |name, why| LeftOut { name: StreamName::new(name).unwrap(), messages: 1, why };
    assert_eq!(
        content.left_out,
        [left_out("gone", Unfit::Unconfigured), left_out("moved", Unfit::OtherPatterns)]
    );
    assert_eq!(content.streams.len(), 1);
    let place = content.streams[0].messages[0].place().unwrap();
    assert_eq!(
        (place.index, place.stream.as_str()),
        (StreamIndex(2), "kept"),
        "its number is the present one"
    );
}

#[test]
fn the_limits_of_the_present_configuration_hold() {
    let before = config("s", &[">"]);
    let saved = stream(&before);
    for ms in 0..9 {
        publish_text(&saved, if ms < 6 { "a" } else { "b" }, &"x".repeat(100), at(ms * 100));
    }
    let file = written(&[saved.save(at(900))]);
    let left = |config: &StreamConfig, now| restore(&file, config, KEYS, now).fill();

    assert_eq!(left(&before, at(900)).messages, 9);
    let by_age = left(&before, at(1_350));
    assert_eq!((by_age.messages, by_age.head), (5, 9));
    let by_topic =
        left(&StreamConfig { max_messages_per_topic: NonZeroU32::new(2), ..before.clone() }, at(900));
    assert_eq!((by_topic.messages, by_topic.topics), (4, 2));
    let by_bytes = left(&StreamConfig { max_bytes: 2_000, ..before.clone() }, at(900));
    assert!((1..9).contains(&by_bytes.messages) && by_bytes.bytes <= 2_000, "{by_bytes:?}");
    let all_gone = left(&before, at(1_000_000));
    assert_eq!((all_gone.messages, all_gone.bytes, all_gone.topics, all_gone.head), (0, 0, 0, 9));
}

#[test]
fn keys_are_remembered_for_the_rest_of_their_window() {
    let config = config("s", &[">"]);
    let saved = stream(&config);
    let publish = |stream: &Stream, key, now| publish(stream, "a", Payload::text("x"), Some(key), None, now);
    publish(&saved, "over", at(0)).unwrap();
    publish(&saved, "old", at(1_000)).unwrap();
    publish(&saved, "new", at(1_800)).unwrap();
    let file = written(&[saved.save(at(2_000))]);

    let later = restore(&file, &config, KEYS, at(2_999));
    assert_eq!(publish(&later, "old", at(2_999)), Ok(Appended { seq: 2, duplicate: true }));
    assert_eq!(publish(&later, "old", at(3_000)), Ok(Appended { seq: 4, duplicate: false }));
    assert_eq!(publish(&later, "new", at(3_000)), Ok(Appended { seq: 3, duplicate: true }));
    assert_eq!(publish(&later, "over", at(3_000)), Ok(Appended { seq: 5, duplicate: false }));

    // The machine came up with its clock an hour behind: no key is remembered for longer than a window.
    let hour = 3_600_000;
    let behind = |ms| Now { wall_ms: at(ms).wall_ms - hour, ..at(ms) };
    let early = restore(&file, &config, KEYS, behind(2_500));
    assert_eq!(publish(&early, "new", behind(4_499)), Ok(Appended { seq: 3, duplicate: true }));
    early.sweep(behind(4_500));
    assert_eq!(early.fill().keys, 0);
}

#[test]
fn saved_keys_are_kept_though_there_is_less_room_now() {
    let config = config("s", &[">"]);
    let saved = stream(&config);
    let publish = |stream: &Stream, key: &str| {
        publish(stream, "a", Payload::text("x"), Some(key), None, at(0)).map(|appended| appended.duplicate)
    };
    for key in ["1", "2", "3", "4"] {
        publish(&saved, key).unwrap();
    }
    let less = KeyLimits { max_bytes: 400, ..KEYS };
    let restored = restore(&written(&[saved.save(at(0))]), &config, less, at(0));
    assert_eq!(publish(&restored, "1"), Ok(true));
    assert!(matches!(publish(&restored, "5"), Err(Refused::KeysFull { .. })));
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_wherever_it_ends() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let stream = stream(&config("s", &[">"]));
    publish(&stream, "a", Payload::text("x"), Some("k"), None, at(0)).unwrap();
    let saved = [stream.save(at(0))];
    let length = written(&saved).len();
    for room in 0..length {
        let error = write(Full(room), RUN, &saved).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "with room for {room} of {length}");
    }
    assert!(write(Full(length), RUN, &saved).is_ok());
}
