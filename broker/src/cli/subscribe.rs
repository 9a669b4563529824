//! `fanfare sub`: follows topics and prints what is published.

mod merge;
mod printer;
mod resumption;
mod when;

use std::io;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use fanfare_client::{Client, Deliver, Event, MaxRate, ReplayFrom};
use futures_util::FutureExt;

use super::advice;
use super::breaks::{Breaks, Turn, lost};
use super::connection::ConnectionArgs;
use super::terminal::{self, CommandError, coloured, interrupted, notice};
use crate::clock;
use merge::{Merged, Next};
use printer::{Form, Printer};
use resumption::Resumption;

const EXAMPLES: &str = "Examples:
  fanfare sub 'orders.>'                        # everything below `orders`
  fanfare sub 'orders.*.paid' invoices          # two patterns at once
  fanfare sub 'prices.>' --from last            # the newest of each topic, then live
  fanfare sub 'prices.>' --latest --max-rate 2  # the newest of each topic, at most twice a second
  fanfare sub logs.app --from 5m --raw          # the last five minutes, then live
  fanfare sub 'orders.>' --json | jq .topic
  fanfare sub orders.eu --count 1               # wait for one message

A pattern is a topic in which `*` stands for one segment and a final `>` for one or more. Quote it for the shell.";

/// Follows topics and prints what is published.
///
/// Each line shows the time at which the broker took the message (UTC), the topic, and the payload; control
/// characters are shown as escapes, bytes in hexadecimal. Notices go to standard error. Ctrl-C ends it.
///
/// If the connection is lost, the command connects again and goes on where it stopped: what was published meanwhile
/// follows, and what can no longer be had is told as a gap.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SubscribeArgs {
    /// What to follow, such as 'orders.>'
    #[arg(required = true, value_name = "PATTERN")]
    patterns: Vec<String>,
    /// Print one JSON object per line: the broker's `message` or `gap`, with the pattern
    #[arg(long, conflicts_with = "raw")]
    json: bool,
    /// Print payloads alone, unchanged, each followed by a line end
    #[arg(long)]
    raw: bool,
    /// Where to begin: now, last (the newest message of each topic), start (all that is retained), or a time: 5m (ago),
    /// 2026-01-31T12:00:00Z, or milliseconds since 1970
    #[arg(long, value_name = "WHEN", default_value = "now", value_parser = from)]
    from: ReplayFrom,
    /// Follow only the newest message of each topic, in batches
    #[arg(long)]
    latest: bool,
    /// At most this many batches a second, such as 2 or 0.5
    #[arg(long, value_name = "N", requires = "latest", value_parser = max_rate)]
    max_rate: Option<MaxRate>,
    /// Stop after this many messages
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    #[command(flatten)]
    connection: ConnectionArgs,
}

pub(super) fn run(args: SubscribeArgs) -> ExitCode {
    terminal::run(subscribe(args))
}

async fn subscribe(args: SubscribeArgs) -> Result<(), CommandError> {
    let client = args.connection.connect().await?;
    let mut events = open(&client, &args).await?;
    notice(format_args!("following {} (Ctrl-C ends)", args.patterns.join(", ")));
    let mut follower = Follower {
        breaks: Breaks::of(&client),
        resumption: Resumption::default(),
        followed: args.patterns.len(),
        printer: Printer::new(io::stdout(), args.form()),
    };
    let outcome = tokio::select! {
        biased;
        () = interrupted() => Ok(()),
        outcome = follower.follow(&mut events, args.count) => outcome,
    };
    follower.printer.flush().map_err(CommandError::output)?;
    outcome?;
    client.close().await;
    Ok(())
}

async fn open(client: &Client, args: &SubscribeArgs) -> Result<Merged, CommandError> {
    let mut subscriptions = Vec::new();
    for pattern in &args.patterns {
        let request = client.subscribe(pattern).from(args.from.clone()).deliver(args.deliver());
        let subscription = request.await.map_err(|error| advice::about("follow", pattern, error));
        subscriptions.push(subscription?);
    }
    Ok(Merged::new(subscriptions))
}

/// Prints events, and tells of breaks.
struct Follower {
    breaks: Breaks,
    resumption: Resumption,
    /// How many subscriptions there are.
    followed: usize,
    printer: Printer<io::Stdout>,
}

impl Follower {
    /// Prints until enough is printed. What waits is written in one go; the output is flushed when nothing waits.
    async fn follow(&mut self, events: &mut Merged, count: Option<u64>) -> Result<(), CommandError> {
        let mut left = count.unwrap_or(u64::MAX);
        while left > 0 {
            let next = if let Some(next) = events.next().now_or_never() {
                next
            } else {
                self.printer.flush().map_err(CommandError::output)?;
                self.next(events).await
            };
            match next {
                Next::Event(pattern, event) => {
                    left -= u64::from(matches!(event, Event::Message(_)));
                    self.printer.print(&pattern, &event).map_err(CommandError::output)?;
                    if let Some(back) = self.resumption.hear(&event, self.followed, Instant::now()) {
                        self.printer.tell(&back).map_err(CommandError::output)?;
                    }
                }
                Next::Ended(pattern, end) => {
                    return Err(CommandError::Input(format!(
                        "{pattern} can't be followed any more: {}",
                        advice::of_end(&end)
                    )));
                }
            }
        }
        Ok(())
    }

    /// Waits for the next event, and tells of a break meanwhile.
    async fn next(&mut self, events: &mut Merged) -> Next {
        loop {
            tokio::select! {
                biased;
                Some(turn) = self.breaks.next() => if let Turn::Lost(cause) = turn {
                    self.resumption.lost(Instant::now());
                    notice(lost(&cause));
                },
                next = events.next() => return next,
            }
        }
    }
}

fn max_rate(text: &str) -> Result<MaxRate, &'static str> {
    let rate = text.parse().ok().and_then(MaxRate::new);
    rate.ok_or("a number over 0 is needed, such as 2 or 0.5")
}

fn from(text: &str) -> Result<ReplayFrom, String> {
    when::from(text, clock::wall_ms())
}

impl SubscribeArgs {
    fn deliver(&self) -> Deliver {
        if self.latest { Deliver::Latest { max_rate: self.max_rate } } else { Deliver::Every }
    }

    fn form(&self) -> Form {
        match (self.json, self.raw) {
            (true, _) => Form::Json,
            (_, true) => Form::Raw,
            _ => Form::Readable { coloured: coloured(&io::stdout()) },
        }
    }
}
