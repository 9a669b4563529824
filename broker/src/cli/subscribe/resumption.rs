//! When everything that is followed goes on after a break, and whether something may be missing.

use std::collections::BTreeSet;
use std::time::Instant;

use fanfare_client::Event;

use crate::cli::breaks::back;

/// The break that is under way, if there is one.
#[derive(Debug, Default)]
pub(super) struct Resumption {
    lost_at: Option<Instant>,
    /// The subscriptions that go on.
    resumed: BTreeSet<u32>,
    /// Whether a gap was told, or will be.
    gaps: bool,
}

impl Resumption {
    /// The connection is lost.
    pub(super) fn lost(&mut self, now: Instant) {
        *self = Self { lost_at: Some(now), ..Self::default() };
    }

    /// Takes note of an event of one of so many subscriptions; says so when all of them go on.
    pub(super) fn hear(&mut self, event: &Event, followed: usize, now: Instant) -> Option<String> {
        match event {
            Event::Gap(_) => self.gaps = true,
            Event::Resumed(subscribed) => {
                self.gaps |= subscribed.recovered == Some(false);
                self.resumed.insert(subscribed.sub);
                if self.resumed.len() == followed {
                    return Some(std::mem::take(self).tell(now));
                }
            }
            Event::Message(_) | Event::Behind | Event::Live(_) => {}
        }
        None
    }

    fn tell(self, now: Instant) -> String {
        let back = back(self.lost_at.map(|at| now - at));
        if self.gaps {
            format!("{back}; what may be missing is told as a gap")
        } else {
            format!("{back}, nothing missed that a stream keeps")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fanfare_client::{Gap, GapReason, Position, Subscribed};

    use super::*;

    fn resumed(sub: u32, recovered: bool) -> Event {
        let (position, recovered) = (Position::default(), Some(recovered));
        Event::Resumed(Subscribed { sub, pattern: None, position, recovered, live: true, ephemeral: false })
    }

    fn gap() -> Event {
        let reason = GapReason::Dropped;
        Event::Gap(Gap { reason, stream: None, from: None, to: None, count: None, position: None })
    }

    /// What is told after these events of two subscriptions, 3.2 seconds after the loss.
    fn told(events: &[Event]) -> Vec<String> {
        let now = Instant::now();
        let mut resumption = Resumption::default();
        resumption.lost(now);
        let later = now + Duration::from_millis(3_200);
        events.iter().filter_map(|event| resumption.hear(event, 2, later)).collect()
    }

    #[test]
    fn the_return_is_told_once_when_all_go_on() {
        assert!(told(&[resumed(1, true)]).is_empty());
        let nothing_missed = "connected again after 3.2 s, nothing missed that a stream keeps";
        assert_eq!(told(&[resumed(1, true), resumed(2, true)]), [nothing_missed]);
    }

    #[test]
    fn a_gap_is_not_called_nothing() {
        let gaps = "connected again after 3.2 s; what may be missing is told as a gap";
        assert_eq!(told(&[resumed(1, false), resumed(2, true)]), [gaps]);
        assert_eq!(told(&[gap(), resumed(1, true), resumed(2, true)]), [gaps]);
    }

    #[test]
    fn a_break_that_was_over_before_it_was_noticed_is_told_all_the_same() {
        let told = Resumption::default().hear(&resumed(1, true), 1, Instant::now());
        assert_eq!(told.as_deref(), Some("connected again, nothing missed that a stream keeps"));
    }
}
