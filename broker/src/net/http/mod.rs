//! The internal port: metrics, health and a page to try the broker with, over HTTP/1.1.

mod guard;
mod page;
mod routes;
mod serve;

#[cfg(test)]
mod tests;

pub(crate) use serve::{Port, serve};

/// What the internal port shows of the broker. The roof hands in something that knows the broker.
pub(crate) trait Inside: Send + Sync + 'static {
    /// Every metric, in Prometheus text format 0.0.4.
    fn metrics(&self) -> String;

    /// Whether the broker works at this moment; if not, why, for people.
    fn ready(&self) -> impl Future<Output = Result<(), String>> + Send;

    /// The port that clients connect to, for the page.
    fn client_port(&self) -> u16;
}
