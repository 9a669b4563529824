//! The listing: every setting with its value in force and where it comes from; printed, and compared at a reload.

mod changes;
mod print;

use std::ops::Range;

use toml::Value;
use toml::de::{DeTable, DeValue};

use super::bounds::show_amount;
use super::fault::Place;
use super::table::{Applied, Fallback, Name, Row, SECTIONS, Section, Shape};
use crate::limits::Limits;
pub use changes::Change;

/// Every setting in the order of the table; of a list, those of each of its entries.
#[derive(Clone, Debug)]
pub struct Listing {
    groups: Vec<Group>,
}

/// The settings of one section, or of one entry of a list.
#[derive(Clone, Debug)]
struct Group {
    section: &'static Section,
    /// For an entry of a list, what tells it from the others: its name, or its number.
    entry: Option<String>,
    settings: Vec<Setting>,
}

#[derive(Clone, Debug)]
struct Setting {
    row: &'static Row,
    /// Nothing if it is not set.
    value: Option<Value>,
    /// Nothing if the value is the default.
    origin: Option<Place>,
    /// The limit of which this is half because it is not set.
    half_of: Option<&'static str>,
    /// Whether a reload could not take it.
    held: bool,
}

impl Setting {
    /// Whether a running broker takes a change.
    fn is_live(&self) -> bool {
        self.row.applied == Applied::Live && !self.held
    }
}

impl Listing {
    /// What a document says, and the defaults for the rest. `place` tells where a span stands.
    pub(super) fn of(document: &DeTable<'_>, place: impl Fn(&Range<usize>) -> Place) -> Self {
        let groups = SECTIONS.iter().flat_map(|section| groups(section, document, &place)).collect();
        Self { groups }
    }

    /// Notes what the machine decided on, for a setting that is not written.
    pub(super) fn compute(&mut self, name: Name, value: impl Into<Value>) {
        let groups = self.groups.iter_mut().filter(|group| group.section.name == name.section);
        let mut settings = groups.flat_map(|group| &mut group.settings);
        if let Some(setting) = settings.find(|setting| setting.row.key == name.key && setting.value.is_none())
        {
            setting.value = Some(value.into());
        }
    }

    /// Whether a limit is set anywhere.
    pub(crate) fn sets(&self, limit: &str) -> bool {
        let mut settings = self.groups.iter().flat_map(|group| &group.settings);
        settings
            .any(|setting| setting.row.limit.is_some_and(|row| row.name == limit) && setting.origin.is_some())
    }

    /// Notes the limits that are lower than their default without being set, as shares of others that are.
    pub(super) fn fit(&mut self, limits: &Limits) {
        let settings = self.groups.iter_mut().flat_map(|group| &mut group.settings);
        for setting in settings.filter(|setting| setting.origin.is_none()) {
            let Some(limit) = setting.row.limit else { continue };
            let now = (limit.get)(limits);
            if now != limit.default {
                setting.value = read(&show_amount(limit.unit, now));
                setting.half_of = limits.is_half_of(limit);
            }
        }
    }
}

/// One group for each time that the section is there.
fn groups(
    section: &'static Section,
    document: &DeTable<'_>,
    place: &impl Fn(&Range<usize>) -> Place,
) -> Vec<Group> {
    let group = |entry, table: Option<&DeTable<'_>>| {
        let settings = section.rows.iter().map(|row| setting(row, table, place)).collect();
        Group { section, entry, settings }
    };
    let found = find(document, section.name);
    match (section.shape, found) {
        (Shape::Top, _) => vec![group(None, Some(document))],
        (Shape::Table, found) => vec![group(None, found.and_then(as_table))],
        (Shape::List { .. }, Some(DeValue::Array(entries))) => {
            let entries = entries.iter().filter_map(|entry| as_table(entry.get_ref())).enumerate();
            entries.map(|(number, table)| group(Some(label(section, table, number)), Some(table))).collect()
        }
        (Shape::List { implied: true }, None) => vec![group(Some(implied_label(section)), None)],
        (Shape::Named { .. }, Some(DeValue::Table(entries))) => {
            let entries = entries.iter().map(|(key, entry)| (key.get_ref(), as_table(entry.get_ref())));
            entries.map(|(key, table)| group(Some(key.to_string()), table)).collect()
        }
        (Shape::List { .. } | Shape::Named { .. }, _) => Vec::new(),
    }
}

fn setting(
    row: &'static Row,
    table: Option<&DeTable<'_>>,
    place: &impl Fn(&Range<usize>) -> Place,
) -> Setting {
    let written = table.and_then(|table| table.get(row.key));
    match (written.and_then(|written| plain(written.get_ref())), written, row.fallback) {
        (Some(value), Some(written), _) => Setting {
            row,
            value: Some(value),
            origin: Some(place(&written.span())),
            half_of: None,
            held: false,
        },
        (_, _, Fallback::Value(_)) => {
            Setting { row, value: read(&row.example()), origin: None, half_of: None, held: false }
        }
        (_, _, Fallback::Computed { .. } | Fallback::Nothing { .. }) => {
            Setting { row, value: None, origin: None, half_of: None, held: false }
        }
    }
}

/// What stands under a dotted name.
fn find<'t, 'd>(document: &'t DeTable<'d>, name: &str) -> Option<&'t DeValue<'d>> {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let value = document.get(first)?.get_ref();
    match rest {
        Some(rest) => find(as_table(value)?, rest),
        None => Some(value),
    }
}

fn as_table<'t, 'd>(value: &'t DeValue<'d>) -> Option<&'t DeTable<'d>> {
    match value {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

/// What tells an entry of a list from its neighbours: its first setting, which is its name, or its number.
fn label(section: &Section, table: &DeTable<'_>, number: usize) -> String {
    let first = section.rows.first().and_then(|row| table.get(row.key));
    let name = first.and_then(|name| name.get_ref().as_str());
    name.map_or_else(|| (number + 1).to_string(), str::to_owned)
}

fn implied_label(section: &Section) -> String {
    match section.rows.first().map(|row| row.fallback) {
        Some(Fallback::Value(name)) => name.to_owned(),
        _ => "1".to_owned(),
    }
}

/// A value from its TOML text.
fn read(text: &str) -> Option<Value> {
    plain(DeValue::parse(text).ok()?.get_ref())
}

/// The value without its places; nothing for a number that is none of TOML's.
fn plain(value: &DeValue<'_>) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            Value::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok()?)
        }
        DeValue::Float(number) => Value::Float(number.as_str().parse().ok()?),
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Datetime(date) => Value::Datetime(*date),
        DeValue::Array(entries) => {
            Value::Array(entries.iter().map(|entry| plain(entry.get_ref())).collect::<Option<_>>()?)
        }
        DeValue::Table(table) => {
            let entries =
                table.iter().map(|(key, value)| Some((key.get_ref().to_string(), plain(value.get_ref())?)));
            Value::Table(entries.collect::<Option<_>>()?)
        }
    })
}
