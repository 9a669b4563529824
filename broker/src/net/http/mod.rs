//! The internal port: metrics, health, the console and the HTTP API, over HTTP/1.1.

mod caller;
mod console;
mod count;
mod guard;
#[cfg(any(test, feature = "fuzz"))]
mod in_process;
mod request_id;
mod routes;
mod secure;
mod serve;
mod v1;

#[cfg(test)]
mod tests;

pub(crate) use count::routes;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) use in_process::answer;
pub(crate) use serve::{Port, serve};
pub(crate) use v1::Api;

/// Where clients connect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientPort {
    pub(crate) port: u16,
    /// Whether it speaks TLS.
    pub(crate) tls: bool,
}

/// What the internal port shows of the broker. The roof hands in something that knows the broker.
pub(crate) trait Inside: Send + Sync + 'static {
    /// Every metric, in Prometheus text format 0.0.4.
    fn metrics(&self) -> impl Future<Output = String> + Send;

    /// Whether the broker works at this moment; if not, why, for people.
    fn ready(&self) -> impl Future<Output = Result<(), String>> + Send;
}
