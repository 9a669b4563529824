//! The listener of the client port: accepts sockets and hands each to the shard with the fewest sessions.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::hub::Hub;
use crate::limits::Limits;

/// Unsent bytes in the kernel over which a socket takes no more: backlog waits in our bounded queue, not there.
const NOTSENT_LOWAT_BYTES: u32 = 64 * 1024;
/// The pause after a failed accept: mostly file descriptors have run out, and only time brings some back.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Binds a port for clients. What is set on the listening socket, each accepted one inherits.
pub(crate) fn bind(address: SocketAddr, limits: &Limits) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_notsent_lowat(NOTSENT_LOWAT_BYTES)?;
    socket.set_send_buffer_size(limits.send_buffer_bytes)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(limits.listen_backlog).unwrap_or(i32::MAX))?;
    TcpListener::from_std(socket.into())
}

/// Accepts clients for the shards.
pub(crate) struct Listener {
    pub(crate) hub: Arc<Hub>,
    pub(crate) shards: Vec<mpsc::Sender<std::net::TcpStream>>,
}

impl Listener {
    /// Accepts until dropped.
    pub(crate) async fn run(self, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((socket, _)) => self.hand_over(socket).await,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn hand_over(&self, socket: tokio::net::TcpStream) {
        let Ok(socket) = socket.into_std() else { return };
        let fewest = (0..self.shards.len()).min_by_key(|shard| self.hub.sessions_of(*shard));
        if let Some(shard) = fewest.and_then(|shard| self.shards.get(shard)) {
            // A full channel holds the accepting back: the kernel's backlog is the queue then, and it is bounded.
            let _ = shard.send(socket).await;
        }
    }
}
