//! What a subscription hears of topics that are in no stream: in publish order, delivered or counted.

use std::collections::BTreeMap;

use fanfare_protocol::frame::{Gap, Message};

use super::truth::{Audience, Record, Truth, id_of};
use super::violation::{Check, Checked, Violation, ensure};

#[derive(Debug)]
pub(super) struct Ephemeral {
    /// The first that is for it, as a place in the reference.
    from: usize,
    /// The place after the last one delivered.
    next: usize,
    delivered: u64,
    counted: u64,
    /// If only the newest of each topic is for it.
    newest: Option<Newest>,
    /// How many were published for it, up to the last one delivered and in all.
    published: [Tally; 2],
}

/// What a conflated subscription has heard.
#[derive(Debug, Default)]
struct Newest {
    /// The place of the last message of each topic.
    delivered: BTreeMap<usize, usize>,
    /// How many messages there were when it was told that some were dropped.
    told_at: usize,
}

/// How many were published for it up to a place in the reference.
#[derive(Debug, Clone, Copy)]
struct Tally {
    end: usize,
    count: u64,
}

impl Tally {
    fn up_to(&mut self, end: usize, truth: &Truth, who: &Audience) -> u64 {
        self.count += truth.ephemeral[self.end..end].iter().filter(|record| who.gets(record)).count() as u64;
        self.end = end;
        self.count
    }
}

impl Newest {
    fn is_complete(&self, records: &[Record], from: usize, who: &Audience) -> Checked {
        let mut newest = BTreeMap::new();
        for (at, record) in records.iter().enumerate().filter(|(_, record)| who.gets(record)) {
            newest.insert(record.topic, from + at);
        }
        let missing =
            newest.iter().find(|(topic, at)| **at >= self.told_at && self.delivered.get(topic) != Some(at));
        ensure(missing.is_none(), Check::Count, || format!("the newest of a topic never came: {missing:?}"))
    }
}

impl Ephemeral {
    /// Of a subscription that is opened now.
    pub(super) fn from_now(truth: &Truth, latest: bool) -> Self {
        let from = truth.ephemeral.len();
        let newest = latest.then(Newest::default);
        Self {
            from,
            next: from,
            newest,
            delivered: 0,
            counted: 0,
            published: [Tally { end: from, count: 0 }; 2],
        }
    }

    pub(super) fn message(&mut self, truth: &Truth, message: &Message<'_>, who: &Audience) -> Checked {
        let id = id_of(&message.payload);
        let at = truth.ephemeral.partition_point(|record| Some(record.id) < id);
        let record = truth.ephemeral.get(at).filter(|record| Some(record.id) == id);
        let record = record.ok_or_else(|| {
            Violation::new(Check::Content, format!("{:?} was never published", message.payload))
        })?;
        let same = message.topic.as_str() == record.topic()
            && message.payload == record.payload()
            && message.time_ms == record.time_ms;
        ensure(same, Check::Content, || format!("{record:?} came as {message:?}"))?;
        ensure(who.gets(record), Check::Content, || format!("{record:?} is not for it"))?;
        ensure(at >= self.from, Check::Content, || format!("{record:?} was published before it"))?;
        ensure(at >= self.next, Check::Order, || {
            format!("ephemeral {id:?} came again, or after a later one")
        })?;
        self.next = at + 1;
        self.delivered += 1;
        match &mut self.newest {
            Some(newest) => _ = newest.delivered.insert(record.topic, at),
            None => self.counts_in_place(truth, who)?,
        }
        self.is_not_too_much(truth, who)
    }

    pub(super) fn gap(&mut self, truth: &Truth, gap: &Gap, who: &Audience) -> Checked {
        let plain = gap.stream.is_none() && gap.from.is_none() && gap.to.is_none() && gap.position.is_none();
        ensure(plain, Check::Count, || format!("only ephemeral messages are dropped: {gap:?}"))?;
        let uncounted = || Violation::new(Check::Count, "a gap without a count, and few topics");
        self.counted += gap.count.ok_or_else(uncounted)?;
        if let Some(newest) = &mut self.newest {
            newest.told_at = truth.ephemeral.len();
        }
        self.is_not_too_much(truth, who)
    }

    fn is_not_too_much(&mut self, truth: &Truth, who: &Audience) -> Checked {
        let published = self.published[1].up_to(truth.ephemeral.len(), truth, who);
        ensure(self.delivered + self.counted <= published, Check::Count, || {
            format!("{} delivered, {} counted, {published} published", self.delivered, self.counted)
        })
    }

    /// Every one is delivered or counted; of a conflated subscription the newest of each topic is, or was dropped.
    pub(super) fn is_complete(&mut self, truth: &Truth, who: &Audience) -> Checked {
        if let Some(newest) = &self.newest {
            return newest.is_complete(&truth.ephemeral[self.from..], self.from, who);
        }
        let published = self.published[1].up_to(truth.ephemeral.len(), truth, who);
        ensure(self.delivered + self.counted == published, Check::Count, || {
            format!("{} delivered and {} counted of {published}", self.delivered, self.counted)
        })
    }

    /// Every one before the last that was delivered is delivered or counted.
    fn counts_in_place(&mut self, truth: &Truth, who: &Audience) -> Checked {
        let published = self.published[0].up_to(self.next, truth, who);
        ensure(self.delivered + self.counted >= published, Check::Count, || {
            format!("{} delivered and {} counted of the first {published}", self.delivered, self.counted)
        })
    }
}
