//! Reads what the server says to a publisher, so that the server never waits for it.

use std::cell::RefCell;
use std::rc::Rc;

use fanfare_client::Encoding;
use tokio::io::AsyncReadExt;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::Notify;

use super::frames;
use super::incoming::{Incoming, Troubles, judge};

/// What may be kept of a frame that is not whole yet, in bytes: far more than any that a publisher gets.
const MAX_TAIL_BYTES: usize = 1 << 20;

/// Reads what the server says to a publisher.
pub(super) struct Attendant {
    socket: OwnedReadHalf,
    tail: Vec<u8>,
    encoding: Encoding,
    heartbeats: Rc<Notify>,
    troubles: Rc<RefCell<Troubles>>,
}

impl Attendant {
    /// Tells of `heartbeats`, which the publisher answers, and notes `troubles`.
    pub(super) fn new(
        socket: OwnedReadHalf,
        tail: Vec<u8>,
        encoding: Encoding,
        heartbeats: Rc<Notify>,
        troubles: Rc<RefCell<Troubles>>,
    ) -> Self {
        Self { socket, tail, encoding, heartbeats, troubles }
    }

    /// Reads until the connection ends.
    pub(super) async fn run(mut self) {
        loop {
            let ended = match self.socket.read_buf(&mut self.tail).await {
                Ok(0) => Err("the server ended a publishing connection without a close frame".to_owned()),
                Ok(_) if self.tail.len() > MAX_TAIL_BYTES => {
                    Err("the server sent an endless frame".to_owned())
                }
                Ok(_) => self.take(),
                Err(error) => Err(format!("a publishing connection broke: {error}")),
            };
            if let Err(why) = ended {
                self.troubles.borrow_mut().note(Incoming::End(why));
                return;
            }
        }
    }

    fn take(&mut self) -> Result<(), String> {
        let mut used = 0;
        while let Some(frame) =
            frames::first(self.tail.get(used..).unwrap_or_default()).map_err(|strange| strange.to_string())?
        {
            used += frame.bytes;
            match judge(self.encoding, &frame) {
                // Either wants a sign of life; for the first, any frame is one.
                Incoming::Ping | Incoming::Heartbeat => self.heartbeats.notify_one(),
                Incoming::End(why) => return Err(why),
                incoming => self.troubles.borrow_mut().note(incoming),
            }
        }
        self.tail.drain(..used);
        Ok(())
    }
}
