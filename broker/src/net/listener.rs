//! The listener of the client port: accepts sockets and hands each to the shard with the fewest sessions.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::accept::Acceptor;
use super::admission::Bucket;
use super::arrival::{Arrival, Seats};
use super::door::Door;
use super::handshake::Refusal;
use super::shard::ShardHandle;
use crate::clock;
use crate::hub::Hub;
use crate::limits::Limits;
use crate::notice::Notices;

/// Unsent bytes in the kernel over which a socket takes no more: backlog waits in our bounded queue, not there.
const NOTSENT_LOWAT_BYTES: u32 = 64 * 1024;
/// A kind of notice: connections come faster than they may.
const TOO_FAST: &str = "too fast";

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
    acceptor: Acceptor,
    hub: Arc<Hub>,
    door: Door,
    shards: Vec<(mpsc::Sender<Arrival>, Seats)>,
    bucket: Bucket,
    notices: Notices,
}

impl Listener {
    pub(crate) fn new(acceptor: Acceptor, hub: Arc<Hub>, door: Door, shards: &[ShardHandle]) -> Self {
        Self {
            acceptor,
            hub,
            shards: shards.iter().map(|shard| (shard.arrivals.clone(), shard.seats.clone())).collect(),
            bucket: Bucket::new(clock::now()),
            door,
            notices: Notices::new([TOO_FAST]),
        }
    }

    /// Accepts until dropped.
    pub(crate) async fn run(mut self) {
        loop {
            self.keep_rate().await;
            let (socket, peer) = self.acceptor.accept().await;
            self.hand_over(socket, peer).await;
        }
    }

    /// Waits until the next connection may be accepted: until then the kernel's backlog is the queue.
    async fn keep_rate(&mut self) {
        let mut paused = false;
        while let Err(wait) = self.bucket.take(self.door.limits.accepts_per_second(), clock::now()) {
            if !paused {
                self.hub.metrics().listeners.accepting_paused.add(1);
                if let Some(untold) = self.notices.admit(TOO_FAST, clock::now()) {
                    tracing::warn!(
                        untold,
                        "connections come faster than accepts_per_second and wait in the kernel"
                    );
                }
            }
            paused = true;
            tokio::time::sleep(wait).await;
        }
    }

    /// Gives the socket to the shard with the fewest, with a place for its handshake.
    async fn hand_over(&self, socket: TcpStream, peer: SocketAddr) {
        let Ok(socket) = socket.into_std() else { return };
        let fewest = self.shards.iter().enumerate().min_by_key(|(_, (_, seats))| seats.taken());
        let Some((number, (shard, seats))) = fewest else { return };
        let mut seat = seats.take();
        let peer = peer.ip().to_canonical();
        let refuse = |reason| self.door.turn_away(&socket, peer, self.hub.counters(number), reason);
        if self.taken() > self.door.files {
            return refuse(Refusal::TooManyFiles);
        }
        // A proxy counts as the clients that it speaks for, and they are not known yet.
        let trusted = self.door.proxies.trust(peer);
        if !trusted && !seat.count_for(peer, self.door.connections_of_address()) {
            return refuse(Refusal::TooManyFromAddress);
        }
        let Some(mut place) = self.door.places.take() else { return refuse(Refusal::TooManyHandshakes) };
        if !trusted && !place.count_for(peer, self.door.limits.max_handshakes_per_address()) {
            return refuse(Refusal::TooManyHandshakesFromAddress);
        }
        if shard.send(Arrival { socket, peer, seat, place }).await.is_err() {
            tracing::error!("a shard has ended and takes no more connections");
        }
    }

    fn taken(&self) -> usize {
        self.shards.iter().map(|(_, seats)| seats.taken()).sum()
    }
}
