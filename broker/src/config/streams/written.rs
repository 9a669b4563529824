//! `[[stream]]` as written; its meaning is not judged.

use toml::de::DeTable;

use crate::config::fault::{Fault, Located, Place};
use crate::config::reader::{Reader, Setting};
use crate::config::written::report_unknown;

/// One `[[stream]]`.
#[derive(Debug)]
pub(in crate::config) struct WrittenStream {
    pub(super) place: Place,
    pub(super) name: Option<Located<String>>,
    pub(super) patterns: Option<Vec<Located<String>>>,
    pub(super) max_age: Option<Located<String>>,
    pub(super) max_bytes: Option<Located<String>>,
    pub(super) max_messages_per_topic: Option<Located<u64>>,
    pub(super) publisher: Option<Located<bool>>,
}

const STREAM: Setting =
    Setting { key: "stream", example: "[{ name = \"orders\", patterns = [\"orders.>\"] }], or [[stream]]" };
const NAME: Setting = Setting { key: "name", example: "\"orders\"" };
const PATTERNS: Setting = Setting { key: "patterns", example: "[\"orders.>\"]" };
const MAX_AGE: Setting = Setting { key: "max_age", example: "\"2m\"" };
const MAX_BYTES: Setting = Setting { key: "max_bytes", example: "\"64MiB\"" };
const MAX_MESSAGES: Setting = Setting { key: "max_messages_per_topic", example: "100" };
const PUBLISHER: Setting = Setting { key: "publisher", example: "true" };
/// Every key of a `[[stream]]`.
pub(in crate::config) const KEYS: &[&str] =
    &[NAME.key, PATTERNS.key, MAX_AGE.key, MAX_BYTES.key, MAX_MESSAGES.key, PUBLISHER.key];

/// Reads every `[[stream]]`.
pub(in crate::config) fn read_streams(reader: &mut Reader<'_>, top: &DeTable<'_>) -> Vec<WrittenStream> {
    let tables = reader.tables(top, STREAM);
    tables.into_iter().map(|(table, place)| read_stream(reader, table, place)).collect()
}

fn read_stream(reader: &mut Reader<'_>, table: &DeTable<'_>, place: Place) -> WrittenStream {
    report_unknown(reader, table, "in [[stream]]", KEYS);
    for setting in [NAME, PATTERNS] {
        if !table.contains_key(setting.key) {
            let what = format!("this stream has no `{}`", setting.key);
            reader.faults.push(Fault::new(place, what, format!("add {} = {}", setting.key, setting.example)));
        }
    }
    WrittenStream {
        place,
        name: reader.string(table, NAME),
        patterns: reader.strings(table, PATTERNS),
        max_age: reader.string(table, MAX_AGE),
        max_bytes: reader.string(table, MAX_BYTES),
        max_messages_per_topic: reader.integer(table, MAX_MESSAGES),
        publisher: reader.boolean(table, PUBLISHER),
    }
}
