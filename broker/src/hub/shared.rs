//! What all threads share of the hub: the engine, who is interested in what, and the ways to every shard and session.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use fanfare_protocol::Pattern;
use tokio::sync::{Notify, oneshot};

use super::ending::Ending;
use super::error::HubError;
use super::interest::Interest;
use super::mailbox::Mailbox;
use super::presence::{PresenceConfig, Registry};
use super::probe::{NotReady, Probe};
use super::question::Question;
use super::revoke::Ledger;
use super::sys::Sys;
use crate::auth::{AuthSettings, Authority, KeySetSource};
use crate::census::Census;
use crate::clock::Now;
use crate::engine::{KeyLimits, MemoryEngine, SessionId, Stream, StreamConfig};
use crate::journal::Journal;
use crate::limits::{LiveLimits, TABLE, Unit};
use crate::metrics::{self, Gauges, JwksGauges, Metrics, ShardCounters, StreamGauges};
use crate::outbound::Outbound;
use crate::sync::Mutex;
use crate::trace::Tracer;
use crate::whose::Whose;

/// Time that a shard has to answer a question.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// A shard has too much to do to answer a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("shard {shard} did not answer within {ANSWER_TIMEOUT:?}; try again")]
pub(crate) struct NoAnswer {
    shard: usize,
}

/// What all threads share.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(super) engine: MemoryEngine,
    pub(super) interest: Interest,
    pub(super) mailboxes: Box<[Mailbox]>,
    pub(super) outbounds: DashMap<SessionId, Arc<Outbound>>,
    next_session: AtomicU64,
    /// Tells this process from every other in the names of its sessions.
    instance: u32,
    pub(super) ending: Ending,
    /// Told whenever a session ends.
    pub(super) left: Notify,
    pub(super) probe: Probe,
    pub(super) everything: Pattern,
    pub(super) presence: Registry,
    pub(super) sys: Sys,
    pub(super) limits: Arc<LiveLimits>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) authority: Arc<Authority>,
    pub(super) ledger: Ledger,
    /// The sessions of each subject.
    pub(super) subjects: Census<Arc<str>>,
    /// The subscriptions of each subject; of who has none, of each address.
    pub(super) subscribed: Census<Whose>,
    /// Who traces messages, where any are.
    pub(super) tracer: Option<Tracer>,
}

impl Hub {
    /// A hub for this many shards.
    pub(crate) fn new(
        engine: MemoryEngine,
        shards: usize,
        limits: Arc<LiveLimits>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, HubError> {
        Ok(Self {
            engine,
            interest: Interest::default(),
            mailboxes: (0..shards).map(|_| Mailbox::new(limits.mailbox_bytes())).collect(),
            outbounds: DashMap::new(),
            next_session: AtomicU64::new(1),
            instance: getrandom::u32()?,
            ending: Ending::default(),
            left: Notify::new(),
            probe: Probe::new(shards)?,
            everything: Pattern::new(">").map_err(|e| HubError::InternalName(e.to_string()))?,
            presence: Registry::default(),
            sys: Sys::new()?,
            limits,
            metrics,
            authority: Arc::new(Authority::new(AuthSettings::default())),
            ledger: None,
            subjects: Census::default(),
            subscribed: Census::default(),
            tracer: None,
        })
    }

    /// The same hub, with somebody who says who may enter; else everyone may do everything.
    pub(crate) fn with_authority(self, authority: Arc<Authority>) -> Self {
        Self { authority, ..self }
    }

    /// The same hub, with somebody who traces messages.
    pub(crate) fn with_tracer(self, tracer: Option<Tracer>) -> Self {
        Self { tracer, ..self }
    }

    /// Who traces messages, where any are.
    pub(crate) fn tracer(&self) -> Option<&Tracer> {
        self.tracer.as_ref()
    }

    /// Keeps revocations in this file, if there is one.
    pub(crate) fn with_ledger(self, journal: Option<Journal>) -> Self {
        Self { ledger: journal.map(Mutex::new), ..self }
    }

    /// Who says who may enter.
    pub(crate) fn authority(&self) -> &Arc<Authority> {
        &self.authority
    }

    /// Keeps presence as configured. To be called before the first session comes.
    ///
    /// # Errors
    /// The operating system gives no random numbers.
    pub(crate) fn with_presence(self, configs: Vec<PresenceConfig>) -> Result<Self, HubError> {
        Ok(Self { presence: Registry::new(configs, &self.limits.snapshot())?, ..self })
    }

    /// A number for a new session.
    pub(crate) fn next_session(&self) -> SessionId {
        SessionId(self.next_session.fetch_add(1, Ordering::Relaxed))
    }

    /// A shard's mailbox.
    pub(crate) fn mailbox(&self, shard: usize) -> &Mailbox {
        &self.mailboxes[shard]
    }

    /// Takes out messages over their age limit, and forgets old keys.
    pub(crate) fn sweep(&self, now: Now) {
        for stream in self.engine.streams() {
            stream.sweep(now);
        }
    }

    /// Whether streams can take over what of this may change while the broker runs.
    ///
    /// # Errors
    /// One can't, with the reason in a sentence.
    pub(crate) fn check_retune(&self, streams: &[StreamConfig]) -> Result<(), String> {
        self.engine.check_retune(streams)
    }

    /// Retains by other limits from now on, as far as a running broker can.
    pub(crate) fn retune(&self, streams: &[StreamConfig], keys: KeyLimits) {
        self.engine.retune(streams, keys);
    }

    /// Everything that is counted.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What a shard counts.
    pub(crate) fn counters(&self, shard: usize) -> &ShardCounters {
        self.metrics.shard(shard)
    }

    /// What comes over HTTP is counted here.
    pub(crate) fn http_counters(&self) -> &ShardCounters {
        self.metrics.http()
    }

    /// Counts a request over HTTP by its route and the status of its answer.
    pub(crate) fn count_http(&self, route: &str, status: u16) {
        self.metrics.count_http(route, status);
    }

    /// Asks a shard something; it answers between two rounds of its mail.
    ///
    /// # Errors
    /// It does not answer within a second.
    pub(super) async fn ask<T>(
        &self,
        shard: usize,
        question: impl FnOnce(oneshot::Sender<T>) -> Question,
    ) -> Result<T, NoAnswer> {
        let (answer, answered) = oneshot::channel();
        if !self.mailbox(shard).ask(question(answer)) {
            return Err(NoAnswer { shard });
        }
        let answered = tokio::time::timeout(ANSWER_TIMEOUT, answered).await;
        answered.map_err(|_| NoAnswer { shard })?.map_err(|_| NoAnswer { shard })
    }

    /// How many shards there are.
    pub(crate) fn shards(&self) -> usize {
        self.mailboxes.len()
    }

    /// The name of a session, for logs and clients: no other process of this broker, earlier or later, gives it again.
    pub(crate) fn session_name(&self, session: SessionId) -> String {
        format!("{}-{}", self.instance_name(), session.0)
    }

    /// What tells this process from every other, in names that it gives and in traces.
    pub(crate) fn instance_name(&self) -> String {
        format!("{:08x}", self.instance)
    }

    /// The whole page of metrics, in Prometheus text format.
    pub(crate) fn render_metrics(&self, wall_ms: u64, ready: bool) -> String {
        metrics::render(&self.metrics, &Gauges { ready, ..self.gauges(wall_ms) })
    }

    /// Whether a message passes through a stream and every shard; asked at most once a second, answered from the last
    /// result between.
    pub(crate) async fn ready(&self) -> Result<(), NotReady> {
        self.probe.ready(&self.mailboxes).await
    }

    /// Completes when no session is open.
    pub(crate) async fn all_left(&self) {
        loop {
            let left = self.left.notified();
            if self.outbounds.is_empty() {
                return;
            }
            left.await;
        }
    }

    /// How many sessions are open.
    pub(crate) fn sessions(&self) -> usize {
        self.outbounds.len()
    }

    /// What there is now, for Prometheus.
    pub(crate) fn gauges(&self, wall_ms: u64) -> Gauges {
        let mut gauges = Gauges {
            shards: self.mailboxes.len() as u64,
            patterns: self.interest.patterns() as u64,
            mailbox_bytes: self.mailboxes.iter().map(|mailbox| mailbox.bytes() as u64).sum(),
            conflated_bytes: self.metrics.sum(|shard| shard.conflated_bytes.get()),
            streams: self.engine.streams().iter().map(|stream| stream_gauges(stream, wall_ms)).collect(),
            limits: self.limits_of(Unit::Count),
            limit_bytes: self.limits_of(Unit::Bytes),
            admissions: self.authority.admissions().collect(),
            revocations: self.authority.revocations() as u64,
            jwks: self.authority.sources().all().iter().map(|source| jwks_gauges(source, wall_ms)).collect(),
            presence: self.presence.counts.gauges(),
            ..Gauges::default()
        };
        for outbound in self.all_outbounds() {
            let lanes = outbound.lanes();
            let bytes = lanes.waiting_bytes() as u64;
            gauges.queue_messages += lanes.queue_len() as u64;
            gauges.queue_bytes += bytes;
            gauges.reply_bytes += lanes.answer_bytes() as u64;
            gauges.queue_bytes_max = gauges.queue_bytes_max.max(bytes);
            let age = lanes.oldest_time_ms().map_or(0, |time_ms| wall_ms.saturating_sub(time_ms));
            gauges.queue_oldest_ms = gauges.queue_oldest_ms.max(age);
        }
        gauges
    }

    /// The limits of this unit that are in force as they were last read, by their settings.
    fn limits_of(&self, unit: Unit) -> Vec<(&'static str, u64)> {
        let limits = self.limits.snapshot();
        let those = TABLE.iter().filter(|limit| limit.live && limit.unit == unit);
        those.map(|limit| (limit.name, (limit.get)(&limits))).collect()
    }

    /// The queues of all sessions. Copied first: no guard of the map is held while they are worked on.
    pub(super) fn all_outbounds(&self) -> Vec<Arc<Outbound>> {
        self.outbounds.iter().map(|entry| Arc::clone(entry.value())).collect()
    }
}

fn jwks_gauges(source: &KeySetSource, wall_ms: u64) -> JwksGauges {
    let fetched_ms = source.fetched_ms.get();
    JwksGauges {
        url: source.url.clone(),
        age_ms: (fetched_ms > 0).then(|| wall_ms.saturating_sub(fetched_ms)),
        failures: source.failures.get(),
        keys: source.keys.get(),
    }
}

fn stream_gauges(stream: &Stream, wall_ms: u64) -> StreamGauges {
    let fill = stream.fill();
    StreamGauges {
        name: stream.name().to_string(),
        epoch: stream.epoch().as_str().to_owned(),
        oldest: fill.oldest,
        oldest_ms: fill.oldest.map_or(0, |(_, time_ms)| wall_ms.saturating_sub(time_ms)),
        messages: fill.messages,
        bytes: fill.bytes,
        topics: fill.topics,
        last_seq: fill.head,
        keys: fill.keys,
        key_bytes: fill.key_bytes,
        max_bytes: fill.max_bytes,
        max_age_ms: u64::try_from(fill.max_age.as_millis()).unwrap_or(u64::MAX),
    }
}
