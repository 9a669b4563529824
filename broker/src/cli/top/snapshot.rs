//! A snapshot: what is known, as text or as one JSON object.

use std::fmt::Write;

use serde_json::{Value, json};

use super::model::Known;
use super::panel::Panel;
use super::view::View;

/// Topics that are told.
const TOPICS: usize = 20;

/// Whether everything is known that a snapshot tells: a second, the rates of streams, and one look at everything else.
pub(super) fn is_whole(known: &Known) -> bool {
    let Some(stats) = &known.stats else { return false };
    known.stream_rates.len() >= stats.streams.len()
        && known.sessions.done
        && (known.sampled || known.no_sample.is_some())
}

/// What is known, as an object for scripts. Fields may be added; those that are there keep their meaning.
pub(super) fn json(known: &Known, server: &str, pattern: &str, wall_ms: u64) -> Value {
    let (messages, window) = known.tally.last_look();
    let topics =
        known.tally.busiest(TOPICS).into_iter().map(|(topic, share)| json!({"topic": topic, "share": share}));
    let stream = |(name, rate): (&String, &f64)| {
        let settings = known.streams.found.streams.iter().find(|settings| settings.name == *name);
        json!({"name": name, "messages_per_second": rate, "settings": settings})
    };
    json!({
        "server": server,
        "time": wall_ms,
        "stats": known.stats,
        "streams": known.stream_rates.iter().map(stream).collect::<Vec<_>>(),
        "sessions": known.sessions.found.sessions,
        "sessions_trouble": known.sessions.trouble,
        "topics": topics.collect::<Vec<_>>(),
        "topics_trouble": known.no_sample,
        "topics_sample": {
            "pattern": pattern,
            "messages": messages,
            "window_ms": u64::try_from(window.as_millis()).unwrap_or(u64::MAX),
        },
    })
}

/// The view as text: a line for each figure, then each panel with all its columns.
pub(super) fn text(view: &View) -> String {
    let mut text = format!("{}: {}\n\n", view.server, view.standing.0);
    for (figure, _) in &view.figures {
        let line = format!("{:<13}{:>12}  {}", figure.label, figure.value, figure.detail);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    for panel in &view.panels {
        let _ = write!(text, "\n{}\n", panel.title);
        if let Some(note) = &panel.note {
            let _ = writeln!(text, "  {}", note.text);
        }
        write_rows(&mut text, panel);
    }
    text
}

fn write_rows(text: &mut String, panel: &Panel) {
    if panel.rows.is_empty() {
        return;
    }
    let heads: Vec<_> = panel.columns.iter().map(|column| column.head.to_owned()).collect();
    let lines: Vec<_> = panel
        .has_heads()
        .then_some(&heads)
        .into_iter()
        .chain(panel.rows.iter().map(|row| &row.cells))
        .collect();
    let widths: Vec<_> = (0..heads.len())
        .map(|at| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0))
        .collect();
    for line in lines {
        let cells = line.iter().zip(&widths).zip(panel.columns).map(|((cell, width), column)| {
            if column.right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        let row = cells.collect::<Vec<_>>().join("  ");
        let _ = writeln!(text, "  {}", row.trim_end());
    }
}
