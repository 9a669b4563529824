//! A listing for people, as TOML that can be fed back, and for programs, as JSON.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value as Json, json};
use toml::Value;

use super::{Group, Listing, Setting};
use crate::config::fault::Place;
use crate::config::table::{Applied, Fallback, Shape};

/// Where the remarks begin, in characters, if there is room.
const REMARK_COLUMN: usize = 44;
const HIDDEN: &str = "(hidden)";

impl Listing {
    /// Every setting as TOML, each with its origin as a remark. Secrets are hidden, so what has some can't be fed back
    /// as it is.
    pub fn to_toml(&self, file: Option<&Path>) -> String {
        let mut text = String::new();
        for group in &self.groups {
            // Writing to a string can't fail.
            if let Some(header) = group.header() {
                let remark = if group.says_nothing() { "#" } else { "" };
                let _ = writeln!(text, "\n{remark}{header}");
            }
            for setting in &group.settings {
                let (line, origin) = (setting.line(), setting.origin(file));
                let _ = writeln!(text, "{line:REMARK_COLUMN$} # {origin}");
            }
        }
        text
    }

    /// Every setting as a list of objects: `setting`, `value` (null if it is not set), `origin`, and whether a running
    /// broker takes a change (`live`).
    pub fn to_json(&self, file: Option<&Path>) -> Json {
        let objects = self.groups.iter().flat_map(|group| {
            group.settings.iter().map(move |setting| {
                json!({
                    "setting": group.name_of(setting),
                    "value": setting.visible(),
                    "origin": setting.origin(file),
                    "live": setting.row.applied == Applied::Live,
                })
            })
        });
        objects.collect()
    }
}

impl Group {
    /// Whether none of its settings is set: a table that only stands there could mean something.
    fn says_nothing(&self) -> bool {
        self.settings.iter().all(|setting| setting.value.is_none())
    }

    fn header(&self) -> Option<String> {
        match (self.section.shape, &self.entry) {
            (Shape::Named { .. }, Some(entry)) => {
                Some(format!("[{}.{}]", self.section.name, Value::String(entry.clone())))
            }
            _ => self.section.header(),
        }
    }
}

impl Setting {
    /// The value, unless it is nobody's business.
    fn visible(&self) -> Option<Value> {
        let value = self.value.clone()?;
        Some(if self.row.secret { Value::String(HIDDEN.to_owned()) } else { value })
    }

    /// The value as TOML writes it.
    pub(super) fn shown(&self) -> String {
        self.visible().map_or_else(|| "not set".to_owned(), |value| value.to_string())
    }

    fn line(&self) -> String {
        match self.visible() {
            Some(value) => format!("{} = {value}", self.row.key),
            None => format!("#{} = {}", self.row.key, self.row.example()),
        }
    }

    fn origin(&self, file: Option<&Path>) -> String {
        if let (None, Some(total)) = (self.origin, self.half_of) {
            return format!("default: half of {total}");
        }
        match (self.origin, file, self.row.fallback) {
            (Some(Place::At { line, .. }), Some(file), _) => format!("{}:{line}", file.display()),
            (Some(Place::At { line, .. }), None, _) => format!("line {line}"),
            (Some(Place::Variable(name)), ..) => name.variable(),
            (Some(Place::Flag(name)), ..) => name.flag(),
            (Some(Place::Whole), Some(file), _) => file.display().to_string(),
            (None, _, Fallback::Computed { by, .. }) => format!("default: {by}"),
            (None, _, Fallback::Nothing { .. }) => "not set; an example".to_owned(),
            (Some(Place::Whole) | None, ..) => "default".to_owned(),
        }
    }
}
