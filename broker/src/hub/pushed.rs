//! Messages that a shard pushes at once: they follow each other on one topic, so the same subscriptions get them.

use std::sync::Arc;

use fanfare_protocol::Topic;

use crate::engine::{Message, SessionId};

/// Most messages that are pushed at once. They wait as one run, which is freed as a whole or, for who has only some of them
/// left, in parts.
const PUSHED_MAX: usize = 64;

/// Messages of one topic, at least one, that the same session if any is not to hear.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pushed<'a> {
    pub(super) messages: &'a [Arc<Message>],
    /// The first one's number in the mailbox; none if the shard read them from the stream itself.
    pub(super) number: Option<u64>,
}

impl<'a> Pushed<'a> {
    /// Takes messages apart where the topic changes. `number` is the first one's in the mailbox.
    pub(super) fn parts(messages: &'a [Arc<Message>], mut number: Option<u64>) -> impl Iterator<Item = Self> {
        let of_one_kind = messages.chunk_by(|message, next| {
            message.topic() == next.topic() && message.hidden_from() == next.hidden_from()
        });
        of_one_kind.flat_map(|messages| messages.chunks(PUSHED_MAX)).map(move |messages| {
            let first = number;
            number = first.map(|first| first + messages.len() as u64);
            Self { messages, number: first }
        })
    }

    /// Each message by itself.
    pub(super) fn each(&self) -> impl Iterator<Item = Self> {
        let number = |at: usize| self.number.map(|first| first + at as u64);
        let one = move |(at, message)| Self { messages: std::slice::from_ref(message), number: number(at) };
        self.messages.iter().enumerate().map(one)
    }

    pub(super) fn first(&self) -> &'a Arc<Message> {
        &self.messages[0]
    }

    pub(super) fn topic(&self) -> &'a Topic {
        self.first().topic()
    }

    /// Whether their publisher asked not to hear them, and is this session.
    pub(super) fn is_hidden_from(&self, session: SessionId) -> bool {
        self.first().is_hidden_from(session)
    }
}
