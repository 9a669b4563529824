//! A row of the table: one setting.

use crate::limits::{Limit, Unit};

/// What a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Kind {
    Text,
    /// true or false.
    Flag,
    /// A whole number.
    Count,
    /// Text with a unit, such as `"64KiB"`.
    Bytes,
    /// Text with a unit, such as `"25s"`.
    Time,
    /// A list of texts.
    Texts,
    /// A part of a whole, from 0 to 1.
    Ratio,
}

/// What holds unless a setting is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Fallback {
    /// This value: text as it is, everything else as TOML has it.
    Value(&'static str),
    /// What the machine decides.
    Computed { by: &'static str, example: &'static str },
    /// Nothing.
    Nothing { example: &'static str },
}

/// When a change takes hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Applied {
    /// At a reload.
    Live,
    /// At the next start.
    AtStart,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Row {
    pub(in crate::config) key: &'static str,
    pub(in crate::config) kind: Kind,
    pub(in crate::config) fallback: Fallback,
    pub(in crate::config) applied: Applied,
    /// What it means, in sentences.
    pub(in crate::config) doc: &'static str,
    /// For a limit: its range, what happens beyond it, and the metric in which that shows.
    pub(in crate::config) limit: Option<&'static Limit>,
    /// Whether its value is shown to nobody.
    pub(in crate::config) secret: bool,
}

impl Kind {
    /// The kind in a word or two, for people.
    pub(in crate::config) fn describe(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Flag => "true or false",
            Self::Count => "whole number",
            Self::Bytes => "size",
            Self::Time => "duration",
            Self::Texts => "list of texts",
            Self::Ratio => "number from 0 to 1",
        }
    }

    /// A value as TOML writes it.
    pub(in crate::config) fn toml(self, value: &str) -> String {
        match self {
            Self::Text | Self::Bytes | Self::Time => toml::Value::String(value.to_owned()).to_string(),
            Self::Flag | Self::Count | Self::Texts | Self::Ratio => value.to_owned(),
        }
    }
}

impl Row {
    pub(in crate::config) const fn new(
        key: &'static str,
        kind: Kind,
        fallback: Fallback,
        applied: Applied,
        doc: &'static str,
    ) -> Self {
        Self { key, kind, fallback, applied, doc, limit: None, secret: false }
    }

    /// A row whose value is shown to nobody.
    pub(in crate::config) const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// The row of a limit.
    pub(in crate::config) const fn of(limit: &'static Limit) -> Self {
        let kind = match limit.unit {
            Unit::Count | Unit::PerSecond => Kind::Count,
            Unit::Bytes => Kind::Bytes,
            Unit::Time => Kind::Time,
        };
        let applied = if limit.live { Applied::Live } else { Applied::AtStart };
        let fallback = Fallback::Value(limit.default_text);
        Self { key: limit.name, kind, fallback, applied, doc: limit.doc, limit: Some(limit), secret: false }
    }

    /// A valid value as TOML writes it: the default, if there is one.
    pub(in crate::config) fn example(&self) -> String {
        match self.fallback {
            Fallback::Value(example) | Fallback::Computed { example, .. } | Fallback::Nothing { example } => {
                self.kind.toml(example)
            }
        }
    }
}
