//! A small broker, with publishers and shards on threads of their own.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fanfare_protocol::Topic;
use fanfare_protocol::frame::Publish;
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread::{self, JoinHandle};

use super::super::names::TOPICS;
use super::super::restarting::new_broker;
use super::super::setup::{Setup, StreamSetup};
use super::super::truth::{Record, Rules, Truth};
use super::worker::Worker;
use crate::auth::Caller;
use crate::clock::{Moment, Now};
use crate::engine::SessionId;
use crate::hub::{Accepted, Hub, PublishError};
use crate::limits::Limits;

/// A topic of the stream `kept`, and one of no stream, as places in [`TOPICS`].
pub(super) const KEPT: usize = 0;
pub(super) const PASSING: usize = 9;
/// Of a payload, in bytes.
const PAYLOAD_BYTES: usize = 8;
/// Steps for which a publisher pauses after some of its lines, so that shards catch up meanwhile.
const PAUSE_STEPS: usize = 40;
/// Numbers of messages that one publisher may use.
const IDS: u64 = 1_000;

const STREAMS: [(&str, &[&str]); 2] = [("kept", &["a.>"]), ("news", &["b.*", "c"])];
/// Streams that keep all of a run.
const KEEP_ALL: Rules = Rules { max_age_ms: 3_600_000, max_bytes: 1 << 30, per_topic: None };

/// What a publisher says: on which topic, with which key, and after which of the topic's sequences.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) topic: usize,
    pub(super) key: Option<&'static str>,
    pub(super) expect: Option<u64>,
}

/// What a publisher said, and what it was answered.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) record: Record,
    pub(super) answer: Result<Accepted, PublishError>,
}

pub(super) struct Broker {
    pub(super) hub: Arc<Hub>,
    /// Nothing was published yet.
    pub(super) truth: Truth,
    /// Ephemeral messages that were acknowledged.
    passed_on: Arc<AtomicUsize>,
    ended: Arc<AtomicBool>,
}

/// What came of a run.
pub(super) struct Outcome {
    pub(super) hub: Arc<Hub>,
    pub(super) truth: Truth,
    pub(super) workers: Vec<Worker>,
    /// What each publisher said.
    pub(super) said: Vec<Vec<Said>>,
}

/// The time at which all of a run happens.
pub(super) fn now() -> Now {
    Now { moment: Moment::after_start(Duration::from_secs(10)), wall_ms: 1_000_000 }
}

/// Lines on these topics, without conditions.
pub(super) fn plain(topics: &[usize]) -> Vec<Line> {
    topics.iter().map(|topic| Line { topic: *topic, key: None, expect: None }).collect()
}

impl Broker {
    pub(super) fn new(shards: usize, limits: Limits) -> Self {
        Self::with_rules(shards, limits, KEEP_ALL)
    }

    /// One whose streams keep so many messages of each topic.
    pub(super) fn forgetful(per_topic: usize, limits: Limits) -> Self {
        Self::with_rules(1, limits, Rules { per_topic: Some(per_topic), ..KEEP_ALL })
    }

    fn with_rules(shards: usize, limits: Limits, rules: Rules) -> Self {
        let streams = STREAMS.map(|(name, patterns)| StreamSetup { name, patterns, rules }).to_vec();
        let setup = Setup { shards, limits, streams, clients: shards };
        let (hub, truth) = new_broker(&setup);
        Self { hub, truth, passed_on: Arc::default(), ended: Arc::default() }
    }

    /// One with a shard and bounds that are never reached.
    pub(super) fn roomy() -> Self {
        Self::new(1, Limits::default())
    }

    /// The shard of this number, with one session.
    pub(super) fn worker(&self, number: usize) -> Worker {
        Worker::new(&self.hub, number, Arc::clone(&self.passed_on), Arc::clone(&self.ended))
    }

    /// A publisher that goes through its lines. At most one of a run says something ephemeral: between two of them there
    /// is no order.
    pub(super) fn publisher(&self, number: usize, lines: Vec<Line>) -> JoinHandle<Vec<Said>> {
        let (hub, passed_on) = (Arc::clone(&self.hub), Arc::clone(&self.passed_on));
        let ids = number as u64 * IDS + 1..;
        thread::spawn(move || {
            let said = ids.zip(lines).map(|(id, line)| {
                let said = say(&hub, id, line);
                passed_on.fetch_add(usize::from(line.topic == PASSING), Ordering::SeqCst);
                if thread_rng().gen_ratio(1, 2) {
                    (0..PAUSE_STEPS).for_each(|_| thread::yield_now());
                }
                said
            });
            said.collect()
        })
    }

    /// Says these lines before anything else happens.
    pub(super) fn say_first(&self, lines: Vec<Line>) -> Vec<Said> {
        let said = (900_000..).zip(lines).map(|(id, line)| say(&self.hub, id, line));
        said.collect()
    }

    /// Runs all of them at once, until the shards have delivered everything.
    pub(super) fn run(self, workers: Vec<Worker>, publishers: Vec<Vec<Line>>, first: Vec<Said>) -> Outcome {
        let workers = workers.into_iter().map(Worker::start).collect();
        let publishers = publishers.into_iter().enumerate();
        let publishers = publishers.map(|(number, lines)| self.publisher(number, lines)).collect();
        let mut outcome = self.finish(workers, publishers);
        outcome.said.push(first);
        outcome
    }

    /// Waits until these publishers have ended and the shards have delivered everything.
    pub(super) fn finish(
        self,
        workers: Vec<JoinHandle<Worker>>,
        publishers: Vec<JoinHandle<Vec<Said>>>,
    ) -> Outcome {
        let said = publishers.into_iter().map(|publisher| publisher.join().unwrap()).collect();
        self.ended.store(true, Ordering::SeqCst);
        for worker in &workers {
            worker.thread().unpark();
        }
        let workers = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
        Outcome { hub: self.hub, truth: self.truth, workers, said }
    }
}

fn say(hub: &Hub, id: u64, line: Line) -> Said {
    let record = Record {
        topic: line.topic,
        id,
        size: PAYLOAD_BYTES,
        time_ms: now().wall_ms,
        hidden_from: None,
        prev: 0,
        replaced: false,
        taken: None,
    };
    let publish = Publish {
        id: None,
        topic: Topic::new(TOPICS[line.topic]).unwrap(),
        payload: record.payload(),
        key: line.key.map(Cow::Borrowed),
        expect: line.expect,
        echo: true,
        headers: None,
    };
    let answer = hub.publish(Caller::unlimited().publish(publish).unwrap(), SessionId(u64::MAX), now());
    Said { record, answer }
}
