//! The task that joins session, connection and handles: it moves frames and decides nothing about them.
//!
//! - `wire`: what it does with the connection;
//! - `outputs`: what it does for the session;
//! - `start`: how it comes to be.

mod outputs;
mod start;
#[cfg(test)]
mod tests;
mod wire;

use std::fmt;
use std::mem::take;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use fanfare_protocol::CloseCode;
use tokio::sync::{mpsc, watch};

use crate::alarm::Alarm;
use crate::command::{Command, Ticket};
use crate::connector::Connector;
use crate::error::Error;
use crate::inboxes::Inboxes;
use crate::limits::{CLOSE_TIMEOUT, Limits, MAX_WAITING};
use crate::link::Link;
use crate::reconnect::Reconnector;
use crate::session::Session;
use crate::signals::Signals;
use crate::state::Status;
use crate::subscription::Subscription;

pub(crate) use self::start::{Plan, start};

/// Most commands, and most frames, that are worked off before the others get their turn.
const BATCH: usize = MAX_WAITING;
/// Rounds before other tasks of the runtime get their turn.
const ROUNDS_PER_WAKE: usize = 8;

/// Hears of what goes wrong that nobody awaits an answer of.
#[derive(Clone)]
pub(crate) struct ErrorHandler(pub(crate) Arc<dyn Fn(Error) + Send + Sync>);

/// Takes the subscriptions that a token brings along.
#[derive(Clone)]
pub(crate) struct AutoHandler(pub(crate) Arc<dyn Fn(Subscription) + Send + Sync>);

/// A new token that was asked for.
type Renewal = Pin<Box<dyn Future<Output = Result<Option<String>, Error>> + Send>>;

/// The task of one client.
pub(crate) struct Driver {
    link: Link,
    connector: Connector,
    reconnector: Reconnector,
    session: Session<Ticket>,
    inboxes: Inboxes,
    commands: mpsc::Receiver<Command>,
    batch: Vec<Command>,
    /// Whether some handle is left that could give commands.
    commanded: bool,
    signals: Arc<Signals>,
    status: watch::Sender<Status>,
    on_error: Option<ErrorHandler>,
    on_auto: Option<AutoHandler>,
    limits: Limits,
    renewal: Option<Renewal>,
    alarm: Alarm,
    goodbye: Option<CloseCode>,
    /// When the session ends at the latest, since the program closes it.
    close_by: Option<Instant>,
    unflushed: bool,
    ended: bool,
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        this.signals.driver.register(cx.waker());
        let now = now();
        this.take_dropped();
        this.take_check(now);
        for _ in 0..ROUNDS_PER_WAKE {
            let mut busy = this.connect(cx, now);
            busy |= this.renew(cx, now);
            busy |= this.receive(cx, now);
            busy |= this.unpause();
            busy |= this.take_commands(cx, now);
            this.end_if_unwanted(now);
            busy |= this.keep_time(cx, now);
            this.hand_out(now);
            busy |= this.write(cx, now);
            if this.ended {
                this.refuse_the_rest(now);
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
    /// Takes commands while their answers can be awaited, so that their time can pass here; what awaits no answer is
    /// bounded by `Signals::unsent`. Says whether there were any.
    fn take_commands(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let room = self.limits.max_in_flight.saturating_sub(self.session.in_flight()).min(BATCH);
        if room == 0 || !self.commanded {
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
            Command::Call(call, ticket) => self.session.call(ticket.asked, call, ticket),
            Command::Send(frame) => self.session.send(frame),
            Command::Ping(ticket) => self.session.ping(ticket.asked, ticket),
            Command::Close => self.session.close(now),
            Command::Subscribe(subscribe, inbox, ticket) => {
                // Whoever asked for it may have gone before it came to be.
                if !inbox.is_abandoned() {
                    self.inboxes.open(subscribe.sub, inbox);
                    self.session.subscribe(ticket.asked, subscribe, ticket);
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

    /// The connection may have died unnoticed, or a new one may be had.
    fn take_check(&mut self, now: Instant) {
        if self.signals.take_check() {
            self.link.hurry(now);
            self.session.check(now);
        }
    }

    /// Without a connection, what waits for one does not keep the session; nor do commands that can't be taken, for long.
    fn end_if_unwanted(&mut self, now: Instant) {
        if self.signals.is_closing() {
            self.close_by.get_or_insert(now + CLOSE_TIMEOUT);
        }
        let away = !self.session.is_welcome();
        let forgotten = !self.commanded || (away && self.signals.is_forgotten());
        if (forgotten && self.inboxes.is_empty()) || (away && self.signals.is_closing()) {
            self.session.close(now);
        }
    }

    /// Does what is due; says whether there was anything.
    fn keep_time(&mut self, cx: &mut Context<'_>, mut now: Instant) -> bool {
        let mut busy = false;
        while let Some(due) = [self.session.due(), self.link.due(), self.close_by].into_iter().flatten().min()
        {
            if due <= now {
                if self.close_by.take_if(|by| *by <= now).is_some() {
                    self.session.end_closing();
                }
                self.session.tick(now);
                self.hand_out(now);
                self.link.tick(now, &self.connector);
                busy = true;
            } else if self.alarm.poll(cx, due).is_pending() {
                return busy;
            } else {
                now = self::now();
            }
        }
        busy
    }

    /// Tells those whose commands still wait that the session has ended.
    fn refuse_the_rest(&mut self, now: Instant) {
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            self.take_command(now, command);
            self.hand_out(now);
        }
    }
}

impl fmt::Debug for ErrorHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ErrorHandler")
    }
}

impl fmt::Debug for AutoHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AutoHandler")
    }
}

/// The runtime's clock, so that tests can move it.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
