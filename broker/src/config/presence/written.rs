//! `[[presence]]` as written; its meaning is not judged.

use toml::de::DeTable;

use crate::config::fault::{Fault, Located, Place};
use crate::config::reader::{Reader, Setting};
use crate::config::written::report_unknown;

/// One `[[presence]]`.
#[derive(Debug)]
pub(in crate::config) struct WrittenPresence {
    pub(super) place: Place,
    pub(super) patterns: Option<Vec<Located<String>>>,
    pub(super) by: Option<Located<String>>,
    pub(super) linger: Option<Located<String>>,
    pub(super) announce: Option<Located<bool>>,
}

const PRESENCE: Setting =
    Setting { key: "presence", example: "[{ patterns = [\"rooms.>\"] }], or [[presence]]" };
const PATTERNS: Setting = Setting { key: "patterns", example: "[\"rooms.>\"]" };
const BY: Setting = Setting { key: "by", example: "\"session\"" };
const LINGER: Setting = Setting { key: "linger", example: "\"5s\"" };
const ANNOUNCE: Setting = Setting { key: "announce", example: "true" };
/// Every key of a `[[presence]]`.
pub(in crate::config) const KEYS: &[&str] = &[PATTERNS.key, BY.key, LINGER.key, ANNOUNCE.key];

/// Reads every `[[presence]]`.
pub(in crate::config) fn read_presence(reader: &mut Reader<'_>, top: &DeTable<'_>) -> Vec<WrittenPresence> {
    let tables = reader.tables(top, PRESENCE);
    tables.into_iter().map(|(table, place)| read_one(reader, table, place)).collect()
}

fn read_one(reader: &mut Reader<'_>, table: &DeTable<'_>, place: Place) -> WrittenPresence {
    report_unknown(reader, table, "in [[presence]]", KEYS);
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
