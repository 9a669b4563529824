//! A million topics: the memory that a stream may take is what it takes, index and headers included, and publishing goes
//! on while the index grows.

use std::time::Duration;

use fanfare_protocol::frame::Publish;
use fanfare_protocol::{ClientFrame, Encoding, Headers, Payload, ServerFrame, Topic};
use fanfare_tests::crowd::Session;
use fanfare_tests::{Broker, Report, Setup, mib, within};
use tokio::time::Instant;

const TOPICS: usize = 1_000_000;
/// Topics that are published to in one write; the last is acknowledged before the next write.
const BURST: usize = 50;
/// The metrics are looked at each time that there are so many topics more.
const LOOK_EVERY: usize = 100_000;
/// Growth of resident memory for each byte that a stream may take: the allocator rounds up and keeps some.
const FACTOR: f64 = 1.25;
/// The slowest bursts are told.
const SLOWEST: usize = 5;

/// What is different between the million topics of one test and of another.
struct Case {
    name: &'static str,
    title: &'static str,
    max_mib: u64,
    /// A further line of the stream's configuration.
    stream: &'static str,
    headers: Option<Headers>,
}

const PLAIN: Case =
    Case { name: "topics", title: "A million topics", max_mib: 256, stream: "", headers: None };

#[tokio::test]
#[ignore = "wants a release build and half a gigabyte: ./tests/run does it"]
async fn a_million_topics_take_no_more_memory_than_their_stream_may() {
    stay_within_the_bound(PLAIN).await;
}

#[tokio::test]
#[ignore = "wants a release build and half a gigabyte: ./tests/run does it"]
async fn a_million_topics_with_headers_take_no_more_memory_than_their_stream_may() {
    let headers = [("trace", "4bf92f3577b34da6"), ("unit", "celsius")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let headers = Some(Headers::new(headers.into()).unwrap());
    let title = "A million topics, with two headers a message";
    stay_within_the_bound(Case { name: "topics_headers", title, headers, ..PLAIN }).await;
}

#[tokio::test]
#[ignore = "wants a release build and half a gigabyte: ./tests/run does it"]
async fn a_million_topics_with_a_limit_each_take_no_more_memory_than_their_stream_may() {
    let (title, stream) = ("A million topics, with a limit for each", "max_messages_per_topic = 10");
    stay_within_the_bound(Case { name: "topics_limited", title, stream, ..PLAIN }).await;
}

#[tokio::test]
#[ignore = "wants a release build and a gigabyte: ./tests/run does it"]
async fn a_million_topics_at_once_take_no_more_memory_than_their_stream_may() {
    let title = "A million topics, all of them retained";
    stay_within_the_bound(Case { name: "topics_at_once", title, max_mib: 1024, ..PLAIN }).await;
}

async fn stay_within_the_bound(case: Case) {
    let Case { name, title, max_mib, stream, headers } = case;
    let config = format!(
        "[[stream]]\nname = \"s\"\npatterns = [\">\"]\nmax_age = \"1h\"\nmax_bytes = \"{max_mib}MiB\"\n{stream}"
    );
    let broker = Setup::default().config(&config).start().await;
    let resident = broker.resident_bytes();
    let begun = Instant::now();
    let bursts = publish_to_all(&broker, max_mib << 20, headers).await;
    let took = begun.elapsed();
    let grown = broker.peak_resident_bytes() - resident;
    let metrics = broker.metrics().await;

    let mut report = Report::new(name, title);
    report.row("topics published to", TOPICS);
    report.row("max_bytes", mib(max_mib << 20));
    report.row("topics that have a message retained", metrics.count("fanfare_topics", &[]));
    report.row("publishes a second", format!("{:.0}", 1e6 / took.as_secs_f64()));
    report.row("memory that the stream counts", mib(metrics.count("fanfare_stream_bytes", &[])));
    report.row("memory that the broker grew by", mib(grown));
    report.row("in parts of max_bytes", format!("{:.2}", parts(grown, max_mib << 20)));
    for (took, topics) in bursts.iter().take(SLOWEST) {
        report.row(
            &format!("a slow burst of {BURST}, after {topics} topics"),
            format!("{:.1} ms", millis(*took)),
        );
    }
    report.row(
        &format!("the median burst of {BURST}"),
        format!("{:.2} ms", millis(bursts[bursts.len() / 2].0)),
    );
    report.show();
    assert!(parts(grown, max_mib << 20) <= FACTOR, "grown by {grown} bytes");
}

/// Publishes once to each topic; returns how long each burst took to be acknowledged and how many topics there were,
/// slowest first. The stream never counts more than it may take.
async fn publish_to_all(broker: &Broker, max_bytes: u64, headers: Option<Headers>) -> Vec<(Duration, usize)> {
    let mut session = Session::open(broker.client(), Encoding::MsgPack, &[]).await;
    let mut bursts = Vec::new();
    for first in (0..TOPICS).step_by(BURST) {
        let frames = |number| session.encode(&frame(number, headers.clone()));
        let burst: Vec<u8> = (first..first + BURST).flat_map(frames).collect();
        let begun = Instant::now();
        session.write(&burst).await;
        acknowledged(&mut session).await;
        bursts.push((begun.elapsed(), first));
        if first % LOOK_EVERY == 0 {
            let bytes = broker.metrics().await.count("fanfare_stream_bytes", &[]);
            assert!(bytes <= max_bytes, "{bytes} bytes with {first} topics");
        }
    }
    bursts.sort_unstable_by(|a, b| b.cmp(a));
    bursts
}

/// A publish to the topic with this number; the last of a burst asks to be acknowledged.
fn frame<'a>(number: usize, headers: Option<Headers>) -> ClientFrame<'a> {
    let id = (number + 1).is_multiple_of(BURST).then_some(number as u64);
    let topic = Topic::new(&format!("sensors.{number:07}.temperature")).unwrap();
    let payload = Payload::text(format!("{number:_<60}"));
    ClientFrame::Publish(Publish { id, topic, payload, key: None, expect: None, echo: true, headers })
}

async fn acknowledged(session: &mut Session) {
    let mut done = false;
    while !done {
        within("an acknowledgement", session.fill()).await;
        session.drain(|frame| match frame {
            ServerFrame::Published(_) => done = true,
            ServerFrame::Welcome(_) | ServerFrame::Ping { .. } => {}
            other => panic!("nothing else was due: {other:?}"),
        });
    }
}

#[allow(clippy::cast_precision_loss, reason = "two decimals are shown")]
fn parts(bytes: u64, of: u64) -> f64 {
    bytes as f64 / of as f64
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
