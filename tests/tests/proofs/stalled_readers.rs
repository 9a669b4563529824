//! Ten of a hundred never read while a publisher runs as fast as the other ninety hear it.
//!
//! The publisher waits for nobody but them: a reader that is slower than the stream retains must lose something, so
//! without any pace this would measure the ninety and not the broker. They may lag by half of what the stream holds,
//! which is many times their queues.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use fanfare_protocol::Encoding;
use fanfare_tests::crowd::{Session, Subscriber};
use fanfare_tests::{Broker, Report, Setup, mib, within};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::flow::{Flow, sequences};

const SUBSCRIBERS: usize = 100;
const STALLED: usize = 10;
/// Messages while the ten do not read: 80 MB, which is far more than the bound on memory.
const FLAT_OUT: usize = 20_000;
/// Messages after that, which the ten hear live.
const LIVE: usize = 200;
const PAYLOAD_BYTES: usize = 4_000;
/// Messages that one write publishes.
const BURST: usize = 16;
/// Messages by which the slowest of the ninety may lag: half of what the stream holds.
const LAG_MAX: usize = 1_900;

const CONFIG: &str = r#"
[[stream]]
name = "flow"
patterns = ["flow"]
max_age = "1h"
max_bytes = "16MiB"

[limits]
queue_bytes = "256KiB"
mailbox_bytes = "1MiB"
"#;
/// Growth of the broker's memory, in bytes: the stream with a quarter for what its accounting leaves out, a hundred
/// queues, two shards' mailboxes, and 8 MiB for sockets' scratches and metrics. In all 55 MiB.
const GROWTH_MAX_BYTES: u64 = (16 << 20) * 5 / 4 + 100 * (256 << 10) + 2 * (1 << 20) + (8 << 20);

/// How far each of the ninety has heard.
#[derive(Debug, Default)]
struct Progress {
    heard: Vec<AtomicUsize>,
    moved: Notify,
}

impl Progress {
    fn slowest(&self) -> usize {
        self.heard.iter().map(|heard| heard.load(Relaxed)).min().unwrap_or_default()
    }
}

#[tokio::test]
#[ignore = "sends gigabytes and wants a release build: ./tests/run does it"]
async fn ten_stalled_readers_of_a_hundred_cost_the_rest_nothing_and_get_what_is_left_and_an_exact_gap() {
    let broker = Setup::default().config(CONFIG).flag("--shards", 2).start().await;
    let mut everyone = everyone(&broker).await;
    let resident = broker.resident_bytes();
    let mut readers = JoinSet::new();
    let heard = (STALLED..SUBSCRIBERS).map(|_| AtomicUsize::new(0)).collect();
    let progress = Arc::new(Progress { heard, moved: Notify::new() });
    for (number, (subscriber, session)) in everyone.split_off(STALLED).into_iter().enumerate() {
        readers.spawn(read(subscriber, session, number, Arc::clone(&progress)));
    }

    let begun = Instant::now();
    let mut flow = Flow::new(&broker, "flow", PAYLOAD_BYTES).await;
    publish(&mut flow, &progress).await;
    let took = begun.elapsed();
    let grown = broker.peak_resident_bytes() - resident;
    let metrics = broker.metrics().await;
    let retained = usize::try_from(metrics.count("fanfare_stream_messages", &[])).unwrap();
    let fallen_behind = metrics.count("fanfare_fallen_behind_total", &[]);

    let mut late = JoinSet::new();
    for (subscriber, session) in everyone {
        late.spawn(catch_up(subscriber, session));
    }
    let late = within("the ten to catch up", late.join_all()).await;
    let mut stalled = JoinSet::new();
    for (subscriber, session) in late {
        assert_caught_up(&subscriber, retained);
        stalled.spawn(hear_live(subscriber, session));
    }
    flow.publish(FLAT_OUT..FLAT_OUT + LIVE - 1).await;
    flow.publish_acknowledged(FLAT_OUT + LIVE - 1).await;
    let stalled = within("the ten to hear what is live", stalled.join_all()).await;
    let readers = within("the ninety to finish", readers.join_all()).await;
    readers.iter().for_each(assert_lost_nothing);

    let bytes = (FLAT_OUT * PAYLOAD_BYTES) as u64;
    let mut report = Report::new("stalled_readers", "Ten of a hundred never read while a publisher runs");
    report.row("messages", FLAT_OUT);
    report.row("payloads published", mib(bytes));
    report.row("published and heard by the ninety in", format!("{:.1} s", took.as_secs_f64()));
    report.row("broker: memory grew at most by", mib(grown));
    report.row("broker: the bound on that", mib(GROWTH_MAX_BYTES));
    report.row("times that a full queue put one behind", fallen_behind);
    report.row("messages retained when the ten read again", retained);
    report.row("most messages that one of the ten missed", most_missed(&stalled));
    report.show();
    assert!(fallen_behind >= STALLED as u64);
    assert!(grown <= GROWTH_MAX_BYTES, "grown by {grown} bytes");
    assert!(bytes > GROWTH_MAX_BYTES, "what the ten did not read would not fit the bound");
    let closed = broker.metrics().await.count("fanfare_connections_closed_total", &[("reason", "too_slow")]);
    assert_eq!(closed, 0, "nobody is closed for it");
}

/// All subscribers, with their sessions: either encoding, exact and wildcard, among the ten too.
async fn everyone(broker: &Broker) -> Vec<(Subscriber, Session)> {
    let mut everyone = Vec::new();
    for number in 0..SUBSCRIBERS {
        let encoding = Encoding::ALL[number % 2];
        let pattern = if number / 2 % 2 == 0 { "flow" } else { "*" };
        let mut subscriber = Subscriber::new(encoding, &[pattern], FLAT_OUT + LIVE);
        let session = subscriber.connect(broker.client()).await;
        everyone.push((subscriber, session));
    }
    broker.metric_reaches("fanfare_subscriptions", &[], SUBSCRIBERS as u64).await;
    everyone
}

fn most_missed(subscribers: &[Subscriber]) -> usize {
    let missed = subscribers.iter().map(|subscriber| FLAT_OUT + LIVE - subscriber.ledger.heard());
    missed.max().unwrap_or_default()
}

/// Publishes everything but what the ten hear live, at most so far ahead of the slowest of the ninety.
async fn publish(flow: &mut Flow, progress: &Progress) {
    let mut published = 0;
    while published < FLAT_OUT - 1 {
        let end = (published + BURST).min(FLAT_OUT - 1);
        if end > progress.slowest() + LAG_MAX {
            within("the ninety to hear", progress.moved.notified()).await;
        } else {
            flow.publish(published..end).await;
            published = end;
        }
    }
    flow.publish_acknowledged(published).await;
    while progress.slowest() < FLAT_OUT {
        within("the ninety to hear", progress.moved.notified()).await;
    }
}

/// Reads all there is, and sees that nothing comes after.
async fn read(
    mut subscriber: Subscriber,
    mut session: Session,
    number: usize,
    progress: Arc<Progress>,
) -> Subscriber {
    while subscriber.ledger.heard() < FLAT_OUT + LIVE {
        subscriber.hear(&mut session).await;
        progress.heard[number].store(subscriber.ledger.heard(), Relaxed);
        progress.moved.notify_one();
    }
    end(&mut subscriber, &mut session).await;
    subscriber
}

/// Reads until every message was heard or told to be missing, and the subscription is live.
async fn catch_up(mut subscriber: Subscriber, mut session: Session) -> (Subscriber, Session) {
    while subscriber.ledger.seqs()[FLAT_OUT - 1] == 0 || !subscriber.is_live() {
        subscriber.hear(&mut session).await;
    }
    (subscriber, session)
}

async fn hear_live(mut subscriber: Subscriber, mut session: Session) -> Subscriber {
    let (heard, told) = (subscriber.ledger.heard(), subscriber.ledger.told.len());
    while subscriber.ledger.heard() < heard + LIVE {
        subscriber.hear(&mut session).await;
    }
    end(&mut subscriber, &mut session).await;
    assert_eq!(subscriber.ledger.told.len(), told, "no further gap");
    subscriber
}

async fn end(subscriber: &mut Subscriber, session: &mut Session) {
    subscriber.unsubscribe(session).await;
    while !subscriber.has_ended() {
        within("the subscription to end", subscriber.hear(session)).await;
    }
}

/// Everything still retained was heard, and what was not heard is exactly what gaps told.
fn assert_caught_up(subscriber: &Subscriber, retained: usize) {
    let ledger = &subscriber.ledger;
    assert_eq!((ledger.repeated, ledger.out_of_order), (0, 0), "each once, in order");
    let published = &ledger.seqs()[..FLAT_OUT];
    assert!(published[FLAT_OUT - retained..].iter().all(|seq| *seq > 0), "all that is retained is heard");
    assert!(
        retained < FLAT_OUT / 2 && !ledger.told.is_empty(),
        "the stream holds far less than was published"
    );
    for (number, seq) in (0..).zip(published) {
        let told = ledger.told.iter().filter(|(from, to)| (*from..=*to).contains(&(number + 1))).count();
        assert_eq!(
            told,
            usize::from(*seq == 0),
            "message {number}, heard with {seq}; told: {:?}",
            ledger.told
        );
    }
}

fn assert_lost_nothing(subscriber: &Subscriber) {
    let ledger = &subscriber.ledger;
    assert_eq!(ledger.compare(&sequences(FLAT_OUT + LIVE)), (0, 0), "everything is heard");
    assert_eq!((ledger.repeated, ledger.out_of_order, ledger.told.len()), (0, 0, 0), "each once, in order");
}
