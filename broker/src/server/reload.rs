//! Reload: reads the configuration again, and lets each part of the running broker take over what it can.

use crate::config::{Change, Config, Faults, Loaded, Source};
use crate::metrics::Metrics;

/// A part of the broker that takes over what it can from a new configuration. Called first, it reads what it needs and
/// changes nothing, so it may fail, with the reason in a sentence; what it gives back is called once all parts are ready.
pub(super) type Part = Box<dyn Fn(&Config) -> Result<TakeOver, String>>;
/// Puts in force what was made ready. Can't fail.
pub(super) type TakeOver = Box<dyn FnOnce()>;

/// Reloads a running broker's configuration.
pub(super) struct Reloader {
    source: Source,
    /// What is in force.
    running: Loaded,
    parts: Vec<Part>,
}

/// What a reload came to, for the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Taken; what changed, and what waits for a restart.
    Taken(Vec<Change>),
    /// The configuration has faults.
    Faulty(Faults),
    /// Parts that could not be made ready, with the reason.
    Refused(Vec<String>),
}

impl Reloader {
    pub(super) fn new(source: Source, running: Loaded, parts: Vec<Part>) -> Self {
        Self { source, running, parts }
    }

    /// Reads the configuration and takes it over whole, as far as a running broker can, or not at all.
    pub(super) fn reload(&mut self) -> Outcome {
        let mut loaded = match self.source.load() {
            Ok(loaded) => loaded,
            Err(faults) => return Outcome::Faulty(faults),
        };
        // What can't change is as it was for all parts, so that they see what will be in force.
        let is_set = |limit: &str| loaded.listing.sets(limit);
        let held = loaded.config.limits.keep(&self.running.config.limits, is_set);
        let ready: Vec<_> = self.parts.iter().map(|part| part(&loaded.config)).collect();
        let reasons: Vec<_> = ready.iter().filter_map(|ready| ready.as_ref().err().cloned()).collect();
        if !reasons.is_empty() {
            return Outcome::Refused(reasons);
        }
        ready.into_iter().flatten().for_each(|take_over| take_over());
        loaded.listing.hold("limits", &held);
        let changes = loaded.listing.changes_since(&self.running.listing);
        self.running.listing.adopt(&loaded.listing);
        self.running.config.limits = loaded.config.limits;
        Outcome::Taken(changes)
    }
}

impl Outcome {
    /// Says in the log what came of it, a line each, and counts it.
    pub(super) fn tell(&self, metrics: &Metrics, wall_ms: u64) {
        metrics.count_reload(matches!(self, Self::Taken(_)), wall_ms);
        match self {
            Self::Taken(changes) => tell_changes(changes),
            Self::Faulty(faults) => {
                for fault in faults.iter() {
                    tracing::error!(at = %faults.place(fault), remedy = %fault.remedy, "not reloaded: {}", fault.what);
                }
            }
            Self::Refused(reasons) => {
                for reason in reasons {
                    tracing::error!("not reloaded: {reason}");
                }
            }
        }
    }
}

fn tell_changes(changes: &[Change]) {
    for Change { setting, before, now, live } in changes {
        if *live {
            tracing::info!(%setting, %before, %now, "changed");
        } else {
            tracing::warn!(%setting, %before, %now, "needs a restart; until then it stays as it was");
        }
    }
    let live = changes.iter().filter(|change| change.live).count();
    tracing::info!(changed = live, waiting = changes.len() - live, "reloaded the configuration");
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::config::Overrides;

    /// A source in which one setting has this value.
    fn source(assignment: &str) -> Source {
        let mut overrides = Overrides::default();
        overrides.set(assignment).unwrap();
        Source { file: None, overrides }
    }

    /// A reloader of a broker that runs with defaults, whose parts note what they take over; the second can't always.
    fn reloader(source: Source, fails: bool) -> (Reloader, Rc<RefCell<Vec<usize>>>) {
        let taken: Rc<RefCell<Vec<usize>>> = Rc::default();
        let noting = Rc::clone(&taken);
        let first: Part = Box::new(move |config| {
            let (taken, most) = (Rc::clone(&noting), config.limits.max_subscriptions);
            Ok(Box::new(move || taken.borrow_mut().push(most)))
        });
        let second: Part =
            Box::new(
                move |_| if fails { Err("a file is not there".to_owned()) } else { Ok(Box::new(|| {})) },
            );
        let running = Source::default().load().unwrap();
        (Reloader::new(source, running, vec![first, second]), taken)
    }

    #[test]
    fn every_part_takes_over_what_changed() {
        let (mut reloader, taken) = reloader(source("limits.max_subscriptions=7"), false);
        let Outcome::Taken(changes) = reloader.reload() else { panic!("not taken") };
        assert_eq!(
            (changes.len(), changes[0].setting.as_str(), changes[0].live),
            (1, "limits.max_subscriptions", true)
        );
        assert_eq!(*taken.borrow(), [7]);
        assert_eq!(reloader.reload(), Outcome::Taken(Vec::new()), "it is told once");
    }

    #[test]
    fn a_part_that_is_not_ready_keeps_all_others_from_changing() {
        let (mut reloader, taken) = reloader(source("limits.max_subscriptions=7"), true);
        assert_eq!(reloader.reload(), Outcome::Refused(vec!["a file is not there".to_owned()]));
        assert_eq!(*taken.borrow(), [0; 0]);
    }

    #[test]
    fn faults_change_nothing() {
        let (mut reloader, taken) = reloader(source("limits.max_subscriptions=0"), false);
        assert!(matches!(reloader.reload(), Outcome::Faulty(faults) if faults.iter().len() == 1));
        assert_eq!(*taken.borrow(), [0; 0]);
    }

    #[test]
    fn a_limit_that_does_not_go_with_one_that_stays_is_told_as_waiting() {
        let mut wanted = source("limits.mailbox_bytes=32MiB");
        for limit in ["max_frame_bytes", "queue_bytes", "reply_bytes"] {
            wanted.overrides.set(&format!("limits.{limit}=32MiB")).unwrap();
        }
        let (mut reloader, taken) = reloader(wanted, false);
        for _ in 0..2 {
            let Outcome::Taken(changes) = reloader.reload() else { panic!("not taken") };
            assert_eq!(changes.iter().filter(|change| !change.live).count(), 4, "{changes:?}");
        }
        assert_eq!(*taken.borrow(), [1_000; 2]);
    }
}
