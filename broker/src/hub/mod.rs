//! The hub: where publishers and subscribers meet. One file a deed; every thread shares one [`Hub`], each shard has
//! its own [`Shard`].

mod catch_up;
mod heads;
mod history;
mod interest;
mod mailbox;
mod probe;
mod publish;
mod shard;
mod subscribe;
mod subscription;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use fanfare_protocol::{CloseCode, Pattern, ServerFrame};
use tokio::sync::Notify;

pub(crate) use heads::Heads;
pub use interest::MAX_SHARDS;
pub(crate) use mailbox::{Mail, Mailbox};
pub(crate) use publish::PublishError;
pub(crate) use shard::Shard;
pub(crate) use subscribe::SubscribeError;

use crate::engine::{MemoryEngine, SessionId};
use crate::limits::Limits;
use crate::metrics::{self, Gauges, Metrics, ShardCounters, StreamGauges};
use crate::outbound::Outbound;
use interest::Interest;
use probe::Probe;

/// What all threads share.
#[derive(Debug)]
pub(crate) struct Hub {
    engine: MemoryEngine,
    interest: Interest,
    mailboxes: Box<[Mailbox]>,
    outbounds: DashMap<SessionId, Arc<Outbound>>,
    next_session: AtomicU64,
    /// Tells this process from every other in the names of its sessions.
    instance: u32,
    /// Told whenever a session ends.
    left: Notify,
    probe: Probe,
    everything: Pattern,
    limits: Arc<Limits>,
    metrics: Arc<Metrics>,
}

/// The hub can't be built.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The operating system gives no random numbers, so no epoch can be named.
    #[error("the operating system gives no random numbers: {0}")]
    NoRandomness(#[from] getrandom::Error),
    /// A name that is part of this program breaks its own rules.
    #[error("an internal name is not valid: {0}")]
    InternalName(String),
}

impl Hub {
    /// A hub for this many shards.
    pub(crate) fn new(
        engine: MemoryEngine,
        shards: usize,
        limits: Arc<Limits>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, HubError> {
        Ok(Self {
            engine,
            interest: Interest::default(),
            mailboxes: (0..shards).map(|_| Mailbox::new(limits.mailbox_bytes)).collect(),
            outbounds: DashMap::new(),
            next_session: AtomicU64::new(1),
            instance: getrandom::u32()?,
            left: Notify::new(),
            probe: Probe::new(shards)?,
            everything: Pattern::new(">").map_err(|e| HubError::InternalName(e.to_string()))?,
            limits,
            metrics,
        })
    }

    /// A number for a new session.
    pub(crate) fn next_session(&self) -> SessionId {
        SessionId(self.next_session.fetch_add(1, Ordering::Relaxed))
    }

    /// A shard's mailbox.
    pub(crate) fn mailbox(&self, shard: usize) -> &Mailbox {
        &self.mailboxes[shard]
    }

    /// Takes out messages over their age limit.
    pub(crate) fn sweep(&self, wall_ms: u64) {
        for stream in self.engine.streams() {
            stream.sweep(wall_ms);
        }
    }

    /// Sends a frame to every session, then closes it. For the end of the process.
    pub(crate) fn close_all(&self, frame: &ServerFrame<'_>, code: CloseCode, reason: &str) {
        for outbound in self.all_outbounds() {
            outbound.push_reply(frame);
            outbound.close_after_replies(code, reason);
            self.mailbox(outbound.shard()).request_flush(outbound.slot());
        }
    }

    /// What a shard counts.
    pub(crate) fn counters(&self, shard: usize) -> &ShardCounters {
        self.metrics.shard(shard)
    }

    /// How many shards there are.
    pub(crate) fn shards(&self) -> usize {
        self.mailboxes.len()
    }

    /// How many sessions a shard has.
    pub(crate) fn sessions_of(&self, shard: usize) -> u64 {
        self.metrics.shard(shard).connections.iter().map(|(_, sessions)| sessions).sum()
    }

    /// The name of a session, for logs and clients: no other process of this broker, earlier or later, gives it again.
    pub(crate) fn session_name(&self, session: SessionId) -> String {
        format!("{:08x}-{}", self.instance, session.0)
    }

    /// The whole page of metrics, in Prometheus text format.
    pub(crate) fn render_metrics(&self) -> String {
        metrics::render(&self.metrics, &self.gauges())
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
    pub(crate) fn gauges(&self) -> Gauges {
        let mut gauges = Gauges {
            shards: self.mailboxes.len() as u64,
            patterns: self.interest.patterns() as u64,
            mailbox_bytes: self.mailboxes.iter().map(|mailbox| mailbox.bytes() as u64).sum(),
            streams: self.engine.streams().iter().map(stream_gauges).collect(),
            ..Gauges::default()
        };
        for outbound in self.all_outbounds() {
            let lanes = outbound.lanes();
            let bytes = lanes.waiting_bytes() as u64;
            gauges.queue_messages += lanes.queue_len() as u64;
            gauges.queue_bytes += bytes;
            gauges.queue_bytes_max = gauges.queue_bytes_max.max(bytes);
        }
        gauges
    }

    /// The queues of all sessions. Copied first: no guard of the map is held while they are worked on.
    fn all_outbounds(&self) -> Vec<Arc<Outbound>> {
        self.outbounds.iter().map(|entry| Arc::clone(entry.value())).collect()
    }
}

fn stream_gauges(stream: &crate::engine::Stream) -> StreamGauges {
    let fill = stream.fill();
    StreamGauges {
        name: stream.name().to_string(),
        messages: fill.messages,
        bytes: fill.bytes,
        topics: fill.topics,
        last_seq: fill.head,
    }
}
