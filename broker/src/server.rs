//! The server: builds the broker's floors on one another, runs them, and takes them down.

mod drain;
#[cfg(test)]
mod families;
mod reload;
mod restart;
mod slots;

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::auth::{Authority, KeySource};
use crate::clock;
use crate::config::{Config, Loaded, Source};
use crate::engine::{DataDirError, KeyLimits};
use crate::hub::{Hub, HubError, Phase};
use crate::limits::LiveLimits;
use crate::metrics::{CLIENT_PORT, INTERNAL_PORT, Metrics};
use crate::net::handshake::{Policy, Refusal};
use crate::net::http::{self, Api, ClientPort, Inside};
use crate::net::{
    Acceptor, Door, Exporter, Keeper, Listener, Proxies, Senders, ShardHandle, TlsError, TlsFiles, bind,
    fetch_key_sets, make_room, spawn,
};
use crate::trace::{Span, Tracer};
use reload::{Part, Reloader};
use restart::Restart;

/// How often messages over their age limit are taken out of streams that nobody publishes to, and what goes on is told on
/// `$sys.>`.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// How often the files of certificates are read again.
const CERTIFICATE_INTERVAL: Duration = Duration::from_secs(2);
/// Why a reload may not switch authentication off.
const OPENED: &str = "without an [[auth.issuer]] or [[api_key]] everyone could enter by the ports that are open beyond \
                      loopback, and those change at a restart only; restart, or configure authentication";
/// Orders that wait at most.
const ORDERS: usize = 8;

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
    /// A certificate can't be used.
    #[error("[{setting}]: {error}")]
    Tls {
        /// The table of the configuration that names it.
        setting: &'static str,
        /// What is wrong.
        error: Box<TlsError>,
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

/// What a running broker is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Read the configuration again, and take over what can change.
    Reload,
    /// Send the sessions away, save, and end. The second time: at once.
    Stop,
}

/// A running broker's way to its operator.
pub struct Operator {
    /// What it is told.
    pub orders: mpsc::Receiver<Order>,
    /// Where its configuration is read again.
    pub source: Source,
    /// The configuration that it was started with.
    pub loaded: Loaded,
    /// Changes what is logged.
    pub log_level: Box<dyn Fn(&str)>,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator").field("source", &self.source).finish_non_exhaustive()
    }
}

/// A way to tell a broker, and its end of it.
pub fn orders() -> (mpsc::Sender<Order>, mpsc::Receiver<Order>) {
    mpsc::channel(ORDERS)
}

struct Parts {
    hub: Arc<Hub>,
    authority: Arc<Authority>,
    limits: Arc<LiveLimits>,
    restart: Option<Restart>,
    shards: Vec<ShardHandle>,
    stop: watch::Sender<bool>,
    listener: Listener,
    port: http::Port,
    proxies: Proxies,
    certificates: Vec<Arc<Keeper>>,
    exporter: Option<Exporter>,
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
        let limits = Arc::new(LiveLimits::new(&config.limits));
        let clients =
            bind(config.listen, &config.limits).map_err(|error| refused("listen", config.listen, error))?;
        let internals = bind(config.internal, &config.limits)
            .map_err(|error| refused("internal", config.internal, error))?;
        let (client, internal) = (clients.local_addr()?, internals.local_addr()?);

        let shards = config.shards.get();
        let reasons: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.as_str()).collect();
        let metrics = Arc::new(Metrics::new(shards, &reasons).with_routes(http::routes()));
        let clients = Acceptor::new(clients, CLIENT_PORT, Arc::clone(&metrics));
        let internals = Acceptor::new(internals, INTERNAL_PORT, Arc::clone(&metrics));
        let (engine, restart) = restart::load(config)?;
        metrics.configured_ms.set(clock::wall_ms());
        let authority = Arc::new(Authority::new(config.auth.clone()));
        report_ignored_keys(config);
        let hub = Hub::new(engine, shards, Arc::clone(&limits), Arc::clone(&metrics))?;
        let ledger = restart::shut_out(restart.as_ref(), &authority)?;
        let hub = hub.with_authority(Arc::clone(&authority)).with_ledger(ledger);
        let hub = hub.with_presence(config.presence.clone())?;
        let (tracer, spans) = open_tracer(config, &limits, &metrics);
        let hub = Arc::new(hub.with_tracer(tracer));
        let exporter = open_exporter(config, &hub, spans, &metrics)?;
        let senders =
            Senders { loopback: client.ip().to_canonical().is_loopback(), names: config.names.clone() };
        let tls = open_tls("tls", config.tls.as_ref(), CLIENT_PORT, &metrics)?;
        let internal_tls = open_tls("internal_tls", config.internal_tls.as_ref(), INTERNAL_PORT, &metrics)?;
        let max_head_bytes = limits.max_head_bytes();
        let policy = Policy { senders, max_head_bytes, internal, internal_tls: internal_tls.is_some() };
        let certificates = tls.iter().chain(&internal_tls).map(Arc::clone).collect();
        let clients_at = ClientPort { port: client.port(), tls: tls.is_some() };
        let door = Door::new(policy, Arc::clone(&limits), config.proxies.clone(), tls);
        let (stop, stopping) = watch::channel(false);
        let spawned =
            (0..shards).map(|number| spawn(number, Arc::clone(&hub), door.clone(), stopping.clone()));
        let shards = spawned.collect::<io::Result<Vec<_>>>()?;
        let files = make_room(limits.max_http_connections());
        let listener = Listener::new(clients, Arc::clone(&hub), door, &shards, files);
        let names = config.names.clone();
        let port = http::Port { acceptor: internals, names, tls: internal_tls, clients: clients_at };
        let proxies = config.proxies.clone();
        let parts = Parts {
            hub,
            authority,
            limits,
            restart,
            shards,
            stop,
            listener,
            port,
            proxies,
            certificates,
            exporter,
        };
        Ok(Self { client, internal, parts })
    }

    /// Where clients connect; the actual port, where port 0 was asked for.
    pub fn client_address(&self) -> SocketAddr {
        self.client
    }

    /// Where metrics, health and the console are.
    pub fn internal_address(&self) -> SocketAddr {
        self.internal
    }

    /// Serves until told to stop, then sends every session away, saves the streams if there is a `data_dir`, and ends.
    ///
    /// # Errors
    /// The internal port failed, or `data_dir` can't be written to.
    pub async fn run(self, operator: Operator) -> Result<(), ServerError> {
        let Parts { hub, authority, limits, restart, shards, stop: stopped, .. } = self.parts;
        let Parts { listener, port, proxies, certificates, mut exporter, .. } = self.parts;
        let run = restart.map(Restart::begin).transpose()?;
        let mut accepting = tokio::task::spawn_local(listener.run());
        let inside = Arc::new(Inspection { hub: Arc::clone(&hub) });
        let mut closing = stopped.subscribe();
        let closing = async move { drop(closing.wait_for(|stop| *stop).await) };
        let api = Api::new(Arc::clone(&hub), Arc::clone(&limits), proxies);
        let inside = tokio::task::spawn_local(http::serve(port, inside, Arc::clone(&hub), api, closing));
        let obeying = obey(&hub, &limits, operator, &mut accepting);
        tokio::select! {
            () = obeying => {}
            () = sweep(&hub) => {}
            () = keep(certificates) => {}
            () = fetch_key_sets(authority) => {}
            () = announce_presence(&hub) => {}
            () = export_spans(exporter.as_mut()) => {}
        }
        stopped.send_replace(true);
        let result = inside.await.map_err(io::Error::other).flatten().map_err(ServerError::Io);
        for shard in shards {
            shard.thread.join().map_err(|_| ServerError::ShardEnded)?;
        }
        if let Some(exporter) = &mut exporter {
            exporter.finish().await;
        }
        if let Some(run) = run {
            restart::save(&run, &hub)?;
        }
        result
    }
}

/// Does what it is told, until it is to stop, and no session is left.
async fn obey(hub: &Arc<Hub>, limits: &Arc<LiveLimits>, operator: Operator, accepting: &mut JoinHandle<()>) {
    let Operator { mut orders, source, loaded, log_level } = operator;
    let parts = parts(hub, limits, log_level, loaded.config.may_be_open());
    let mut reloader = Reloader::new(source, loaded, parts);
    while let Some(Order::Reload) = orders.recv().await {
        reloader.reload().tell(hub.metrics(), clock::wall_ms());
    }
    let told_again = async {
        while let Some(order) = orders.recv().await {
            if order == Order::Stop {
                return;
            }
        }
        std::future::pending::<()>().await;
    };
    drain::drain(hub, limits, accepting, told_again).await;
}

/// What takes over a new configuration. Whatever reads files for it says so before anything changes. `may_be_open` is
/// whether the broker as it runs may do without authentication: what the new configuration says of its ports waits.
fn parts(
    hub: &Arc<Hub>,
    limits: &Arc<LiveLimits>,
    log_level: Box<dyn Fn(&str)>,
    may_be_open: bool,
) -> Vec<Part> {
    let authority = Arc::clone(hub.authority());
    let admitted = Arc::clone(hub);
    let (hub, limits, log_level) = (Arc::clone(hub), Arc::clone(limits), Rc::new(log_level));
    let bounds: Part = Box::new(move |config| {
        let (limits, new) = (Arc::clone(&limits), config.limits.clone());
        Ok(Box::new(move || limits.put(&new)))
    });
    let streams: Part = Box::new(move |config| {
        let (hub, keys, streams) =
            (Arc::clone(&hub), KeyLimits::from(&config.limits), config.streams.clone());
        hub.check_retune(&streams)?;
        Ok(Box::new(move || hub.retune(&streams, keys)))
    });
    let logs: Part = Box::new(move |config| {
        let (log_level, level) = (Rc::clone(&log_level), config.log_level.clone());
        Ok(Box::new(move || log_level(&level)))
    });
    // Files with keys were read with the configuration: what could be wrong with them is a fault of it.
    let entrance: Part = Box::new(move |config| {
        if !may_be_open && !config.auth.is_on() {
            return Err(OPENED.to_owned());
        }
        let (authority, admitted) = (Arc::clone(&authority), Arc::clone(&admitted));
        let settings = config.auth.clone();
        Ok(Box::new(move || {
            authority.replace(settings);
            let sessions = admitted.end_without_key();
            if sessions > 0 {
                tracing::info!(
                    sessions,
                    "ended the sessions of API keys that are not in the configuration any more"
                );
            }
        }))
    });
    vec![bounds, streams, entrance, logs]
}

/// What the internal port sees of the broker.
struct Inspection {
    hub: Arc<Hub>,
}

impl Inside for Inspection {
    fn metrics(&self) -> String {
        self.hub.render_metrics(clock::wall_ms())
    }

    async fn ready(&self) -> Result<(), String> {
        if self.hub.has_reached(Phase::Leaving) {
            return Err("the broker is stopping".to_owned());
        }
        self.hub.ready().await.map_err(|not_ready| not_ready.to_string())
    }
}

fn refused(setting: &'static str, address: SocketAddr, error: io::Error) -> ServerError {
    ServerError::Bind { setting, address, error }
}

fn open_tls(
    setting: &'static str,
    files: Option<&TlsFiles>,
    port: &'static str,
    metrics: &Arc<Metrics>,
) -> Result<Option<Arc<Keeper>>, ServerError> {
    let keeper = files.map(|files| Keeper::open(files.clone(), port, Arc::clone(metrics))).transpose();
    keeper
        .map(|keeper| keeper.map(Arc::new))
        .map_err(|error| ServerError::Tls { setting, error: Box::new(error) })
}

/// Who traces messages, and where the spans come out, if any are to be traced.
fn open_tracer(
    config: &Config,
    limits: &Arc<LiveLimits>,
    metrics: &Arc<Metrics>,
) -> (Option<Tracer>, Option<mpsc::Receiver<Span>>) {
    let settings = config.tracing.as_ref();
    settings
        .map(|settings| Tracer::new(settings.parts_per_million, Arc::clone(limits), Arc::clone(metrics)))
        .unzip()
}

fn open_exporter(
    config: &Config,
    hub: &Hub,
    spans: Option<mpsc::Receiver<Span>>,
    metrics: &Arc<Metrics>,
) -> io::Result<Option<Exporter>> {
    let wanted = config.tracing.as_ref().zip(spans);
    let open = |(settings, spans)| Exporter::new(settings, hub.instance_name(), spans, Arc::clone(metrics));
    wanted.map(open).transpose()
}

/// Sends spans to the collector, if there is one.
async fn export_spans(exporter: Option<&mut Exporter>) {
    match exporter {
        Some(exporter) => exporter.run().await,
        None => std::future::pending().await,
    }
}

/// Keys of a set that are not used are told: somebody may wait for them.
fn report_ignored_keys(config: &Config) {
    for issuer in &config.auth.issuers {
        let KeySource::Set(set) = &issuer.keys else { continue };
        for ignored in &set.ignored {
            tracing::warn!(key = ignored.name, why = %ignored.why, "a key of a `jwks_file` is not used");
        }
    }
}

/// Looks for new certificates, again and again.
async fn keep(certificates: Vec<Arc<Keeper>>) {
    let mut interval = tokio::time::interval(CERTIFICATE_INTERVAL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        let certificates = certificates.clone();
        // Files may lie on a disk that is slow to answer, and meanwhile connections are to be accepted.
        let look = move || certificates.iter().for_each(|keeper| keeper.look());
        let _ = tokio::task::spawn_blocking(look).await;
    }
}

async fn sweep(hub: &Hub) {
    let mut interval = tokio::time::interval(SWEEP_INTERVAL);
    loop {
        interval.tick().await;
        let now = clock::read();
        hub.sweep(now);
        hub.authority().sweep(now);
        hub.tell_second(now);
    }
}

/// Announces joins and leaves where presence is kept.
async fn announce_presence(hub: &Hub) {
    let Some(every) = hub.presence_interval() else { return std::future::pending().await };
    let mut interval = tokio::time::interval(every);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        hub.announce_presence(clock::read());
    }
}
