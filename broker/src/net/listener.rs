//! The listener of the client port: accepts sockets and hands each to the shard with the fewest sessions.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::arrival::{Arrival, Seats};
use super::shard::ShardHandle;
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
    shards: Vec<(mpsc::Sender<Arrival>, Seats)>,
}

impl Listener {
    pub(crate) fn new(shards: &[ShardHandle]) -> Self {
        Self { shards: shards.iter().map(|shard| (shard.arrivals.clone(), shard.seats.clone())).collect() }
    }

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

    /// Gives the socket to the shard with the fewest. If even that one has no room, accepting waits: the kernel's
    /// backlog is the queue then, and it is bounded.
    async fn hand_over(&self, socket: TcpStream) {
        let Ok(socket) = socket.into_std() else { return };
        let Some((shard, seats)) = self.shards.iter().min_by_key(|(_, seats)| seats.taken()) else { return };
        let arrival = Arrival { socket, seat: seats.take() };
        if shard.send(arrival).await.is_err() {
            tracing::error!("a shard has ended and takes no more connections");
        }
    }
}
