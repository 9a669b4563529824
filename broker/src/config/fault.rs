//! Faults: what is wrong with a configuration, where, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use super::table::Name;

/// Where a setting was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The file as a whole, or no file at all.
    Whole,
    /// A place in the file; both numbers count from 1, columns in characters.
    At {
        /// The line.
        line: usize,
        /// The character in it.
        column: usize,
    },
    /// The environment variable of a setting.
    Variable(Name),
    /// A flag of the command line that gives a setting.
    Flag(Name),
}

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

impl<T> Located<T> {
    /// Another form of the value, from the same place.
    pub(super) fn map<U>(self, to: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: to(self.value), place: self.place }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What, in a sentence without its full stop.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl Fault {
    pub(super) fn new(place: Place, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place, what: what.into(), remedy: remedy.into() }
    }
}

/// Everything that is wrong with a configuration, in the order of the file. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    file: Option<PathBuf>,
    faults: Vec<Fault>,
}

impl Faults {
    /// Sorts what was found; `None` if nothing was.
    pub(super) fn of(file: Option<PathBuf>, mut faults: Vec<Fault>) -> Option<Self> {
        faults.sort_by_key(|fault| fault.place);
        faults.dedup();
        (!faults.is_empty()).then_some(Self { file, faults })
    }

    /// Where a fault is, for people: `file:line:column`, or what else gave the setting; empty if there is no file.
    pub fn place(&self, fault: &Fault) -> String {
        match (fault.place, &self.file) {
            (Place::Variable(setting), _) => setting.variable(),
            (Place::Flag(setting), _) => setting.flag(),
            (Place::At { line, column }, Some(file)) => format!("{}:{line}:{column}", file.display()),
            (Place::Whole, Some(file)) => file.display().to_string(),
            (Place::Whole | Place::At { .. }, None) => String::new(),
        }
    }

    /// One after the other.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Fault> {
        self.faults.iter()
    }
}

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    /// Two lines a fault: `file:line:column: what` and the remedy, indented.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, fault) in self.faults.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            let (place, Fault { what, remedy, .. }) = (self.place(fault), fault);
            if !place.is_empty() {
                write!(f, "{place}: ")?;
            }
            write!(f, "{what}\n    {remedy}")?;
        }
        Ok(())
    }
}
