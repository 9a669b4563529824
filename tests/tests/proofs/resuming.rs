//! A thousand sessions that come back at the same moment, while messages go on being published.

use std::net::SocketAddr;
use std::time::Duration;

use fanfare_protocol::Encoding;
use fanfare_tests::crowd::{Session, Subscriber};
use fanfare_tests::{Broker, Report, Setup, mib, within};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

use crate::flow::{Flow, sequences};

const SUBSCRIBERS: usize = 1_000;
/// Messages before the cut, while everyone is away, and from the moment when they come back.
const BEFORE: usize = 100;
const MISSED: usize = 3_000;
const MEANWHILE: usize = 500;
const ALL: usize = BEFORE + MISSED + MEANWHILE;
/// Pause between two messages of the live traffic: 50,000 deliveries a second once all are live.
const PACE: Duration = Duration::from_millis(20);
const PAYLOAD_BYTES: usize = 200;
/// Time for all of it.
const TIME_MAX: Duration = Duration::from_mins(2);

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
/// Growth of the broker's memory from the moment before they come back, in bytes: the stream with a quarter for what its
/// accounting leaves out, 32 KiB for each session that catches up, two shards' mailboxes, and 8 MiB for sockets'
/// scratches. In all 61 MiB; a copy of the missed messages for each session would take ten times that.
const GROWTH_MAX_BYTES: u64 = (16 << 20) * 5 / 4 + 1_000 * (32 << 10) + 2 * (1 << 20) + (8 << 20);

#[tokio::test]
#[ignore = "takes many sessions and wants a release build: ./tests/run does it"]
async fn a_thousand_sessions_that_resume_at_once_under_live_traffic_lose_nothing_and_end_live() {
    let broker = Setup::default().config(CONFIG).flag("--shards", 2).start().await;
    let mut flow = Flow::new(&broker, "flow", PAYLOAD_BYTES).await;
    let (mut away, cut) = (Vec::new(), connect_all(&broker).await);
    flow.publish(0..BEFORE - 1).await;
    flow.publish_acknowledged(BEFORE - 1).await;
    for (mut subscriber, mut session) in cut {
        within("a first part", hear(&mut subscriber, &mut session, BEFORE)).await;
        session.reset();
        away.push(subscriber);
    }
    // The publisher's session is all that is left.
    broker.metric_reaches("fanfare_connections", &[], 1).await;
    flow.publish(BEFORE..BEFORE + MISSED - 1).await;
    flow.publish_acknowledged(BEFORE + MISSED - 1).await;

    let resident = broker.resident_bytes();
    let begun = Instant::now();
    let mut coming_back = JoinSet::new();
    for subscriber in away {
        coming_back.spawn(come_back(subscriber, broker.client(), begun));
    }
    let mut pace = interval(PACE);
    for number in BEFORE + MISSED..ALL {
        pace.tick().await;
        flow.publish_acknowledged(number).await;
    }
    let back = timeout(TIME_MAX, coming_back.join_all()).await.expect("all hear everything in time");
    let grown = broker.peak_resident_bytes() - resident;
    let expected = sequences(ALL);
    let mut live_after = Vec::new();
    for (subscriber, took) in &back {
        let ledger = &subscriber.ledger;
        assert_eq!(ledger.compare(&expected), (0, 0), "everything is heard");
        assert_eq!((ledger.repeated, ledger.out_of_order, ledger.told.len()), (0, 0, 0), "once, in order");
        assert_eq!(subscriber.not_recovered, 0);
        live_after.push(*took);
    }
    live_after.sort_unstable();

    let mut report = Report::new("resuming", "A thousand sessions resume at once while messages go on");
    report.row("sessions", SUBSCRIBERS);
    report.row("messages missed, and published meanwhile", format!("{MISSED} + {MEANWHILE}"));
    report.row("live again, median", format!("{} ms", live_after[SUBSCRIBERS / 2].as_millis()));
    report.row("live again, last", format!("{} ms", live_after[SUBSCRIBERS - 1].as_millis()));
    report.row("broker: memory grew at most by", mib(grown));
    report.row("broker: the bound on that", mib(GROWTH_MAX_BYTES));
    report.show();
    assert!(grown <= GROWTH_MAX_BYTES, "grown by {grown} bytes");
    broker.metric_reaches("fanfare_subscriptions_behind", &[], 0).await;
}

/// All subscribers, subscribed: either encoding, exact and wildcard.
async fn connect_all(broker: &Broker) -> Vec<(Subscriber, Session)> {
    let mut all = Vec::new();
    for number in 0..SUBSCRIBERS {
        let pattern = if number / 2 % 2 == 0 { "flow" } else { "*" };
        let mut subscriber = Subscriber::new(Encoding::ALL[number % 2], &[pattern], ALL);
        let session = subscriber.connect(broker.client()).await;
        all.push((subscriber, session));
    }
    broker.metric_reaches("fanfare_subscriptions", &[], SUBSCRIBERS as u64).await;
    all
}

/// Resumes and hears everything, until live; returns how long after the beginning that was the first time.
async fn come_back(
    mut subscriber: Subscriber,
    address: SocketAddr,
    begun: Instant,
) -> (Subscriber, Duration) {
    let mut session = subscriber.connect(address).await;
    let mut live_after = None;
    while subscriber.ledger.heard() < ALL || !subscriber.is_live() {
        subscriber.hear(&mut session).await;
        if subscriber.is_live() && live_after.is_none() {
            live_after = Some(begun.elapsed());
        }
    }
    subscriber.unsubscribe(&mut session).await;
    while !subscriber.has_ended() {
        within("the subscription to end", subscriber.hear(&mut session)).await;
    }
    (subscriber, live_after.unwrap())
}

async fn hear(subscriber: &mut Subscriber, session: &mut Session, numbers: usize) {
    while subscriber.ledger.heard() < numbers {
        subscriber.hear(session).await;
    }
}
