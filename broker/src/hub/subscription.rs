//! A subscription on its shard: what it means, and where it stands in each stream that it meets.

use std::sync::Arc;

use fanfare_protocol::Pattern;

use super::latest::Latest;
use super::lost::gap_at;
use super::pushed::Pushed;
use crate::engine::{Cursor, Lost, Message, Stream, StreamIndex};
use crate::fault::{Fault, planted};
use crate::outbound::Expired;

/// A session's subscription.
#[derive(Debug)]
pub(super) struct Subscription {
    /// The session's slot on the shard.
    pub(super) session: u32,
    /// The number that the client chose.
    pub(super) sub: u32,
    /// Its place in the index, under its pattern.
    pub(super) place: u32,
    pub(super) pattern: Pattern,
    /// Ephemeral messages from this mailbox number on are for it.
    pub(super) ephemeral_from: u64,
    pub(super) streams: Streams,
    /// What waits for its next batch, if it asked for the latest only.
    pub(super) latest: Option<Box<Latest>>,
}

/// The streams that a subscription meets. Nearly always it is one.
#[derive(Debug)]
pub(super) enum Streams {
    None,
    One(Met),
    Many(Box<[Met]>),
}

/// A stream that the subscription meets.
#[derive(Debug)]
pub(super) struct Met {
    pub(super) index: StreamIndex,
    pub(super) progress: Progress,
}

/// Where the subscription stands in a stream.
#[derive(Debug)]
pub(super) enum Progress {
    /// It is pushed; the last sequence dealt with.
    Live(u64),
    /// It reads from the stream, or waits for the other streams of its subscription to catch up.
    Reading(Box<Reader>),
}

/// Where a subscription that is behind stands in a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    pub(super) cursor: Cursor,
    /// Whether it has caught up with this stream: what is published comes by mail. Otherwise it comes by reading.
    pub(super) pushed: bool,
}

impl Streams {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Met> {
        let met: &[Met] = match self {
            Self::None => &[],
            Self::One(met) => std::slice::from_ref(met),
            Self::Many(met) => met,
        };
        met.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Met> {
        let met: &mut [Met] = match self {
            Self::None => &mut [],
            Self::One(met) => std::slice::from_mut(met),
            Self::Many(met) => met,
        };
        met.iter_mut()
    }
}

impl FromIterator<Met> for Streams {
    fn from_iter<I: IntoIterator<Item = Met>>(met: I) -> Self {
        let mut met: Vec<Met> = met.into_iter().collect();
        match (met.pop(), met.is_empty()) {
            (None, _) => Self::None,
            (Some(only), true) => Self::One(only),
            (Some(last), false) => {
                met.push(last);
                Self::Many(met.into_boxed_slice())
            }
        }
    }
}

impl Met {
    /// The last sequence dealt with.
    pub(super) fn seq(&self) -> u64 {
        match &self.progress {
            Progress::Live(seq) => *seq,
            Progress::Reading(reader) => reader.cursor.after,
        }
    }

    /// Whether there is something to read.
    pub(super) fn is_reading(&self) -> bool {
        matches!(&self.progress, Progress::Reading(reader) if !reader.pushed)
    }

    /// Goes back to reading, from this sequence on.
    pub(super) fn read_from(&mut self, seq: u64, newest_only: bool) {
        let cursor = match &self.progress {
            Progress::Live(seq) => live_cursor(*seq, newest_only),
            Progress::Reading(reader) => reader.cursor,
        };
        let after = cursor.after.min(seq.saturating_sub(1));
        // What was told lay behind what it comes back to: from there on it is told again.
        let cursor = Cursor { after, told_through: cursor.told_through.min(after), ..cursor };
        self.progress = Progress::Reading(Box::new(Reader { cursor, pushed: false }));
    }

    fn is_live(&self) -> bool {
        matches!(self.progress, Progress::Live(_))
    }
}

/// The cursor of a reader that was pushed up to here: nothing that retention took before concerns it.
pub(super) fn live_cursor(seq: u64, newest_only: bool) -> Cursor {
    Cursor { newest_through: if newest_only { u64::MAX } else { 0 }, ..Cursor::after(seq) }
}

impl Subscription {
    /// How many of the messages that are pushed are not for this subscription: those at their start that came before
    /// what it waits for, or all of them. The others are noted as dealt with.
    pub(super) fn pass_over(&mut self, pushed: &Pushed<'_>) -> usize {
        let all = pushed.messages.len();
        let Some(place) = pushed.messages.first().and_then(|message| message.place()) else {
            let passed = pushed.number.map(|number| self.ephemeral_from.saturating_sub(number));
            return passed.map_or(all, |passed| usize::try_from(passed).unwrap_or(all).min(all));
        };
        let Some(met) = self.streams.iter_mut().find(|met| met.index == place.index) else { return all };
        let last = match &mut met.progress {
            Progress::Live(last) => last,
            Progress::Reading(reader) if reader.pushed => &mut reader.cursor.after,
            Progress::Reading(_) => return all,
        };
        let is_known = |message: &Arc<Message>| message.seq() <= *last;
        let passed = if place.seq > *last { 0 } else { pushed.messages.partition_point(is_known) };
        *last = pushed.messages.last().map_or(*last, |message| message.seq().max(*last));
        passed
    }

    /// Takes note of what retention took before its shard could read it; the gap to tell, if it is pushed in that stream
    /// and knows no better.
    pub(super) fn take_lost(&mut self, stream: &Stream, lost: Lost) -> Option<Expired> {
        let met = self.streams.iter_mut().find(|met| met.index == stream.index())?;
        let mut cursor = match &met.progress {
            Progress::Live(seq) => Cursor::after(*seq),
            Progress::Reading(reader) if reader.pushed => reader.cursor,
            Progress::Reading(_) => return None,
        };
        let known = cursor.after.max(cursor.told_through);
        if known >= lost.to || planted(Fault::OverflowUntold) {
            return None;
        }
        let missing = stream.missing(lost.from.max(known + 1) - 1, &self.pattern)?;
        // What survived within the range follows the gap, so the subscription's place stays before it.
        let gap = gap_at(stream, Lost { to: missing.to.min(lost.to), ..missing }, cursor);
        // A conflated subscription is not told: it reads from where it stands, and finds the gap itself.
        if let (Progress::Reading(reader), None) = (&mut met.progress, &self.latest) {
            cursor.told_through = lost.to;
            reader.cursor = cursor;
        }
        Some(gap)
    }

    /// Whether something is still to be read or to go out in a batch: then the heads are not where its client stands.
    pub(super) fn is_ahead_of_its_client(&self) -> bool {
        let waits = self.latest.as_ref().is_some_and(|latest| latest.is_waiting());
        self.is_behind() || (waits && !planted(Fault::PingConflated))
    }

    /// Whether it is *behind*: has not caught up with all its streams since it began to read.
    pub(super) fn is_behind(&self) -> bool {
        !self.streams.iter().all(Met::is_live)
    }
}
