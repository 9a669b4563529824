//! Retained messages, asked for once.

use std::future::IntoFuture;
use std::pin::Pin;

use fanfare_protocol::frame::{self, Gap, ReplayFrom};
use fanfare_protocol::limits::DEFAULT_HISTORY_MESSAGES;
use fanfare_protocol::{Pattern, Position};

use crate::error::Error;
use crate::handle::Handle;
use crate::message::Message;
use crate::session::{Answer, Call};

/// A question for retained messages: `.await` asks it.
#[derive(Debug)]
#[must_use = "nothing is asked until this is awaited"]
pub struct HistoryRequest {
    handle: Handle,
    pattern: Result<Pattern, Error>,
    from: ReplayFrom,
    limit: u32,
}

/// A page of retained messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// Streams by name, each in sequence order.
    pub messages: Vec<Message>,
    /// What is missing before or between them.
    pub gaps: Vec<Gap>,
    /// Where the page ends: ask from [`ReplayFrom::Position`] of it for the next one
    /// ([`ReplayFrom::LastAfter`] if this one began with [`ReplayFrom::Last`]).
    pub position: Position,
    /// Whether there is more.
    pub more: bool,
}

impl HistoryRequest {
    pub(crate) fn new(handle: Handle, pattern: Result<Pattern, Error>) -> Self {
        Self { handle, pattern, from: ReplayFrom::Start, limit: DEFAULT_HISTORY_MESSAGES }
    }

    /// Where to begin; with the oldest retained message unless said otherwise.
    pub fn from(self, from: ReplayFrom) -> Self {
        Self { from, ..self }
    }

    /// Most messages in the page: 1 to 1,000; 100 unless said otherwise. It may hold fewer, as its bytes are
    /// bounded too.
    pub fn limit(self, messages: u32) -> Self {
        Self { limit: messages, ..self }
    }

    async fn ask(self) -> Result<HistoryPage, Error> {
        let history = frame::History { id: 0, pattern: self.pattern?, from: self.from, limit: self.limit };
        match self.handle.call(Call::History(history)).await?.await? {
            Answer::History(page) => Ok(page.into()),
            _ => Err(Error::WrongAnswer { what: "history" }),
        }
    }
}

impl IntoFuture for HistoryRequest {
    type Output = Result<HistoryPage, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.ask())
    }
}

impl From<frame::HistoryPage<'_>> for HistoryPage {
    fn from(page: frame::HistoryPage<'_>) -> Self {
        Self {
            messages: page.messages.into_iter().map(Message::from).collect(),
            gaps: page.gaps,
            position: page.position,
            more: page.more,
        }
    }
}
