//! The broker's own events on `$sys.>`: sessions that come, go and fall behind, streams that lost something that was
//! asked for, and once a second what goes on.
//!
//! Nothing is done for an event that nobody subscribes to, and no event holds a payload or a token. `broker/SYS.md` says
//! what each of them tells.

mod pace;
mod sample;
mod sessions;
mod stats;
mod streams;

use fanfare_protocol::Topic;

use super::error::HubError;
use super::shared::Hub;
use crate::clock::Now;
use crate::sync::Mutex;
use pace::Pace;
use sample::Sample;
pub(super) use streams::Missing;

/// What the events need.
#[derive(Debug)]
pub(super) struct Sys {
    opened: Paced,
    closed: Paced,
    behind: Paced,
    live: Paced,
    stream_gap: Paced,
    stats: Topic,
    errors: Topic,
    gaps: Topic,
    /// The figures of a second ago; none if nobody listened then.
    last: Mutex<Option<Sample>>,
}

/// An event that may happen more often than is told.
#[derive(Debug)]
struct Paced {
    topic: Topic,
    pace: Mutex<Pace>,
}

impl Paced {
    fn on(topic: &str) -> Result<Self, HubError> {
        Ok(Self { topic: own(topic)?, pace: Mutex::default() })
    }
}

impl Sys {
    pub(super) fn new() -> Result<Self, HubError> {
        Ok(Self {
            opened: Paced::on("$sys.session.opened")?,
            closed: Paced::on("$sys.session.closed")?,
            behind: Paced::on("$sys.session.behind")?,
            live: Paced::on("$sys.session.live")?,
            stream_gap: Paced::on("$sys.stream.gap")?,
            stats: own("$sys.stats")?,
            errors: own("$sys.errors")?,
            gaps: own("$sys.gaps")?,
            last: Mutex::default(),
        })
    }

    fn paced(&self) -> [&Paced; 5] {
        [&self.opened, &self.closed, &self.behind, &self.live, &self.stream_gap]
    }
}

fn own(topic: &str) -> Result<Topic, HubError> {
    Topic::new(topic).map_err(|e| HubError::InternalName(e.to_string()))
}

impl Hub {
    /// Tells what the last second was like. To be called once a second.
    pub(crate) fn tell_second(&self, now: Now) {
        for paced in self.sys.paced() {
            let left_out = paced.pace.lock().take_left_out();
            if left_out > 0 {
                self.publish_own(paced.topic.clone(), &format!("{{\"left_out\":{left_out}}}"), now);
            }
        }
        let Sys { stats, errors, gaps, last, .. } = &self.sys;
        if ![stats, errors, gaps].into_iter().any(|topic| self.is_heard(topic)) {
            *last.lock() = None;
            return;
        }
        let sample = Sample::take(&self.metrics, now.moment);
        let Some(before) = last.lock().replace(sample.clone()) else { return };
        let second = sample.since(&before);
        if self.is_heard(stats) {
            let gauges = self.gauges(now.wall_ms);
            self.publish_own(stats.clone(), &stats::render(&second, &sample, &gauges), now);
        }
        for (topic, name, counts) in [(errors, "errors", &second.errors), (gaps, "gaps", &second.gaps)] {
            if !counts.is_empty() {
                self.publish_own(topic.clone(), &stats::render_counts(&second, name, counts), now);
            }
        }
    }

    /// Publishes an event, if anybody listens and there were not too many in this second; true if so. `write` gives its
    /// fields, each with a comma before it; `now` reads the clock.
    fn tell_paced(&self, paced: &Paced, now: impl FnOnce() -> Now, write: impl FnOnce(&mut String)) -> bool {
        if !self.is_heard(&paced.topic) {
            return false;
        }
        let now = now();
        if !paced.pace.lock().allows(now.moment) {
            return false;
        }
        let mut fields = String::new();
        write(&mut fields);
        let text = format!("{{{}}}", fields.trim_start_matches(','));
        self.publish_own(paced.topic.clone(), &text, now);
        true
    }
}
