//! The server: builds the broker's floors on one another, runs them, and takes them down.

mod building;
mod chores;
mod drain;
mod error;
#[cfg(test)]
mod families;
mod inspection;
mod operator;
mod reload;
mod restart;
mod slots;
mod take_over;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;

pub use self::error::ServerError;
pub use self::operator::{Operator, Order, orders};
use crate::config::Config;
use crate::net::http::{self, Api};
use crate::net::{ShardHandle, fetch_key_sets};
use building::{Parts, build};
use chores::{announce_presence, export_spans, keep, sweep};
use inspection::Inspection;
use operator::obey;
use restart::Restart;

/// A broker that is listening.
pub struct Server {
    parts: Parts,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Parts { client, internal, .. } = &self.parts;
        f.debug_struct("Server").field("client", client).field("internal", internal).finish_non_exhaustive()
    }
}

impl Server {
    /// Binds the ports, reads what the last run saved, and starts the shards. Needs the context of a tokio runtime.
    ///
    /// # Errors
    /// A port is taken, `data_dir` can't be used, or the operating system refuses threads or random numbers.
    pub fn start(config: &Config) -> Result<Self, ServerError> {
        Ok(Self { parts: build(config)? })
    }

    /// Where clients connect; the actual port, where port 0 was asked for.
    pub fn client_address(&self) -> SocketAddr {
        self.parts.client
    }

    /// Where metrics, health and the console are.
    pub fn internal_address(&self) -> SocketAddr {
        self.parts.internal
    }

    /// Serves until told to stop, then sends every session away, saves the streams if there is a `data_dir`, and ends.
    ///
    /// # Errors
    /// The internal port failed, or `data_dir` can't be written to.
    pub async fn run(self, operator: Operator) -> Result<(), ServerError> {
        let Parts { hub, authority, limits, restart, shards, stop, .. } = self.parts;
        let Parts { listener, port, proxies, certificates, mut exporter, .. } = self.parts;
        let run = restart.map(Restart::begin).transpose()?;
        let mut accepting = tokio::task::spawn_local(listener.run());
        let inside = Arc::new(Inspection { hub: Arc::clone(&hub) });
        let api = Api::new(Arc::clone(&hub), Arc::clone(&limits), proxies);
        let served = http::serve(port, inside, Arc::clone(&hub), api, stopped(stop.subscribe()));
        let inside = tokio::task::spawn_local(served);
        tokio::select! {
            () = obey(&hub, &limits, operator, &mut accepting) => {}
            () = sweep(&hub) => {}
            () = keep(certificates) => {}
            () = fetch_key_sets(authority) => {}
            () = announce_presence(&hub) => {}
            () = export_spans(exporter.as_mut()) => {}
        }
        stop.send_replace(true);
        let result = inside.await.map_err(io::Error::other).flatten().map_err(ServerError::Io);
        join(shards)?;
        if let Some(exporter) = &mut exporter {
            exporter.finish().await;
        }
        if let Some(run) = run {
            restart::save(&run, &hub)?;
        }
        result
    }
}

/// Ready when the broker is to end.
async fn stopped(mut stop: watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

fn join(shards: Vec<ShardHandle>) -> Result<(), ServerError> {
    shards.into_iter().try_for_each(|shard| shard.thread.join().map_err(|_| ServerError::ShardEnded))
}
