//! How far a run is, shown on a terminal only.

use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::course::Course;
use super::outcome::real;

/// Time between two pictures.
pub(super) const TICK: Duration = Duration::from_millis(200);
const TEMPLATE: &str = "{prefix:11} {bar:24} {msg}";

/// How far a run is.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    last: Option<(Instant, u64)>,
}

impl Progress {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        Self { bar, last: None }
    }

    /// Shows how many connections stand.
    pub(super) fn connecting(&self, course: &Course) {
        let sockets = course.plan.sockets() as u64;
        self.show("connecting", course.connected() as u64, sockets);
        self.bar.set_message(format!("{} of {}", HumanCount(course.connected() as u64), HumanCount(sockets)));
    }

    /// Shows how much of a span of time is over, and the present rate of deliveries.
    pub(super) fn passing(&mut self, what: &'static str, passed: Duration, of: Duration, course: &Course) {
        self.show(what, millis(passed), millis(of));
        let rate = self.rate(course.delivered());
        let (passed, of) = (passed.as_secs_f64(), of.as_secs_f64());
        self.bar.set_message(format!("{passed:.0}/{of:.0} s, {} deliveries/s", HumanCount(rate)));
    }

    /// Shows how much is still under way.
    pub(super) fn draining(&self, course: &Course) {
        let left = course.deliveries_due().saturating_sub(course.delivered());
        self.bar.set_prefix("draining");
        self.bar.set_message(format!("{} deliveries under way", HumanCount(left)));
    }

    /// Takes it off the terminal.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self, what: &'static str, done: u64, of: u64) {
        self.bar.set_prefix(what);
        self.bar.set_length(of.max(1));
        self.bar.set_position(done);
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded, and never negative")]
    fn rate(&mut self, delivered: u64) -> u64 {
        let now = Instant::now();
        let (before, counted) = self.last.replace((now, delivered)).unwrap_or((now, delivered));
        let seconds = (now - before).as_secs_f64();
        if seconds > 0.0 { (real(delivered - counted) / seconds).round() as u64 } else { 0 }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
