//! The task that joins session, connection and handles: it moves frames and decides nothing about them.

use std::fmt;
use std::mem::{replace, take};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use fanfare_protocol::CloseCode;
use fanfare_protocol::frame::Hello;
use tokio::sync::{mpsc, watch};

use crate::alarm::Alarm;
use crate::closed::{Closed, End};
use crate::command::{Command, Ticket};
use crate::error::RequestError;
use crate::handle::{Handle, Status};
use crate::inboxes::Inboxes;
use crate::limits::Limits;
use crate::session::{Output, Session};
use crate::signals::Signals;
use crate::transport::{Incoming, Transport};

/// Commands that wait for the driver; a handle with one more waits too.
const COMMANDS_WAITING: usize = 256;
/// Most commands, and most frames, that are worked off before the others get their turn.
const BATCH: usize = 256;
/// Rounds before other tasks of the runtime get their turn.
const ROUNDS_PER_WAKE: usize = 8;

/// Hears of what goes wrong with frames that await no answer.
#[derive(Clone)]
pub(crate) struct ErrorHandler(pub(crate) Arc<dyn Fn(RequestError) + Send + Sync>);

/// The task of one session.
#[derive(Debug)]
pub(crate) struct Driver {
    transport: Transport,
    session: Session<Ticket>,
    inboxes: Inboxes,
    commands: mpsc::Receiver<Command>,
    batch: Vec<Command>,
    /// Whether some handle is left that could give commands.
    commanded: bool,
    signals: Arc<Signals>,
    status: watch::Sender<Status>,
    on_error: Option<ErrorHandler>,
    max_in_flight: usize,
    alarm: Alarm,
    goodbye: Option<CloseCode>,
    unflushed: bool,
    ended: bool,
}

/// Starts the task of a session, and gives the way to it.
pub(crate) fn start(
    transport: Transport,
    hello: Hello<'static>,
    limits: Limits,
    on_error: Option<ErrorHandler>,
) -> Handle {
    let (commands, commands_taken) = mpsc::channel(COMMANDS_WAITING);
    let (status, status_seen) = watch::channel(Status::Opening);
    let signals = Arc::new(Signals::default());
    let driver = Driver {
        transport,
        session: Session::begin(now(), hello, &limits),
        inboxes: Inboxes::new(Arc::clone(&signals), limits.max_buffered_bytes),
        commands: commands_taken,
        batch: Vec::with_capacity(BATCH),
        commanded: true,
        signals: Arc::clone(&signals),
        status,
        on_error,
        max_in_flight: limits.max_in_flight,
        alarm: Alarm::default(),
        goodbye: None,
        unflushed: false,
        ended: false,
    };
    tokio::spawn(driver);
    Handle::new(commands, status_seen, signals, limits)
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        this.signals.driver.register(cx.waker());
        let now = now();
        this.take_dropped();
        for _ in 0..ROUNDS_PER_WAKE {
            let mut busy = this.receive(cx, now);
            busy |= this.take_commands(cx, now);
            this.end_if_forgotten(now);
            this.keep_time(cx, now);
            this.hand_out();
            busy |= this.write(cx);
            if this.ended {
                this.refuse_the_rest();
                return Poll::Ready(());
            }
            if !busy {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Driver {
    /// Takes frames from the broker; says whether there were any.
    fn receive(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        for taken in 0..BATCH {
            if self.ended || !self.may_read(now) {
                return taken > 0;
            }
            match self.transport.poll_receive(cx) {
                Poll::Pending => return taken > 0,
                Poll::Ready(Incoming::Frame(frame)) => match self.transport.decode(&frame) {
                    Ok(Some(frame)) => self.session.receive(now, frame),
                    Ok(None) => self.session.heard(now),
                    Err(error) => self.session.unreadable(now, error.to_string()),
                },
                Poll::Ready(Incoming::Control) => self.session.heard(now),
                Poll::Ready(Incoming::End(why)) => {
                    // Sends the answer to a close frame, where that is possible at once.
                    let _ = self.transport.poll_flush(cx);
                    self.session.disconnected(why);
                }
            }
            self.hand_out();
        }
        true
    }

    /// A slow reader stops the reading, and so the broker. Not while anything of this client is under way: the
    /// reader may be slow because it awaits just that.
    fn may_read(&mut self, now: Instant) -> bool {
        let session = &self.session;
        let idle =
            session.is_active() && session.in_flight() == 0 && !session.has_frames() && !self.unflushed;
        let held = self.inboxes.hold(idle);
        self.session.hold(now, held);
        !held
    }

    /// Takes commands while their frames can be written and their answers awaited; says whether there were any.
    fn take_commands(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let room = self.max_in_flight.saturating_sub(self.session.in_flight()).min(BATCH);
        if room == 0 || !self.commanded || self.session.has_frames() {
            return false;
        }
        let mut batch = take(&mut self.batch);
        let taken = self.commands.poll_recv_many(cx, &mut batch, room);
        self.commanded = !matches!(taken, Poll::Ready(0));
        let busy = !batch.is_empty();
        batch.drain(..).for_each(|command| self.take_command(now, command));
        self.batch = batch;
        busy
    }

    fn take_command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Call(call, ticket) => self.session.call(now, call, ticket),
            Command::Send(frame) => self.session.send(frame),
            Command::Ping(ticket) => self.session.ping(now, ticket),
            Command::Close => self.session.close(now),
            Command::Subscribe(subscribe, inbox, ticket) => {
                // Whoever asked for it may have gone before it came to be.
                if !inbox.is_abandoned() {
                    self.inboxes.open(subscribe.sub, inbox);
                    self.session.subscribe(now, subscribe, ticket);
                }
            }
        }
    }

    fn take_dropped(&mut self) {
        for sub in self.signals.take_dropped() {
            self.inboxes.forget(sub);
            self.session.unsubscribe(sub);
        }
    }

    fn end_if_forgotten(&mut self, now: Instant) {
        if !self.commanded && self.inboxes.is_empty() {
            self.session.close(now);
        }
    }

    fn keep_time(&mut self, cx: &mut Context<'_>, mut now: Instant) {
        while let Some(due) = self.session.due() {
            if due <= now {
                self.session.tick(now);
            } else if self.alarm.poll(cx, due).is_pending() {
                return;
            } else {
                now = self::now();
            }
        }
    }

    /// Does what the session wants done.
    fn hand_out(&mut self) {
        while let Some(output) = self.session.next_output() {
            match output {
                Output::Deliver(sub, event) => self.inboxes.push(sub, event),
                // Whoever asked may not wait any more.
                Output::Answer(ticket, answer) => drop(ticket.send(answer)),
                Output::Unsubscribed(sub, code) => self.inboxes.finish(sub, End::Unsubscribed(code)),
                Output::Complaint(error) => {
                    if let Some(handler) = &self.on_error {
                        (handler.0)(error);
                    }
                }
                Output::Welcomed(welcome) => {
                    self.status.send_replace(Status::Open(Arc::new(welcome)));
                }
                Output::SayGoodbye(code) => self.goodbye = Some(code),
                Output::Ended(why) => {
                    self.ended = true;
                    self.inboxes.finish_all(&End::Closed(why.clone()));
                    self.status.send_replace(Status::Closed(why));
                }
            }
        }
    }

    /// Writes what waits, with one flush for all; says whether there was anything.
    fn write(&mut self, cx: &mut Context<'_>) -> bool {
        self.try_write(cx).unwrap_or_else(|why| {
            self.session.disconnected(why);
            self.hand_out();
            true
        })
    }

    fn try_write(&mut self, cx: &mut Context<'_>) -> Result<bool, Closed> {
        let mut wrote = false;
        while self.session.has_frames() || self.goodbye.is_some() {
            if self.transport.poll_ready(cx)?.is_pending() {
                return Ok(wrote);
            }
            if let Some(frame) = self.session.next_frame() {
                self.transport.send(&frame)?;
            } else if let Some(code) = self.goodbye.take() {
                self.transport.send_close(code)?;
            }
            wrote = true;
            self.unflushed = true;
        }
        if replace(&mut self.unflushed, false) {
            self.unflushed = self.transport.poll_flush(cx)?.is_pending();
        }
        Ok(wrote)
    }

    /// Tells those whose commands still wait that the session has ended.
    fn refuse_the_rest(&mut self) {
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            self.take_command(now(), command);
            self.hand_out();
        }
    }
}

impl fmt::Debug for ErrorHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ErrorHandler")
    }
}

/// The runtime's clock, so that tests can move it.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
