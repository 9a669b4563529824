//! What a burst is made of, so that the next session that has the same waiting is given the same burst.

use super::entry::Entry;
use super::run::Run;

/// What a burst would have to be made of to be the same again.
#[derive(Debug, Default)]
pub(super) struct MadeOf {
    /// Messages and their subscriptions, each run as far as it is in the burst.
    runs: Vec<(u32, Run)>,
    /// Whether anything else is in it, too.
    other: bool,
}

impl MadeOf {
    /// Nothing yet; with `other`, something that no other session has.
    pub(super) fn start(&mut self, other: bool) {
        self.runs.clear();
        self.other = other;
    }

    pub(super) fn add_run(&mut self, sub: u32, run: Run) {
        self.runs.push((sub, run));
    }

    pub(super) fn add_other(&mut self) {
        self.other = true;
    }

    /// Whether it is made of these entries and nothing else; if it `is_full`, of as many of them as it has.
    pub(super) fn is<'a>(&self, entries: impl Iterator<Item = &'a Entry>, is_full: bool) -> bool {
        if self.other || self.runs.is_empty() {
            return false;
        }
        let mut made_of = self.runs.iter();
        for entry in entries {
            let Some((sub, run)) = made_of.next() else { return is_full };
            let Entry::Messages(number, waiting) = entry else { return false };
            let is_whole = run.len() == waiting.len() || (is_full && run.len() < waiting.len());
            if number != sub || !run.begins_as(waiting) || !is_whole {
                return false;
            }
        }
        made_of.next().is_none()
    }
}
