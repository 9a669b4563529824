//! `fanfare top`: watches a broker that runs.
//!
//! From the ground: `told`, `amounts`, `past`, `tally`, `chronicle`, `figures`, `shorten`, `panel`, `event`, `model`, `view` and `arrange`
//! are pure: what a broker tells goes in, what is shown comes out. `draw` puts it onto a terminal and `snapshot` into text;
//! `reach` and `feed` get it from the broker, and `screen` holds the terminal.

mod amounts;
mod arrange;
mod chronicle;
mod draw;
mod event;
mod feed;
mod figures;
mod keys;
mod model;
mod panel;
mod past;
mod reach;
mod screen;
mod shorten;
mod snapshot;
mod tally;
#[cfg(test)]
mod tests;
mod told;
mod view;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use fanfare_client::Error;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::breaks::Breaks;
use super::connection::{BrokerArgs, TlsArgs};
use super::terminal::{self, CommandError, coloured};
use crate::clock;
use draw::Palette;
use event::Order;
use model::Model;
use reach::Api;
use screen::Watched;
use view::View;

/// Events that wait to be taken in.
const EVENTS: usize = 1_024;
/// Time for a snapshot: it needs two of the broker's seconds.
const SNAPSHOT_TIMEOUT: Duration = Duration::from_secs(10);
const NO_TERMINAL: &str = "there is no terminal to draw on; `fanfare top --once` prints how things stand, and `fanfare top \
                           --once --json` tells it to a script";

const EXAMPLES: &str = "Examples:
  fanfare top                                      # a broker on this machine
  fanfare top --server wss://push.example.com \\
    --http https://push.internal:7441 --token-file ops.token
  fanfare top --topics 'orders.>'                  # the busiest topics below `orders`
  fanfare top --once --json | jq .stats.delivered  # for a script

What is shown comes from the broker's own topics, for which a token must grant `$sys.>`, and from its HTTP API: \
sessions and streams need a token or key with `admin`, busy topics one that may read them. What you may not see is \
named, and the rest is shown.

The keys are at the bottom of the screen; ? explains them.";

/// Watches a broker: sessions, rates, latency, queues, who is behind, busy topics, streams, gaps and errors.
///
/// If the connection is lost, it connects again.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct TopArgs {
    /// Where the broker's internal port is, for sessions and topics, such as `http://HOST:7441`; not needed for a broker
    /// on 127.0.0.1:7440
    #[arg(long, value_name = "URL", env = "FANFARE_HTTP", value_parser = reach::base)]
    http: Option<String>,
    /// Among which topics the busiest are looked for
    #[arg(long, value_name = "PATTERN", default_value = ">")]
    topics: String,
    /// Print how things stand once, and exit
    #[arg(long)]
    once: bool,
    /// Print it as one JSON object
    #[arg(long, requires = "once")]
    json: bool,
    #[command(flatten)]
    broker: BrokerArgs,
    #[command(flatten)]
    tls: TlsArgs,
}

pub(super) fn run(args: TopArgs) -> ExitCode {
    terminal::run(top(args))
}

async fn top(args: TopArgs) -> Result<(), CommandError> {
    if !args.once && !io::stdout().is_terminal() {
        return Err(CommandError::Input(NO_TERMINAL.to_owned()));
    }
    let http = args.http.clone().or_else(|| reach::usual(args.broker.server()));
    let api = http.map(|base| Api::new(base, args.broker.token(), &args.tls)).transpose()?;
    let client = args.tls.add_to(args.broker.builder())?.connect().await?;
    let subscription = client.subscribe(feed::PATTERN).await.map_err(|error| refused(&error))?;
    let (sender, events) = mpsc::channel(EVENTS);
    let (order, wanted) = watch::channel(Order::default());
    let hearing = feed::hear(subscription, Breaks::of(&client), sender.clone());
    let looking = tokio::spawn(feed::look(api, args.topics.clone(), wanted, sender));
    let server = args.broker.server().to_owned();
    let watched = Watched { server, pattern: args.topics.clone(), events, order };
    let outcome = if args.once {
        snapshot(watched, args.json, hearing).await
    } else {
        screen::run(watched, Palette::new(coloured(&io::stdout())), hearing).await
    };
    looking.abort();
    client.close().await;
    outcome
}

/// A subscription that is refused is refused for want of a grant, most of the time.
fn refused(error: &Error) -> CommandError {
    CommandError::Input(format!(
        "{error}; `fanfare top` needs a token that may subscribe to `{}`",
        feed::PATTERN
    ))
}

/// Prints what is known as soon as all of it is.
async fn snapshot(
    mut watched: Watched,
    as_json: bool,
    hearing: impl Future<Output = String>,
) -> Result<(), CommandError> {
    let mut model = Model::default();
    let gather = async {
        while !snapshot::is_whole(model.known()) {
            let Some(event) = watched.events.recv().await else { break };
            model.hear(event, clock::read());
        }
    };
    let gathered = timeout(SNAPSHOT_TIMEOUT, async {
        tokio::select! {
            () = gather => None,
            why = hearing => Some(why),
        }
    });
    match gathered.await {
        Ok(None) => {}
        Ok(Some(why)) => return Err(CommandError::Input(why)),
        Err(_) => {
            return Err(CommandError::Input(format!(
                "the broker told too little within {SNAPSHOT_TIMEOUT:?}"
            )));
        }
    }
    print(&model, &watched, as_json).map_err(CommandError::output)
}

fn print(model: &Model, watched: &Watched, as_json: bool) -> io::Result<()> {
    let Watched { server, pattern, .. } = watched;
    let now = clock::read();
    let mut out = io::stdout().lock();
    if as_json {
        writeln!(out, "{:#}", snapshot::json(model.known(), server, pattern, now.wall_ms))?;
    } else {
        write!(out, "{}", snapshot::text(&View::of(model, server, pattern, now)))?;
    }
    out.flush()
}
