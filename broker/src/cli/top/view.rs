//! The view: what is shown, in words and numbers; where and how is not its business.

use std::time::Duration;

use super::amounts::{age, bytes, clock, count, millis, rate, real, share};
use super::event::Order;
use super::figures::{self, Figure};
use super::model::{Known, Look, Model, PANELS};
use super::panel::{Column, Note, Panel, Row, harmless};
use super::told::{LastError, Session, StreamStats};
use crate::clock::Now;

/// A broker that told nothing for so long is told to be silent.
const SILENT: Duration = Duration::from_secs(4);
/// Topics that are shown.
const TOPICS: usize = 100;

/// What is shown.
#[derive(Clone, Debug)]
pub(super) struct View {
    /// Which broker this is.
    pub(super) server: String,
    /// How it stands with it, and whether that is a fault.
    pub(super) standing: (String, bool),
    /// Figures with their past; none before the first second.
    pub(super) figures: Vec<(Figure, Vec<Option<u64>>)>,
    pub(super) panels: [Panel; PANELS],
    pub(super) focus: usize,
    pub(super) zoomed: bool,
    pub(super) help: bool,
}

const SESSIONS: &[Column] = &[
    Column::left("session", 20, 0),
    Column::right("queue", 8, 0),
    Column::right("behind", 6, 1),
    Column::rest("program", 24, 2),
    Column::right("subs", 5, 3),
    Column::right("age", 4, 4),
    Column::left("address", 15, 5),
    Column::left("subject", 14, 6),
    Column::left("last error", 22, 7),
];
const TOPICS_COLUMNS: &[Column] = &[
    Column::rest("topic", 16, 0).with_its_end(),
    Column::right("about", 7, 1),
    Column::right("share", 6, 0),
];
const STREAMS: &[Column] = &[
    Column::rest("stream", 12, 0),
    Column::right("in", 7, 0),
    Column::right("messages", 8, 2),
    Column::right("size", 8, 1),
    Column::right("full", 5, 3),
    Column::right("oldest", 6, 4),
    Column::right("topics", 6, 5),
    Column::right("last seq", 12, 6),
];
/// Nobody needs to be told what is a time.
const EVENTS: &[Column] = &[Column::left("", 8, 0), Column::rest("", 12, 0)];

impl View {
    /// What the model shows of a broker; `pattern` says which topics are sampled.
    pub(super) fn of(model: &Model, server: &str, pattern: &str, now: Now) -> Self {
        let (known, look, held) = model.shown();
        let figures = known.stats.as_deref().map(figures::of).into_iter().flatten();
        Self {
            server: harmless(server.to_owned()),
            standing: standing(model.known(), held, now),
            figures: figures.zip(&known.pasts).map(|(figure, past)| (figure, past.all())).collect(),
            panels: [
                sessions(known, look, now),
                topics(known, look, pattern),
                streams(known, look, now),
                events(known, look),
            ],
            focus: look.focus,
            zoomed: look.zoomed,
            help: look.help,
        }
    }

    /// How many rows each panel has.
    pub(super) fn rows(&self) -> [usize; PANELS] {
        self.panels.each_ref().map(|panel| panel.rows.len())
    }
}

fn standing(known: &Known, held: bool, now: Now) -> (String, bool) {
    let since = known.heard.map(|heard| now.moment.since(heard));
    match (&known.lost, since) {
        (Some(why), None) => (harmless(why.clone()), true),
        // Why it is lost stands among what happened.
        (Some(_), Some(since)) => {
            (format!("connection lost, last heard {} ago; reconnecting", age(since)), true)
        }
        (None, Some(since)) if since >= SILENT => (format!("nothing heard for {}", age(since)), true),
        (None, None) => ("waiting for the first second".to_owned(), false),
        _ if held => ("held: p goes on".to_owned(), false),
        _ => ("live".to_owned(), false),
    }
}

fn sessions(known: &Known, look: &Look, now: Now) -> Panel {
    let page = &known.sessions.found;
    let all = known.stats.as_ref().map_or(0, |stats| stats.sessions());
    let shown = page.sessions.len();
    let some = match (&page.next, look.order) {
        _ if !known.sessions.done || known.sessions.trouble.is_some() => String::new(),
        (Some(_), Order::Behind) => format!(", {shown} and more"),
        (Some(_), _) => format!(", {shown} of {}", count(all)),
        (None, _) => format!(", {shown}"),
    };
    let empty = match look.order {
        _ if !known.sessions.done => "not looked at yet",
        Order::Behind => "no session is behind",
        Order::Queue | Order::Age => "no session",
    };
    Panel {
        title: format!("Sessions {}{some}", look.order.describe()),
        columns: SESSIONS,
        rows: page.sessions.iter().map(|session| session_row(session, now)).collect(),
        note: note(known.sessions.trouble.as_ref(), page.sessions.is_empty(), empty),
        from: look.from[0],
    }
}

/// That something is wrong; else why there is nothing, if there is nothing.
fn note(trouble: Option<&String>, is_empty: bool, empty: &str) -> Option<Note> {
    trouble.map(Note::alarm).or_else(|| is_empty.then(|| Note::calm(empty)))
}

fn session_row(session: &Session, now: Now) -> Row {
    let error = session.last_error.as_ref().map_or_else(String::new, |error| last_error(error, now));
    Row::new(
        [
            session.session.clone(),
            bytes(session.queued_bytes),
            count(session.behind),
            session.name.clone().unwrap_or_default(),
            count(session.subscription_count),
            age(Duration::from_millis(session.age_ms)),
            session.address.clone(),
            session.subject.clone().unwrap_or_default(),
            error,
        ],
        session.behind > 0,
    )
}

fn last_error(error: &LastError, now: Now) -> String {
    format!("{} {} ago", error.code, age(Duration::from_millis(now.wall_ms.saturating_sub(error.time))))
}

fn topics(known: &Known, look: &Look, pattern: &str) -> Panel {
    let (looked_at, window) = known.tally.last_look();
    let of = if pattern == ">" { String::new() } else { format!(" of {pattern}") };
    let title = match looked_at {
        0 => format!("Topics{of}, by samples"),
        _ => format!(
            "Topics{of}, newest {looked_at} ({})",
            millis(u64::try_from(window.as_millis()).unwrap_or(u64::MAX))
        ),
    };
    let rate_of = |part: f64| if pattern == ">" { rate(part * known.stream_rate()) } else { String::new() };
    let busiest = known.tally.busiest(TOPICS);
    let empty = if known.sampled { "no message is retained" } else { "not looked at yet" };
    Panel {
        title,
        columns: TOPICS_COLUMNS,
        rows: busiest
            .iter()
            .map(|(topic, part)| Row::new([(*topic).to_owned(), rate_of(*part), share(*part)], false))
            .collect(),
        note: note(known.no_sample.as_ref(), busiest.is_empty(), empty),
        from: look.from[1],
    }
}

fn streams(known: &Known, look: &Look, now: Now) -> Panel {
    let streams = known.stats.as_ref().map(|stats| stats.streams.as_slice()).unwrap_or_default();
    let empty =
        if known.stats.is_some() { "no stream: nothing is retained" } else { "nothing heard of them yet" };
    Panel {
        title: "Streams".to_owned(),
        columns: STREAMS,
        rows: streams.iter().map(|stream| stream_row(known, stream, now)).collect(),
        note: note(None, streams.is_empty(), empty),
        from: look.from[2],
    }
}

fn stream_row(known: &Known, stream: &StreamStats, now: Now) -> Row {
    let settings = known.streams.found.streams.iter().find(|settings| settings.name == stream.name);
    let full = settings
        .filter(|settings| settings.max_bytes > 0)
        .map(|settings| format!("{:.0} %", real(stream.bytes) / real(settings.max_bytes) * 100.0));
    let oldest = settings.and_then(|settings| settings.oldest_time);
    let oldest = oldest.map(|time| age(Duration::from_millis(now.wall_ms.saturating_sub(time))));
    let taken_in = known.stream_rates.get(&stream.name).map(|a_second| rate(*a_second));
    Row::new(
        [
            stream.name.clone(),
            taken_in.unwrap_or_default(),
            count(stream.messages),
            bytes(stream.bytes),
            full.unwrap_or_default(),
            oldest.unwrap_or_default(),
            count(stream.topics),
            stream.last_seq.to_string(),
        ],
        false,
    )
}

fn events(known: &Known, look: &Look) -> Panel {
    let lines = known.chronicle.lines();
    let rows: Vec<_> = lines.map(|line| Row::new([clock(line.at), line.text.clone()], line.fault)).collect();
    Panel {
        title: "What happened (UTC)".to_owned(),
        columns: EVENTS,
        note: note(
            None,
            rows.is_empty(),
            "Nothing since you began to watch. Sessions, gaps and errors are told here.",
        ),
        rows,
        from: look.from[3],
    }
}
