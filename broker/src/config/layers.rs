//! Layers: what environment variables and flags say goes over what the file says, setting by setting.

use std::ffi::OsString;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Place};
use super::suggest::nearest;
use super::table::{Kind, Name, Row, single_rows};

/// What every variable of this program begins with.
const PREFIX: &str = "FANFARE_";
/// Variables of this program that are no settings of the broker.
pub(super) const OTHER_VARIABLES: &[&str] = &[
    "FANFARE_CONFIG",
    "FANFARE_SERVER",
    "FANFARE_HTTP",
    "FANFARE_TOKEN",
    "FANFARE_TOKEN_SECRET",
    "FANFARE_ENCODING",
    "FANFARE_CA",
    "FANFARE_CLIENT_CERT",
    "FANFARE_CLIENT_KEY",
];

/// What flags and environment variables say; the later wins over the earlier, and all of it over the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    values: Vec<Override>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Override {
    setting: Name,
    kind: Kind,
    text: String,
    place: Place,
}

impl Overrides {
    /// What the environment says. An empty variable says nothing. Variables that seem to be meant for this program and
    /// name no setting are told as well: they can't be faults, since who knows what else sets some.
    pub fn from_environment(variables: impl IntoIterator<Item = (OsString, OsString)>) -> (Self, Vec<Fault>) {
        let (mut overrides, mut unknown) = (Self::default(), Vec::new());
        for (name, value) in variables {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
            let value = value.to_string_lossy();
            match single_rows().find(|(setting, _)| setting.variable() == name) {
                Some(_) if value.trim().is_empty() => {}
                Some((setting, row)) => overrides.put(setting, row, value.trim(), Place::Variable(setting)),
                None if OTHER_VARIABLES.contains(&name) || is_of_kubernetes(name) => {}
                None => unknown.push(unknown_variable(name)),
            }
        }
        unknown.sort_by(|a, b| a.what.cmp(&b.what));
        (overrides, unknown)
    }

    /// Adds what a flag of its own says of a setting.
    pub fn flag(&mut self, setting: Name, value: &str) {
        if let Some((setting, row)) = single_rows().find(|(known, _)| *known == setting) {
            self.put(setting, row, value, Place::Flag(setting));
        }
    }

    /// Adds what `--set NAME=VALUE` says.
    ///
    /// # Errors
    /// There is no `=`, or no such setting.
    pub fn set(&mut self, assignment: &str) -> Result<(), Fault> {
        let Some((name, value)) = assignment.split_once('=') else {
            let what = format!("--set {assignment} has no `=`");
            return Err(Fault::new(Place::Whole, what, "write it like --set limits.heartbeat=25s"));
        };
        let name = name.trim();
        let Some((setting, row)) = single_rows().find(|(setting, _)| setting.to_string() == name) else {
            let names: Vec<_> = single_rows().map(|(setting, _)| setting.to_string()).collect();
            let near = nearest(name, names.iter().map(String::as_str));
            let remedy = near.map_or_else(
                || "`fanfare check --print` shows every name; lists such as [[stream]] are for the file alone".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Fault::new(Place::Whole, format!("--set {name}: there is no such setting"), remedy));
        };
        self.put(setting, row, value.trim(), Place::Flag(setting));
        Ok(())
    }

    fn put(&mut self, setting: Name, row: &Row, text: &str, place: Place) {
        self.values.push(Override { setting, kind: row.kind, text: text.to_owned(), place });
    }

    /// Where each value was given, in the order of their numbers.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        self.values.iter().map(|value| value.place)
    }

    /// Puts every value over the document. Its span begins at `file_len`, plus its number: no place in the file does.
    pub(super) fn apply<'d>(&'d self, document: &mut DeTable<'d>, file_len: usize) {
        for (number, value) in self.values.iter().enumerate() {
            let span = file_len + number..file_len + number;
            let Some(table) = section_of(document, value.setting.section, &span) else { continue };
            let key = Spanned::new(span.clone(), value.setting.key.into());
            // The key of an entry that is there already is kept, and says where it stood.
            table.remove(value.setting.key);
            table.insert(key, Spanned::new(span.clone(), value.read(&span)));
        }
    }
}

impl Override {
    /// The value as TOML; text where it can't be read, which the reader of the setting will refuse with its reason.
    fn read(&self, span: &Range<usize>) -> DeValue<'_> {
        match self.kind {
            Kind::Text | Kind::Bytes | Kind::Time => DeValue::String((&*self.text).into()),
            Kind::Flag | Kind::Count | Kind::Ratio => match DeValue::parse(&self.text) {
                Ok(value) => value.into_inner(),
                Err(_) => DeValue::String((&*self.text).into()),
            },
            Kind::Texts if self.text.starts_with('[') => match DeValue::parse(&self.text) {
                Ok(value) => move_to(value.into_inner(), span),
                Err(_) => DeValue::String((&*self.text).into()),
            },
            Kind::Texts => {
                let texts = self.text.split(',').map(|text| DeValue::String(text.trim().into()));
                DeValue::Array(texts.map(|text| Spanned::new(span.clone(), text)).collect())
            }
        }
    }
}

/// The entries of a list, as if each stood at `span`.
fn move_to<'d>(value: DeValue<'d>, span: &Range<usize>) -> DeValue<'d> {
    match value {
        DeValue::Array(entries) => DeValue::Array(
            entries.into_iter().map(|entry| Spanned::new(span.clone(), entry.into_inner())).collect(),
        ),
        other => other,
    }
}

/// The table of a section, made where there is none; nothing if something else stands in its place.
fn section_of<'t, 'd>(
    document: &'t mut DeTable<'d>,
    section: &'static str,
    span: &Range<usize>,
) -> Option<&'t mut DeTable<'d>> {
    let mut table = document;
    for name in section.split('.').filter(|name| !name.is_empty()) {
        if !table.contains_key(name) {
            let empty = DeValue::Table(DeTable::new());
            table.insert(Spanned::new(span.clone(), name.into()), Spanned::new(span.clone(), empty));
        }
        table = match table.get_mut(name)?.get_mut() {
            DeValue::Table(table) => table,
            _ => return None,
        };
    }
    Some(table)
}

/// Whether Kubernetes sets such a variable in every pod beside a service named `fanfare`.
pub(super) fn is_of_kubernetes(name: &str) -> bool {
    name == "FANFARE_PORT"
        || ["FANFARE_PORT_", "FANFARE_SERVICE_"].iter().any(|start| name.starts_with(start))
}

fn unknown_variable(name: &str) -> Fault {
    let settings: Vec<_> = single_rows().map(|(setting, _)| setting.variable()).collect();
    // What all have in common makes none of them nearer.
    let known = settings.iter().map(String::as_str).chain(OTHER_VARIABLES.iter().copied());
    let known = known.filter_map(|name| name.strip_prefix(PREFIX));
    let near = name.strip_prefix(PREFIX).and_then(|rest| nearest(rest, known));
    let remedy = near.map_or_else(
        || {
            "remove it; limits.heartbeat is given as FANFARE_LIMITS_HEARTBEAT, and so is every setting"
                .to_owned()
        },
        |near| format!("did you mean {PREFIX}{near}?"),
    );
    let shown: String = name.chars().take(64).flat_map(char::escape_debug).collect();
    Fault::new(Place::Whole, format!("the environment variable {shown} is no setting"), remedy)
}
