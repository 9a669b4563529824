//! Reader: takes values of the right type out of TOML tables and notes every fault with its place.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Located, Place};

/// Reads one file; faults gather on the way.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    text: &'t str,
    /// Where values were given that stand beyond the end of the text, one by one.
    beyond: Vec<Place>,
    pub(super) faults: Vec<Fault>,
}

/// A setting: its key and a valid value as one writes it, for remedies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub(super) key: &'static str,
    pub(super) example: &'static str,
}

impl<'t> Reader<'t> {
    /// A reader of a file's text, and of what was given elsewhere: the spans of that begin one after the other at
    /// [`Reader::beyond`].
    pub(super) fn new(text: &'t str, beyond: impl IntoIterator<Item = Place>) -> Self {
        Self { text, beyond: beyond.into_iter().collect(), faults: Vec::new() }
    }

    /// Where spans begin that are none of the text.
    pub(super) fn beyond(text: &str) -> usize {
        text.len() + 1
    }

    /// Line and column of a byte range's beginning, or where else it was given.
    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        if let Some(number) = span.start.checked_sub(Self::beyond(self.text)) {
            return self.beyond.get(number).copied().unwrap_or(Place::Whole);
        }
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place::At { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }

    pub(super) fn string(&mut self, table: &DeTable<'_>, setting: Setting) -> Option<Located<String>> {
        self.take(table, setting, "text", |value| value.as_str().map(str::to_owned))
    }

    pub(super) fn boolean(&mut self, table: &DeTable<'_>, setting: Setting) -> Option<Located<bool>> {
        self.take(table, setting, "true or false", |value| match value {
            DeValue::Boolean(value) => Some(*value),
            _ => None,
        })
    }

    pub(super) fn integer(&mut self, table: &DeTable<'_>, setting: Setting) -> Option<Located<u64>> {
        self.take(table, setting, "a whole number from 0", |value| {
            let integer = value.as_integer()?;
            u64::from_str_radix(integer.as_str(), integer.radix()).ok()
        })
    }

    /// A number from 0, with or without a fraction.
    pub(super) fn number(&mut self, table: &DeTable<'_>, setting: Setting) -> Option<Located<f64>> {
        self.take(table, setting, "a number", |value| match value {
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::Integer(number) => number.as_str().parse().ok(),
            _ => None,
        })
    }

    /// A list of texts; entries of another type are faults and left out.
    pub(super) fn strings(&mut self, table: &DeTable<'_>, setting: Setting) -> Option<Vec<Located<String>>> {
        let value = table.get(setting.key)?;
        let DeValue::Array(entries) = value.get_ref() else {
            self.wrong_type(value, setting, "a list of texts");
            return None;
        };
        let mut texts = Vec::new();
        for entry in entries {
            match entry.get_ref().as_str() {
                Some(text) => {
                    texts.push(Located { value: text.to_owned(), place: self.place(&entry.span()) });
                }
                None => self.wrong_type(entry, setting, "a list of texts"),
            }
        }
        Some(texts)
    }

    /// A table, and where it stands.
    pub(super) fn table<'v, 'd>(
        &mut self,
        parent: &'v DeTable<'d>,
        setting: Setting,
    ) -> Option<(&'v DeTable<'d>, Place)> {
        let value = parent.get(setting.key)?;
        if let DeValue::Table(table) = value.get_ref() {
            return Some((table, self.place(&value.span())));
        }
        self.wrong_type(value, setting, "a table");
        None
    }

    /// The entries of a list of tables, and where each stands; entries of another type are faults and left out.
    pub(super) fn tables<'v, 'd>(
        &mut self,
        parent: &'v DeTable<'d>,
        setting: Setting,
    ) -> Vec<(&'v DeTable<'d>, Place)> {
        const LIST: &str = "a list of tables";
        let Some(value) = parent.get(setting.key) else { return Vec::new() };
        let DeValue::Array(entries) = value.get_ref() else {
            self.wrong_type(value, setting, LIST);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for entry in entries {
            match entry.get_ref() {
                DeValue::Table(table) => tables.push((table, self.place(&entry.span()))),
                _ => self.wrong_type(entry, setting, LIST),
            }
        }
        tables
    }

    /// Notes a value of a type that its setting does not take.
    pub(super) fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, setting: Setting, takes: &str) {
        let Setting { key, example } = setting;
        let what = format!("`{key}` takes {takes}, not {}", type_name(value.get_ref()));
        let place = self.place(&value.span());
        let remedy = match place {
            Place::Variable(setting) => format!("write {}={example}", setting.variable()),
            Place::Flag(setting) => format!("write it like {example} behind {}", setting.flag()),
            Place::Whole | Place::At { .. } => format!("write {key} = {example}"),
        };
        self.faults.push(Fault::new(place, what, remedy));
    }

    fn take<T>(
        &mut self,
        table: &DeTable<'_>,
        setting: Setting,
        takes: &str,
        read: impl Fn(&DeValue<'_>) -> Option<T>,
    ) -> Option<Located<T>> {
        let value = table.get(setting.key)?;
        let read = read(value.get_ref());
        if read.is_none() {
            self.wrong_type(value, setting, takes);
        }
        read.map(|read| Located { value: read, place: self.place(&value.span()) })
    }
}

/// What a value is, for people.
fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(number) if number.as_str().starts_with('-') => "a negative number",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
