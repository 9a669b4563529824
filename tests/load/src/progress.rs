//! Where a run stands: a bar with the time that is left on a terminal, a line a sample elsewhere.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Shows on standard error where a run stands. Nothing is drawn while a sample is taken.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    started: Instant,
    samples: usize,
    done: usize,
    /// What the samples were estimated to take: all of them, and those that are done.
    estimated: Duration,
    estimated_done: Duration,
}

impl Progress {
    /// Begins with none of the samples done, which are estimated to take this long.
    pub fn new(samples: usize, estimated: Duration) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {prefix} {msg}");
        let bar = || {
            let bar = ProgressBar::new(samples as u64);
            style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
        };
        let bar = stderr().is_terminal().then(bar);
        let estimated_done = Duration::ZERO;
        Self { bar, started: Instant::now(), samples, done: 0, estimated, estimated_done }
    }

    /// The next sample begins.
    pub fn begin(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_prefix(format!("{} left", minutes(self.left())));
            bar.set_message(what.to_owned());
            bar.tick();
        }
    }

    /// The sample is done, which was estimated to take this long.
    #[expect(clippy::print_stderr, reason = "progress is for people at the command line")]
    pub fn end(&mut self, what: &str, estimated: Duration) {
        self.done += 1;
        self.estimated_done += estimated;
        match &self.bar {
            Some(bar) => bar.inc(1),
            None => eprintln!("{}/{} {what}; {} left", self.done, self.samples, minutes(self.left())),
        }
    }

    fn left(&self) -> Duration {
        left(self.estimated, self.estimated_done, self.started.elapsed())
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A time as people say it: `12 min`, or `40 s`.
pub fn minutes(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..100 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

/// What is left of an estimate, corrected by how wrong it was so far.
fn left(estimated: Duration, done: Duration, elapsed: Duration) -> Duration {
    let rest = estimated.saturating_sub(done);
    if done.is_zero() { rest } else { rest.mul_f64(elapsed.div_duration_f64(done)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_learns_from_the_time_taken() {
        let seconds = Duration::from_secs;
        assert_eq!(left(seconds(100), seconds(0), seconds(0)), seconds(100));
        assert_eq!(left(seconds(100), seconds(20), seconds(30)), seconds(120));
        assert_eq!(left(seconds(100), seconds(100), seconds(130)), seconds(0));
    }

    #[test]
    fn short_times_are_told_in_seconds() {
        assert_eq!(minutes(Duration::from_secs(99)), "99 s");
        assert_eq!(minutes(Duration::from_secs(121)), "3 min");
    }
}
