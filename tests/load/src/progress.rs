//! Where a run stands: a bar on a terminal, a line a sample elsewhere.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressStyle};

/// Shows on standard error where a run stands. Nothing is drawn while a sample is taken.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    samples: u64,
    done: u64,
}

impl Progress {
    /// Begins with no sample done of `samples`.
    pub fn new(samples: u64) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}  {eta} left");
        let bar = || {
            let bar = ProgressBar::new(samples);
            style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
        };
        Self { bar: stderr().is_terminal().then(bar), samples, done: 0 }
    }

    /// The next sample begins.
    pub fn begin(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(what.to_owned());
            bar.tick();
        }
    }

    /// The sample is done.
    #[expect(clippy::print_stderr, reason = "progress is for people at the command line")]
    pub fn end(&mut self, what: &str) {
        self.done += 1;
        match &self.bar {
            Some(bar) => bar.inc(1),
            None => eprintln!("{}/{} {what}", self.done, self.samples),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
