//! A connection that hears one topic: reads, counts, and times what comes.

use std::cell::RefCell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use fanfare_protocol::ClientFrame;
use tokio::io::{AsyncRead, ReadBuf};

use super::course::Course;
use super::frames::{self, Frame};
use super::incoming::{Incoming, Troubles, judge};
use super::latencies::Latencies;
use super::link::Link;
use super::order::{Faults, Order};
use super::stamp::{Finder, Stamp, Tag};

/// Read at a time, in bytes.
const READ_BYTES: usize = 64 * 1024;
/// What a frame may have beside its payload, in bytes: topic, stream, and what the encoding needs.
const FRAME_ROOM_BYTES: usize = 16 * 1024;

/// What all listeners of a thread share.
pub(super) struct Desk {
    pub(super) course: Arc<Course>,
    tag: Tag,
    /// Where all of them read into.
    scratch: RefCell<Box<[u8]>>,
    pub(super) latencies: RefCell<Latencies>,
    pub(super) troubles: RefCell<Troubles>,
}

/// One connection that hears one topic.
pub(super) struct Listener {
    link: Link,
    topic: usize,
    order: Order,
    finder: Finder,
}

impl Desk {
    pub(super) fn new(course: Arc<Course>, latencies: Latencies) -> Self {
        let scratch = vec![0; READ_BYTES + FRAME_ROOM_BYTES + course.plan.size].into_boxed_slice();
        Self {
            tag: course.plan.tag(),
            course,
            scratch: RefCell::new(scratch),
            latencies: RefCell::new(latencies),
            troubles: RefCell::default(),
        }
    }
}

impl Listener {
    pub(super) fn new(link: Link, topic: usize) -> Self {
        Self { link, topic, order: Order::default(), finder: Finder::default() }
    }

    /// Hears what comes until the connection ends.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, desk: &Desk) -> Poll<()> {
        loop {
            let heard = ready!(self.poll_read(cx, desk));
            if let Err(why) = heard {
                desk.troubles.borrow_mut().note(Incoming::End(why));
                desk.course.count_ended();
                return Poll::Ready(());
            }
        }
    }

    /// What went wrong with all that was sent to this topic.
    pub(super) fn faults(&self, course: &Course) -> Faults {
        self.order.faults(course.sent(self.topic))
    }

    /// Takes leave, as far as the socket allows at once.
    pub(super) fn say_goodbye(&self) {
        let mut out = Vec::new();
        self.link.voice.say_goodbye(&mut out);
        // The run is over: whoever can't be told hears of the end from the operating system.
        let _ = self.link.socket.try_write(&out);
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, desk: &Desk) -> Poll<Result<(), String>> {
        let mut scratch = desk.scratch.borrow_mut();
        let kept = self.link.tail.len();
        let Some((begun, free)) = scratch.split_at_mut_checked(kept).filter(|(_, free)| !free.is_empty())
        else {
            return Poll::Ready(Err(format!("the server sent a frame of more than {kept} bytes")));
        };
        let mut into = ReadBuf::new(free);
        if let Err(error) = ready!(Pin::new(&mut self.link.socket).poll_read(cx, &mut into)) {
            return Poll::Ready(Err(format!("a connection broke: {error}")));
        }
        let read = into.filled().len();
        if read == 0 {
            return Poll::Ready(Err("the server ended a connection without a close frame".to_owned()));
        }
        begun.copy_from_slice(&self.link.tail);
        let bytes = scratch.get(..kept + read).unwrap_or_default();
        Poll::Ready(self.take(bytes, desk))
    }

    fn take(&mut self, bytes: &[u8], desk: &Desk) -> Result<(), String> {
        let mut rest = bytes;
        let mut fresh = 0;
        let mut outcome = Ok(());
        while let Some(frame) = frames::first(rest).map_err(|strange| strange.to_string())? {
            rest = rest.get(frame.bytes..).unwrap_or_default();
            match self.finder.find(frame.payload, desk.tag) {
                Some(stamp) => fresh += u64::from(self.hear(stamp, desk)),
                None => outcome = self.answer(&frame, desk),
            }
            if outcome.is_err() {
                break;
            }
        }
        if fresh > 0 {
            desk.course.count_delivered(fresh);
        }
        // A new one each time, so that what is idle keeps no memory.
        self.link.tail = rest.to_vec();
        outcome
    }

    /// Takes note of a message; says whether it is new.
    fn hear(&mut self, stamp: Stamp, desk: &Desk) -> bool {
        if stamp.due_ns >= desk.course.measured_from_ns() {
            let took = desk.course.now_ns().saturating_sub(stamp.due_ns);
            desk.latencies.borrow_mut().record(took);
        }
        self.order.take(stamp.number)
    }

    /// Does what a frame that is no message asks for.
    fn answer(&mut self, frame: &Frame<'_>, desk: &Desk) -> Result<(), String> {
        let mut out = Vec::new();
        match judge(self.link.voice.encoding, frame) {
            Incoming::Ping => self.link.voice.say_pong(frame.payload, &mut out),
            Incoming::Heartbeat => self.link.voice.say(&ClientFrame::Pong, &mut out),
            Incoming::End(why) => return Err(why),
            incoming => desk.troubles.borrow_mut().note(incoming),
        }
        if out.is_empty() {
            return Ok(());
        }
        // A listener writes nothing else, so its socket has room.
        match self.link.socket.try_write(&out) {
            Ok(written) if written == out.len() => Ok(()),
            Ok(_) => Err("a connection takes nothing any more".to_owned()),
            Err(error) => Err(format!("a connection broke: {error}")),
        }
    }
}
