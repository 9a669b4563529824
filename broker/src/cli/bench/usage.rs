//! What the server uses, as its metrics tell: processor time and memory.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::config::DEFAULT_LISTEN;

/// Where a server's metrics are unless configured, on loopback.
const USUAL_METRICS: &str = "127.0.0.1:7441";
const USUAL_PATH: &str = "/metrics";
/// Time for one reading.
const READ_TIMEOUT: Duration = Duration::from_secs(2);
/// Most of a page that is read, in bytes.
const MAX_PAGE_BYTES: u64 = 4 << 20;

/// Where a server's metrics are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    authority: String,
    path: String,
}

/// What a server has used so far, and has now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reading {
    /// Processor time, of all threads together.
    pub(super) cpu_seconds: f64,
    pub(super) resident_bytes: f64,
}

impl Source {
    /// Reads a URL such as `http://127.0.0.1:7441/metrics`.
    ///
    /// # Errors
    /// It is another kind of URL.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("http://").filter(|rest| !rest.starts_with('/') && !rest.is_empty());
        let rest = rest.ok_or("write it as http://HOST:PORT/metrics; other schemes are not spoken here")?;
        let (authority, path) = rest.find('/').map_or((rest, USUAL_PATH), |at| rest.split_at(at));
        let port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let authority = if port { authority.to_owned() } else { format!("{authority}:80") };
        Ok(Self { authority, path: path.to_owned() })
    }

    /// Where the metrics of a server at this address are, if it is one as it comes: on this machine, on its usual port.
    pub(super) fn usual(server: SocketAddr) -> Option<Self> {
        let usual_port = server.port() == DEFAULT_LISTEN.port();
        (usual_port && server.ip().to_canonical() == Ipv4Addr::LOCALHOST)
            .then(|| Self { authority: USUAL_METRICS.to_owned(), path: USUAL_PATH.to_owned() })
    }

    /// Reads the metrics.
    ///
    /// # Errors
    /// They can't be had, or lack what is looked for.
    pub(super) async fn read(&self) -> Result<Reading, String> {
        let page = timeout(READ_TIMEOUT, self.page()).await;
        let page = page.map_err(|_| format!("no answer from {} within {READ_TIMEOUT:?}", self.authority))?;
        let page = page.map_err(|error| format!("can't read from {}: {error}", self.authority))?;
        Reading::parse(&page).ok_or_else(|| {
            let line = page.lines().next().unwrap_or_default();
            format!(
                "http://{}{} does not tell process_cpu_seconds_total and process_resident_memory_bytes ({line}); is it \
                 the server's internal port?",
                self.authority, self.path
            )
        })
    }

    async fn page(&self) -> std::io::Result<String> {
        let mut socket = TcpStream::connect(&self.authority).await?;
        let Self { authority, path } = self;
        let request = format!("GET {path} HTTP/1.0\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await?;
        let mut page = String::new();
        socket.take(MAX_PAGE_BYTES).read_to_string(&mut page).await?;
        Ok(page)
    }
}

impl Reading {
    fn parse(page: &str) -> Option<Self> {
        let value = |name| {
            let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line?.trim().parse().ok()
        };
        Some(Self {
            cpu_seconds: value("process_cpu_seconds_total")?,
            resident_bytes: value("process_resident_memory_bytes")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_figures_are_found_among_others() {
        let page = "HTTP/1.0 200 OK\r\n\r\n# HELP process_cpu_seconds_total Time.\nprocess_cpu_seconds_total 1.25\n\
                    process_resident_memory_bytes_max 7\nprocess_resident_memory_bytes 1048576\n";
        let reading = Reading { cpu_seconds: 1.25, resident_bytes: 1_048_576.0 };
        assert_eq!(Reading::parse(page), Some(reading));
        assert_eq!(Reading::parse("HTTP/1.0 404 Not Found\r\n\r\n"), None);
    }

    #[test]
    fn a_source_is_read_with_the_forgiveness_that_people_expect() {
        let source = |authority: &str, path: &str| Source { authority: authority.into(), path: path.into() };
        assert_eq!(Source::parse("http://[::1]:9/m"), Ok(source("[::1]:9", "/m")));
        assert_eq!(Source::parse("http://broker:7441"), Ok(source("broker:7441", "/metrics")));
        assert_eq!(Source::parse("http://broker/metrics"), Ok(source("broker:80", "/metrics")));
        for wrong in ["https://broker", "broker:7441", "http://", ""] {
            assert!(Source::parse(wrong).unwrap_err().contains("http://HOST:PORT/metrics"));
        }
    }

    #[test]
    fn only_a_server_as_it_comes_has_its_metrics_in_the_usual_place() {
        let usual = |address: &str| Source::usual(address.parse().unwrap()).is_some();
        assert!(usual("127.0.0.1:7440"));
        assert!(!usual("127.0.0.1:7450") && !usual("10.0.0.1:7440"));
    }
}
