//! The past of a figure: its last values, for a sparkline.

use std::collections::VecDeque;

/// Values that are kept: one a second, and no terminal is wider.
const KEPT: usize = 300;

/// The last values of a figure, a second each; none where nothing was heard.
#[derive(Clone, Debug, Default)]
pub(super) struct Past(VecDeque<Option<u64>>);

impl Past {
    /// Adds the newest value.
    pub(super) fn note(&mut self, value: Option<u64>) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(value);
    }

    /// The newest `len` values, the newest last.
    pub(super) fn newest(&self, len: usize) -> Vec<Option<u64>> {
        self.0.iter().skip(self.0.len().saturating_sub(len)).copied().collect()
    }

    /// All that are kept.
    pub(super) fn all(&self) -> Vec<Option<u64>> {
        self.newest(KEPT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_values_are_kept() {
        let mut past = Past::default();
        (0..KEPT as u64 + 5).for_each(|value| past.note(Some(value)));
        past.note(None);
        assert_eq!(past.newest(2), [Some(304), None]);
        assert_eq!((past.all().len(), past.all()[0]), (KEPT, Some(6)));
    }
}
