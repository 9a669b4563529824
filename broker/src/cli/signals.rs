//! Signals of the operating system, as orders for the broker.

use std::io::{self, IsTerminal};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::Sender;

use crate::server::Order;

/// The signals that mean something to the broker.
#[derive(Debug)]
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    /// Whether it was started on a terminal.
    on_terminal: bool,
}

impl Signals {
    /// Takes them over from now on. Needs the context of a tokio runtime.
    ///
    /// # Errors
    /// The operating system refuses.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            on_terminal: io::stdin().is_terminal(),
        })
    }

    /// The order that the next signal gives.
    async fn next(&mut self) -> Order {
        tokio::select! {
            _ = self.terminate.recv() => Order::Stop,
            _ = self.interrupt.recv() => Order::Stop,
            _ = self.hang_up.recv() => self.hung_up(),
        }
    }

    /// A terminal that was closed sends the same signal as whoever wants a reload; nobody is there any more then.
    fn hung_up(&self) -> Order {
        if self.on_terminal && !io::stdin().is_terminal() { Order::Stop } else { Order::Reload }
    }
}

/// Passes signals on as orders, until the broker takes no more.
pub(super) async fn pass_on(mut signals: Signals, orders: Sender<Order>) {
    loop {
        let order = signals.next().await;
        if orders.send(order).await.is_err() {
            return;
        }
    }
}
