//! Accepting on either port: failures are counted, told at a bounded rate, and never end it nor keep it busy.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::clock;
use crate::metrics::Metrics;
use crate::notice::Notices;

/// The pause after a failed accept: mostly open files have run out, and only time brings some back.
const PAUSE: Duration = Duration::from_millis(50);

/// A port that accepts connections.
#[derive(Debug)]
pub(crate) struct Acceptor {
    listener: TcpListener,
    /// A word for the metrics.
    port: &'static str,
    metrics: Arc<Metrics>,
    notices: Notices,
}

impl Acceptor {
    pub(crate) fn new(listener: TcpListener, port: &'static str, metrics: Arc<Metrics>) -> Self {
        Self { listener, port, metrics, notices: Notices::new([port]) }
    }

    /// The address that the port is bound to.
    ///
    /// # Errors
    /// The operating system does not know it.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The next connection, and who is at its other end.
    pub(crate) async fn accept(&self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(accepted) => return accepted,
                Err(error) => self.failed(&error).await,
            }
        }
    }

    async fn failed(&self, error: &io::Error) {
        self.metrics.listeners.accept_failures.count(self.port);
        if let Some(untold) = self.notices.admit(self.port, clock::now()) {
            tracing::warn!(%error, port = self.port, untold, "a connection can't be accepted");
        }
        // A client that is gone already says nothing about the next.
        if !matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) {
            sleep(PAUSE).await;
        }
    }
}
