//! Builds the broker's floors on one another, the lowest first. A floor that can't be built changes nothing on disk.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::ServerError;
use super::restart::{self, Restart};
use crate::auth::{Authority, KeySource};
use crate::clock;
use crate::config::Config;
use crate::hub::Hub;
use crate::limits::LiveLimits;
use crate::metrics::{CLIENT_PORT, INTERNAL_PORT, Metrics};
use crate::net::handshake::{Policy, Refusal};
use crate::net::http::{self, ClientPort};
use crate::net::{
    Acceptor, Door, Exporter, Keeper, Listener, Proxies, Senders, ShardHandle, TlsFiles, bind, make_room,
    spawn,
};
use crate::trace::{Span, Tracer};

/// What all floors use: bounds, which may change, and counters.
struct Ground {
    limits: Arc<LiveLimits>,
    metrics: Arc<Metrics>,
}

/// The ports, bound and not yet listened to by anybody.
struct Ports {
    clients: Acceptor,
    internals: Acceptor,
    client: SocketAddr,
    internal: SocketAddr,
    tls: Option<Arc<Keeper>>,
    internal_tls: Option<Arc<Keeper>>,
}

/// The hub, and what belongs to it outside.
struct Core {
    hub: Arc<Hub>,
    authority: Arc<Authority>,
    restart: Option<Restart>,
    exporter: Option<Exporter>,
}

/// Everything that a running broker consists of.
pub(super) struct Parts {
    pub(super) client: SocketAddr,
    pub(super) internal: SocketAddr,
    pub(super) hub: Arc<Hub>,
    pub(super) authority: Arc<Authority>,
    pub(super) limits: Arc<LiveLimits>,
    pub(super) restart: Option<Restart>,
    pub(super) shards: Vec<ShardHandle>,
    pub(super) stop: watch::Sender<bool>,
    pub(super) listener: Listener,
    pub(super) port: http::Port,
    pub(super) proxies: Proxies,
    pub(super) certificates: Vec<Arc<Keeper>>,
    pub(super) exporter: Option<Exporter>,
}

/// Builds all of it. What a user can have got wrong comes first: ports, certificates, `data_dir`.
pub(super) fn build(config: &Config) -> Result<Parts, ServerError> {
    let ground = lay_ground(config);
    let ports = open_ports(config, &ground)?;
    let Core { hub, authority, restart, exporter } = build_core(config, &ground)?;
    let Ground { limits, .. } = ground;
    let door = build_door(config, &ports, &limits);
    door.report_share();
    let (stop, stopping) = watch::channel(false);
    let spawned =
        (0..hub.shards()).map(|number| spawn(number, Arc::clone(&hub), door.clone(), stopping.clone()));
    let shards = spawned.collect::<io::Result<Vec<_>>>()?;
    let Ports { clients, internals, client, internal, tls, internal_tls } = ports;
    let listener = Listener::new(clients, Arc::clone(&hub), door, &shards);
    let certificates = tls.iter().chain(&internal_tls).map(Arc::clone).collect();
    let clients_at = ClientPort { port: client.port(), tls: tls.is_some() };
    let names = config.names.clone();
    let port = http::Port { acceptor: internals, names, tls: internal_tls, clients: clients_at };
    let proxies = config.proxies.clone();
    Ok(Parts {
        client,
        internal,
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
    })
}

fn lay_ground(config: &Config) -> Ground {
    let reasons: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.as_str()).collect();
    let metrics = Arc::new(Metrics::new(config.shards.get(), &reasons).with_routes(http::routes()));
    metrics.configured_ms.set(clock::wall_ms());
    Ground { limits: Arc::new(LiveLimits::new(&config.limits)), metrics }
}

fn open_ports(config: &Config, ground: &Ground) -> Result<Ports, ServerError> {
    let open = |setting, address, port| {
        bind(address, &config.limits)
            .map(|listener| Acceptor::new(listener, port, Arc::clone(&ground.metrics)))
            .map_err(|error| ServerError::Bind { setting, address, error })
    };
    let clients = open("listen", config.listen, CLIENT_PORT)?;
    let internals = open("internal", config.internal, INTERNAL_PORT)?;
    Ok(Ports {
        client: clients.address()?,
        internal: internals.address()?,
        clients,
        internals,
        tls: open_tls("tls", config.tls.as_ref(), CLIENT_PORT, &ground.metrics)?,
        internal_tls: open_tls("internal_tls", config.internal_tls.as_ref(), INTERNAL_PORT, &ground.metrics)?,
    })
}

fn build_core(config: &Config, Ground { limits, metrics }: &Ground) -> Result<Core, ServerError> {
    let (engine, restart) = restart::load(config)?;
    let authority = Arc::new(Authority::new(config.auth.clone()));
    report_ignored_keys(config);
    let hub = Hub::new(engine, config.shards.get(), Arc::clone(limits), Arc::clone(metrics))?;
    let ledger = restart::shut_out(restart.as_ref(), &authority)?;
    let hub = hub.with_authority(Arc::clone(&authority)).with_ledger(ledger);
    let hub = hub.with_presence(config.presence.clone())?;
    let (tracer, spans) = open_tracer(config, limits, metrics);
    let hub = Arc::new(hub.with_tracer(tracer));
    let exporter = open_exporter(config, &hub, spans, metrics)?;
    Ok(Core { hub, authority, restart, exporter })
}

/// Who is let in at the client port, and how.
fn build_door(config: &Config, ports: &Ports, limits: &Arc<LiveLimits>) -> Door {
    let loopback = ports.client.ip().to_canonical().is_loopback();
    let senders = Senders { loopback, names: config.names.clone() };
    let policy = Policy {
        senders,
        max_head_bytes: limits.max_head_bytes(),
        internal: ports.internal,
        internal_tls: ports.internal_tls.is_some(),
    };
    let files = make_room(limits.max_http_connections());
    Door::new(policy, Arc::clone(limits), config.proxies.clone(), ports.tls.clone(), files)
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

/// Keys of a set that are not used are told: somebody may wait for them.
fn report_ignored_keys(config: &Config) {
    for issuer in &config.auth.issuers {
        let KeySource::Set(set) = &issuer.keys else { continue };
        for ignored in &set.ignored {
            tracing::warn!(key = ignored.name, why = %ignored.why, "a key of a `jwks_file` is not used");
        }
    }
}
