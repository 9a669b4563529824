//! The floor itself: what is compared with it is only as good as it is.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use fanfare_load::adapter::Adapter;
use fanfare_load::adapter::floor::Floor;
use fanfare_load::connection::Connection;
use fanfare_load::error::LoadError;
use fanfare_load::fanout;
use fanfare_load::frame::cut;
use fanfare_load::order::{Faults, Order};
use fanfare_load::payload::{Layout, numbered};
use fanfare_load::plan::Plan;
use fanfare_load::server::{Cpus, Server};
use fanfare_load::window::RATE;
use fanfare_load::workload::{Pace, Workload};

fn floor() -> Floor {
    Floor::new(PathBuf::from(env!("CARGO_BIN_EXE_floor")))
}

/// Deliveries a second, in thousands.
fn sample(workload: &Workload, cpus: Cpus) -> Result<f64, LoadError> {
    let plan = Plan {
        warm_up: Duration::from_millis(10),
        window: Duration::from_millis(100),
        cpus,
        log: PathBuf::from("/dev/null"),
    };
    let sample = fanout::sample(&floor(), workload, &plan)?;
    Ok(sample.iter().find(|figure| figure.name == RATE).map_or(0.0, |figure| figure.value))
}

#[test]
fn every_subscriber_gets_every_message_once_and_in_order() {
    // Once: from the first sample on, this thread has but one CPU.
    let cpus = Cpus::pick().expect("two CPUs");
    for (subscribers, in_flight) in [(20, 1), (20, 64), (1, 1000)] {
        let workload = Workload::one_topic(subscribers, Pace::InFlight(in_flight));
        let rate = sample(&workload, cpus).expect("each message once and in order");
        assert!(rate > 0.0, "{subscribers} subscribers, {in_flight} in flight");
    }
}

#[test]
fn a_subscriber_that_reads_late_misses_nothing() {
    const MESSAGES: u32 = 80_000;
    let log = File::create("/dev/null").expect("there is a null device");
    let server = Server::start(floor().command(), Cpus::pick().expect("two CPUs"), log).expect("it starts");
    let subscriber = Connection::subscribe(&server, &floor(), "late").expect("it accepts subscribers");
    let mut publisher = Connection::open(&server, &floor()).expect("it accepts publishers");
    let mut frames = Vec::new();
    floor().introduce_publisher(&mut frames);
    for number in 0..MESSAGES {
        floor().publish("late", &numbered(number), &mut frames).expect("a good topic");
    }
    publisher.send(&frames).expect("it reads whether or not its subscribers do");

    let (mut socket, mut received) = subscriber.into_nonblocking().expect("it is a socket");
    socket.set_nonblocking(false).expect("it is a socket");
    let (mut order, mut layout, mut count) = (Order::default(), None, 0);
    let mut some = vec![0; 1 << 20];
    while count < MESSAGES {
        let bytes = socket.read(&mut some).expect("the floor goes on sending");
        assert_ne!(bytes, 0, "closed after {count} messages");
        received.extend_from_slice(&some[..bytes]);
        let used = cut(&received, |_, frame| {
            let layout = layout.get_or_insert_with(|| Layout::learn(frame).expect("a numbered payload"));
            order.take(layout.number(frame).expect("a numbered payload"), MESSAGES);
            count += 1;
            Ok::<(), LoadError>(())
        });
        received.drain(..used.expect("whole frames"));
    }
    assert_eq!(order.faults(MESSAGES), Faults::default());
}
