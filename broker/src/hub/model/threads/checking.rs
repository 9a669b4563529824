//! What came of a run, held against the promises: the reference is made of the answers, the rest of what clients read.

use std::collections::BTreeMap;
use std::time::Duration;

use fanfare_protocol::frame::ReplayFrom;
use fanfare_protocol::{Pattern, Position, ServerFrame, StreamName, StreamPosition};

use super::super::client::cut;
use super::super::names::{TOPICS, matches};
use super::super::reading::Begin;
use super::super::subscriber::Subscriber;
use super::super::tally::Tally;
use super::super::truth::{Audience, Record, Truth, id_of};
use super::super::violation::{Check, Checked, Violation, ensure};
use super::broker::{Outcome, PASSING, Said};
use super::worker::{Asked, Worker};
use crate::engine::{Cursor, ReadBudget, Stream};

/// What a client was told of one subscription.
#[derive(Debug, Default)]
struct Heard {
    position: Position,
    /// Which ephemeral messages came, by their number.
    ephemeral: Vec<u64>,
    /// Whether it has caught up, and messages of streams that came after.
    live: bool,
    after_live: u64,
}

impl Outcome {
    /// Checks that everything arrived, in order, each once, and that all are live at the heads.
    pub(super) fn is_right(&mut self, tally: &mut Tally) -> Checked {
        self.is_in_order(tally)?;
        for worker in &mut self.workers {
            for sub in worker.client.subs.values_mut().flatten() {
                sub.has_everything(&self.truth)?;
                sub.is_at_rest(&self.truth)?;
            }
        }
        Ok(())
    }

    /// Checks that what arrived did so in order, each once, with nothing left out on the way.
    pub(super) fn is_in_order(&mut self, tally: &mut Tally) -> Checked {
        fill(&mut self.truth, &self.said)?;
        self.is_appended()?;
        self.is_retained(tally)?;
        for worker in &mut self.workers {
            worker.expect(&mut self.truth, &self.said, tally)?;
            worker.client.read(&self.truth, Duration::ZERO, tally, |_| {})?;
        }
        let metrics = &self.hub.metrics;
        tally.add("mailbox overflow", metrics.sum(|shard| shard.mailbox_overflows.get()));
        tally.add("dropped by a queue", metrics.sum(|shard| shard.dropped_messages.get()));
        Ok(())
    }

    /// The streams retain just what their rules say.
    fn is_retained(&self, tally: &mut Tally) -> Checked {
        for (log, stream) in self.truth.logs.iter().zip(self.hub.engine.streams()) {
            let retained = retained(stream, &self.hub.everything);
            ensure(retained == log.kept, Check::Retention, || {
                format!("{} retains {retained:?}, and should {:?}", log.name, log.kept)
            })?;
            tally.add("taken", log.head() - log.kept.len() as u64);
        }
        Ok(())
    }

    /// The streams have just what was acknowledged.
    fn is_appended(&self) -> Checked {
        for (log, stream) in self.truth.logs.iter().zip(self.hub.engine.streams()) {
            let head = stream.head().seq;
            ensure(head == log.head(), Check::Answer, || {
                format!("{} has {head} messages, {} were acknowledged", log.name, log.head())
            })?;
        }
        Ok(())
    }
}

/// What a stream retains.
fn retained(stream: &Stream, everything: &Pattern) -> Vec<u64> {
    let mut cursor = Cursor { told_through: stream.head().seq, ..Cursor::after(0) };
    let mut retained = Vec::new();
    loop {
        let all = ReadBudget::new(usize::MAX, usize::MAX);
        let batch = stream.read(&mut cursor, everything, all, || ());
        retained.extend(batch.messages.iter().map(|message| message.seq()));
        if batch.at_head {
            return retained;
        }
    }
}

/// Makes the reference of what publishers were answered.
fn fill(truth: &mut Truth, said: &[Vec<Said>]) -> Checked {
    let mut appended: BTreeMap<(usize, u64), &Record> = BTreeMap::new();
    for Said { record, answer } in said.iter().flatten() {
        match answer.as_ref().map(|accepted| (&accepted.at, accepted.duplicate)) {
            Ok((Some(at), false)) => {
                let log = truth.named(at.stream.as_str()).unwrap();
                let twice = appended.insert((log, at.seq), record);
                ensure(twice.is_none(), Check::Answer, || format!("{at:?} is said to be two messages"))?;
            }
            Ok((None, _)) => truth.ephemeral.push(record.clone()),
            Ok((Some(_), true)) | Err(_) => {}
        }
    }
    for ((log, seq), record) in appended {
        truth.logs[log].append(record.clone());
        let head = truth.logs[log].head();
        ensure(head == seq, Check::Answer, || format!("no publish was answered {head}, one was {seq}"))?;
    }
    Ok(())
}

impl Worker {
    /// Notes what its subscriptions have to hear, from where `subscribed` says that they begin.
    fn expect(&mut self, truth: &mut Truth, said: &[Vec<Said>], tally: &mut Tally) -> Checked {
        let heard = self.heard()?;
        for asked in &self.asked {
            let heard = heard.get(&asked.number);
            let heard = heard.ok_or_else(|| Violation::new(Check::Opened, "`subscribed` never came"))?;
            tally.add("message after live", heard.after_live);
            begins_in_time(asked, &heard.position)?;
            let from = first_ephemeral(truth, asked, heard, said)?;
            let later = truth.ephemeral.split_off(from);
            let sub = self.subscriber(truth, asked, &heard.position);
            truth.ephemeral.extend(later);
            self.client.subs.entry(asked.number).or_default().push_back(sub);
        }
        Ok(())
    }

    fn subscriber(&self, truth: &Truth, asked: &Asked, position: &Position) -> Subscriber {
        let begin = |(name, place): (&StreamName, &StreamPosition)| {
            let begin = match &asked.from {
                ReplayFrom::Now => Begin::After(place.seq),
                ReplayFrom::Position(from) => Begin::Position(from.get(name.as_str()).map_or(0, |p| p.seq)),
                _ => Begin::After(0),
            };
            (truth.named(name.as_str()).unwrap(), begin)
        };
        let who = Audience::new(asked.pattern, self.client.outbound.session().0);
        let begins = position.0.iter().map(begin).collect();
        let mut sub = Subscriber::new(truth, who, asked.latest, None, begins);
        if matches!(asked.from, ReplayFrom::Position(_)) {
            sub.resumes(Vec::new());
        }
        sub
    }

    fn heard(&self) -> Checked<BTreeMap<u32, Heard>> {
        let mut heard: BTreeMap<u32, Heard> = BTreeMap::new();
        let encoding = self.client.outbound.encoding();
        let mut rest = self.client.bytes.as_slice();
        while let Some((payload, behind)) = cut(encoding, rest)? {
            rest = behind;
            match encoding.decode_server(payload) {
                Ok(Some(ServerFrame::Subscribed(frame))) => {
                    heard.entry(frame.sub).or_default().position = frame.position;
                }
                Ok(Some(ServerFrame::Message { sub, message })) if message.sequenced.is_none() => {
                    heard.entry(sub).or_default().ephemeral.extend(id_of(&message.payload));
                }
                Ok(Some(ServerFrame::Message { sub, .. })) => {
                    let heard = heard.entry(sub).or_default();
                    heard.after_live += u64::from(heard.live);
                }
                Ok(Some(ServerFrame::Live { sub, .. })) => heard.entry(sub).or_default().live = true,
                _ => {}
            }
        }
        Ok(heard)
    }
}

/// `now` is a moment between the asking and the answer.
fn begins_in_time(asked: &Asked, position: &Position) -> Checked {
    if !matches!(asked.from, ReplayFrom::Now) {
        return Ok(());
    }
    let [before, after] = &asked.between;
    let seq = |heads: &Position, name: &str| heads.get(name).map_or(0, |place| place.seq);
    for (name, place) in &position.0 {
        let moments = seq(before, name.as_str())..=seq(after, name.as_str());
        ensure(moments.contains(&place.seq), Check::Position, || {
            format!("`now` is {} in {name}, the heads around it {moments:?}", place.seq)
        })?;
    }
    Ok(())
}

/// The ephemeral message that a subscription hears first: none from before it was asked for, and every one from a
/// publisher that had something in a stream after its position.
fn first_ephemeral(truth: &Truth, asked: &Asked, heard: &Heard, said: &[Vec<Said>]) -> Checked<usize> {
    if !asked.late || !matches(asked.pattern, TOPICS[PASSING]) {
        return Ok(0);
    }
    let place = |id: &u64| truth.ephemeral.iter().position(|record| record.id == *id);
    let first = heard.ephemeral.first().and_then(place).unwrap_or(truth.ephemeral.len());
    let early = !heard.ephemeral.is_empty() && first < asked.passed_on;
    ensure(!early, Check::Content, || {
        format!("ephemeral {first} came, {} were published before", asked.passed_on)
    })?;
    for said in said {
        let after = |said: &&Said| !is_after(said, &heard.position);
        let due = said.iter().skip_while(after).find(|said| said.record.topic == PASSING);
        let due = due.and_then(|said| place(&said.record.id));
        ensure(due.is_none_or(|due| first <= due), Check::Count, || {
            format!("ephemeral {due:?} was published after the position, and {first} is the first that came")
        })?;
    }
    Ok(first)
}

/// Whether a message is in a stream, after a position.
fn is_after(said: &Said, position: &Position) -> bool {
    let at = said.answer.as_ref().ok().and_then(|accepted| accepted.at.as_ref());
    at.is_some_and(|at| position.get(at.stream.as_str()).is_some_and(|place| at.seq > place.seq))
}
