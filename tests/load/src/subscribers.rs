//! The subscribers of one topic: reads what came, and checks that each gets every message once and in order.

use std::net::TcpStream;

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

use crate::adapter::Adapter;
use crate::connection::Connection;
use crate::content::{Content, Rest};
use crate::error::{Doing, LoadError};
use crate::frame::{Opcode, cut};
use crate::in_flight::InFlight;
use crate::order::{Faults, Order};
use crate::payload::Layout;
use crate::poller::{Interest, Poller};

/// Most bytes that one read takes.
const READ_MAX_BYTES: usize = 256 * 1024;

/// The subscribers of one topic.
pub struct Subscribers<'a> {
    adapter: &'a dyn Adapter,
    list: Vec<Subscriber>,
    reader: Reader,
}

struct Subscriber {
    socket: TcpStream,
    /// The start of a frame whose rest is to come.
    tail: Vec<u8>,
    order: Order,
}

/// What all subscribers share: one buffer to read into, and where the payload stands in each frame.
struct Reader {
    scratch: Vec<u8>,
    filled: usize,
    content: Content,
    layout: Option<Layout>,
}

impl<'a> Subscribers<'a> {
    /// Begins with none.
    pub fn new(adapter: &'a dyn Adapter) -> Self {
        let scratch = vec![0; READ_MAX_BYTES];
        let reader = Reader { scratch, filled: 0, content: adapter.content(), layout: None };
        Self { adapter, list: Vec::new(), reader }
    }

    /// Adds a subscriber, which expects messages in this order; its token in `poller` is its place.
    ///
    /// # Errors
    /// The kernel refuses it.
    pub fn add(&mut self, connection: Connection, order: Order, poller: &Poller) -> Result<(), LoadError> {
        let (socket, tail) = connection.into_nonblocking()?;
        // Told once an arrival, the kernel need not look a second time whether all was read.
        poller.add(&socket, self.list.len(), Interest::Arrival)?;
        self.list.push(Subscriber { socket, tail, order });
        Ok(())
    }

    /// Reads all there is for the subscriber `token` and counts what came.
    ///
    /// # Errors
    /// The connection has ended, or what came is not what should come.
    pub fn read(&mut self, token: usize, in_flight: &mut InFlight) -> Result<(), LoadError> {
        let subscriber = &mut self.list[token];
        while self.reader.fill(subscriber)? {
            self.reader.take(subscriber, self.adapter, in_flight)?;
            if self.reader.filled < READ_MAX_BYTES {
                break;
            }
        }
        Ok(())
    }

    /// What went wrong with the first `published` messages, all subscribers together.
    pub fn faults(&self, published: u32) -> Faults {
        let mut faults = Faults::default();
        for subscriber in &self.list {
            faults += subscriber.order.faults(published);
        }
        faults
    }
}

impl Reader {
    /// Fills the buffer once from a socket, after the tail of what came before; whether anything came.
    #[inline]
    fn fill(&mut self, subscriber: &mut Subscriber) -> Result<bool, LoadError> {
        let old = subscriber.tail.len();
        if old >= READ_MAX_BYTES {
            return Err(LoadError::Protocol(format!("a message of more than {READ_MAX_BYTES} bytes")));
        }
        self.scratch[..old].copy_from_slice(&subscriber.tail);
        match recv(&subscriber.socket, &mut self.scratch[old..], RecvFlags::empty()) {
            Ok((0, _)) => Err(LoadError::Server("closed a subscriber's connection".into())),
            Ok((bytes, _)) => {
                subscriber.tail.clear();
                self.filled = old + bytes;
                Ok(true)
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(false),
            Err(error) => Err(error).doing("receive messages"),
        }
    }

    /// Counts the messages in the buffer; the start of a frame whose rest is to come goes to the tail.
    #[inline]
    fn take(
        &mut self,
        subscriber: &mut Subscriber,
        adapter: &dyn Adapter,
        in_flight: &mut InFlight,
    ) -> Result<(), LoadError> {
        let Self { scratch, filled, content, layout } = self;
        let bytes = &scratch[..*filled];
        let order = &mut subscriber.order;
        // Cut here rather than by `content`, the counting becomes a part of the loop: most servers come by here.
        let rest = match content {
            Content::Message => Rest::at_frame(cut(bytes, |header, message| {
                count(layout, adapter, order, in_flight, header.opcode, message)
            })?),
            Content::Stream(_) => content
                .cut(bytes, |opcode, message| count(layout, adapter, order, in_flight, opcode, message))?,
        };
        rest.keep(bytes, &mut subscriber.tail);
        Ok(())
    }
}

/// Counts a message if it has a number.
#[expect(
    clippy::inline_always,
    reason = "a fifth of what the generator itself does for a delivery would be the call"
)]
#[inline(always)]
fn count(
    layout: &mut Option<Layout>,
    adapter: &dyn Adapter,
    order: &mut Order,
    in_flight: &mut InFlight,
    opcode: Opcode,
    message: &[u8],
) -> Result<(), LoadError> {
    let number = match layout.and_then(|layout| layout.number(message)) {
        Some(number) => Some(number),
        None => unknown(layout, adapter, opcode, message)?,
    };
    if let Some(number) = number
        && order.take(number, in_flight.published())
    {
        in_flight.delivered(number);
    }
    Ok(())
}

/// The number in a message that is unlike those so far; none if it is a harmless one of another kind.
#[cold]
fn unknown(
    layout: &mut Option<Layout>,
    adapter: &dyn Adapter,
    opcode: Opcode,
    message: &[u8],
) -> Result<Option<u32>, LoadError> {
    if let Some(learned) = Layout::learn(message) {
        let number = learned.number(message);
        *layout = Some(learned);
        return Ok(number);
    }
    adapter.judge(opcode, message).check().map(|()| None)
}
