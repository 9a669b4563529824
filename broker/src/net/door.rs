//! The door: the HTTP handshake on a fresh socket, after which it is a session's or gone.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use fanfare_protocol::CloseCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connection::Connection;
use super::handshake::{Accepted, Policy, Progress, Refusal, read_head, refuse};
use super::io::Io;
use super::transport::Transport;
use crate::clock;
use crate::hub::Phase;
use crate::limits::LiveLimits;
use crate::outbound::About;

/// Bytes that a handshake reads at a time.
const READ_BYTES: usize = 1024;

/// Who may come in, and in what time.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(crate) policy: Policy,
    pub(crate) limits: Arc<LiveLimits>,
}

/// Shakes hands; a connection for a new session if that succeeds.
pub(super) async fn enter(io: &Io, door: &Door, socket: std::net::TcpStream) -> Option<Connection> {
    let mut socket = TcpStream::from_std(socket).ok()?;
    let shaken = timeout(door.limits.handshake_timeout(), shake(&mut socket, &door.policy)).await;
    let refusal = match shaken {
        Ok(Ok(Shaken::Accepted(accepted, unread))) => return Some(open(io, socket, &accepted, unread)),
        Ok(Ok(Shaken::Refused(refusal))) => refusal,
        Ok(Err(_)) => Refusal::Lost,
        Err(_) => {
            // The answer is a courtesy: a socket that does not take it is dropped all the same.
            let _ = socket.try_write(&refuse(Refusal::Timeout));
            Refusal::Timeout
        }
    };
    io.counters().handshake_failures.count(refusal.as_str());
    tracing::debug!(reason = refusal.as_str(), "handshake failed");
    if refusal != Refusal::Lost {
        // However this ends, the answer had its time to arrive.
        let _ = timeout(door.limits.close_timeout(), drain(&mut socket)).await;
    }
    None
}

/// Refuses a socket without reading from it: as many handshakes as may be are under way.
pub(super) fn turn_away(io: &Io, mut socket: &std::net::TcpStream) {
    // The socket is fresh, so its send buffer takes these few bytes, or it is gone.
    let _ = io::Write::write(&mut socket, &refuse(Refusal::TooManyHandshakes));
    io.counters().handshake_failures.count(Refusal::TooManyHandshakes.as_str());
}

/// How a handshake ended; its answer is written.
enum Shaken {
    /// What the client asked for, and the bytes that came behind it.
    Accepted(Accepted, Vec<u8>),
    Refused(Refusal),
}

async fn shake(socket: &mut TcpStream, policy: &Policy) -> io::Result<Shaken> {
    let mut head = Vec::with_capacity(READ_BYTES);
    loop {
        if socket.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match read_head(&head, policy) {
            Progress::Partial => head.reserve(READ_BYTES),
            Progress::Done { response, accepted, head_len } => {
                socket.write_all(&response).await?;
                return Ok(Shaken::Accepted(accepted, head.split_off(head_len)));
            }
            Progress::Refused { response, reason } => {
                socket.write_all(&response).await?;
                return Ok(Shaken::Refused(reason));
            }
        }
    }
}

/// Ends our side, then reads and throws away what still comes, so that no reset overtakes the answer.
async fn drain(socket: &mut TcpStream) -> io::Result<()> {
    socket.shutdown().await?;
    let mut scratch = [0; READ_BYTES];
    while socket.read(&mut scratch).await? > 0 {}
    Ok(())
}

fn open(io: &Io, socket: TcpStream, accepted: &Accepted, unread: Vec<u8>) -> Connection {
    let full = io.hub.sessions() >= io.limits.max_connections();
    let unknown = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
    let about = About::new(socket.peer_addr().unwrap_or(unknown), clock::now());
    let outbound = io.shard.borrow_mut().attach(accepted.encoding, about);
    if io.hub.has_reached(Phase::Draining) {
        outbound.close(CloseCode::Drain, "the broker is stopping");
    } else if full {
        outbound.close(CloseCode::OverCapacity, "as many sessions are open as may be (max_connections)");
    }
    Connection::new(outbound, Transport::Plain(socket), unread, clock::now())
}
