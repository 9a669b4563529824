//! A subscription about to be opened.

use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;

use fanfare_protocol::Pattern;
use fanfare_protocol::frame::{Deliver, ReplayFrom, Subscribe};

use crate::command::Command;
use crate::error::Error;
use crate::handle::Handle;
use crate::inbox::Inbox;
use crate::session::Answer;
use crate::subscription::{Reader, Subscription};

/// A subscription about to be opened: `.await` opens it.
#[derive(Debug)]
#[must_use = "nothing is subscribed until this is awaited"]
pub struct SubscribeRequest {
    handle: Handle,
    pattern: Result<Pattern, Error>,
    from: ReplayFrom,
    deliver: Deliver,
}

impl SubscribeRequest {
    pub(crate) fn new(handle: Handle, pattern: Result<Pattern, Error>) -> Self {
        Self { handle, pattern, from: ReplayFrom::default(), deliver: Deliver::default() }
    }

    /// Where to begin; with what is published from now on unless said otherwise.
    ///
    /// A position that was kept, of [`Subscription::position`], goes on there.
    pub fn from(self, from: ReplayFrom) -> Self {
        Self { from, ..self }
    }

    /// How to deliver; every message unless said otherwise.
    pub fn deliver(self, deliver: Deliver) -> Self {
        Self { deliver, ..self }
    }

    async fn open(self) -> Result<Subscription, Error> {
        let (handle, pattern) = (self.handle, self.pattern?);
        let signals = Arc::clone(handle.signals());
        let inbox = Arc::new(Inbox::new(Arc::clone(&signals), handle.limits()));
        // Made before the request, so that a caller who gives up halfway unsubscribes too.
        let reader = Reader { sub: handle.next_sub(), inbox: Arc::clone(&inbox), signals };
        let subscribe =
            Subscribe { sub: reader.sub, pattern: pattern.clone(), from: self.from, deliver: self.deliver };
        let reply = handle.ask("subscribe", |ticket| Command::Subscribe(subscribe, inbox, ticket)).await?;
        match reply.await? {
            Answer::Subscribed(opened) => Ok(Subscription::new(reader, pattern, opened)),
            _ => Err(Error::WrongAnswer { what: "subscribe" }),
        }
    }
}

impl IntoFuture for SubscribeRequest {
    type Output = Result<Subscription, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.open())
    }
}
