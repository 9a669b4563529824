//! Publishing: what comes of it by the reference, and what the broker says.

use std::borrow::Cow;

use fanfare_protocol::Topic;
use fanfare_protocol::frame::Publish;

use super::names::TOPICS;
use super::steps::{Expect, Publication};
use super::truth::{Record, Truth};
use super::violation::{Check, Checked, ensure};
use super::world::World;
use crate::auth::Caller;
use crate::engine::SessionId;
use crate::hub::{Accepted, PublishError};

/// A publisher that subscribes to nothing.
const OUTSIDER: SessionId = SessionId(u64::MAX);
/// The memory that a key takes beside its text and topic at most, in bytes.
const KEY_OVERHEAD_BYTES: usize = 224;
/// What its publisher takes, once; all clients have one address.
const PUBLISHER_OVERHEAD_BYTES: usize = 256;

/// After one of so many appends to a stream all that it retains is looked at.
const APPENDS_AN_AUDIT: u64 = 16;

type Answer = Result<Accepted, PublishError>;

impl World {
    pub(super) fn publish(&mut self, publication: Publication) -> Checked {
        let topic = publication.topic;
        let log = self.truth.log_of(TOPICS[topic]);
        let expect = publication.expect.map(|expect| self.expected(topic, expect));
        let (record, answer) = self.send(publication, expect);
        self.tell(|| format!("    {} {}: {answer:?}", record.topic(), record.id));
        let Some(log) = log else {
            let needs_stream = publication.key.is_some() || expect.is_some();
            return self.passed_on(record, &answer, needs_stream);
        };
        if let Some(seq) = publication.key.and_then(|key| self.repeats(topic, key, &answer)) {
            let right = accepted(&answer) == Some((seq, true));
            return ensure(right, Check::Answer, || format!("{answer:?} for a repeat of {seq}"));
        }
        let last = self.truth.logs[log].last_of(topic);
        if expect.is_some_and(|expect| expect != last) {
            let right = matches!(answer, Err(PublishError::Conflict { last: told }) if told == last);
            return ensure(right, Check::Answer, || {
                format!("{answer:?}, the last is {last}, not {expect:?}")
            });
        }
        if publication.key.is_some() && matches!(answer, Err(PublishError::KeysFull { .. })) {
            return ensure(self.keys_may_be_full(), Check::Answer, || format!("{answer:?} with few keys"));
        }
        self.appended(log, record, publication.key, &answer)
    }

    pub(super) fn burst(&mut self, count: usize, topics: usize, size: usize) -> Checked {
        (0..count).try_for_each(|n| self.publish(Publication::plain(n % topics, size)))
    }

    pub(super) fn send(&mut self, publication: Publication, expect: Option<u64>) -> (Record, Answer) {
        let Publication { topic, by, echo, size, key, .. } = publication;
        let session = self.clients.get(by).map_or(OUTSIDER, |client| client.outbound.session());
        self.published += 1;
        let record = Record {
            topic,
            id: self.published,
            size,
            time_ms: self.now.wall_ms,
            hidden_from: (!echo).then_some(session.0),
            prev: 0,
            replaced: false,
            taken: None,
        };
        let publish = Publish {
            id: None,
            topic: Topic::new(TOPICS[topic]).unwrap(),
            payload: record.payload(),
            key: key.map(|key| Cow::Owned(format!("key{key}"))),
            expect,
            echo,
            headers: None,
        };
        let answer = self.hub.publish(Caller::unlimited().publish(publish).unwrap(), session, self.now);
        (record, answer)
    }

    /// The sequence that a publisher expects.
    fn expected(&self, topic: usize, expect: Expect) -> u64 {
        let last = self.truth.log_of(TOPICS[topic]).map_or(0, |log| self.truth.logs[log].last_of(topic));
        match expect {
            Expect::Last => last,
            Expect::Later => last + 1,
            Expect::Nothing => 0,
        }
    }

    fn passed_on(&mut self, record: Record, answer: &Answer, needs_stream: bool) -> Checked {
        if needs_stream {
            let refused = *answer == Err(PublishError::NeedsStream);
            return ensure(refused, Check::Answer, || format!("{answer:?} for a key or expectation"));
        }
        self.truth.ephemeral.push(record);
        let right = *answer == Ok(Accepted { at: None, duplicate: false });
        ensure(right, Check::Answer, || format!("{answer:?} for an ephemeral message"))
    }

    /// The sequence that was published with this key on this topic within the window. At the very end of the window
    /// both will do.
    fn repeats(&self, topic: usize, key: u8, answer: &Answer) -> Option<u64> {
        let (seq, since) = self.truth.keys.get(&(topic, key))?;
        let age = self.elapsed.saturating_sub(*since);
        let window = self.setup.limits.key_window;
        let duplicate = accepted(answer).is_some_and(|(_, duplicate)| duplicate);
        (age < window || (age == window && duplicate)).then_some(*seq)
    }

    fn keys_may_be_full(&self) -> bool {
        let room = self.setup.limits.key_bytes;
        let remembered = self.truth.keys.keys().map(|(topic, _)| TOPICS[*topic].len() + KEY_OVERHEAD_BYTES);
        remembered.sum::<usize>() + KEY_OVERHEAD_BYTES + PUBLISHER_OVERHEAD_BYTES > room
    }

    fn appended(&mut self, log: usize, record: Record, key: Option<u8>, answer: &Answer) -> Checked {
        let Truth { logs, keys, .. } = &mut self.truth;
        let truth = &mut logs[log];
        let topic = record.topic;
        let taken = truth.append(record);
        if let Some(key) = key {
            keys.insert((topic, key), (truth.head(), self.elapsed));
        }
        let right = accepted(answer) == Some((truth.head(), false));
        ensure(right, Check::Answer, || format!("{answer:?} for {} of {}", truth.head(), truth.name))?;
        let at = answer.as_ref().ok().and_then(|accepted| accepted.at.as_ref());
        let right = at.is_some_and(|at| at.stream == truth.stream && at.epoch == truth.epoch);
        ensure(right, Check::Answer, || format!("{answer:?} in {}", truth.name))?;
        let thorough = truth.head().is_multiple_of(APPENDS_AN_AUDIT);
        self.audit(log, &taken, thorough)
    }
}

/// The sequence that an answer tells, and whether it is that of an earlier publish.
fn accepted(answer: &Answer) -> Option<(u64, bool)> {
    let accepted = answer.as_ref().ok()?;
    Some((accepted.at.as_ref()?.seq, accepted.duplicate))
}
