//! Presence in the configuration: `[[presence]]` as written, and what it means.

use std::time::Duration;

use fanfare_protocol::Pattern;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Located, Place};
use super::reader::{Reader, Setting};
use super::streams::resolve_patterns;
use super::units::parse_duration;
use super::written::report_unknown;
use crate::hub::{MemberBy, PresenceConfig};

/// One `[[presence]]`.
#[derive(Debug)]
pub(super) struct WrittenPresence {
    place: Place,
    patterns: Option<Vec<Located<String>>>,
    by: Option<Located<String>>,
    linger: Option<Located<String>>,
    announce: Option<Located<bool>>,
}

const PATTERNS: Setting = Setting { key: "patterns", example: "[\"rooms.>\"]" };
const BY: Setting = Setting { key: "by", example: "\"session\"" };
const LINGER: Setting = Setting { key: "linger", example: "\"5s\"" };
const ANNOUNCE: Setting = Setting { key: "announce", example: "true" };
/// Every key of a `[[presence]]`.
pub(super) const PRESENCE: &[&str] = &[PATTERNS.key, BY.key, LINGER.key, ANNOUNCE.key];

const DEFAULT_LINGER: Duration = Duration::from_secs(5);
const MAX_LINGER: Duration = Duration::from_hours(1);

/// Reads every `[[presence]]`.
pub(super) fn read_presence(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Vec<WrittenPresence> {
    let header = Setting { key: "presence", example: "[{ patterns = [\"rooms.>\"] }], or [[presence]]" };
    let DeValue::Array(entries) = value.get_ref() else {
        reader.wrong_type(value, header, "a list of tables");
        return Vec::new();
    };
    let mut written = Vec::new();
    for entry in entries {
        match entry.get_ref() {
            DeValue::Table(table) => written.push(read_one(reader, table, reader.place(&entry.span()))),
            _ => reader.wrong_type(entry, header, "a list of tables"),
        }
    }
    written
}

fn read_one(reader: &mut Reader<'_>, table: &DeTable<'_>, place: Place) -> WrittenPresence {
    report_unknown(reader, table, "in [[presence]]", PRESENCE);
    if !table.contains_key(PATTERNS.key) {
        let remedy = format!("add {} = {}", PATTERNS.key, PATTERNS.example);
        reader.faults.push(Fault::new(place, "this presence has no `patterns`", remedy));
    }
    WrittenPresence {
        place,
        patterns: reader.strings(table, PATTERNS),
        by: reader.string(table, BY),
        linger: reader.string(table, LINGER),
        announce: reader.boolean(table, ANNOUNCE),
    }
}

/// Checks what was written; faults tell what can't be read.
pub(super) fn resolve_presence(written: &[WrittenPresence], faults: &mut Vec<Fault>) -> Vec<PresenceConfig> {
    report_overlaps(written, faults);
    written.iter().map(|presence| resolve_one(presence, faults)).collect()
}

fn resolve_one(written: &WrittenPresence, faults: &mut Vec<Fault>) -> PresenceConfig {
    let patterns = written.patterns.as_ref();
    PresenceConfig {
        patterns: patterns
            .map(|patterns| resolve_patterns("presence", written.place, patterns, faults))
            .unwrap_or_default(),
        by: written.by.as_ref().map(|by| resolve_by(by, faults)).unwrap_or_default(),
        linger: resolve_linger(written.linger.as_ref(), faults),
        announce: written.announce.as_ref().is_none_or(|announce| announce.value),
    }
}

fn resolve_by(Located { value, place }: &Located<String>, faults: &mut Vec<Fault>) -> MemberBy {
    match value.as_str() {
        "session" => MemberBy::Session,
        "subject" => MemberBy::Subject,
        _ => {
            let what = format!("`by` = {value:?} is neither \"session\" nor \"subject\"");
            faults.push(Fault::new(*place, what, "write by = \"session\", or leave it out"));
            MemberBy::default()
        }
    }
}

fn resolve_linger(written: Option<&Located<String>>, faults: &mut Vec<Fault>) -> Duration {
    let Some(Located { value, place }) = written else { return DEFAULT_LINGER };
    match parse_duration(value) {
        Ok(linger) if linger > MAX_LINGER => {
            let what = format!("`linger` = {value:?} is over an hour");
            faults.push(Fault::new(*place, what, "write it like \"5s\"; that is the default"));
            DEFAULT_LINGER
        }
        Ok(linger) => linger,
        Err(error) => {
            faults.push(Fault::new(*place, format!("`linger` {}", error.what), error.remedy));
            DEFAULT_LINGER
        }
    }
}

fn report_overlaps(written: &[WrittenPresence], faults: &mut Vec<Fault>) {
    for (index, presence) in written.iter().enumerate() {
        for (place, pattern) in readable_patterns(presence) {
            let earlier = written[..index].iter().flat_map(readable_patterns);
            for (_, other) in earlier.filter(|(_, other)| pattern.overlaps(other)) {
                let what =
                    format!("pattern \"{pattern}\" meets topics of \"{other}\" in another [[presence]]");
                faults.push(Fault::new(place, what, "presence is kept in one way: narrow one of the two"));
            }
        }
    }
}

fn readable_patterns(written: &WrittenPresence) -> impl Iterator<Item = (Place, Pattern)> {
    let patterns = written.patterns.iter().flatten();
    patterns.filter_map(|pattern| Some((pattern.place, Pattern::new(&pattern.value).ok()?)))
}
