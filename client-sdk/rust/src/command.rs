//! What the handles of a client ask of its driver.

use std::sync::Arc;
use std::time::Instant;

use fanfare_protocol::ClientFrame;
use fanfare_protocol::frame::Subscribe;
use tokio::sync::oneshot;

use crate::error::Error;
use crate::inbox::Inbox;
use crate::session::{Answer, Call};

/// Comes back with the answer to a request.
#[derive(Debug)]
pub(crate) struct Ticket {
    /// When it was asked: its time counts from then, wherever it waits.
    pub(crate) asked: Instant,
    pub(crate) reply: oneshot::Sender<Result<Answer, Error>>,
}

/// What a handle asks of the driver.
#[derive(Debug)]
pub(crate) enum Command {
    /// Asks the broker.
    Call(Call, Ticket),
    /// Opens a subscription that fills this buffer.
    Subscribe(Subscribe, Arc<Inbox>, Ticket),
    /// Asks for a sign of life.
    Ping(Ticket),
    /// Sends a message that awaits no answer. It holds one of [`Signals::unsent`](crate::signals::Signals::unsent).
    Send(ClientFrame<'static>),
    /// Ends the session in good order.
    Close,
}
