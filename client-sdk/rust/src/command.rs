//! What the handles of a client ask of its driver.

use std::sync::Arc;

use fanfare_protocol::ClientFrame;
use tokio::sync::oneshot;

use crate::error::Error;
use crate::inbox::Inbox;
use crate::session::{Answer, Call, Opening};

/// Comes back with the answer to a request.
pub(crate) type Ticket = oneshot::Sender<Result<Answer, Error>>;

/// What a handle asks of the driver.
#[derive(Debug)]
pub(crate) enum Command {
    /// Asks the broker.
    Call(Call, Ticket),
    /// Opens a subscription that fills this buffer.
    Subscribe(Opening, Arc<Inbox>, Ticket),
    /// Asks for a sign of life.
    Ping(Ticket),
    /// Sends a frame that awaits no answer.
    Send(ClientFrame<'static>),
    /// Ends the session in good order.
    Close,
}
