//! Looking at what a stream retains: just what the rules say, and no more memory than it may take.

use super::violation::{Check, Checked, ensure};
use super::world::World;
use crate::engine::{Cursor, ReadBudget};

/// What a stream takes beside what it counts, in bytes: parts of its index with few topics, parts of its log.
const FIXED_BYTES: u64 = 100 << 10;

impl World {
    /// All streams were swept.
    pub(super) fn has_swept(&mut self) -> Checked {
        let wall_ms = self.now.wall_ms;
        (0..self.truth.logs.len()).try_for_each(|log| {
            let taken = self.truth.logs[log].sweep(wall_ms);
            self.audit(log, &taken, true)
        })
    }

    /// Looks whether a stream retains what it should now, when this was to go: counts always, the messages themselves
    /// if it is to be thorough.
    pub(super) fn audit(&mut self, log: usize, taken: &[u64], thorough: bool) -> Checked {
        if let (Some(first), Some(last)) = (taken.first(), taken.last()) {
            self.tell(|| format!("    retention takes {} of {first}-{last}", taken.len()));
        }
        let (truth, fill) = (&self.truth.logs[log], self.stream(log).fill());
        let counted = (fill.messages, fill.topics, fill.bytes);
        let right = (truth.kept.len() as u64, truth.retained_topics().count() as u64, truth.bytes());
        if !thorough && counted == right {
            return Ok(());
        }
        let (kept, name, allocated) = (self.read_all(log), truth.name, self.stream(log).allocated());
        ensure(kept == truth.kept, Check::Retention, || {
            let more = kept.iter().find(|seq| !truth.kept.contains(seq));
            let less = truth.kept.iter().find(|seq| !kept.contains(seq));
            format!("{name} still has {more:?}, which was to go, and lacks {less:?}, which was to stay")
        })?;
        ensure(counted == right, Check::Retention, || {
            format!("{name} counts {counted:?} messages, topics and bytes; it has {right:?}")
        })?;
        ensure(allocated <= fill.bytes + FIXED_BYTES, Check::Bound, || {
            format!("{name} takes {allocated} bytes, and counts {}", fill.bytes)
        })
    }

    /// What a reader of the whole stream gets.
    fn read_all(&self, log: usize) -> Vec<u64> {
        let mut cursor = Cursor { told_through: self.truth.logs[log].head(), ..Cursor::after(0) };
        let mut kept = Vec::new();
        loop {
            let everything = ReadBudget::new(usize::MAX, usize::MAX);
            let batch = self.stream(log).read(&mut cursor, &self.hub.everything, everything, || ());
            kept.extend(batch.messages.iter().map(|message| message.seq()));
            if batch.at_head {
                return kept;
            }
        }
    }

    /// A stream takes no more than it may, unless its newest message alone does.
    pub(super) fn stays_within_its_bound(&self, log: usize) -> Checked {
        let (truth, fill) = (&self.truth.logs[log], self.stream(log).fill());
        let (bytes, most) = (fill.bytes, truth.rules.max_bytes);
        ensure(bytes <= most || fill.messages == 1, Check::Bound, || {
            format!("{} takes {bytes} bytes for {} messages; it may take {most}", truth.name, fill.messages)
        })
    }
}
