//! The door: what a fresh socket goes through (PROXY header, TLS, HTTP handshake), after which it is a session's or gone.

use std::io::{self, Write as _};
use std::net::IpAddr;
use std::sync::Arc;

use fanfare_protocol::{CloseCode, Encoding};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::admission::{BadHeader, FIXED_BYTES, Proxies, client_of, source, total_len};
use super::arrival::{Addresses, Arrival, Seat};
use super::connection::Connection;
use super::event_stream::{self, Hearer};
use super::files::share_of_files;
use super::handshake::{Policy, Progress, Refusal, Wanted, read_head, refuse};
use super::io::Io;
use super::places::{Place, Places};
use super::refusals::Refusals;
use super::tls::{self, Keeper};
use super::transport::Transport;
use crate::clock;
use crate::hub::Phase;
use crate::limits::LiveLimits;
use crate::metrics::ShardCounters;
use crate::outbound::{About, Outbound, Wire};

/// Bytes that a handshake reads at a time.
const READ_BYTES: usize = 1024;

/// Who may come in, and in what time. All threads have the same one.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(super) policy: Arc<Policy>,
    pub(super) limits: Arc<LiveLimits>,
    pub(super) proxies: Arc<Proxies>,
    pub(super) addresses: Arc<Addresses>,
    pub(super) places: Arc<Places>,
    pub(super) refusals: Arc<Refusals>,
    pub(super) tls: Option<Arc<Keeper>>,
    /// How many sockets clients may have open at once.
    pub(super) files: usize,
}

impl Door {
    pub(crate) fn new(
        policy: Policy,
        limits: Arc<LiveLimits>,
        proxies: Proxies,
        tls: Option<Arc<Keeper>>,
        files: usize,
    ) -> Self {
        Self {
            policy: Arc::new(policy),
            places: Arc::new(Places::new(limits.max_handshakes())),
            limits,
            proxies: Arc::new(proxies),
            addresses: Arc::default(),
            refusals: Arc::new(Refusals::new()),
            tls,
            files,
        }
    }

    /// How many connections one address may have.
    pub(super) fn connections_of_address(&self) -> usize {
        share_of_files(self.limits.max_connections_per_address(), self.limits.max_connections(), self.files)
    }

    /// Tells the operator if open files leave one address fewer connections than the limits say.
    pub(crate) fn report_share(&self) {
        let (most, limit) = (self.connections_of_address(), self.limits.max_connections_per_address());
        if most < limit {
            tracing::info!(
                most,
                max_connections_per_address = limit,
                files = self.files,
                "one address may have fewer connections than its limit says, half of the open files that are left for \
                 clients; raise the limit of open files, or set both limits"
            );
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
        // The socket is fresh, so its send buffer takes these few bytes, or it is gone. Where TLS is awaited, plain text
        // would only puzzle.
        if self.tls.is_none() {
            let _ = socket.write(&refuse(reason));
        }
        self.count(counters, reason, peer);
    }

    fn count(&self, counters: &ShardCounters, reason: Refusal, client: IpAddr) {
        counters.handshake_failures.count(reason.as_str());
        self.refusals.handshake(reason, client);
        tracing::debug!(reason = reason.as_str(), address = %client, "handshake failed");
    }
}

/// A client at the door, as far as it is known.
struct Guest {
    /// Where it is; at first perhaps a proxy's address.
    address: IpAddr,
    seat: Seat,
    place: Place,
}

/// Shakes hands; a connection for a new session if that succeeds, and the seat that it takes.
pub(super) async fn enter(io: &Io, door: &Door, arrival: Arrival) -> Option<(Connection, Seat)> {
    let Arrival { socket, peer, seat, place } = arrival;
    let socket = TcpStream::from_std(socket).ok()?;
    let mut guest = Guest { address: peer, seat, place };
    let deadline = Instant::now() + door.limits.handshake_timeout();
    let (mut transport, (refusal, answer)) = match secure(socket, door, &mut guest, deadline).await {
        Ok(mut transport) => match timeout_at(deadline, shake(io, &mut transport, door, &mut guest)).await {
            Ok(Ok(Shaken::Accepted(accepted))) => {
                let connection = open(io, guest.address, transport, accepted);
                let session = || io.hub.session_name(connection.outbound.session());
                tracing::debug!(session = session(), address = %guest.address, "session opened");
                return Some((connection, guest.seat));
            }
            Ok(Ok(Shaken::Refused(refusal, answer))) => (Some(transport), (refusal, answer)),
            Ok(Err(_)) => (None, answered(Refusal::Lost)),
            Err(_) => (Some(transport), answered(Refusal::Timeout)),
        },
        Err((socket, refusal)) => (socket.map(Transport::Plain), answered(refusal)),
    };
    door.count(io.counters(), refusal, guest.address);
    if refusal == Refusal::TooManyHandshakesFromAddress {
        // Free before the answer is read: whoever has no share left never holds another's place.
        drop(guest.place);
    }
    if let Some(transport) = &mut transport {
        // However this ends, the answer had its time to arrive.
        let _ = timeout(door.limits.close_timeout(), part(transport, refusal, &answer)).await;
    }
    None
}

fn answered(refusal: Refusal) -> (Refusal, Vec<u8>) {
    (refusal, refuse(refusal))
}

/// What comes before HTTP: the PROXY header, then TLS, where they belong.
///
/// # Errors
/// Why it failed; with the socket, if it can take an answer.
async fn secure(
    mut socket: TcpStream,
    door: &Door,
    guest: &mut Guest,
    deadline: Instant,
) -> Result<Transport, (Option<TcpStream>, Refusal)> {
    if door.proxies.announce(guest.address) {
        match timeout_at(deadline, read_proxy_header(&mut socket)).await {
            Ok(Ok(Ok(client))) => {
                guest.address = client.unwrap_or(guest.address);
                // From here on it is the client who takes its time.
                if !guest.place.count_for(guest.address, door.limits.max_handshakes_per_address()) {
                    return Err((Some(socket), Refusal::TooManyHandshakesFromAddress));
                }
            }
            Ok(Ok(Err(reason))) => {
                tracing::debug!(?reason, "no PROXY header of version 2");
                return Err((Some(socket), Refusal::ProxyHeader));
            }
            Ok(Err(_)) => return Err((None, Refusal::Lost)),
            Err(_) => return Err((Some(socket), Refusal::Timeout)),
        }
    }
    let Some(keeper) = &door.tls else { return Ok(Transport::Plain(socket)) };
    match timeout_at(deadline, first_byte(&socket)).await {
        Ok(Ok(first)) if tls::is_tls(first) => {}
        Ok(Ok(_)) => return Err((Some(socket), Refusal::PlainText)),
        Ok(Err(_)) => return Err((None, Refusal::Lost)),
        Err(_) => return Err((Some(socket), Refusal::Timeout)),
    }
    match timeout_at(deadline, tls::shake(keeper, socket)).await {
        Ok(Ok(stream)) => Ok(Transport::Tls(stream)),
        Ok(Err(error)) => {
            tracing::debug!(%error, address = %guest.address, "TLS handshake failed");
            Err((None, Refusal::Tls))
        }
        Err(_) => Err((None, Refusal::Timeout)),
    }
}

/// The first byte that a client sends; it stays to be read.
async fn first_byte(socket: &TcpStream) -> io::Result<u8> {
    let mut first = [0];
    match socket.peek(&mut first).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(first[0]),
    }
}

/// How a handshake ended.
enum Shaken {
    /// The answer is written.
    Accepted(Entrant),
    /// The answer is still to be written.
    Refused(Refusal, Vec<u8>),
}

/// A client that may come in, and all that a session needs of its handshake.
enum Entrant {
    WebSocket {
        encoding: Encoding,
        bearer: Option<String>,
        /// The bytes that came behind the handshake.
        unread: Vec<u8>,
    },
    Events(Hearer),
}

async fn shake(io: &Io, transport: &mut Transport, door: &Door, guest: &mut Guest) -> io::Result<Shaken> {
    let mut head = Vec::with_capacity(READ_BYTES);
    loop {
        if transport.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match read_head(&head, &door.policy) {
            Progress::Partial => head.reserve(READ_BYTES),
            Progress::Done { response, accepted, head_len } => {
                let told = accepted.forwarded_for.iter().map(Vec::as_slice);
                guest.address = client_of(guest.address, told, &door.proxies);
                if !guest.place.count_for(guest.address, door.limits.max_handshakes_per_address()) {
                    let answer = accepted.refuse(Refusal::TooManyHandshakesFromAddress);
                    return Ok(Shaken::Refused(Refusal::TooManyHandshakesFromAddress, answer));
                }
                let most = door.connections_of_address();
                if !guest.seat.count_for(guest.address, most) {
                    let answer = accepted.refuse(Refusal::TooManyFromAddress);
                    return Ok(Shaken::Refused(Refusal::TooManyFromAddress, answer));
                }
                let entrant = match accepted.wanted {
                    Wanted::WebSocket { encoding, bearer } => {
                        Entrant::WebSocket { encoding, bearer, unread: head.split_off(head_len) }
                    }
                    Wanted::Events(request) => match event_stream::admit(io, &request) {
                        Ok(hearer) => Entrant::Events(hearer),
                        Err((refusal, answer)) => return Ok(Shaken::Refused(refusal, answer)),
                    },
                };
                write(transport, &response).await?;
                return Ok(Shaken::Accepted(entrant));
            }
            Progress::Refused { reason, response } => return Ok(Shaken::Refused(reason, response)),
        }
    }
}

/// Writes all of it, as far as to the kernel.
async fn write(transport: &mut Transport, bytes: &[u8]) -> io::Result<()> {
    transport.write_all(bytes).await?;
    transport.flush().await
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

/// Writes the answer, ends our side, then reads and throws away what still comes, so that no reset overtakes it.
async fn part(transport: &mut Transport, refusal: Refusal, answer: &[u8]) -> io::Result<()> {
    transport.write_all(answer).await?;
    transport.shutdown().await?;
    if refusal == Refusal::TooManyHandshakesFromAddress {
        // Nor is it waited for: it has no place in which that would be counted.
        return Ok(());
    }
    let mut scratch = [0; READ_BYTES];
    while transport.read(&mut scratch).await? > 0 {}
    Ok(())
}

fn open(io: &Io, client: IpAddr, transport: Transport, entrant: Entrant) -> Connection {
    match entrant {
        Entrant::WebSocket { encoding, bearer, unread } => {
            let outbound = attach(io, client, encoding.into());
            Connection::new(outbound, transport, bearer, unread, clock::now())
        }
        Entrant::Events(hearer) => {
            let outbound = attach(io, client, Wire::Events);
            event_stream::open(io, outbound, transport, hearer)
        }
    }
}

/// The queue of a new session; one that can't be served is told to go, and when to come again.
fn attach(io: &Io, client: IpAddr, wire: Wire) -> Arc<Outbound> {
    let full = io.hub.sessions() >= io.limits.max_connections();
    let about = About::new(client, clock::now());
    let outbound = io.shard.borrow_mut().attach(wire, about);
    if io.hub.has_reached(Phase::Draining) {
        outbound.close(CloseCode::Drain, "the broker is stopping");
    } else if full {
        outbound.close(CloseCode::OverCapacity, "as many sessions are open as may be (max_connections)");
    }
    outbound
}
