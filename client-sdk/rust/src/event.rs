//! What a subscription tells its reader, in order.

use std::fmt;

use fanfare_protocol::Position;
use fanfare_protocol::frame::{Gap, Subscribed};

use crate::message::Message;

/// What a subscription tells its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message.
    Message(Message),
    /// Messages are missing at this place; [`Missing`] puts it into words.
    Gap(Gap),
    /// The subscription can't be pushed for now, because the connection or the reader is slow: from here on the broker
    /// reads it from the stream.
    Behind,
    /// The subscription has caught up and is pushed again; it stands at this position.
    Live(Position),
    /// The subscription was interrupted at this place, as when the connection breaks, and goes on from its position.
    /// Nothing is missing but what gaps tell: one of the broker's may follow, and one for ephemeral messages stands
    /// before it if the pattern may mean topics in no stream.
    Resumed(Subscribed),
}

impl Event {
    /// The message, if it is one.
    pub fn into_message(self) -> Option<Message> {
        match self {
            Self::Message(message) => Some(message),
            _ => None,
        }
    }

    /// What it counts for in a buffer, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        let content = match self {
            Self::Message(message) => message.content_bytes(),
            _ => 0,
        };
        size_of::<Self>() + content
    }
}

/// Messages that a subscription can't get, as an error and in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing(
    /// What is missing.
    pub Gap,
);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = &self.0;
        match gap.count {
            Some(1) => f.write_str("1 message is missing")?,
            Some(count) => write!(f, "{count} messages are missing")?,
            None => f.write_str("messages may be missing")?,
        }
        match (gap.from, gap.to) {
            (Some(from), Some(to)) => write!(f, ", {from} to {to}")?,
            (Some(from), None) => write!(f, ", from {from} on")?,
            (None, Some(to)) => write!(f, ", up to {to}")?,
            (None, None) => {}
        }
        if let Some(stream) = &gap.stream {
            write!(f, " of stream {stream}")?;
        }
        write!(f, " ({})", gap.reason)
    }
}

impl std::error::Error for Missing {}

#[cfg(test)]
mod tests {
    use fanfare_protocol::{GapReason, StreamName};

    use super::*;

    #[test]
    fn a_gap_in_words_names_what_is_missing() {
        let gap = Gap {
            reason: GapReason::Expired,
            stream: Some(StreamName::new("recent").unwrap()),
            from: Some(42),
            to: Some(57),
            count: None,
            position: None,
        };
        assert_eq!(
            Missing(gap.clone()).to_string(),
            "messages may be missing, 42 to 57 of stream recent (expired)"
        );
        let counted =
            Gap { reason: GapReason::Dropped, count: Some(3), from: None, to: None, stream: None, ..gap };
        assert_eq!(Missing(counted).to_string(), "3 messages are missing (dropped)");
    }
}
