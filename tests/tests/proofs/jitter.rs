//! Clients that are away for two seconds of every fifteen: all that was acknowledged reaches each, once and in order.
//!
//! `FANFARE_JITTER_SECONDS` shortens or prolongs the two minutes of publishing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use fanfare_protocol::Encoding;
use fanfare_tests::crowd::{Session, Subscriber};
use fanfare_tests::{Broker, Client, Report, mib, within};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout_at};

const CLIENTS: u32 = 500;
const TOPICS: [&str; 4] = ["flow.a", "flow.b", "flow.c", "flow.d"];
/// Messages a second, over all topics; every client hears all of them.
const RATE: u32 = 120;
/// What the load must come to for the proof to count, over the time of publishing.
const DELIVERIES_PER_SECOND_MIN: f64 = 50_000.0;
/// From one cut of a client to its next.
const CYCLE: Duration = Duration::from_secs(15);
const OFFLINE: Duration = Duration::from_secs(2);
/// Time for the last catch-up, after everything is published.
const CATCH_UP_MAX: Duration = Duration::from_secs(30);
const TITLE: &str = "Clients offline 2 s of every 15, half of the cuts a reset, half gone mute";
/// Holds all of two minutes many times over: what is missing is the broker's fault.
const STREAM: &str =
    "[[stream]]\nname = \"flow\"\npatterns = [\"flow.>\"]\nmax_age = \"1h\"\nmax_bytes = \"256MiB\"\n";

/// What all clients count together.
#[derive(Debug, Default)]
struct Counts {
    deliveries: AtomicU64,
    resets: AtomicU64,
    mutes: AtomicU64,
    resumes: AtomicU64,
    longest_catch_up_ms: AtomicU64,
}

/// When a client is away.
#[derive(Debug, Clone, Copy)]
struct Schedule {
    next_cut: Instant,
    /// The next cut is a reset; the one after it is mute, and so on.
    reset: bool,
    /// No cuts from here on.
    end: Instant,
    give_up: Instant,
}

#[tokio::test]
#[allow(clippy::cast_precision_loss, reason = "rates are told to whole numbers")]
#[ignore = "takes two minutes and wants a release build: ./tests/run does it"]
async fn clients_that_are_cut_again_and_again_hear_all_that_was_acknowledged_once_and_in_order() {
    let seconds = std::env::var("FANFARE_JITTER_SECONDS").map_or(120, |text| text.parse().expect("seconds"));
    let broker = Broker::with(STREAM).await;
    let numbers = usize::try_from(seconds * RATE).unwrap();
    let ready = everyone(&broker, numbers).await;

    let cpu_before = cpu_seconds(&broker).await;
    let counts = Arc::new(Counts::default());
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds.into());
    let mut clients = JoinSet::new();
    for (number, (subscriber, session)) in (0..CLIENTS).zip(ready) {
        let next_cut = begun + CYCLE * number / CLIENTS;
        // Neighbours in time, whatever their encoding and patterns, differ in how they are cut.
        let schedule =
            Schedule { next_cut, reset: (number / 4).is_multiple_of(2), end, give_up: end + CATCH_UP_MAX };
        clients.spawn(live(subscriber, session, broker.client(), schedule, Arc::clone(&counts)));
    }
    let sampler = tokio::spawn(sample(Arc::clone(&counts), end));
    let acknowledged = publish(&broker, numbers).await;
    let per_second = count(&counts.deliveries) as f64 / begun.elapsed().as_secs_f64();
    let subscribers = clients.join_all().await;
    let cpu = (cpu_seconds(&broker).await - cpu_before) / begun.elapsed().as_secs_f64();

    let faults = faults(&subscribers, &acknowledged);
    let mut report = Report::new("jitter", TITLE);
    counts.tell(&mut report);
    report.row("messages published and acknowledged", acknowledged.len());
    report.row("deliveries/s, mean while published", format!("{per_second:.0}"));
    report.row("deliveries/s, median of the seconds", median(sampler.await.unwrap()));
    for (name, faults) in faults {
        report.row(name, faults);
    }
    report.row("broker: largest resident memory", mib(broker.peak_resident_bytes()));
    report.row("broker: CPU", format!("{cpu:.2} cores"));
    report.show();
    assert_eq!(faults.map(|(_, count)| count), [0; 6], "see the table");
    let enough = per_second >= DELIVERIES_PER_SECOND_MIN;
    assert!(enough, "{per_second:.0} deliveries/s are too few to prove anything");
}

/// All subscribers, with their first sessions.
async fn everyone(broker: &Broker, numbers: usize) -> Vec<(Subscriber, Session)> {
    let mut ready = Vec::new();
    for number in 0..CLIENTS {
        let mut subscriber = subscriber(number, numbers);
        let session = subscriber.connect(broker.client()).await;
        ready.push((subscriber, session));
    }
    let subscriptions = CLIENTS / 2 + CLIENTS / 2 * u32::try_from(TOPICS.len()).unwrap();
    broker.metric_reaches("fanfare_subscriptions", &[], subscriptions.into()).await;
    ready
}

/// Everything that may not happen, and how often it did.
fn faults(subscribers: &[Subscriber], acknowledged: &[u64]) -> [(&'static str, u64); 6] {
    let sum = |of: &dyn Fn(&Subscriber) -> u64| subscribers.iter().map(of).sum::<u64>();
    [
        ("missing", sum(&|s| s.ledger.compare(acknowledged).0)),
        ("heard with another sequence", sum(&|s| s.ledger.compare(acknowledged).1)),
        ("repeated", sum(&|s| s.ledger.repeated)),
        ("out of order", sum(&|s| s.ledger.out_of_order)),
        ("gaps", sum(&|s| s.ledger.told.len() as u64)),
        ("resumed, but not recovered", sum(&|s| s.not_recovered)),
    ]
}

async fn cpu_seconds(broker: &Broker) -> f64 {
    broker.metrics().await.value("process_cpu_seconds_total", &[])
}

fn count(counter: &AtomicU64) -> u64 {
    counter.load(Relaxed)
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

impl Counts {
    fn tell(&self, report: &mut Report) {
        report.row("clients", CLIENTS);
        report.row("cuts: reset", count(&self.resets));
        report.row("cuts: mute", count(&self.mutes));
        report.row("sessions resumed", count(&self.resumes));
        report.row("longest catch-up after a cut", format!("{} ms", count(&self.longest_catch_up_ms)));
        report.row("deliveries", count(&self.deliveries));
    }
}

/// Half of them in either encoding; half of each with a wildcard, half with every topic by its name.
fn subscriber(number: u32, numbers: usize) -> Subscriber {
    let encoding = Encoding::ALL[number as usize % 2];
    let patterns: &[&str] = if (number / 2).is_multiple_of(2) { &["flow.*"] } else { &TOPICS };
    Subscriber::new(encoding, patterns, numbers)
}

/// A client's life: online, cut, away, back; until it has heard everything and seen that nothing comes after.
async fn live(
    mut subscriber: Subscriber,
    mut session: Session,
    address: SocketAddr,
    mut schedule: Schedule,
    counts: Arc<Counts>,
) -> Subscriber {
    let mut connected = None;
    loop {
        let cut = schedule.next_cut < schedule.end;
        let until = if cut { schedule.next_cut } else { schedule.give_up };
        let online = hear_all(&mut subscriber, &mut session, connected, &counts);
        if timeout_at(until, online).await.is_ok() || !cut {
            break;
        }
        let muted = if schedule.reset {
            counts.resets.fetch_add(1, Relaxed);
            session.reset();
            None
        } else {
            // Nobody reads on that connection any more, and nobody tells the broker.
            counts.mutes.fetch_add(1, Relaxed);
            Some(session)
        };
        sleep(OFFLINE).await;
        connected = Some(Instant::now());
        session = subscriber.connect(address).await;
        counts.resumes.fetch_add(1, Relaxed);
        if let Some(muted) = muted {
            muted.reset();
        }
        schedule = Schedule { next_cut: schedule.next_cut + CYCLE, reset: !schedule.reset, ..schedule };
    }
    subscriber.unsubscribe(&mut session).await;
    while !subscriber.has_ended() {
        let messages = within("the subscriptions to end", subscriber.hear(&mut session)).await;
        counts.deliveries.fetch_add(messages, Relaxed);
    }
    subscriber
}

/// Hears on until nothing is left to hear; notes how long it took to catch up.
async fn hear_all(
    subscriber: &mut Subscriber,
    session: &mut Session,
    mut connected: Option<Instant>,
    counts: &Counts,
) {
    while subscriber.ledger.heard() < subscriber.ledger.seqs().len() {
        let messages = subscriber.hear(session).await;
        counts.deliveries.fetch_add(messages, Relaxed);
        if let Some(connected) = connected.take_if(|_| subscriber.is_live()) {
            let took = u64::try_from(connected.elapsed().as_millis()).unwrap();
            counts.longest_catch_up_ms.fetch_max(took, Relaxed);
        }
    }
}

/// Publishes every number, each topic from a session of its own; returns the sequence of each.
async fn publish(broker: &Broker, numbers: usize) -> Vec<u64> {
    let mut publishers = JoinSet::new();
    for (first, topic) in TOPICS.into_iter().enumerate() {
        let mut client = Client::open(broker, Encoding::ALL[first % 2]).await;
        publishers.spawn(async move {
            let mut pace = interval(Duration::from_secs(1) * u32::try_from(TOPICS.len()).unwrap() / RATE);
            pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut sequences = Vec::new();
            for number in (first..numbers).step_by(TOPICS.len()) {
                pace.tick().await;
                let published = client.publish(topic, &format!("{number} {:x<100}", "")).await;
                sequences.push((number, published["seq"].as_u64().unwrap()));
            }
            sequences
        });
    }
    let mut acknowledged = vec![0; numbers];
    for (number, seq) in publishers.join_all().await.into_iter().flatten() {
        acknowledged[number] = seq;
    }
    acknowledged
}

/// The deliveries of each second, until the end.
async fn sample(counts: Arc<Counts>, end: Instant) -> Vec<u64> {
    let (mut next, mut before) = (Instant::now(), 0);
    let mut per_second = Vec::new();
    while next + Duration::from_secs(1) <= end {
        next += Duration::from_secs(1);
        sleep_until(next).await;
        let now = counts.deliveries.load(Relaxed);
        per_second.push(now - before);
        before = now;
    }
    per_second
}
