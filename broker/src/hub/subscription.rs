//! A subscription on its shard: what it means, and where it stands in each stream that it meets.

use fanfare_protocol::Pattern;

use crate::engine::{Cursor, Message, StreamIndex};

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
    /// It reads from the stream; messages that are pushed come by reading, too.
    Reading(Box<Cursor>),
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
            Progress::Reading(cursor) => cursor.after,
        }
    }

    pub(super) fn is_reading(&self) -> bool {
        matches!(self.progress, Progress::Reading(_))
    }
}

impl Subscription {
    /// Whether a pushed message is for this subscription now; notes it as dealt with if so. `number` is the message's
    /// in the mailbox; one that the shard read from the stream itself has none.
    pub(super) fn admits(&mut self, message: &Message, number: Option<u64>) -> bool {
        let Some(place) = message.place() else {
            return number.is_some_and(|number| number >= self.ephemeral_from);
        };
        let Some(met) = self.streams.iter_mut().find(|met| met.index == place.index) else { return false };
        match &mut met.progress {
            Progress::Live(last) if place.seq > *last => {
                *last = place.seq;
                true
            }
            Progress::Live(_) | Progress::Reading(_) => false,
        }
    }

    /// Whether it reads from any stream: is *behind*.
    pub(super) fn is_behind(&self) -> bool {
        self.streams.iter().any(Met::is_reading)
    }
}
