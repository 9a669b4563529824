//! What `[[stream]]` means: names and patterns checked, and no topic in two of them.

use std::num::NonZeroU32;
use std::time::Duration;

use fanfare_protocol::limits::MAX_POSITION_STREAMS;
use fanfare_protocol::{Pattern, StreamName};

use super::written::WrittenStream;
use crate::config::fault::{Fault, Located, Place};
use crate::config::units::{format_bytes, parse_bytes, parse_duration};
use crate::engine::StreamConfig;
use crate::limits::Limits;

const DEFAULT_NAME: &str = "recent";
const DEFAULT_PATTERN: &str = ">";
const DEFAULT_MAX_AGE: Duration = Duration::from_mins(2);
const DEFAULT_MAX_BYTES: u64 = 64 << 20;

/// Checks what was written; without any stream there is one over everything, so that a reconnect loses nothing.
pub(in crate::config) fn resolve_streams(
    written: &[WrittenStream],
    limits: &Limits,
    faults: &mut Vec<Fault>,
) -> Vec<StreamConfig> {
    if written.is_empty() {
        return default_stream().into_iter().collect();
    }
    if let Some(first_too_many) = written.get(MAX_POSITION_STREAMS) {
        let what = format!("there are {} streams; a position can name {MAX_POSITION_STREAMS}", written.len());
        faults.push(Fault::new(first_too_many.place, what, "join streams: one can have several patterns"));
    }
    report_repeated_names(written, faults);
    report_overlaps(written, faults);
    written.iter().filter_map(|stream| resolve_stream(stream, limits, faults)).collect()
}

fn default_stream() -> Option<StreamConfig> {
    Some(StreamConfig {
        name: StreamName::new(DEFAULT_NAME).ok()?,
        patterns: vec![Pattern::new(DEFAULT_PATTERN).ok()?],
        max_age: DEFAULT_MAX_AGE,
        max_bytes: DEFAULT_MAX_BYTES,
        max_messages_per_topic: None,
        publisher: false,
    })
}

/// The stream, as far as it can be read; faults tell the rest.
fn resolve_stream(written: &WrittenStream, limits: &Limits, faults: &mut Vec<Fault>) -> Option<StreamConfig> {
    let name = written.name.as_ref().and_then(|name| resolve_name(name, faults));
    let patterns =
        written.patterns.as_ref().map(|patterns| resolve_patterns("stream", written.place, patterns, faults));
    let max_age = resolve_max_age(written.max_age.as_ref(), faults);
    let max_bytes = resolve_max_bytes(written.max_bytes.as_ref(), limits, faults);
    let max_messages_per_topic = resolve_max_messages(written.max_messages_per_topic.as_ref(), faults);
    let publisher = written.publisher.as_ref().is_some_and(|publisher| publisher.value);
    Some(StreamConfig {
        name: name?,
        patterns: patterns?,
        max_age,
        max_bytes,
        max_messages_per_topic,
        publisher,
    })
}

fn resolve_name(written: &Located<String>, faults: &mut Vec<Fault>) -> Option<StreamName> {
    let name = StreamName::new(&written.value);
    if let Err(error) = &name {
        faults.push(Fault::new(
            written.place,
            format!("`name` {error}"),
            "rename the stream, like \"orders\"",
        ));
    }
    name.ok()
}

/// The patterns that can be read, of a table that is called `what`; faults tell the rest.
pub(in crate::config) fn resolve_patterns(
    what: &str,
    table: Place,
    written: &[Located<String>],
    faults: &mut Vec<Fault>,
) -> Vec<Pattern> {
    if written.is_empty() {
        faults.push(Fault::new(table, format!("this {what} has no patterns"), "add one, like \"orders.>\""));
    }
    let mut patterns = Vec::new();
    for Located { value, place } in written {
        match Pattern::new(value) {
            Ok(_) if value.starts_with('$') => {
                let remedy = format!("remove it; no {what} is over them");
                let what = format!("pattern {value:?} is over topics of the broker itself (`$`)");
                faults.push(Fault::new(*place, what, remedy));
            }
            Ok(pattern) => patterns.push(pattern),
            Err(error) => {
                let remedy = "write segments joined by dots, like \"orders.*.>\"";
                faults.push(Fault::new(*place, format!("pattern {value:?} {error}"), remedy));
            }
        }
    }
    patterns
}

fn resolve_max_age(written: Option<&Located<String>>, faults: &mut Vec<Fault>) -> Duration {
    let Some(Located { value, place }) = written else { return DEFAULT_MAX_AGE };
    match parse_duration(value) {
        Ok(age) if age.is_zero() => {
            faults.push(Fault::new(*place, "`max_age` is nothing", "write it like \"2m\""));
            DEFAULT_MAX_AGE
        }
        Ok(age) => age,
        Err(error) => {
            faults.push(Fault::new(*place, format!("`max_age` {}", error.what), error.remedy));
            DEFAULT_MAX_AGE
        }
    }
}

/// A stream that can't hold one whole message would retain nothing, acknowledged or not.
fn resolve_max_bytes(written: Option<&Located<String>>, limits: &Limits, faults: &mut Vec<Fault>) -> u64 {
    let Some(Located { value, place }) = written else { return DEFAULT_MAX_BYTES };
    let least = u64::try_from(limits.max_payload_bytes).unwrap_or(u64::MAX);
    match parse_bytes(value) {
        Ok(bytes) if bytes < least => {
            let what =
                format!("`max_bytes` = {value:?} is less than one payload may have (`max_payload_bytes`)");
            faults.push(Fault::new(*place, what, format!("set at least {:?}", format_bytes(least))));
            DEFAULT_MAX_BYTES
        }
        Ok(bytes) => bytes,
        Err(error) => {
            faults.push(Fault::new(*place, format!("`max_bytes` {}", error.what), error.remedy));
            DEFAULT_MAX_BYTES
        }
    }
}

fn resolve_max_messages(written: Option<&Located<u64>>, faults: &mut Vec<Fault>) -> Option<NonZeroU32> {
    let Located { value, place } = written?;
    let most = u32::try_from(*value).ok().and_then(NonZeroU32::new);
    if most.is_none() {
        let what = format!("`max_messages_per_topic` = {value} is not between 1 and {}", u32::MAX);
        faults.push(Fault::new(*place, what, "leave it out for no such limit"));
    }
    most
}

fn report_repeated_names(written: &[WrittenStream], faults: &mut Vec<Fault>) {
    let names: Vec<_> = written.iter().filter_map(|stream| stream.name.as_ref()).collect();
    for (index, name) in names.iter().enumerate() {
        if names[..index].iter().any(|earlier| earlier.value == name.value) {
            let what = format!("there is another stream named {:?}", name.value);
            faults.push(Fault::new(name.place, what, "rename one, or give one stream the patterns of both"));
        }
    }
}

fn report_overlaps(written: &[WrittenStream], faults: &mut Vec<Fault>) {
    for (index, stream) in written.iter().enumerate() {
        for (place, pattern) in readable_patterns(stream) {
            for earlier in &written[..index] {
                for (_, other) in readable_patterns(earlier).filter(|(_, other)| pattern.overlaps(other)) {
                    let what = format!(
                        "pattern \"{pattern}\" of stream {:?} meets topics of \"{other}\" of stream {:?}",
                        shown_name(stream),
                        shown_name(earlier)
                    );
                    faults.push(Fault::new(
                        place,
                        what,
                        "a topic is in one stream at most: narrow one of the two",
                    ));
                }
            }
        }
    }
}

fn readable_patterns(stream: &WrittenStream) -> impl Iterator<Item = (Place, Pattern)> {
    let written = stream.patterns.iter().flatten();
    written.filter_map(|pattern| Some((pattern.place, Pattern::new(&pattern.value).ok()?)))
}

fn shown_name(stream: &WrittenStream) -> &str {
    stream.name.as_ref().map_or("", |name| &name.value)
}
