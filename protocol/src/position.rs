//! Positions: where a subscription stands in each stream that its pattern meets.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::limits::{MAX_EPOCH_BYTES, MAX_STREAM_NAME_BYTES};

/// The name of a stream: 1 to [`MAX_STREAM_NAME_BYTES`] of `A-Z a-z 0-9 _ -`. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName(Arc<str>);

/// One incarnation of a stream's numbering; opaque to clients. 1 to [`MAX_EPOCH_BYTES`] of `A-Z a-z 0-9 _ -`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(Arc<str>);

/// A name of a stream or epoch that breaks the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not 1 to {1} characters of A-Z a-z 0-9 _ -")]
pub struct WordError(String, usize);

fn word(text: &str, max_bytes: usize) -> Result<Arc<str>, WordError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if text.is_empty() || text.len() > max_bytes || !text.bytes().all(plain) {
        return Err(WordError(text.chars().take(max_bytes).collect(), max_bytes));
    }
    Ok(Arc::from(text))
}

impl StreamName {
    /// Takes a stream's name from its text.
    ///
    /// # Errors
    /// The text is empty, too long, or holds another character than `A-Z a-z 0-9 _ -`.
    pub fn new(text: &str) -> Result<Self, WordError> {
        word(text, MAX_STREAM_NAME_BYTES).map(Self)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for StreamName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Epoch {
    /// Takes an epoch from its text.
    ///
    /// # Errors
    /// The text is empty, too long, or holds another character than `A-Z a-z 0-9 _ -`.
    pub fn new(text: &str) -> Result<Self, WordError> {
        word(text, MAX_EPOCH_BYTES).map(Self)
    }

    /// The epoch as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a subscription stands in one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamPosition {
    /// The incarnation that `seq` counts in.
    pub epoch: Epoch,
    /// The last sequence dealt with; 0 is before the first.
    pub seq: u64,
}

/// Where a subscription stands: for each stream, epoch and last sequence dealt with.
///
/// As text (`to_string`, `parse`) it is the JSON form of the wire: `{"recent":{"epoch":"9f2c","seq":41}}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position(pub BTreeMap<StreamName, StreamPosition>);

impl Position {
    /// The place in one stream, if the position names it.
    pub fn get(&self, stream: &str) -> Option<&StreamPosition> {
        self.0.get(stream)
    }
}

impl FromIterator<(StreamName, StreamPosition)> for Position {
    fn from_iter<I: IntoIterator<Item = (StreamName, StreamPosition)>>(streams: I) -> Self {
        Self(streams.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Epoch, StreamName};

    #[test]
    fn streams_and_epochs_are_words_of_up_to_64_bytes() {
        for word in ["a", "A-b_9", &"x".repeat(64)] {
            assert!(StreamName::new(word).is_ok() && Epoch::new(word).is_ok(), "{word}");
        }
        for word in ["", "a.b", "a b", "ä", "$a", &"x".repeat(65)] {
            assert!(StreamName::new(word).is_err() && Epoch::new(word).is_err(), "{word}");
        }
    }
}
