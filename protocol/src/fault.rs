//! What is wrong with a frame that can't be read, and what to answer.

use std::fmt::Display;

use crate::codes::ErrorCode;
use crate::topic::NameError;

/// A frame that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct DecodeError {
    /// What to answer.
    pub code: ErrorCode,
    /// What is wrong, and with which field.
    pub message: String,
    /// The frame's `id`, if it could be read.
    pub id: Option<u64>,
    /// The frame's `sub`, if it could be read.
    pub sub: Option<u32>,
}

/// A JSON object that can't be read as what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FieldError {
    /// What to answer.
    pub code: ErrorCode,
    /// What is wrong, and with which field.
    pub message: String,
    /// The field, if it is one alone.
    pub field: Option<String>,
}

impl From<Fault> for FieldError {
    fn from(fault: Fault) -> Self {
        Self { code: fault.code, message: fault.message, field: fault.field }
    }
}

/// What is wrong with a field or a whole frame, before it is known whose answer it will be.
#[derive(Debug)]
pub(crate) struct Fault {
    code: ErrorCode,
    message: String,
    field: Option<String>,
}

impl Fault {
    /// The frame, or a field that the message names, can't be read.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::InvalidFrame, message: message.into(), field: None }
    }

    fn in_field(self, field: &str) -> Self {
        Self { field: Some(field.to_owned()), ..self }
    }

    /// A field is there and is not what it must be.
    pub(crate) fn wrong(field: &str, expected: impl Display, found: impl Display) -> Self {
        Self::invalid(format!("`{field}` must be {expected}, not {found}")).in_field(field)
    }

    /// A field that the frame needs is not there.
    pub(crate) fn missing(field: &str, expected: impl Display) -> Self {
        Self::invalid(format!("`{field}` is missing; it must be {expected}")).in_field(field)
    }

    /// A topic or pattern breaks a rule.
    pub(crate) fn name(field: &str, rule: &NameError) -> Self {
        Self { code: ErrorCode::InvalidTopic, ..Self::invalid(format!("`{field}` {rule}")) }.in_field(field)
    }

    /// The op is none of those that are known here.
    pub(crate) fn unknown_op(op: impl Display, known: &str) -> Self {
        let message = format!("`op` {op} is not known; use one of: {known}");
        Self { code: ErrorCode::UnknownOp, ..Self::invalid(message) }.in_field("op")
    }

    /// What is wrong, for people.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The answer, with the `id` and `sub` that could be read.
    pub(crate) fn echo(self, id: Option<u64>, sub: Option<u32>) -> DecodeError {
        DecodeError { code: self.code, message: self.message, id, sub }
    }
}

/// The first characters of a text from outside, for a message.
pub(crate) fn shortened(text: &str) -> &str {
    text.char_indices().nth(32).map_or(text, |(end, _)| &text[..end])
}
