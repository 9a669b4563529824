//! Who is present on a topic, asked once.

use std::future::IntoFuture;
use std::pin::Pin;

use fanfare_protocol::Topic;
use fanfare_protocol::frame::{Presence, PresencePage};
use fanfare_protocol::limits::DEFAULT_PRESENCE_MEMBERS;

use crate::error::Error;
use crate::handle::Handle;
use crate::session::{Answer, Call};

/// A question for who is present: `.await` asks it.
///
/// # Errors
/// The topic breaks a rule, the broker keeps no presence there or refuses, or the session has ended.
#[derive(Debug)]
#[must_use = "nothing is asked until this is awaited"]
pub struct PresenceRequest {
    handle: Handle,
    topic: Result<Topic, Error>,
    after: Option<u64>,
    limit: u32,
}

impl PresenceRequest {
    pub(crate) fn new(handle: Handle, topic: Result<Topic, Error>) -> Self {
        Self { handle, topic, after: None, limit: DEFAULT_PRESENCE_MEMBERS }
    }

    /// Goes on where a page ended: its [`next`](PresencePage::next).
    pub fn after(self, next: u64) -> Self {
        Self { after: Some(next), ..self }
    }

    /// Most members in the page: 1 to 1,000; 100 unless said otherwise. It may hold fewer, as its bytes are
    /// bounded too.
    pub fn limit(self, members: u32) -> Self {
        Self { limit: members, ..self }
    }

    async fn ask(self) -> Result<PresencePage<'static>, Error> {
        let presence = Presence { id: 0, topic: self.topic?, after: self.after, limit: self.limit };
        match self.handle.call(Call::Presence(presence)).await?.await? {
            Answer::Presence(page) => Ok(page),
            _ => Err(Error::WrongAnswer { what: "presence" }),
        }
    }
}

impl IntoFuture for PresenceRequest {
    type Output = Result<PresencePage<'static>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.ask())
    }
}
