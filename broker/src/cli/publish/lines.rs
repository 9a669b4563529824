//! Publishes line by line: acknowledged, pipelined, in order, at an even pace.

use std::collections::VecDeque;
use std::fmt::Display;
use std::num::NonZeroU32;
use std::pin::pin;
use std::time::{Duration, Instant};

use fanfare_client::{Ack, Client, PublishedAt};
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::sleep_until;

use super::draft::Draft;
use super::pacer::Pacer;
use super::reader::lines_of_stdin;
use crate::cli::advice;
use crate::cli::breaks::Breaks;
use crate::cli::terminal::{CommandError, interrupted, notice};

/// Lines that may be under way: enough to fill the connection, few enough to say which one failed.
const MAX_LINES_UNDER_WAY: usize = 1_000;
/// Acknowledged lines after which the progress is shown anew.
const LINES_PER_PROGRESS: u64 = 256;
/// Time after which it is shown anew though nothing happens.
const PROGRESS_TICK: Duration = Duration::from_millis(200);
const PROGRESS: &str = "{spinner} {human_pos} lines in {elapsed}, {per_sec}";

/// Publishes line by line.
pub(super) struct LinePublisher {
    client: Client,
    draft: Draft,
    /// Lines that were sent and not acknowledged yet, oldest first.
    under_way: VecDeque<Ack>,
    acknowledged: u64,
    last: Option<PublishedAt>,
    progress: ProgressBar,
}

impl LinePublisher {
    pub(super) fn new(client: Client, draft: Draft) -> Self {
        let under_way = VecDeque::with_capacity(MAX_LINES_UNDER_WAY);
        Self { client, draft, under_way, acknowledged: 0, last: None, progress: progress() }
    }

    /// Publishes standard input to its end, or until Ctrl-C; then waits for what is under way. Tells of breaks.
    pub(super) async fn run(mut self, rate: Option<NonZeroU32>) -> Result<(), CommandError> {
        let begun = Instant::now();
        let pacer = rate.map(|rate| Pacer::new(rate, begun));
        let (breaks, progress) = (Breaks::of(&self.client), self.progress.clone());
        let outcome = tokio::select! {
            biased;
            never = breaks.tell(|text| progress.suspend(|| notice(text))) => never,
            outcome = self.publish_all(pacer) => outcome,
        };
        self.progress.finish_and_clear();
        outcome?;
        notice(self.summary(begun.elapsed()));
        self.client.close().await;
        Ok(())
    }

    async fn publish_all(&mut self, pacer: Option<Pacer>) -> Result<(), CommandError> {
        tokio::select! {
            biased;
            () = interrupted() => {}
            sent = self.send_all(pacer) => {
                sent?;
                return self.settle_all().await;
            }
        }
        let breaks = Breaks::of(&self.client);
        tokio::select! {
            biased;
            settled = self.settle_all() => settled,
            () = breaks.lost() => {
                self.under_way.pop_front();
                Err(self.stopped("there is no connection to wait for its acknowledgement on"))
            }
        }
    }

    async fn send_all(&mut self, mut pacer: Option<Pacer>) -> Result<(), CommandError> {
        let mut batches = lines_of_stdin();
        while let Some(batch) = self.meanwhile(batches.recv()).await? {
            let lines = match batch {
                Ok(lines) => lines,
                Err(error) => return self.stop_before_next(format_args!("can't read it: {error}")).await,
            };
            for line in lines {
                if let Some(turn) = pacer.as_mut().and_then(|pacer| pacer.turn(Instant::now())) {
                    self.meanwhile(sleep_until(turn.into())).await?;
                }
                self.send(&line).await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self, line: &[u8]) -> Result<(), CommandError> {
        if self.under_way.len() >= MAX_LINES_UNDER_WAY {
            self.settle_oldest().await?;
        }
        let number = self.acknowledged + self.under_way.len() as u64 + 1;
        let request = match self.draft.line(&self.client, line, number) {
            Ok(request) => request,
            Err(why) => return self.stop_before_next(why).await,
        };
        match request.send().await {
            Ok(ack) => self.under_way.push_back(ack),
            Err(error) => return self.stop_before_next(advice::of(&error)).await,
        }
        Ok(())
    }

    /// Waits for something else, and takes acknowledgements as they come: a refusal shows at once.
    async fn meanwhile<F: Future>(&mut self, until: F) -> Result<F::Output, CommandError> {
        let mut until = pin!(until);
        loop {
            tokio::select! {
                biased;
                done = &mut until => return Ok(done),
                settled = self.settle_oldest(), if !self.under_way.is_empty() => settled?,
            }
        }
    }

    async fn settle_all(&mut self) -> Result<(), CommandError> {
        while !self.under_way.is_empty() {
            self.settle_oldest().await?;
        }
        Ok(())
    }

    /// Takes the oldest acknowledgement. Nothing is lost if the future is dropped.
    async fn settle_oldest(&mut self) -> Result<(), CommandError> {
        let Some(oldest) = self.under_way.front_mut() else { return Ok(()) };
        let published = oldest.await;
        self.under_way.pop_front();
        match published {
            Ok(published) => {
                self.acknowledged += 1;
                self.last = published.at.or(self.last.take());
                if self.acknowledged.is_multiple_of(LINES_PER_PROGRESS) {
                    self.progress.set_position(self.acknowledged);
                }
                Ok(())
            }
            Err(error) => Err(self.stopped(advice::of(&error))),
        }
    }

    /// Stops before the line that comes next: first, all lines before it are acknowledged.
    async fn stop_before_next(&mut self, why: impl Display) -> Result<(), CommandError> {
        self.settle_all().await?;
        Err(self.stopped(why))
    }

    /// Says that the first line without an acknowledgement is at fault, and how to go on.
    fn stopped(&self, why: impl Display) -> CommandError {
        let line = self.acknowledged + 1;
        let before = match self.acknowledged {
            0 => "Nothing before it was published".to_owned(),
            _ => format!("All before it are published; to go on, publish `tail -n +{line}`"),
        };
        let after = match self.under_way.len() {
            0 => String::new(),
            sent => format!(" (of the {sent} after it some may be, too)"),
        };
        let again = match &self.draft.key_prefix {
            None => "",
            Some(_) => ". Or run it again soon with the same key prefix: nothing is published twice",
        };
        CommandError::Input(format!("line {line}: {why}. {before}{after}{again}"))
    }

    fn summary(&self, elapsed: Duration) -> String {
        let seconds = elapsed.as_secs_f64();
        #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
        let per_second = self.acknowledged as f64 / seconds.max(f64::EPSILON);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rounded, and never negative"
        )]
        let per_second = HumanCount(per_second.round() as u64);
        let count = HumanCount(self.acknowledged);
        let last = self.last.as_ref().map(|at| format!(", last seq {} of {}", at.seq, at.stream));
        format!("published {count} messages in {seconds:.1} s ({per_second}/s){}", last.unwrap_or_default())
    }
}

/// Shown on a terminal only.
fn progress() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if !bar.is_hidden() {
        if let Ok(style) = ProgressStyle::with_template(PROGRESS) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(PROGRESS_TICK);
    }
    bar
}
