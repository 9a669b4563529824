//! `fanfare pub`: publishes one message, or each line of standard input.

mod draft;
mod lines;
mod pacer;
mod reader;

use std::future::IntoFuture;
use std::io::{self, IsTerminal, Read};
use std::num::NonZeroU32;
use std::process::ExitCode;

use clap::Args;
use fanfare_client::{Published, Topic};

use super::advice;
use super::breaks::Breaks;
use super::connection::ConnectionArgs;
use super::terminal::{self, CommandError, interrupted, notice};
use draft::{Draft, Kind, header};
use lines::LinePublisher;

/// Most of standard input that is read for one message; brokers take far less.
const MAX_INPUT_BYTES: u64 = 64 * 1024 * 1024;

const NO_ANSWER: &str = "stopped before the acknowledgement; whether the message was published is unknown";

const ONE_STDIN: &str = "standard input can't be both the token and what to publish; put the token into a file, or into \
                         FANFARE_TOKEN";

const EXAMPLES: &str = "Examples:
  fanfare pub greetings 'hello'
  fanfare pub orders.eu '{\"item\":\"pen\"}' --json
  fanfare pub images.cat --bytes < cat.jpg
  tail -f app.log | fanfare pub logs.app --lines
  fanfare pub words --lines --rate 5000 < /usr/share/dict/words
  fanfare pub orders.eu --lines --key-prefix batch-17 < batch-17.txt";

/// Publishes a message, or each line of standard input.
///
/// A message is acknowledged once it is in its stream. Without PAYLOAD, all of standard input is the payload, unchanged.
/// With --lines each line is a message of its own, without its line end; lines go out in order, and don't wait until
/// earlier ones are acknowledged.
///
/// If the connection is lost, the command connects again, and what was not yet sent waits for up to 30 seconds. What was
/// sent but not acknowledged is sent again if it has a key; without one nobody knows whether it was published, and the
/// command fails.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct PublishArgs {
    /// Where to publish, such as `orders.eu`
    topic: String,
    /// What to publish; standard input if left out
    #[arg(conflicts_with = "lines")]
    payload: Option<String>,
    /// Publish each line of standard input as a message
    #[arg(long)]
    lines: bool,
    /// Publish this many lines a second, evenly spaced; without it, as fast as the broker takes them
    #[arg(long, value_name = "N", requires = "lines", conflicts_with = "payload")]
    rate: Option<NonZeroU32>,
    /// The payload is JSON, and is checked; without it, the payload is text
    #[arg(long, conflicts_with = "bytes")]
    json: bool,
    /// The payload is bytes of any kind
    #[arg(long)]
    bytes: bool,
    /// Make a repeat harmless: within the broker's window (`key_window`, two minutes unless configured), a second
    /// publish with this key to this topic is acknowledged and not delivered again
    #[arg(long, value_name = "KEY", conflicts_with = "lines")]
    key: Option<String>,
    /// Give each line a key, PREFIX-1, PREFIX-2 and so on: a line is then sent again after a lost connection, and running
    /// the command again with the same lines within the broker's window publishes none of them twice
    #[arg(long, value_name = "PREFIX", requires = "lines", conflicts_with = "payload")]
    key_prefix: Option<String>,
    /// Publish only if the topic's last retained message has this sequence number; 0 means that none is retained
    #[arg(long, value_name = "SEQ", conflicts_with = "lines")]
    expect: Option<u64>,
    /// A header, which is a short fact beside the payload; can be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    #[command(flatten)]
    connection: ConnectionArgs,
}

pub(super) fn run(args: PublishArgs) -> ExitCode {
    terminal::run(publish(args))
}

async fn publish(args: PublishArgs) -> Result<(), CommandError> {
    let rule = |rule| CommandError::Input(format!("the topic {:?} {rule}", args.topic));
    let topic = Topic::new(&args.topic).map_err(rule)?;
    let draft = Draft { topic, kind: args.kind(), headers: args.header, key_prefix: args.key_prefix };
    if args.connection.took_stdin() && (args.lines || args.payload.is_none()) {
        return Err(CommandError::Input(ONE_STDIN.to_owned()));
    }
    if args.lines {
        let client = args.connection.connect().await?;
        return LinePublisher::new(client, draft).run(args.rate).await;
    }
    let payload = match args.payload {
        Some(payload) => payload.into_bytes(),
        None => read_input()?,
    };
    let client = args.connection.connect().await?;
    let mut request = draft.message(&client, &payload).map_err(CommandError::Input)?;
    if let Some(key) = args.key {
        request = request.key(key);
    }
    if let Some(seq) = args.expect {
        request = request.expect_seq(seq);
    }
    let published = tokio::select! {
        biased;
        published = request.into_future() => {
            published.map_err(|error| advice::about("publish to", &draft.topic, error))?
        }
        () = interrupted() => return Err(CommandError::Input(NO_ANSWER.to_owned())),
        never = Breaks::of(&client).tell(notice) => never,
    };
    if io::stderr().is_terminal() {
        notice(outcome(&draft.topic, &published));
    }
    client.close().await;
    Ok(())
}

fn outcome(topic: &Topic, published: &Published) -> String {
    match &published.at {
        None => format!("published to {topic}, which no stream keeps"),
        Some(at) if published.duplicate => format!("{topic} had it already: {} {}", at.stream, at.seq),
        Some(at) => format!("published to {topic}: {} {}", at.stream, at.seq),
    }
}

fn read_input() -> Result<Vec<u8>, CommandError> {
    let stdin = io::stdin().lock();
    if stdin.is_terminal() {
        notice("reading the payload from the terminal; Ctrl-D ends it");
    }
    let mut payload = Vec::new();
    stdin
        .take(MAX_INPUT_BYTES + 1)
        .read_to_end(&mut payload)
        .map_err(|source| CommandError::Io { what: "can't read standard input", source })?;
    if payload.len() as u64 > MAX_INPUT_BYTES {
        let what = format!(
            "standard input has more than {MAX_INPUT_BYTES} bytes, too many for a message; --lines sends each line"
        );
        return Err(CommandError::Input(what));
    }
    Ok(payload)
}

impl PublishArgs {
    fn kind(&self) -> Kind {
        match (self.json, self.bytes) {
            (true, _) => Kind::Json,
            (_, true) => Kind::Bytes,
            _ => Kind::Text,
        }
    }
}
