//! Fields of a JSON object: which of them are there, and how each is read as a simple type.

use std::borrow::Cow;
use std::fmt::Display;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::fault::Fault;
use crate::read::{Name, Source, Whole};

/// A known field of an object, there or not.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    name: Name,
    raw: Option<&'a RawValue>,
}

impl<'a> Field<'a> {
    pub(super) fn new(name: Name, raw: Option<&'a RawValue>) -> Self {
        Self { name, raw }
    }

    /// What the field holds, `null` included.
    pub(super) fn verbatim(self) -> Option<&'a RawValue> {
        self.raw
    }

    /// Reads the field if it is there; `null` counts as absent.
    pub(super) fn optional<T>(
        self,
        read: impl FnOnce(Name, &'a RawValue) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        let given = self.raw.filter(|raw| !is_null(raw));
        given.map(|raw| read(self.name, raw)).transpose()
    }

    /// Reads a field that must be there.
    pub(super) fn required<T>(
        self,
        read: impl FnOnce(Name, &'a RawValue) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        // The reader knows what the field must be, so it also says what is missing.
        read(self.name, self.raw.unwrap_or(RawValue::NULL))
    }
}

fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}

/// Makes a struct that takes the known fields out of an object unread; unknown ones are skipped.
macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($field:ident,)* }) => {
        $(#[$doc])*
        #[derive(serde::Deserialize)]
        struct $name<'a> {
            $(
                #[serde(borrow, default, deserialize_with = "crate::json::fields::present")]
                $field: Option<&'a serde_json::value::RawValue>,
            )*
        }

        impl<'a> $name<'a> {
            $(
                fn $field(&self) -> crate::json::fields::Field<'a> {
                    crate::json::fields::Field::new(stringify!($field), self.$field)
                }
            )*
        }
    };
}
pub(super) use fields;

/// Takes a field that is there, so that `null` differs from absent.
pub(super) fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(from).map(Some)
}

/// Takes an object apart into the fields of `T`.
pub(super) fn object<'a, T: Deserialize<'a>>(what: &str, text: &'a str) -> Result<T, Fault> {
    // A struct made by serde would take an array too.
    if !text.trim_start().starts_with('{') {
        return Err(Fault::invalid(format!("{what} must be a JSON object")));
    }
    serde_json::from_str(text).map_err(|e| Fault::invalid(format!("{what} is not readable JSON: {e}")))
}

/// The fault of a value that is not what it must be.
pub(super) fn wrong(field: Name, expected: impl Display, raw: &RawValue) -> Fault {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'n') => Fault::missing(field, expected),
        Some(b'"') => Fault::wrong(field, expected, "a string"),
        Some(b'{') => Fault::wrong(field, expected, "an object"),
        Some(b'[') => Fault::wrong(field, expected, "an array"),
        Some(_) if text.len() <= 32 => Fault::wrong(field, expected, text),
        _ => Fault::wrong(field, expected, "a long number"),
    }
}

impl<'a> Source<'a> for &'a RawValue {
    fn text(self, field: Name, expected: &str) -> Result<Cow<'a, str>, Fault> {
        let inner = self.get().strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let inner = inner.ok_or_else(|| wrong(field, expected, self))?;
        if !inner.contains('\\') {
            return Ok(Cow::Borrowed(inner));
        }
        let unescaped = serde_json::from_str(self.get()).map(Cow::Owned);
        unescaped.map_err(|e| Fault::invalid(format!("`{field}` is not a readable string: {e}")))
    }

    /// Digits only: `5.0` and `5e0` are refused, so that no reader has to round.
    fn whole(self, field: Name, expected: Whole) -> Result<u64, Fault> {
        let number = self.get().parse().ok();
        number.ok_or_else(|| wrong(field, format_args!("{expected}, in digits only"), self))
    }

    fn number(self, field: Name, expected: &str) -> Result<f64, Fault> {
        let begins = self.get().starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let number = begins.then(|| self.get().parse().ok()).flatten();
        number.ok_or_else(|| wrong(field, expected, self))
    }

    fn flag(self, field: Name) -> Result<bool, Fault> {
        match self.get() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(wrong(field, "true or false", self)),
        }
    }
}
