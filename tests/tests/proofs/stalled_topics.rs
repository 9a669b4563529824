//! Many readers never read, each on a topic of its own with tiny messages full of headers, while two publishers go
//! on as fast as the broker acknowledges, and wait for no reader: what is kept for those readers stays within what all
//! queues may take together.

use std::collections::BTreeMap;

use fanfare_protocol::frame::{Deliver, Publish, ReplayFrom, Subscribe};
use fanfare_protocol::{ClientFrame, Encoding, Headers, Pattern, Payload, ServerFrame, Topic};
use fanfare_tests::crowd::Session;
use fanfare_tests::{Broker, Report, Setup, mib, within};
use tokio::task::JoinSet;
use tokio::time::Instant;

const READERS: usize = 300;
const PUBLISHERS: usize = 2;
/// Messages for each reader: more than its queue holds, the kernel's buffers, and its part of the stream. One more, when
/// it reads again, ends them.
const EACH: usize = 1_500;
/// The metrics are looked at each time that there were so many for each reader more.
const LOOK_EVERY: usize = 50;

const QUEUES_BYTES: u64 = 8 << 20;
const CONFIG: &str = r#"
[[stream]]
name = "flow"
patterns = ["flow.>"]
max_age = "1h"
max_bytes = "16MiB"

[limits]
queue_bytes = "256KiB"
all_queues_bytes = "8MiB"
mailbox_bytes = "1MiB"
send_buffer_bytes = "4KiB"
"#;
/// Growth of the broker's memory, in bytes: the stream and all queues, each with a quarter for what the allocator makes of
/// it, two shards' mailboxes, and 12 MiB for the scratches, the metrics and what 8 KiB a session comes to. In all 44 MiB.
const GROWTH_MAX_BYTES: u64 = ((16 << 20) + QUEUES_BYTES) * 5 / 4 + 2 * (1 << 20) + (12 << 20);

/// One who never reads, until it is asked to.
struct Reader {
    session: Session,
    heard: usize,
    missed: usize,
    /// The number that is due, and the sequence that was heard last.
    next: usize,
    last: u64,
    /// The ranges that were told to be missing.
    told: Vec<(u64, u64)>,
    live: bool,
}

#[tokio::test]
#[ignore = "sends hundreds of thousands of messages and wants a release build: ./tests/run does it"]
async fn readers_that_never_read_tiny_messages_cost_what_all_queues_may_take_and_no_publisher_waits() {
    let broker = Setup::default().config(CONFIG).flag("--shards", 2).start().await;
    let mut readers = Vec::new();
    for number in 0..READERS {
        readers.push(Reader::open(&broker, number).await);
    }
    broker.metric_reaches("fanfare_subscriptions", &[], READERS as u64).await;
    let resident = broker.resident_bytes();

    let begun = Instant::now();
    let publishers = (0..PUBLISHERS).map(|number| publish(&broker, number));
    let queued = futures_util::future::join_all(publishers).await.into_iter().max().unwrap();
    let took = begun.elapsed();
    let grown = broker.peak_resident_bytes() - resident;
    let metrics = broker.metrics().await;
    assert_eq!(metrics.count("fanfare_messages_received_total", &[]), (READERS * EACH) as u64);
    let all: Vec<Topic> = (0..READERS).map(topic).collect();
    publish_round(&mut publisher(&broker).await, &all, EACH).await;

    let mut late = JoinSet::new();
    for mut reader in readers {
        late.spawn(async move {
            reader.catch_up().await;
            reader
        });
    }
    let readers = within("everyone to catch up", late.join_all()).await;
    let missed: usize = readers.iter().map(|reader| reader.missed).sum();
    let heard: usize = readers.iter().map(|reader| reader.heard).sum();

    let mut report =
        Report::new("stalled_topics", "Readers that never read, each on a topic of its own, with headers");
    report.row("readers", READERS);
    report.row("messages", READERS * EACH);
    report.row("publishers, which wait for no reader", PUBLISHERS);
    report.row("messages a second", format!("{:.0}", per_second(READERS * EACH, took.as_secs_f64())));
    report.row("most that waited in all queues, when looked at", mib(queued));
    report.row("all_queues_bytes", mib(QUEUES_BYTES));
    report.row("broker: memory grew at most by", mib(grown));
    report.row("broker: the bound on that", mib(GROWTH_MAX_BYTES));
    report.row("times that a full queue put one behind", metrics.count("fanfare_fallen_behind_total", &[]));
    report.row("messages heard late", heard);
    report.row("messages told to be missing", missed);
    report.show();
    assert!(queued > QUEUES_BYTES / 2, "the queues are to be full: {queued} bytes");
    assert!(queued <= QUEUES_BYTES * 9 / 8, "{queued} bytes wait in all queues");
    assert!(grown <= GROWTH_MAX_BYTES, "grown by {grown} bytes");
    assert_eq!(heard + missed, READERS * (EACH + 1));
    assert!(missed > heard, "what was kept for them would not fit the bound");
}

/// Publishes to its part of the topics in turn, as fast as the broker acknowledges; returns the most that waited in all
/// queues.
async fn publish(broker: &Broker, number: usize) -> u64 {
    let mut session = publisher(broker).await;
    let topics: Vec<Topic> = (0..READERS).filter(|reader| reader % PUBLISHERS == number).map(topic).collect();
    let mut queued = 0;
    for round in 0..EACH {
        publish_round(&mut session, &topics, round).await;
        if round.is_multiple_of(LOOK_EVERY) {
            queued = queued.max(broker.metrics().await.count("fanfare_queue_bytes", &[]));
        }
    }
    queued
}

async fn publisher(broker: &Broker) -> Session {
    Session::open(broker.client(), Encoding::MsgPack, &[]).await
}

/// Publishes this number to all of these topics in one write; the last is acknowledged.
async fn publish_round(session: &mut Session, topics: &[Topic], number: usize) {
    let frame = |(at, topic)| frame(topic, number, (at + 1 == topics.len()).then_some(number as u64));
    let round: Vec<u8> =
        topics.iter().enumerate().map(frame).flat_map(|frame| session.encode(&frame)).collect();
    session.write(&round).await;
    let mut acknowledged = false;
    while !acknowledged {
        within("an acknowledgement", session.fill()).await;
        session.drain(|frame| acknowledged |= matches!(frame, ServerFrame::Published(_)));
    }
}

fn topic(reader: usize) -> Topic {
    Topic::new(&format!("flow.{reader}")).unwrap()
}

fn frame(topic: &Topic, number: usize, id: Option<u64>) -> ClientFrame<'static> {
    let header = |n: usize| (format!("name-of-header-{n}"), format!("value-{number}"));
    let headers: BTreeMap<String, String> = (0..6).map(header).collect();
    ClientFrame::Publish(Publish {
        id,
        topic: topic.clone(),
        payload: Payload::text(number.to_string()),
        key: None,
        expect: None,
        echo: true,
        headers: Some(Headers::new(headers).unwrap()),
    })
}

impl Reader {
    async fn open(broker: &Broker, number: usize) -> Self {
        let subscribe = Subscribe {
            sub: 1,
            pattern: Pattern::from(&topic(number)),
            from: ReplayFrom::Now,
            deliver: Deliver::Every,
        };
        let encoding = Encoding::ALL[number % 2];
        let session = Session::open(broker.client(), encoding, &[ClientFrame::Subscribe(subscribe)]).await;
        Self { session, heard: 0, missed: 0, next: 0, last: 0, told: Vec::new(), live: true }
    }

    /// Reads until the last message, and until it is live.
    async fn catch_up(&mut self) {
        while self.next <= EACH || !self.live {
            within("a frame", self.session.fill()).await;
            let Self { session, heard, missed, next, last, told, live } = self;
            session.drain(|frame| match frame {
                ServerFrame::Message { message, .. } => {
                    let number: usize = message.payload.as_text().unwrap().parse().unwrap();
                    let place = message.sequenced.unwrap();
                    assert!(number >= *next && place.seq > *last, "in order, each once");
                    // With nothing of its topic retained before it, the broker does not know the one before.
                    let is_told = told.iter().any(|(from, to)| match place.prev {
                        Some(before) => (*from..=*to).contains(&before),
                        None => to > last,
                    });
                    assert!(
                        number == *next || is_told,
                        "{next} to {number} are missing, and {told:?} is told"
                    );
                    *missed += number - *next;
                    *heard += 1;
                    (*next, *last) = (number + 1, place.seq);
                }
                ServerFrame::Gap { gap, .. } => told.push((gap.from.unwrap(), gap.to.unwrap())),
                ServerFrame::Behind { .. } => *live = false,
                ServerFrame::Live { .. } => *live = true,
                ServerFrame::Welcome(_) | ServerFrame::Subscribed(_) | ServerFrame::Ping { .. } => {}
                other => panic!("nothing else was due: {other:?}"),
            });
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "no decimals are shown")]
fn per_second(count: usize, seconds: f64) -> f64 {
    count as f64 / seconds
}
