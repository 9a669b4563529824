//! A chronicle: what happened, a line each, the newest first; sessions that come and go are told once a second.

use std::collections::{BTreeMap, VecDeque};

use super::amounts::{count, labelled};
use super::told::{GapTold, SessionTold, Stats};

/// Lines that are kept.
const KEPT: usize = 200;
/// Sessions that a line names.
const NAMED: usize = 3;

/// What happened.
#[derive(Clone, Debug, Default)]
pub(super) struct Chronicle {
    lines: VecDeque<Entry>,
    opened: Names,
    behind: Names,
    live: Names,
    /// Sessions that ended since the last second, by reason.
    closed: BTreeMap<String, u64>,
    /// Gaps in streams that were told since then, by stream and reason.
    gaps: BTreeMap<String, u64>,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// In milliseconds since 1970.
    pub(super) at: u64,
    pub(super) text: String,
    /// Whether it is about something that is missing or went wrong.
    pub(super) fault: bool,
}

/// What happened to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Opened,
    Closed,
    Behind,
    Live,
}

/// Sessions to which the same happened within a second: the first few by name.
#[derive(Clone, Debug, Default)]
struct Names {
    names: Vec<String>,
    count: u64,
}

impl Names {
    fn note(&mut self, told: &SessionTold) {
        self.count += told.left_out + u64::from(told.left_out == 0);
        if told.left_out == 0 && self.names.len() < NAMED {
            let name = told.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
            self.names.push(format!("{}{name}", told.session));
        }
    }

    /// What there is to tell, and begins anew.
    fn take(&mut self, what: &str) -> Option<String> {
        let Self { names, count: all } = std::mem::take(self);
        let more = all - names.len() as u64;
        match (names.is_empty(), more) {
            (true, 0) => None,
            (true, _) => Some(format!("{} sessions {what}", count(more))),
            (false, 0) => Some(format!("{what}: {}", names.join(", "))),
            (false, _) => Some(format!("{what}: {} and {} more", names.join(", "), count(more))),
        }
    }
}

impl Chronicle {
    /// Something happened to a session.
    pub(super) fn session(&mut self, turn: Turn, told: &SessionTold) {
        match turn {
            Turn::Opened => self.opened.note(told),
            Turn::Behind => self.behind.note(told),
            Turn::Live => self.live.note(told),
            Turn::Closed => {
                let reason = told.reason.clone().unwrap_or_else(|| "not told one by one".to_owned());
                *self.closed.entry(reason).or_default() += told.left_out.max(1);
            }
        }
    }

    /// A subscription was told of a gap in a stream.
    pub(super) fn gap(&mut self, told: &GapTold) {
        let what = match (told.left_out, told.stream.as_str()) {
            (0, stream) => format!("{stream} {}", told.reason),
            _ => "not told one by one".to_owned(),
        };
        *self.gaps.entry(what).or_default() += told.left_out.max(1);
    }

    /// A second is over: tells what happened in it.
    pub(super) fn second(&mut self, stats: &Stats, at: u64) {
        let (closed, gaps) = (std::mem::take(&mut self.closed), std::mem::take(&mut self.gaps));
        let lines = [
            (self.opened.take("opened"), false),
            ((!closed.is_empty()).then(|| format!("closed: {}", labelled(&closed))), false),
            (self.live.take("live again"), false),
            (self.behind.take("fell behind"), true),
            ((!gaps.is_empty()).then(|| format!("gaps in streams: {}", labelled(&gaps))), true),
            ((!stats.gaps.is_empty()).then(|| format!("gaps: {}", labelled(&stats.gaps))), true),
            ((!stats.errors.is_empty()).then(|| format!("errors: {}", labelled(&stats.errors))), true),
        ];
        for (text, fault) in lines {
            if let Some(text) = text {
                self.tell(at, text, fault);
            }
        }
    }

    /// Adds a line.
    pub(super) fn tell(&mut self, at: u64, text: String, fault: bool) {
        self.lines.truncate(KEPT - 1);
        self.lines.push_front(Entry { at, text, fault });
    }

    /// The lines, the newest first.
    pub(super) fn lines(&self) -> impl Iterator<Item = &Entry> {
        self.lines.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(session: &str) -> SessionTold {
        SessionTold { session: session.to_owned(), ..SessionTold::default() }
    }

    fn texts(chronicle: &Chronicle) -> Vec<&str> {
        chronicle.lines().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn sessions_of_a_second_are_told_together() {
        let mut chronicle = Chronicle::default();
        for session in ["s-1", "s-2", "s-3", "s-4"] {
            chronicle.session(Turn::Opened, &told(session));
        }
        chronicle.session(Turn::Opened, &SessionTold { left_out: 7, ..SessionTold::default() });
        chronicle.session(Turn::Behind, &SessionTold { name: Some("app".into()), ..told("s-9") });
        for _ in 0..2 {
            chronicle.session(Turn::Closed, &SessionTold { reason: Some("lost".into()), ..told("s-1") });
        }
        chronicle.second(&Stats::default(), 5);
        assert_eq!(
            texts(&chronicle),
            ["fell behind: s-9 (app)", "closed: lost 2", "opened: s-1, s-2, s-3 and 8 more"]
        );
        chronicle.second(&Stats::default(), 6);
        assert_eq!(chronicle.lines().count(), 3, "a quiet second has nothing to tell");
    }

    #[test]
    fn gaps_and_errors_are_faults() {
        let mut chronicle = Chronicle::default();
        let gaps = BTreeMap::from([("dropped".to_owned(), 5), ("expired".to_owned(), 1)]);
        chronicle.second(&Stats { gaps, ..Stats::default() }, 5);
        let line = Entry { at: 5, text: "gaps: dropped 5, expired 1".to_owned(), fault: true };
        assert_eq!(chronicle.lines().collect::<Vec<_>>(), [&line]);
    }

    #[test]
    fn gaps_in_streams_are_told_by_stream_and_reason() {
        let mut chronicle = Chronicle::default();
        let told =
            |reason: &str| GapTold { stream: "recent".into(), reason: reason.into(), ..GapTold::default() };
        for told in
            [told("expired"), told("expired"), told("reset"), GapTold { left_out: 9, ..GapTold::default() }]
        {
            chronicle.gap(&told);
        }
        chronicle.second(&Stats::default(), 5);
        assert_eq!(
            texts(&chronicle),
            ["gaps in streams: not told one by one 9, recent expired 2, recent reset 1"]
        );
    }

    #[test]
    fn the_chronicle_is_bounded() {
        let mut chronicle = Chronicle::default();
        (0..500).for_each(|at| chronicle.tell(at, "x".to_owned(), false));
        assert_eq!((chronicle.lines().count(), chronicle.lines().next().unwrap().at), (KEPT, 499));
    }
}
