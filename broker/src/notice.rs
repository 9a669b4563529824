//! Notices: of many events of a kind one line in the log, and with the next one how many it stands for.

use std::time::Duration;

use crate::clock::Moment;
use crate::sync::Mutex;

/// The shortest time between two lines about the same kind of event.
const INTERVAL: Duration = Duration::from_secs(10);

/// Decides which events of a few kinds, known at start-up, get a line in the log. It writes none itself, so that the
/// line is formatted only where it is wanted.
#[derive(Debug)]
pub(crate) struct Notices {
    kinds: Box<[(&'static str, Mutex<Quiet>)]>,
}

/// Since when a kind is quiet, and what it has kept to itself.
#[derive(Debug, Default)]
struct Quiet {
    until: Option<Moment>,
    untold: u64,
}

impl Notices {
    pub(crate) fn new(kinds: impl IntoIterator<Item = &'static str>) -> Self {
        Self { kinds: kinds.into_iter().map(|kind| (kind, Mutex::default())).collect() }
    }

    /// An event of this kind happened. If it is to be told, how many before it were not; never for an unknown kind.
    pub(crate) fn admit(&self, kind: &str, now: Moment) -> Option<u64> {
        let (_, quiet) = self.kinds.iter().find(|(known, _)| *known == kind)?;
        quiet.lock().admit(now)
    }
}

impl Quiet {
    fn admit(&mut self, now: Moment) -> Option<u64> {
        if self.until.is_some_and(|until| now < until) {
            self.untold += 1;
            return None;
        }
        self.until = Some(now.plus(INTERVAL));
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn the_first_event_is_told_at_once_and_the_next_not_before_the_interval_is_over() {
        let notices = Notices::new(["origin"]);
        assert_eq!(notices.admit("origin", at(0)), Some(0));
        assert_eq!(notices.admit("origin", at(9)), None);
        assert_eq!(notices.admit("origin", at(9)), None);
        assert_eq!(notices.admit("origin", at(10)), Some(2));
        assert_eq!(notices.admit("origin", at(20)), Some(0));
    }

    #[test]
    fn kinds_are_quiet_each_by_itself() {
        let notices = Notices::new(["origin", "host"]);
        assert_eq!(notices.admit("origin", at(0)), Some(0));
        assert_eq!(notices.admit("host", at(0)), Some(0));
        assert_eq!(notices.admit("another", at(0)), None);
    }
}
