//! Topics: the names that messages are published to.

mod hash;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

pub use hash::TopicHasher;

use crate::limits::{MAX_TOPIC_BYTES, MAX_TOPIC_SEGMENTS};

/// A valid topic: segments joined by `.`, such as `orders.eu.42`. Cheap to clone.
///
/// ```
/// use fanfare_protocol::Topic;
/// assert!(Topic::new("orders.eu.42").is_ok());
/// assert!(Topic::new("orders..42").is_err());
/// ```
///
/// It carries its hash, so that maps keyed by topics need not compute it again: see [`TopicHasher`].
#[derive(Clone)]
pub struct Topic {
    text: Arc<str>,
    hash: u64,
}

impl Topic {
    /// Takes a topic from its text.
    ///
    /// # Errors
    /// Says which rule the text breaks: length in bytes, number of segments, an empty segment, or a character
    /// that no topic may hold.
    pub fn new(text: &str) -> Result<Self, NameError> {
        if !is_plain_name(text.as_bytes()) {
            check_name(text, |segment, _| check_plain(segment))?;
        }
        Ok(Self::trusted(Arc::from(text)))
    }

    /// The topic as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the topic is one of the broker's own (begins with `$`).
    pub fn is_internal(&self) -> bool {
        self.text.starts_with('$')
    }

    /// Whether both are clones of one another: the same name in the same memory.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.text, &other.text)
    }

    /// Makes a topic of text that is known to obey the rules.
    pub(crate) fn trusted(text: Arc<str>) -> Self {
        let hash = hash::of(&text);
        Self { text, hash }
    }

    pub(crate) fn shared(&self) -> &Arc<str> {
        &self.text
    }
}

impl PartialEq for Topic {
    fn eq(&self, other: &Self) -> bool {
        // Names that are in memory once are the same without a look at them: they may be cold.
        self.hash == other.hash && (self.is_same(other) || self.text == other.text)
    }
}

impl Eq for Topic {}

impl Hash for Topic {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl PartialOrd for Topic {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Topic {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Topic({:?})", &*self.text)
    }
}

/// The rule that a topic or pattern breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The name is the empty string.
    #[error("is empty; a topic has at least one segment, such as `orders`")]
    Empty,
    /// The name has more bytes than [`MAX_TOPIC_BYTES`].
    #[error("has {0} bytes; at most {MAX_TOPIC_BYTES} are allowed")]
    TooLong(usize),
    /// The name has more segments than [`MAX_TOPIC_SEGMENTS`].
    #[error("has more than {MAX_TOPIC_SEGMENTS} segments")]
    TooManySegments,
    /// Two dots in a row, or a dot at an end.
    #[error("has an empty segment; remove the extra `.`")]
    EmptySegment,
    /// White space, a control character, or a wildcard in a topic.
    #[error("holds {0:?}; no name holds white space or control characters, and no topic `*` or `>`")]
    Character(char),
    /// `*` or `>` inside a longer segment.
    #[error("mixes a wildcard with text in one segment; `*` and `>` stand alone between dots")]
    MixedWildcard,
    /// `>` before the last segment.
    #[error("has `>` before the end; it stands for all that follows, so it comes last")]
    TailNotLast,
}

/// What a byte is in a topic of ASCII: one of these, or neither.
const DOT: u8 = 1;
const BARRED: u8 = 2;

/// What each byte is; known beforehand, so that a look at one is all that it takes.
const CLASSES: [u8; 256] = {
    let mut classes = [BARRED; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        classes[byte as usize] = match byte {
            b'.' => DOT,
            b'*' | b'>' => BARRED,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

/// Whether a name is a topic of ASCII, in one pass: nearly all are, and every publish is checked.
fn is_plain_name(name: &[u8]) -> bool {
    let (mut dots, mut barred, mut before) = (0, 0, DOT);
    for byte in name {
        let class = CLASSES[usize::from(*byte)];
        barred |= (class & BARRED) | (class & before);
        dots += usize::from(class & DOT);
        before = class;
    }
    barred == 0 && before != DOT && dots < MAX_TOPIC_SEGMENTS && name.len() <= MAX_TOPIC_BYTES
}

/// Checks what topics and patterns have in common; `segment` judges each segment (and whether it is the last).
pub(crate) fn check_name(
    text: &str,
    segment: impl Fn(&str, bool) -> Result<(), NameError>,
) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_TOPIC_BYTES {
        return Err(NameError::TooLong(text.len()));
    }
    let mut segments = text.split('.').peekable();
    let mut count = 0;
    while let Some(part) = segments.next() {
        count += 1;
        if count > MAX_TOPIC_SEGMENTS {
            return Err(NameError::TooManySegments);
        }
        if part.is_empty() {
            return Err(NameError::EmptySegment);
        }
        segment(part, segments.peek().is_none())?;
    }
    Ok(())
}

/// Checks a segment that holds no wildcard.
pub(crate) fn check_plain(segment: &str) -> Result<(), NameError> {
    let plain_ascii = |b: u8| b.is_ascii_graphic() && b != b'*' && b != b'>';
    if segment.bytes().all(plain_ascii) {
        return Ok(());
    }
    let bad = |c: &char| c.is_whitespace() || c.is_control() || matches!(c, '*' | '>');
    segment.chars().find(bad).map_or(Ok(()), |c| Err(NameError::Character(c)))
}
