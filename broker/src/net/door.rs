//! The door: the HTTP handshake on a fresh socket, after which it is a session's or gone.

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use fanfare_protocol::CloseCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::connection::Connection;
use super::handshake::{Accepted, Policy, Progress, Refusal, read_head, refuse};
use super::shard::ShardIo;
use super::transport::Transport;
use crate::clock;
use crate::limits::Limits;

/// Bytes that a handshake reads at a time.
const READ_BYTES: usize = 1024;

/// Who may come in, and in what time.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(crate) policy: Policy,
    pub(crate) limits: Arc<Limits>,
}

/// Shakes hands; a session if that succeeds.
pub(super) async fn enter(io: &ShardIo, door: &Door, socket: std::net::TcpStream) -> Option<Rc<Connection>> {
    let mut socket = TcpStream::from_std(socket).ok()?;
    let shaken = tokio::time::timeout(door.limits.handshake_timeout, shake(&mut socket, door)).await;
    let refusal = match shaken {
        Ok(Ok(Ok((accepted, unread)))) => return Some(open(io, socket, &accepted, unread)),
        Ok(Ok(Err(refusal))) => refusal,
        Ok(Err(_)) => Refusal::Lost,
        Err(_) => {
            let _ = socket.try_write(&refuse(Refusal::Timeout));
            Refusal::Timeout
        }
    };
    io.counters().handshake_failures.count(refusal.as_str());
    tracing::debug!(reason = refusal.as_str(), "handshake failed");
    None
}

/// Refuses a socket without reading from it: as many handshakes as may be are under way.
pub(super) fn turn_away(io: &ShardIo, mut socket: &std::net::TcpStream) {
    // The socket is fresh, so its send buffer takes these few bytes, or it is gone.
    let _ = io::Write::write(&mut socket, &refuse(Refusal::TooManyHandshakes));
    io.counters().handshake_failures.count(Refusal::TooManyHandshakes.as_str());
}

type Shaken = Result<(Accepted, Vec<u8>), Refusal>;

async fn shake(socket: &mut TcpStream, door: &Door) -> io::Result<Shaken> {
    let mut head = Vec::with_capacity(READ_BYTES);
    loop {
        if socket.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match read_head(&head, &door.policy) {
            Progress::Partial => head.reserve(READ_BYTES),
            Progress::Done { response, accepted, head_len } => {
                socket.write_all(&response).await?;
                return Ok(Ok((accepted, head.split_off(head_len))));
            }
            Progress::Refused { response, reason } => {
                socket.write_all(&response).await?;
                socket.shutdown().await?;
                drain(socket).await?;
                return Ok(Err(reason));
            }
        }
    }
}

/// Reads and throws away what still comes, so that no reset overtakes the answer. The handshake's time bounds it.
async fn drain(socket: &mut TcpStream) -> io::Result<()> {
    let mut scratch = [0; READ_BYTES];
    while socket.read(&mut scratch).await? > 0 {}
    Ok(())
}

fn open(io: &ShardIo, socket: TcpStream, accepted: &Accepted, unread: Vec<u8>) -> Rc<Connection> {
    let full = io.hub.sessions() >= io.limits.max_connections;
    let outbound = io.shard.borrow_mut().attach(accepted.encoding);
    let transport = Transport::Plain(socket);
    let connection = io.add(Connection::new(Arc::clone(&outbound), transport, unread, clock::now()));
    if full {
        outbound.close(CloseCode::OverCapacity, "as many sessions are open as may be (max_connections)");
    }
    connection
}
