//! TLS of the internal port: each handshake has its time, and those that fail are counted and told.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::v1::Api;
use crate::clock;
use crate::hub::Hub;
use crate::metrics::{HANDSHAKE_TIMEOUT, HANDSHAKE_TLS};
use crate::net::tls::{self, Keeper};
use crate::net::transport::Transport;
use crate::notice::Notices;

/// Shakes hands where the port speaks TLS.
#[derive(Debug)]
pub(super) struct Securing {
    keeper: Option<Arc<Keeper>>,
    api: Api,
    hub: Arc<Hub>,
    notices: Notices,
}

impl Securing {
    pub(super) fn new(keeper: Option<Arc<Keeper>>, api: &Api, hub: &Arc<Hub>) -> Self {
        let notices = Notices::new([HANDSHAKE_TLS, HANDSHAKE_TIMEOUT]);
        Self { keeper, api: api.clone(), hub: Arc::clone(hub), notices }
    }

    pub(super) fn is_on(&self) -> bool {
        self.keeper.is_some()
    }

    /// A connection that can be talked on; none if its handshake fails or takes too long.
    pub(super) async fn secure(&self, socket: TcpStream, peer: IpAddr) -> Option<Transport> {
        let Some(keeper) = &self.keeper else { return Some(Transport::Plain(socket)) };
        match timeout(self.api.limits.http_head_timeout(), tls::shake(keeper, socket)).await {
            Ok(Ok(stream)) => return Some(Transport::Tls(stream)),
            Ok(Err(error)) => self.report(HANDSHAKE_TLS, &error.to_string(), peer),
            Err(_) => self.report(HANDSHAKE_TIMEOUT, "it took longer than http_head_timeout", peer),
        }
        None
    }

    fn report(&self, reason: &'static str, error: &str, peer: IpAddr) {
        self.hub.metrics().listeners.http_handshake_failures.count(reason);
        if let Some(untold) = self.notices.admit(reason, clock::now()) {
            tracing::warn!(
                reason,
                error,
                address = %peer,
                untold,
                "a TLS handshake on the internal port failed"
            );
        }
    }
}
