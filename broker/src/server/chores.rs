//! What a running broker does again and again beside its sessions.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::clock;
use crate::hub::Hub;
use crate::net::{Exporter, Keeper};

/// How often messages over their age limit are taken out of streams that nobody publishes to, and what goes on is told on
/// `$sys.>`.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// How often the files of certificates are read again.
const CERTIFICATE_INTERVAL: Duration = Duration::from_secs(2);

/// Sends spans to the collector, if there is one.
pub(super) async fn export_spans(exporter: Option<&mut Exporter>) {
    match exporter {
        Some(exporter) => exporter.run().await,
        None => std::future::pending().await,
    }
}

/// Looks for new certificates, again and again.
pub(super) async fn keep(certificates: Vec<Arc<Keeper>>) {
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

/// Takes out what is over its age, and tells on `$sys.>` what went on.
pub(super) async fn sweep(hub: &Hub) {
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
pub(super) async fn announce_presence(hub: &Hub) {
    let Some(every) = hub.presence_interval() else { return std::future::pending().await };
    let mut interval = tokio::time::interval(every);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        hub.announce_presence(clock::read());
    }
}
