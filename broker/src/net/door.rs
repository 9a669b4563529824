//! The door: what a fresh socket goes through (PROXY header, HTTP handshake), after which it is a session's or gone.

use std::io::{self, Write as _};
use std::net::IpAddr;
use std::sync::Arc;

use fanfare_protocol::CloseCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::admission::{BadHeader, FIXED_BYTES, Proxies, client_of, source, total_len};
use super::arrival::{Addresses, Arrival, Seat};
use super::connection::Connection;
use super::handshake::{Accepted, Policy, Progress, Refusal, read_head, refuse};
use super::io::Io;
use super::refusals::Refusals;
use super::transport::Transport;
use crate::clock;
use crate::limits::Limits;
use crate::metrics::ShardCounters;

/// Bytes that a handshake reads at a time.
const READ_BYTES: usize = 1024;

/// Who may come in, and in what time. All threads have the same one.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(super) policy: Arc<Policy>,
    pub(super) limits: Arc<Limits>,
    pub(super) proxies: Arc<Proxies>,
    pub(super) addresses: Arc<Addresses>,
    pub(super) refusals: Arc<Refusals>,
}

impl Door {
    pub(crate) fn new(policy: Policy, limits: Arc<Limits>, proxies: Proxies) -> Self {
        Self {
            policy: Arc::new(policy),
            proxies: Arc::new(proxies),
            addresses: Arc::new(Addresses::new(limits.max_connections_per_address)),
            refusals: Arc::new(Refusals::new()),
            limits,
        }
    }

    /// Refuses a socket without reading from it.
    pub(super) fn turn_away(
        &self,
        mut socket: &std::net::TcpStream,
        peer: IpAddr,
        counters: &ShardCounters,
        reason: Refusal,
    ) {
        // The socket is fresh, so its send buffer takes these few bytes, or it is gone.
        let _ = socket.write(&refuse(reason));
        self.count(counters, reason, peer);
    }

    fn count(&self, counters: &ShardCounters, reason: Refusal, client: IpAddr) {
        counters.handshake_failures.count(reason.as_str());
        self.refusals.handshake(reason, client);
        tracing::debug!(reason = reason.as_str(), %client, "handshake failed");
    }
}

/// A client at the door, as far as it is known.
struct Guest {
    /// Where it is; at first perhaps a proxy's address.
    address: IpAddr,
    seat: Seat,
}

/// Shakes hands; a connection for a new session if that succeeds, and the seat that it takes.
pub(super) async fn enter(io: &Io, door: &Door, arrival: Arrival) -> Option<(Connection, Seat)> {
    let Arrival { socket, peer, seat } = arrival;
    let mut socket = TcpStream::from_std(socket).ok()?;
    let mut guest = Guest { address: peer, seat };
    let deadline = Instant::now() + door.limits.handshake_timeout;
    let shaken = timeout_at(deadline, shake(&mut socket, door, &mut guest)).await;
    let refusal = match shaken {
        Ok(Ok(Shaken::Accepted(accepted, unread))) => {
            return Some((open(io, socket, &accepted, unread), guest.seat));
        }
        Ok(Ok(Shaken::Refused(refusal))) => refusal,
        Ok(Err(_)) => Refusal::Lost,
        Err(_) => {
            // The answer is a courtesy: a socket that does not take it is dropped all the same.
            let _ = socket.try_write(&refuse(Refusal::Timeout));
            Refusal::Timeout
        }
    };
    door.count(io.counters(), refusal, guest.address);
    if refusal != Refusal::Lost {
        // However this ends, the answer had its time to arrive.
        let _ = timeout(door.limits.close_timeout, drain(&mut socket)).await;
    }
    None
}

/// How a handshake ended; its answer is written.
enum Shaken {
    /// What the client asked for, and the bytes that came behind it.
    Accepted(Accepted, Vec<u8>),
    Refused(Refusal),
}

async fn shake(socket: &mut TcpStream, door: &Door, guest: &mut Guest) -> io::Result<Shaken> {
    if door.proxies.announce(guest.address) {
        match read_proxy_header(socket).await? {
            Ok(client) => guest.address = client.unwrap_or(guest.address),
            Err(reason) => {
                tracing::debug!(?reason, "no PROXY header of version 2");
                return refused(socket, refuse(Refusal::ProxyHeader), Refusal::ProxyHeader).await;
            }
        }
    }
    let mut head = Vec::with_capacity(READ_BYTES);
    loop {
        if socket.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match read_head(&head, &door.policy) {
            Progress::Partial => head.reserve(READ_BYTES),
            Progress::Done { response, accepted, head_len } => {
                let told = accepted.forwarded_for.iter().map(String::as_str);
                guest.address = client_of(guest.address, told, &door.proxies);
                if !guest.seat.count_for(guest.address) {
                    let reason = Refusal::TooManyFromAddress;
                    return refused(socket, refuse(reason), reason).await;
                }
                socket.write_all(&response).await?;
                return Ok(Shaken::Accepted(accepted, head.split_off(head_len)));
            }
            Progress::Refused { response, reason } => return refused(socket, response, reason).await,
        }
    }
}

async fn refused(socket: &mut TcpStream, response: Vec<u8>, reason: Refusal) -> io::Result<Shaken> {
    socket.write_all(&response).await?;
    Ok(Shaken::Refused(reason))
}

/// Reads the PROXY header and not a byte more; whom the proxy speaks for, if it is not itself.
async fn read_proxy_header(socket: &mut TcpStream) -> io::Result<Result<Option<IpAddr>, BadHeader>> {
    let mut fixed = [0; FIXED_BYTES];
    socket.read_exact(&mut fixed).await?;
    let len = match total_len(&fixed) {
        Ok(len) => len,
        Err(bad) => return Ok(Err(bad)),
    };
    let mut header = fixed.to_vec();
    header.resize(len, 0);
    socket.read_exact(header.get_mut(FIXED_BYTES..).unwrap_or_default()).await?;
    Ok(source(&header))
}

/// Ends our side, then reads and throws away what still comes, so that no reset overtakes the answer.
async fn drain(socket: &mut TcpStream) -> io::Result<()> {
    socket.shutdown().await?;
    let mut scratch = [0; READ_BYTES];
    while socket.read(&mut scratch).await? > 0 {}
    Ok(())
}

fn open(io: &Io, socket: TcpStream, accepted: &Accepted, unread: Vec<u8>) -> Connection {
    let full = io.hub.sessions() >= io.limits.max_connections;
    let outbound = io.shard.borrow_mut().attach(accepted.encoding);
    if io.hub.is_stopping() {
        outbound.close(CloseCode::Drain, "the broker is stopping");
    } else if full {
        outbound.close(CloseCode::OverCapacity, "as many sessions are open as may be (max_connections)");
    }
    Connection::new(outbound, Transport::Plain(socket), unread, clock::now())
}
