//! Serving: accepts connections up to a bound, gives each its time, and ends them in order.

use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::{OwnedRwLockReadGuard, RwLock, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::guard::Guard;
use super::routes::router;
use super::secure::Securing;
use super::v1::Api;
use super::{ClientPort, Inside};
use crate::clock;
use crate::hub::Hub;
use crate::net::accept::Acceptor;
use crate::net::admission::{Names, Senders};
use crate::net::places::{Place, Places};
use crate::net::tls::Keeper;
use crate::net::transport::Transport;
use crate::notice::Notices;

/// A connection ends after this, so that a peer that never reads can't hold its place for ever.
const CONNECTION_AGE_MAX: Duration = Duration::from_mins(5);
/// Time for the answer under way when a connection is to end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// A kind of notice: an address has as many connections as it may.
const TOO_MANY: &str = "too many from address";
/// What one connection too many is told, where it can be told without TLS.
const REFUSED: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 10\r\nContent-Type: text/plain\r\n\
    Content-Length: 115\r\nConnection: close\r\n\r\n\
    This address has as many connections to the internal port as one may (max_http_connections_per_address): end some.\n";

/// Who is at the other end of a connection: a client, or a proxy before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

/// Held by a request whose body is worked off as it comes: its connection may grow older.
#[derive(Clone, Debug)]
pub(super) struct Streaming {
    _busy: Arc<OwnedRwLockReadGuard<()>>,
}

/// The request head, in bytes, and the most that is buffered of an answer.
const BUFFER_BYTES_MAX: usize = 16 << 10;

/// The internal port, bound and not yet served.
pub(crate) struct Port {
    pub(crate) acceptor: Acceptor,
    /// The names that it goes by.
    pub(crate) names: Names,
    /// Its certificate, if it speaks TLS.
    pub(crate) tls: Option<Arc<Keeper>>,
    /// Where clients connect, for the console.
    pub(crate) clients: ClientPort,
}

/// Serves the internal port until `shutdown` resolves; then answers what is under way and returns.
///
/// # Errors
/// The listener has no address.
pub(crate) async fn serve<I: Inside>(
    port: Port,
    inside: Arc<I>,
    hub: Arc<Hub>,
    api: Api,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let Port { acceptor, names, tls, clients } = port;
    let loopback = acceptor.address()?.ip().to_canonical().is_loopback();
    let (crowd, limits) = (Crowd::new(&api, &hub), Arc::clone(&api.limits));
    let securing = Arc::new(Securing::new(tls, &api, &hub));
    let router = router(inside, &hub, api, clients, Guard::new(Senders { loopback, names }));
    let (stop, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (seat, socket, peer) = tokio::select! {
            next = crowd.next(&acceptor, securing.is_on()) => next,
            () = &mut shutdown => break,
        };
        let (router, mut stopped, securing) = (router.clone(), stopped.clone(), Arc::clone(&securing));
        let head_timeout = limits.http_head_timeout();
        connections.spawn(async move {
            let secured = tokio::select! {
                secured = securing.secure(socket, peer.0) => secured,
                // Nobody has asked anything here yet, and the broker is not to wait for it.
                _ = stopped.changed() => None,
            };
            if let Some(transport) = secured {
                converse(transport, peer, router, (head_timeout, stopped)).await;
            }
            drop(seat);
        });
        // What has ended is cleared away here, so the set never holds more than the places and a few.
        while connections.try_join_next().is_some() {}
    }
    drop(stop);
    while connections.join_next().await.is_some() {}
    Ok(())
}

/// The connections of the port: how many there may be, and how many of each address.
struct Crowd {
    places: Arc<Places>,
    api: Api,
    hub: Arc<Hub>,
    notices: Notices,
}

/// A connection among them, counted as long as this lives.
struct Seated {
    hub: Arc<Hub>,
    _place: Option<Place>,
}

impl Crowd {
    fn new(api: &Api, hub: &Arc<Hub>) -> Self {
        let places = Arc::new(Places::new(api.limits.max_http_connections()));
        Self { places, api: api.clone(), hub: Arc::clone(hub), notices: Notices::new([TOO_MANY]) }
    }

    /// The next connection that may stay.
    async fn next(&self, acceptor: &Acceptor, is_tls: bool) -> (Seated, TcpStream, Peer) {
        loop {
            let mut place = self.places.wait().await;
            let (socket, peer) = acceptor.accept().await;
            let peer = peer.ip().to_canonical();
            let most = self.api.limits.max_http_connections_per_address();
            let fits = self.api.proxies.trust(peer)
                || place.as_mut().is_none_or(|place| place.count_for(peer, most));
            if fits {
                self.hub.metrics().listeners.http_connections.add(1);
                return (Seated { hub: Arc::clone(&self.hub), _place: place }, socket, Peer(peer));
            }
            self.refuse(&socket, peer, is_tls);
        }
    }

    fn refuse(&self, socket: &TcpStream, peer: IpAddr, is_tls: bool) {
        if !is_tls {
            // The socket is fresh, so its send buffer takes these few bytes, or it is gone.
            let _ = socket.try_write(REFUSED);
        }
        self.hub.metrics().listeners.http_connections_refused.add(1);
        if let Some(untold) = self.notices.admit(TOO_MANY, clock::now()) {
            tracing::warn!(address = %peer, untold, "a connection to the internal port is refused");
        }
    }
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.hub.metrics().listeners.http_connections.sub(1);
    }
}

async fn converse(
    transport: Transport,
    peer: Peer,
    router: Router,
    (head_timeout, mut stopped): (Duration, watch::Receiver<()>),
) {
    // Read by every request that streams, written by whoever waits for their end.
    let busy = Arc::new(RwLock::new(()));
    let router = TowerToHyperService::new(router);
    let service = {
        let busy = Arc::clone(&busy);
        service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            if let Ok(busy) = Arc::clone(&busy).try_read_owned() {
                request.extensions_mut().insert(Streaming { _busy: Arc::new(busy) });
            }
            router.call(request)
        })
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(BUFFER_BYTES_MAX)
        .serve_connection(TokioIo::new(transport), service);
    let mut connection = pin!(connection);
    tokio::select! {
        // A peer that went away is no news.
        _ = connection.as_mut() => return,
        _ = stopped.changed() => {}
        () = sleep(CONNECTION_AGE_MAX) => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = stopped.changed() => {}
                _ = busy.write() => {}
            }
        }
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(CLOSE_TIMEOUT, connection).await;
}
