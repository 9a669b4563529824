//! What a full queue gives up: messages that can be read again from their stream, then the oldest of those that can't.

use std::collections::{BTreeMap, VecDeque};

use super::entry::{ENTRY_BYTES, Ends, Entry};
use crate::engine::{Cursor, StreamIndex};
use crate::fault::{Fault, planted};

/// A subscription whose messages were taken out of the queue.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fallen {
    pub(crate) sub: u32,
    pub(crate) rewinds: Vec<Rewind>,
}

/// Where a fallen subscription comes back to in one stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rewind {
    pub(crate) stream: StreamIndex,
    /// The last sequence before the place; none if nothing of the stream stood behind it.
    pub(crate) after: Option<u64>,
    /// The cursor as it stood at the place but for that, if the queue knows.
    pub(crate) read: Option<Cursor>,
}

/// A subscription that falls behind at a place in the queue.
struct Falling {
    /// Its first stream message that is not written.
    from: usize,
    /// Whether it is pushed at that place.
    live: bool,
    fallen: Fallen,
}

/// Takes out everything that can be read again: each subscription with stream messages waiting loses what waits for it
/// from the first of them on, and gets `behind` in that place unless it is behind there already. The first `begun`
/// entries count as sent. `is_behind` tells how a subscription stands at the end of the queue.
pub(super) fn fall(
    entries: VecDeque<Entry>,
    begun: usize,
    is_behind: impl Fn(u32) -> bool,
) -> (VecDeque<Entry>, Vec<Fallen>) {
    let mut falling = find_falling(&entries, begun, is_behind);
    let mut kept = Kept::new(entries.len());
    for (at, entry) in entries.into_iter().enumerate() {
        let falls = entry.sub().and_then(|sub| falling.get_mut(&sub)).filter(|falling| at >= falling.from);
        let Some(falls) = falls else {
            kept.push(entry, at < begun);
            continue;
        };
        if at == falls.from && falls.live && !planted(Fault::BehindUntold) {
            kept.push(Entry::Behind(falls.fallen.sub), false);
        }
        if !falls.fallen.take(&entry) {
            kept.push(entry, false);
        }
    }
    (kept.entries, falling.into_values().map(|falling| falling.fallen).collect())
}

/// Which subscriptions fall, found from the end: what stands before an `unsubscribed` belongs to none.
fn find_falling(
    entries: &VecDeque<Entry>,
    begun: usize,
    is_behind: impl Fn(u32) -> bool,
) -> BTreeMap<u32, Falling> {
    let mut falling = BTreeMap::new();
    let mut live = BTreeMap::new();
    let mut ended = Vec::new();
    for (at, entry) in entries.iter().enumerate().skip(begun).rev() {
        let Some(sub) = entry.sub().filter(|sub| !ended.contains(sub)) else { continue };
        match entry {
            Entry::Answer(_, Ends::Yes, _) if !planted(Fault::EndedFalls) => ended.push(sub),
            // How it stands before this mark.
            Entry::Live(..) => _ = live.insert(sub, false),
            Entry::Behind(_) => _ = live.insert(sub, true),
            Entry::Messages(..) if entry.is_streamed() => {
                let live = *live.entry(sub).or_insert_with(|| !is_behind(sub));
                let falls = falling.entry(sub).or_insert_with(|| Falling::new(sub));
                (falls.from, falls.live) = (at, live);
            }
            _ => {}
        }
    }
    falling
}

/// Drops the oldest messages that can't be read again until `bytes` are free, or none is left; a gap counts them in
/// their place. Returns what is kept, and how many were dropped.
pub(super) fn drop_oldest(entries: VecDeque<Entry>, begun: usize, bytes: usize) -> (VecDeque<Entry>, u64) {
    let (mut freed, mut dropped) = (0, 0);
    let mut kept = Kept::new(entries.len());
    for (at, entry) in entries.into_iter().enumerate() {
        match entry {
            Entry::Messages(sub, run) if at >= begun && freed < bytes && run.first().place().is_none() => {
                // The fewest that free as much: one more than those that fall short of it.
                let enough = run.fitting(bytes - freed - 1).saturating_add(1);
                let (gone, rest) = run.split(enough);
                let count = gone.as_ref().map_or(0, |gone| gone.len() as u64);
                freed += gone.map_or(0, |gone| gone.footprint());
                dropped += count;
                let told = count * u64::from(!planted(Fault::QueueDropUncounted));
                let merged = kept.push(Entry::Dropped(sub, Some(told)), false);
                freed += if merged && rest.is_none() { ENTRY_BYTES } else { 0 };
                if let Some(rest) = rest {
                    kept.push(Entry::messages(sub, rest), false);
                }
            }
            _ => {
                kept.push(entry, at < begun);
            }
        }
    }
    (kept.entries, dropped)
}

/// Joins neighbouring gaps of one subscription.
pub(super) fn join_gaps(entries: VecDeque<Entry>, begun: usize) -> VecDeque<Entry> {
    let mut kept = Kept::new(entries.len());
    for (at, entry) in entries.into_iter().enumerate() {
        kept.push(entry, at < begun);
    }
    kept.entries
}

/// A queue put together anew; neighbouring gaps of one subscription become one.
struct Kept {
    entries: VecDeque<Entry>,
    /// Where the last entry of each subscription stands, if it may still take in a gap.
    last: BTreeMap<u32, usize>,
}

impl Kept {
    fn new(capacity: usize) -> Self {
        Self { entries: VecDeque::with_capacity(capacity.min(KEPT_CAPACITY)), last: BTreeMap::new() }
    }

    /// Adds an entry; true if it went into the gap before it. One that is `begun` is not changed any more.
    fn push(&mut self, entry: Entry, begun: bool) -> bool {
        let Some(sub) = entry.sub() else {
            self.entries.push_back(entry);
            return false;
        };
        let last = self.last.get(&sub).and_then(|last| self.entries.get_mut(*last));
        if last.is_some_and(|last| last.merge(&entry)) {
            return true;
        }
        if !begun && matches!(entry, Entry::Dropped(..) | Entry::Expired(..)) {
            self.last.insert(sub, self.entries.len());
        } else {
            self.last.remove(&sub);
        }
        self.entries.push_back(entry);
        false
    }
}

/// Room that a queue begins with when it is put together anew, in entries: what falls is most of it.
const KEPT_CAPACITY: usize = 64;

impl Falling {
    fn new(sub: u32) -> Self {
        Self { from: 0, live: false, fallen: Fallen { sub, rewinds: Vec::new() } }
    }
}

impl Fallen {
    /// Takes an entry behind the place of the fall; false if it stays in the queue.
    fn take(&mut self, entry: &Entry) -> bool {
        match entry {
            Entry::Messages(_, run) => {
                let Some(place) = run.first().place() else { return false };
                let late = u64::from(planted(Fault::RewindLate));
                let early = u64::from(planted(Fault::RewindEarly)).min(place.seq - 1);
                self.rewind(place.index).after.get_or_insert(place.seq - 1 + late - early);
            }
            Entry::Expired(_, gap) => {
                let rewind = self.rewind(gap.index);
                rewind.after.get_or_insert(gap.before.after);
                rewind.read.get_or_insert(gap.before);
            }
            Entry::Live(_, live) => {
                for (stream, cursor) in &live.read {
                    self.rewind(*stream).read.get_or_insert(*cursor);
                }
            }
            Entry::Behind(_) | Entry::Advance(..) => {}
            Entry::Answer(..) | Entry::Dropped(..) | Entry::Ping(_) => return false,
        }
        true
    }

    fn rewind(&mut self, stream: StreamIndex) -> &mut Rewind {
        let known = self.rewinds.iter().position(|rewind| rewind.stream == stream);
        let at = known.unwrap_or(self.rewinds.len());
        if known.is_none() {
            self.rewinds.push(Rewind { stream, after: None, read: None });
        }
        &mut self.rewinds[at]
    }
}
