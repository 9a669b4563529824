//! Patterns: which topics a subscription, a stream or a permission means.

use std::fmt;
use std::sync::Arc;

use crate::topic::{NameError, Topic, check_name, check_plain};

/// A valid pattern: a topic in which `*` stands for one segment and a final `>` for one or more. Cheap to clone.
///
/// A wildcard in the first segment never matches topics that begin with `$`: those are the broker's own.
///
/// ```
/// use fanfare_protocol::{Pattern, Topic};
/// let pattern = Pattern::new("orders.*.>")?;
/// assert!(pattern.matches(&Topic::new("orders.eu.42")?));
/// assert!(!pattern.matches(&Topic::new("orders.eu")?));
/// # Ok::<(), fanfare_protocol::topic::NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern {
    text: Arc<str>,
    exact: bool,
}

impl Pattern {
    /// Takes a pattern from its text.
    ///
    /// # Errors
    /// Says which rule the text breaks: those of a topic, and that wildcards stand alone in their segment and
    /// `>` comes last.
    pub fn new(text: &str) -> Result<Self, NameError> {
        check_name(text, |segment, last| match segment {
            "*" => Ok(()),
            ">" if last => Ok(()),
            ">" => Err(NameError::TailNotLast),
            _ if segment.contains(['*', '>']) => Err(NameError::MixedWildcard),
            _ => check_plain(segment),
        })?;
        Ok(Self { text: Arc::from(text), exact: !text.contains(['*', '>']) })
    }

    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The one topic that the pattern means, if it has no wildcard.
    pub fn as_topic(&self) -> Option<Topic> {
        // A pattern without wildcards obeys every rule of a topic.
        self.exact.then(|| Topic::trusted(Arc::clone(&self.text)))
    }

    /// Whether the pattern has no wildcard.
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// The segments in order; `*` and `>` stand for themselves.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.text.split('.')
    }

    /// Whether the pattern means this topic.
    pub fn matches(&self, topic: &Topic) -> bool {
        if self.exact {
            return *self.text == *topic.as_str();
        }
        if topic.is_internal() && self.text.starts_with(['*', '>']) {
            return false;
        }
        if *self.text == *">" {
            return true;
        }
        let mut names = topic.as_str().split('.');
        for part in self.segments() {
            match (part, names.next()) {
                (">", Some(_)) => return true,
                ("*", Some(_)) => {}
                (part, Some(name)) if part == name => {}
                _ => return false,
            }
        }
        names.next().is_none()
    }

    /// Whether every topic that matches the other pattern matches this one, too.
    pub fn includes(&self, other: &Self) -> bool {
        let wild = self.text.starts_with(['*', '>']);
        if wild && other.text.starts_with('$') {
            return false;
        }
        let (mut mine, mut theirs) = (self.segments(), other.segments());
        loop {
            match (mine.next(), theirs.next()) {
                (None, None) | (Some(">"), Some(_)) => return true,
                (Some("*"), Some(theirs)) if theirs != ">" => {}
                (Some(mine), Some(theirs)) if mine == theirs => {}
                _ => return false,
            }
        }
    }

    /// Whether some topic matches both patterns.
    pub fn overlaps(&self, other: &Self) -> bool {
        let internal = |p: &Self| p.text.starts_with('$');
        let wild = |p: &Self| p.text.starts_with(['*', '>']);
        if (internal(self) && wild(other)) || (wild(self) && internal(other)) {
            return false;
        }
        let (mut mine, mut theirs) = (self.segments(), other.segments());
        loop {
            match (mine.next(), theirs.next()) {
                (None, None) | (Some(">"), Some(_)) | (Some(_), Some(">")) => return true,
                (Some(a), Some(b)) if a == b || a == "*" || b == "*" => {}
                _ => return false,
            }
        }
    }
}

impl From<&Topic> for Pattern {
    /// The pattern that means just this topic.
    fn from(topic: &Topic) -> Self {
        Self { text: Arc::clone(topic.shared()), exact: true }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", &*self.text)
    }
}
