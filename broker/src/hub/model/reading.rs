//! One stream of a subscription: where it stands there, what it was told is missing, and what it may pass over.

use std::collections::BTreeSet;

use fanfare_protocol::StreamPosition;
use fanfare_protocol::frame::{Gap, Message, Sequenced};

use super::truth::{Audience, Log, Record};
use super::violation::{Check, Checked, Violation, ensure};

/// Where a subscription begins in a stream.
#[derive(Debug, Clone)]
pub(super) enum Begin {
    /// With everything after a sequence.
    After(u64),
    /// After a position of this stream.
    Position(u64),
    /// With these of what is retained, then everything after the head. For `last` a replaced one may be left out.
    Retained { seqs: BTreeSet<u64>, head: u64, last: bool },
    /// As the one above, because the position does not fit the stream: a `reset` comes first.
    Reset { seqs: BTreeSet<u64>, head: u64, place: StreamPosition },
}

/// A stream that a subscription meets.
#[derive(Debug)]
pub(super) struct Reading {
    /// The stream, as its place in the reference.
    pub(super) log: usize,
    begin: Begin,
    /// The last sequence dealt with.
    pub(super) place: u64,
    /// What it was told is missing, inclusive, as far as it is still ahead.
    told: Vec<(u64, u64)>,
    reset_due: bool,
    /// Whether the first frame in this stream was a gap.
    pub(super) began_with_gap: Option<bool>,
    /// How many messages retention had taken when it was opened.
    taken_before: u64,
    pub(super) first_gap: FirstGap,
    /// Whether only the newest message of each topic is due.
    latest: bool,
}

/// Whether a gap starts a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FirstGap {
    /// Nothing is gone.
    Never,
    /// For all that the broker can know, something may be gone.
    Maybe,
    /// Something that was asked for is gone.
    Always,
}

impl FirstGap {
    fn of(log: &Log, begin: &Begin, latest: bool, who: &Audience) -> Self {
        let gone = |(_, record): (u64, &Record)| {
            record.taken.is_some() && who.gets(record) && !(latest && log.is_replaced_by_retained(record))
        };
        match begin {
            Begin::Reset { .. } => Self::Always,
            Begin::Position(place) if log.between(*place, log.head()).any(gone) => Self::Always,
            Begin::Position(place) if log.may_be_lost_through(who.pattern) > *place => Self::Maybe,
            _ => Self::Never,
        }
    }
}

impl Begin {
    pub(super) fn retained(seqs: Vec<u64>, log: &Log, last: bool) -> Self {
        Self::Retained { seqs: seqs.into_iter().collect(), head: log.head(), last }
    }

    pub(super) fn reset(log: &Log, place: StreamPosition) -> Self {
        Self::Reset { seqs: log.kept.iter().copied().collect(), head: log.head(), place }
    }
}

impl Reading {
    pub(super) fn new(log: &Log, at: usize, begin: Begin, latest: bool, who: &Audience) -> Self {
        let reset_due = matches!(begin, Begin::Reset { .. });
        Self {
            log: at,
            first_gap: FirstGap::of(log, &begin, latest, who),
            begin,
            place: 0,
            told: Vec::new(),
            reset_due,
            began_with_gap: None,
            taken_before: log.taken_count,
            latest,
        }
    }

    /// `subscribed` names a place: nothing that is due lies before it.
    pub(super) fn opened(&mut self, log: &Log, place: &StreamPosition, who: &Audience) -> Checked {
        if let Begin::After(begin) | Begin::Position(begin) = self.begin {
            self.place = begin;
            let stands = matches!(self.begin, Begin::Position(_)) || place.seq == begin;
            ensure(stands, Check::Position, || format!("begins at {place:?}, the head is {begin}"))?;
        }
        self.stands(log, place, who)
    }

    /// A frame says where the subscription stands.
    pub(super) fn stands(&mut self, log: &Log, place: &StreamPosition, who: &Audience) -> Checked {
        // Until the reset is told, its client comes back with what it had, and is told again.
        if let Begin::Reset { place: given, .. } = &self.begin
            && self.reset_due
            && given == place
        {
            return Ok(());
        }
        ensure(place.epoch == log.epoch, Check::Position, || format!("{place:?} in {:?}", log.epoch))?;
        let sound = place.seq >= self.place && place.seq <= log.head();
        ensure(sound, Check::Position, || {
            format!(
                "said to stand at {} of {}, was at {}, the head is {}",
                place.seq,
                log.name,
                self.place,
                log.head()
            )
        })?;
        self.pass(log, place.seq, who, Check::Position)
    }

    pub(super) fn pinged(&mut self, log: &Log, place: &StreamPosition, who: &Audience) -> Checked {
        ensure(place.epoch == log.epoch, Check::Ping, || format!("{place:?} in {:?}", log.epoch))?;
        ensure(place.seq <= log.head(), Check::Ping, || format!("{place:?} is beyond {}", log.head()))?;
        if place.seq > self.place { self.pass(log, place.seq, who, Check::Ping) } else { Ok(()) }
    }

    pub(super) fn message(
        &mut self,
        log: &Log,
        message: &Message<'_>,
        place: &Sequenced,
        who: &Audience,
    ) -> Checked {
        self.reset_was_told()?;
        let seq = place.seq;
        let record = log.record(seq);
        let record = record.ok_or_else(|| {
            Violation::new(Check::Content, format!("{} {seq} was never published", log.name))
        })?;
        is_unchanged(log, record, message, place)?;
        ensure(seq > self.place, Check::Order, || {
            format!("{} {seq} came, and it stands at {}", log.name, self.place)
        })?;
        let due = self.is_due(seq, record, who);
        ensure(due, Check::Content, || format!("{} {seq} is not for it: {record:?}", log.name))?;
        self.began_with_gap.get_or_insert(false);
        self.may_pass(log, seq - 1, who, Check::Silence)?;
        self.move_to(seq);
        Ok(())
    }

    /// Something of the stream expired: it must be so.
    pub(super) fn expired(
        &mut self,
        log: &Log,
        gap: &Gap,
        who: &Audience,
        recovered: Option<bool>,
    ) -> Checked {
        self.reset_was_told()?;
        let (Some(from), Some(to)) = (gap.from, gap.to) else {
            return Err(Violation::new(Check::FalseGap, format!("a gap without a range: {gap:?}")));
        };
        let said = || format!("gap {from}-{to} of {} at {}", log.name, self.place);
        ensure(from <= to && from > self.place, Check::FalseGap, || format!("{}: dealt with", said()))?;
        let taken = log.record(to).and_then(|record| record.taken);
        ensure(taken.is_some(), Check::FalseGap, || format!("{}: {to} was not taken", said()))?;
        ensure(to <= log.may_be_lost_through(who.pattern), Check::FalseGap, || {
            format!("{}: nothing of it was taken there, and that is known", said())
        })?;
        let first = self.began_with_gap.get_or_insert(true);
        ensure(
            !(*first && recovered == Some(true) && taken < Some(self.taken_before)),
            Check::Recovered,
            || format!("`recovered`, and yet the replay starts with a gap {from}-{to}"),
        )?;
        self.told.push((from, to));
        Ok(())
    }

    /// Whether it was told of all of this gap. While it is pushed, nobody tells it twice.
    pub(super) fn knows(&self, gap: &Gap) -> bool {
        let told = |seq: u64| self.told.iter().any(|(from, to)| (*from..=*to).contains(&seq));
        gap.from.zip(gap.to).is_some_and(|(from, to)| (from..=to).all(told))
    }

    pub(super) fn reset_is_due(&self) -> bool {
        self.reset_due
    }

    /// The reset came, with the place where the replay begins.
    pub(super) fn was_reset(&mut self, log: &Log, place: &StreamPosition, who: &Audience) -> Checked {
        self.reset_due = false;
        self.began_with_gap.get_or_insert(true);
        self.stands(log, place, who)
    }

    fn reset_was_told(&self) -> Checked {
        ensure(!self.reset_due, Check::Reset, || "a reset is due, and something else came first".into())
    }

    fn pass(&mut self, log: &Log, through: u64, who: &Audience, check: Check) -> Checked {
        self.may_pass(log, through, who, check)?;
        self.move_to(through);
        Ok(())
    }

    fn move_to(&mut self, place: u64) {
        self.place = place;
        self.told.retain(|(_, to)| *to > place);
    }

    /// Whether the subscription may pass over all that lies before it, up to a sequence: each message is not for it, or
    /// truly gone and told, or replaced by a newer one where that is enough.
    pub(super) fn may_pass(&self, log: &Log, through: u64, who: &Audience, check: Check) -> Checked {
        for (seq, record) in log.between(self.place, through) {
            if !self.is_due(seq, record, who) || self.is_replaced(seq, record) {
                continue;
            }
            let told = self.told.iter().any(|(from, to)| (*from..=*to).contains(&seq));
            ensure(told, check, || {
                let gone = if record.taken.is_some() { "expired" } else { "is retained" };
                format!("{} {seq} on {} {gone}, and is left out in silence", log.name, record.topic())
            })?;
            ensure(record.taken.is_some(), check, || {
                format!("{} {seq} on {} is told as missing, and is retained", log.name, record.topic())
            })?;
        }
        Ok(())
    }

    fn is_due(&self, seq: u64, record: &Record, who: &Audience) -> bool {
        let asked_for = match &self.begin {
            Begin::After(place) | Begin::Position(place) => seq > *place,
            Begin::Retained { seqs, head, .. } | Begin::Reset { seqs, head, .. } => {
                seq > *head || seqs.contains(&seq)
            }
        };
        asked_for && who.gets(record)
    }

    /// Whether a newer message of the same topic makes up for this one, even one that is hidden from the session.
    fn is_replaced(&self, seq: u64, record: &Record) -> bool {
        let newest_only = match &self.begin {
            Begin::Retained { head, last: true, .. } => seq <= *head,
            _ => false,
        };
        record.replaced && (self.latest || newest_only)
    }
}

/// A message is what was published, with its place and the true place of the one before it on its topic.
fn is_unchanged(log: &Log, record: &Record, message: &Message<'_>, place: &Sequenced) -> Checked {
    let same = message.topic.as_str() == record.topic()
        && message.payload == record.payload()
        && message.time_ms == record.time_ms
        && place.prev.is_none_or(|prev| prev == record.prev);
    ensure(same, Check::Content, || format!("{} {record:?} came as {message:?}", log.name))
}
