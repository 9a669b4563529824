//! The floor itself: what is compared with it is only as good as it is.
#![expect(clippy::expect_used, reason = "helpers of tests: what they expect is what is tested")]

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use fanfare_load::adapter::Adapter;
use fanfare_load::adapter::floor::Floor;
use fanfare_load::connection::Connection;
use fanfare_load::error::LoadError;
use fanfare_load::fanout;
use fanfare_load::frame::cut;
use fanfare_load::payload::{Layout, numbered};
use fanfare_load::plan::Plan;
use fanfare_load::server::{Cpus, Server};
use fanfare_load::window::RATE;
use fanfare_load::workload::{Pace, Workload};

const TOPIC: &str = "load.floor";

/// The floor in each of its modes.
fn floors() -> [Floor; 2] {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_floor"));
    [Floor::coalescing(program.clone()), Floor::direct(program)]
}

fn start(floor: &Floor, cpus: Cpus) -> Server {
    let log = File::create("/dev/null").expect("there is a null device");
    Server::start(floor.launch().expect("it needs nothing"), cpus, log).expect("it starts")
}

fn subscribe(server: &Server, floor: &Floor, topic: &str) -> Connection {
    Connection::subscribe(server, floor, topic).expect("it accepts subscribers")
}

/// The publishes of such messages to each of the topics in turn.
fn publishes(floor: &Floor, topics: &[&str], numbers: Range<u32>) -> Vec<u8> {
    let mut frames = Vec::new();
    for number in numbers {
        for topic in topics {
            floor.publish(topic, &numbered(number), &mut frames).expect("a good topic");
        }
    }
    frames
}

/// Publishes from a connection of its own.
fn publish(server: &Server, floor: &Floor, topics: &[&str], numbers: Range<u32>) {
    let mut publisher = Connection::open(server, floor).expect("it accepts publishers");
    publisher.send(&publishes(floor, topics, numbers)).expect("it reads, whether or not its subscribers do");
}

/// Reads numbered messages until `enough` says so of what one more read brought; `between` is called after each.
fn read(
    subscriber: Connection,
    enough: impl Fn(&[u32]) -> bool,
    mut between: impl FnMut(&mut TcpStream),
) -> Vec<u32> {
    let (mut socket, mut received) = subscriber.into_nonblocking().expect("it is a socket");
    socket.set_nonblocking(false).expect("it is a socket");
    let (mut some, mut numbers) = (vec![0; 1 << 20], Vec::new());
    while !enough(&numbers) {
        let bytes = socket.read(&mut some).expect("the floor goes on sending");
        assert_ne!(bytes, 0, "closed after {} messages", numbers.len());
        received.extend_from_slice(&some[..bytes]);
        let used = cut(&received, |_, frame| {
            let number = Layout::learn(frame).and_then(|layout| layout.number(frame));
            numbers.extend(number);
            Ok::<(), LoadError>(())
        });
        received.drain(..used.expect("whole frames"));
        between(&mut socket);
    }
    numbers
}

fn read_until(subscriber: Connection, last: u32) -> Vec<u32> {
    read(subscriber, |numbers| numbers.last() == Some(&last), |_| ())
}

#[test]
fn every_subscriber_gets_every_message_once_and_in_order() {
    // Once: from the first sample on, this thread has but one CPU.
    let cpus = Cpus::pick().expect("two CPUs");
    let plan = Plan {
        warm_up: Duration::from_millis(10),
        window: Duration::from_millis(100),
        cpus,
        log: PathBuf::from("/dev/null"),
    };
    for floor in floors() {
        for (topics, subscribers, in_flight) in
            [(1, 20, 1), (1, 20, 64), (1, 1, 1000), (10, 20, 64), (40, 20, 20)]
        {
            let pace = Pace::InFlight(in_flight);
            let workload = Workload { topics, ..Workload::one_topic(subscribers, pace) };
            let sample = fanout::sample(&floor, &workload, &plan).expect("each message once and in order");
            let rate = sample.iter().find(|figure| figure.name == RATE).map_or(0.0, |figure| figure.value);
            assert!(rate > 0.0, "{workload:?}");
        }
    }
}

#[test]
fn a_subscriber_that_reads_late_misses_nothing_that_has_room() {
    const MESSAGES: u32 = 5000;
    let cpus = Cpus::pick().expect("two CPUs");
    for floor in floors() {
        let server = start(&floor, cpus);
        let (late, prompt) = (subscribe(&server, &floor, TOPIC), subscribe(&server, &floor, TOPIC));
        publish(&server, &floor, &[TOPIC], 0..MESSAGES);
        read_until(prompt, MESSAGES - 1);
        assert!(read_until(late, MESSAGES - 1).into_iter().eq(0..MESSAGES), "{}", floor.name());
    }
}

#[test]
fn who_reads_nothing_loses_whole_messages_and_others_lose_none() {
    // More than the buffers of a socket and the floor's take together.
    const MESSAGES: u32 = 100_000;
    const PART: u32 = 4000;
    let cpus = Cpus::pick().expect("two CPUs");
    for floor in floors() {
        let server = start(&floor, cpus);
        let stalled = subscribe(&server, &floor, TOPIC);
        for first in (0..MESSAGES).step_by(PART as usize) {
            let prompt = subscribe(&server, &floor, TOPIC);
            publish(&server, &floor, &[TOPIC], first..first + PART);
            let numbers = read_until(prompt, first + PART - 1);
            assert!(numbers.into_iter().eq(first..first + PART), "{}", floor.name());
        }
        // As it reads, it publishes itself, until one of these has found room behind all that waited.
        let mut later = MESSAGES..;
        let ended = |numbers: &[u32]| numbers.last().is_some_and(|&number| number >= MESSAGES);
        let numbers = read(stalled, ended, |socket| {
            let number = later.next().expect("there is a next number");
            let frames = publishes(&floor, &[TOPIC], number..number + 1);
            socket.write_all(&frames).expect("the floor reads");
        });
        assert!(numbers.is_sorted_by(|a, b| a < b), "{}: each at most once, in order", floor.name());
        assert!(numbers.len() < MESSAGES as usize, "{}: {} came", floor.name(), numbers.len());
    }
}

#[test]
fn a_message_goes_to_those_of_its_topic_alone() {
    let cpus = Cpus::pick().expect("two CPUs");
    for floor in floors() {
        let server = start(&floor, cpus);
        let (one, two) = (subscribe(&server, &floor, "load.one"), subscribe(&server, &floor, "load.two"));
        publish(&server, &floor, &["load.one"], 0..10);
        publish(&server, &floor, &["load.two", "load.none"], 10..20);
        assert!(read_until(one, 9).into_iter().eq(0..10), "{}", floor.name());
        assert!(read_until(two, 19).into_iter().eq(10..20), "{}", floor.name());
    }
}

#[test]
fn a_subscriber_of_two_topics_gets_both_in_order() {
    let cpus = Cpus::pick().expect("two CPUs");
    for floor in floors() {
        let server = start(&floor, cpus);
        let mut both = subscribe(&server, &floor, "load.one");
        let mut frames = Vec::new();
        floor.subscribe("load.two", &mut frames).expect("a good topic");
        frames.extend(publishes(&floor, &["load.one", "load.two"], 0..100));
        both.send(&frames).expect("the floor reads");
        let numbers = read(both, |numbers| numbers.len() == 200, |_| ());
        assert!(numbers.into_iter().eq((0..100).flat_map(|number| [number, number])), "{}", floor.name());
    }
}
