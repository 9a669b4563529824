//! The server: builds the broker's floors on one another, runs them, and takes them down.

mod restart;

use std::borrow::Cow;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::{CloseCode, ServerFrame};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock;
use crate::config::Config;
use crate::engine::DataDirError;
use crate::hub::{Hub, HubError};
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::net::handshake::{Policy, Refusal};
use crate::net::http::{self, Api, Inside};
use crate::net::{Door, Listener, ShardHandle, bind, spawn};
use restart::Restart;

/// How often messages over their age limit are taken out of streams that nobody publishes to.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// Time that sessions are given to leave when the broker stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// When clients may come back after a stop, in milliseconds.
const RECONNECT_AFTER_MS: u64 = 1_000;

/// Why the broker could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A port can't be bound.
    #[error("can't listen on {address} (`{setting}`): {error}; choose another address, or end what uses it")]
    Bind {
        /// The setting that names the address.
        setting: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        error: io::Error,
    },
    /// The hub can't be built.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// `data_dir` can't be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The streams could not be saved at the end.
    #[error("the streams are not saved: {0}. The next start begins new epochs, and clients are told `reset`")]
    NotSaved(#[source] DataDirError),
    /// A shard's thread ended by a panic, and its sessions with it.
    #[error("a shard ended by a panic; please report what is logged above")]
    ShardEnded,
    /// A thread or runtime can't be started, or a server failed.
    #[error("the operating system refuses what the broker needs: {0}")]
    Io(#[from] io::Error),
}

/// A broker that is listening.
#[derive(Debug)]
pub struct Server {
    client: SocketAddr,
    internal: SocketAddr,
    parts: Parts,
}

struct Parts {
    hub: Arc<Hub>,
    limits: Arc<Limits>,
    restart: Option<Restart>,
    shards: Vec<ShardHandle>,
    stop: watch::Sender<bool>,
    clients: TcpListener,
    internals: TcpListener,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("shards", &self.shards.len()).finish_non_exhaustive()
    }
}

impl Server {
    /// Binds the ports, reads what the last run saved, and starts the shards. Needs the context of a tokio runtime.
    ///
    /// # Errors
    /// A port is taken, `data_dir` can't be used, or the operating system refuses threads or random numbers.
    pub fn start(config: &Config) -> Result<Self, ServerError> {
        let limits = Arc::new(config.limits.clone());
        let clients =
            bind(config.listen, &limits).map_err(|error| refused("listen", config.listen, error))?;
        let internals =
            bind(config.internal, &limits).map_err(|error| refused("internal", config.internal, error))?;
        let (client, internal) = (clients.local_addr()?, internals.local_addr()?);

        let shards = config.shards.get();
        let reasons: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.as_str()).collect();
        let metrics = Arc::new(Metrics::new(shards, &reasons).with_routes(http::routes()));
        let (engine, restart) = restart::load(config)?;
        let hub = Arc::new(Hub::new(engine, shards, Arc::clone(&limits), metrics)?);
        let policy = Policy {
            loopback_only: client.ip().to_canonical().is_loopback(),
            max_head_bytes: limits.max_head_bytes,
            internal,
        };
        let door = Door { policy, limits: Arc::clone(&limits) };
        let (stop, stopping) = watch::channel(false);
        let spawned =
            (0..shards).map(|number| spawn(number, Arc::clone(&hub), door.clone(), stopping.clone()));
        let shards = spawned.collect::<io::Result<Vec<_>>>()?;
        Ok(Self { client, internal, parts: Parts { hub, limits, restart, shards, stop, clients, internals } })
    }

    /// Where clients connect; the actual port, where port 0 was asked for.
    pub fn client_address(&self) -> SocketAddr {
        self.client
    }

    /// Where metrics, health and the page are.
    pub fn internal_address(&self) -> SocketAddr {
        self.internal
    }

    /// Serves until `stop` completes, then sends every session away, saves the streams if there is a `data_dir`, and
    /// ends.
    ///
    /// # Errors
    /// The internal port failed, or `data_dir` can't be written to.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServerError> {
        let Parts { hub, limits, restart, shards, stop: stopped, clients, internals } = self.parts;
        let run = restart.map(Restart::begin).transpose()?;
        let listener = Listener::new(&shards);
        let inside = Arc::new(Inspection { hub: Arc::clone(&hub), client_port: self.client.port() });
        let mut closing = stopped.subscribe();
        let closing = async move { drop(closing.wait_for(|stop| *stop).await) };
        let api = Api::new(Arc::clone(&hub), limits);
        let inside = tokio::task::spawn_local(http::serve(internals, inside, Arc::clone(&hub), api, closing));
        tokio::select! {
            () = stop => {}
            () = listener.run(clients) => {}
            () = sweep(&hub) => {}
        }
        drain(&hub).await;
        stopped.send_replace(true);
        let result = inside.await.map_err(io::Error::other).flatten().map_err(ServerError::Io);
        for shard in shards {
            shard.thread.join().map_err(|_| ServerError::ShardEnded)?;
        }
        if let Some(run) = run {
            restart::save(&run, &hub)?;
        }
        result
    }
}

/// What the internal port sees of the broker.
struct Inspection {
    hub: Arc<Hub>,
    client_port: u16,
}

impl Inside for Inspection {
    fn metrics(&self) -> String {
        self.hub.render_metrics(clock::wall_ms())
    }

    async fn ready(&self) -> Result<(), String> {
        if self.hub.is_stopping() {
            return Err("the broker is stopping".to_owned());
        }
        self.hub.ready().await.map_err(|not_ready| not_ready.to_string())
    }

    fn client_port(&self) -> u16 {
        self.client_port
    }
}

fn refused(setting: &'static str, address: SocketAddr, error: io::Error) -> ServerError {
    ServerError::Bind { setting, address, error }
}

async fn sweep(hub: &Hub) {
    let mut interval = tokio::time::interval(SWEEP_INTERVAL);
    loop {
        interval.tick().await;
        hub.sweep(clock::read());
    }
}

/// Stops publishing, tells every session that the broker stops, and waits until they have left.
async fn drain(hub: &Hub) {
    hub.stop_publishing();
    let goaway =
        ServerFrame::Goaway { reason: Cow::Borrowed("drain"), reconnect_after_ms: RECONNECT_AFTER_MS };
    hub.close_all(&goaway, CloseCode::Drain, "the broker is stopping");
    if tokio::time::timeout(DRAIN_TIMEOUT, hub.all_left()).await.is_err() {
        tracing::warn!(sessions = hub.sessions(), "sessions did not leave in time and are cut off");
    }
}
