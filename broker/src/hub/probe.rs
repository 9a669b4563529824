//! Readiness: a probe message, appended to a private stream, must come back through every shard.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fanfare_protocol::frame::Publish;
use fanfare_protocol::{Pattern, Payload, StreamName, Topic};
use tokio::sync::{Mutex, Notify};

use super::error::HubError;
use super::mailbox::Mailbox;
use crate::clock::{self, Moment};
use crate::engine::{Conditions, Draft, KeyLimits, Message, SessionId, Stream, StreamConfig, StreamIndex};

/// The probe's stream is none of the engine's, so its number is one that they never reach.
const PROBE_STREAM: StreamIndex = StreamIndex(u16::MAX);
const PROBE_NAME: &str = "probe";
const PROBE_TOPIC: &str = "$probe";
/// Time within which every shard must answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// An answer is good for this long.
const CACHED_FOR: Duration = Duration::from_secs(1);

/// Shards that did not answer the probe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("shards {shards:?} did not pass on a probe message within {ANSWER_TIMEOUT:?}")]
pub(crate) struct NotReady {
    shards: Vec<usize>,
}

/// Whether a message is a probe, and goes to no socket.
pub(crate) fn is_probe(message: &Message) -> bool {
    message.place().is_some_and(|place| place.index == PROBE_STREAM)
}

/// The probe's stream and who has answered it.
#[derive(Debug)]
pub(super) struct Probe {
    stream: Stream,
    topic: Topic,
    answered: Box<[AtomicU64]>,
    progress: Notify,
    cached: Mutex<Option<(Moment, Result<(), NotReady>)>>,
}

impl Probe {
    pub(super) fn new(shards: usize) -> Result<Self, HubError> {
        let internal = |e: &dyn std::fmt::Display| HubError::InternalName(e.to_string());
        let config = StreamConfig {
            name: StreamName::new(PROBE_NAME).map_err(|e| internal(&e))?,
            patterns: vec![Pattern::new(PROBE_TOPIC).map_err(|e| internal(&e))?],
            max_age: CACHED_FOR,
            max_bytes: 0,
            max_messages_per_topic: Some(NonZeroU32::MIN),
            publisher: false,
        };
        Ok(Self {
            stream: Stream::new(PROBE_STREAM, &config, KeyLimits::default())?,
            topic: Topic::new(PROBE_TOPIC).map_err(|e| internal(&e))?,
            answered: (0..shards).map(|_| AtomicU64::new(0)).collect(),
            progress: Notify::new(),
            cached: Mutex::new(None),
        })
    }

    /// Whether every shard passes on a message. An answer of less than a second ago is given again.
    pub(super) async fn ready(&self, mailboxes: &[Mailbox]) -> Result<(), NotReady> {
        let mut cached = self.cached.lock().await;
        if let Some((at, result)) = &*cached
            && clock::now().since(*at) < CACHED_FOR
        {
            return result.clone();
        }
        let seq = self.send(mailboxes);
        let answered = tokio::time::timeout(ANSWER_TIMEOUT, self.all_answered(seq)).await;
        let result = answered.map_err(|_| NotReady { shards: self.late(seq) });
        *cached = Some((clock::now(), result.clone()));
        result
    }

    /// Appends a probe, which goes to every shard; returns its sequence.
    fn send(&self, mailboxes: &[Mailbox]) -> u64 {
        let publish = Publish {
            id: None,
            topic: self.topic.clone(),
            payload: Payload::bytes(&[][..]),
            key: None,
            expect: None,
            echo: true,
            headers: None,
        };
        let now = clock::read();
        let draft = Draft::new(publish, SessionId(0), now.moment);
        let appended = self.stream.append(draft, Conditions::default(), now, |message, _| {
            for mailbox in mailboxes {
                mailbox.push_probe(message);
            }
        });
        // There is no condition to refuse it for; a probe that was not sent must not pass for answered.
        appended.map_or(u64::MAX, |appended| appended.seq)
    }

    /// Takes note of a probe that has reached a shard; false if it is any other message.
    pub(super) fn answer(&self, shard: u8, message: &Message) -> bool {
        let Some(place) = message.place().filter(|place| place.index == PROBE_STREAM) else { return false };
        if let Some(answered) = self.answered.get(usize::from(shard)) {
            answered.fetch_max(place.seq, Ordering::Release);
            self.progress.notify_waiters();
        }
        true
    }

    fn late(&self, seq: u64) -> Vec<usize> {
        let late = |(_, answered): &(usize, &AtomicU64)| answered.load(Ordering::Acquire) < seq;
        self.answered.iter().enumerate().filter(late).map(|(shard, _)| shard).collect()
    }

    /// Completes when every shard has answered this probe.
    async fn all_answered(&self, seq: u64) {
        loop {
            let progress = self.progress.notified();
            if self.late(seq).is_empty() {
                return;
            }
            progress.await;
        }
    }
}
