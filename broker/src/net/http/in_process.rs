//! The internal port without a socket, for fuzzing: every route, and the guard before them.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use super::guard::Guard;
use super::routes::router;
use super::serve::Peer;
use super::{Api, ClientPort, Inside};
use crate::hub::Hub;
use crate::limits::LiveLimits;
use crate::net::admission::{Names, Proxies, Senders};

/// A broker of which only what the port shows is there.
struct Nothing;

impl Inside for Nothing {
    async fn metrics(&self) -> String {
        String::new()
    }

    async fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}

/// What a port on loopback answers to a trusted proxy.
pub(crate) async fn answer(hub: Arc<Hub>, limits: Arc<LiveLimits>, mut request: Request<Body>) -> Response {
    let guard = Guard::new(Senders { loopback: true, names: Names::default() });
    let peer = IpAddr::from(Ipv4Addr::LOCALHOST);
    let proxies = Proxies { networks: vec![peer.into()], protocol: false };
    let api = Api::new(Arc::clone(&hub), limits, proxies);
    let clients = ClientPort { port: 7440, tls: false };
    let router = TowerToHyperService::new(router(Arc::new(Nothing), &hub, api, clients, guard));
    request.extensions_mut().insert(Peer(peer));
    let Ok(answer) = router.call(request).await;
    answer
}
