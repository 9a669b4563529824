//! The way from a client's handles to its driver, and to what the driver has to say of the session.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use fanfare_protocol::ClientFrame;
use fanfare_protocol::frame::Welcome;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::closed::Closed;
use crate::command::{Command, Ticket};
use crate::driver::now;
use crate::error::Error;
use crate::keys::Keys;
use crate::limits::Limits;
use crate::session::{Answer, Call};
use crate::signals::Signals;
use crate::state::{State, States, Status};

/// A way to the driver. Cheap to clone; the session ends when the last one and all subscriptions are dropped.
#[derive(Clone, Debug)]
pub(crate) struct Handle(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    commands: mpsc::Sender<Command>,
    status: watch::Receiver<Status>,
    signals: Arc<Signals>,
    limits: Limits,
    keys: Keys,
    last_sub: AtomicU32,
}

/// The answer to a request that is under way.
#[derive(Debug)]
pub(crate) struct Reply(oneshot::Receiver<Result<Answer, Error>>);

impl Handle {
    pub(crate) fn new(
        commands: mpsc::Sender<Command>,
        status: watch::Receiver<Status>,
        signals: Arc<Signals>,
        limits: Limits,
    ) -> Self {
        let (keys, last_sub) = (Keys::new(), AtomicU32::new(0));
        Self(Arc::new(Shared { commands, status, signals, limits, keys, last_sub }))
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn signals(&self) -> &Arc<Signals> {
        &self.0.signals
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// A number for a subscription, used once in this session.
    pub(crate) fn next_sub(&self) -> u32 {
        self.0.last_sub.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Hands a request over; waits for its turn while too many are in flight, or while they wait for a connection.
    pub(crate) async fn call(&self, call: Call) -> Result<Reply, Error> {
        let what = call.what();
        self.ask(what, |ticket| Command::Call(call, ticket)).await
    }

    /// Hands a command over that has an answer.
    pub(crate) async fn ask(
        &self,
        what: &'static str,
        command: impl FnOnce(Ticket) -> Command,
    ) -> Result<Reply, Error> {
        let (reply, answer) = oneshot::channel();
        let command = command(Ticket { asked: now(), reply });
        self.in_time(what, self.command(command)).await?;
        Ok(Reply(answer))
    }

    /// Hands a message over that awaits no answer.
    pub(crate) async fn send(&self, frame: ClientFrame<'static>) -> Result<(), Error> {
        let send = async {
            // An error means that the session has ended.
            let room = self.0.signals.unsent.acquire().await.map_err(|_| self.why_closed())?;
            self.command(Command::Send(frame)).await?;
            room.forget();
            Ok(())
        };
        self.in_time("publish", send).await
    }

    /// Ends the session, and waits until it has ended.
    pub(crate) async fn close(&self) -> Closed {
        self.0.signals.close();
        tokio::select! {
            biased;
            closed = self.closed() => closed,
            // A failure means that it has ended already.
            _ = self.0.commands.send(Command::Close) => self.closed().await,
        }
    }

    /// Waits until the session has ended.
    pub(crate) async fn closed(&self) -> Closed {
        let mut status = self.0.status.clone();
        // An error means that the driver has gone, and what it said last stands.
        let _ = status.wait_for(|status| matches!(status.state, State::Closed(_))).await;
        self.why_closed()
    }

    /// Waits until the broker has let this client in.
    pub(crate) async fn welcomed(&self) -> Result<(), Error> {
        let mut status = self.0.status.clone();
        let decided = |status: &Status| matches!(status.state, State::Connected { .. } | State::Closed(_));
        let _ = status.wait_for(decided).await;
        self.welcome().map(drop).ok_or_else(|| self.why_closed().into())
    }

    /// What the broker said when it let this client in the last time.
    pub(crate) fn welcome(&self) -> Option<Arc<Welcome<'static>>> {
        self.0.status.borrow().welcome.clone()
    }

    pub(crate) fn state(&self) -> State {
        self.0.status.borrow().state.clone()
    }

    pub(crate) fn states(&self) -> States {
        States::new(self.0.status.clone())
    }

    async fn command(&self, command: Command) -> Result<(), Closed> {
        self.0.commands.send(command).await.map_err(|_| self.why_closed())
    }

    async fn in_time(
        &self,
        what: &'static str,
        command: impl Future<Output = Result<(), Closed>>,
    ) -> Result<(), Error> {
        let after = self.0.limits.request_timeout;
        Ok(timeout(after, command).await.map_err(|_| Error::NotSent { what, after })??)
    }

    fn why_closed(&self) -> Closed {
        match &self.0.status.borrow().state {
            State::Closed(closed) => closed.clone(),
            _ => driver_gone(),
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.signals.forget();
    }
}

impl Future for Reply {
    type Output = Result<Answer, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|answer| answer.unwrap_or_else(|_| Err(driver_gone().into())))
    }
}

/// The driver answers every request before it ends; only a runtime that stops takes it away.
fn driver_gone() -> Closed {
    Closed::Lost { detail: "the runtime that this client runs on has stopped".to_owned() }
}
