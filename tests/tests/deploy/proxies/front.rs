//! A real proxy before a broker, on an address of loopback that nobody else has.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::sync::atomic::{AtomicU8, Ordering};

use fanfare_tests::eventually;
use fanfare_tests::files::Directory;
use fanfare_tests::tls::{Authority, Pair};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::files::{adapt, read};

/// The name that clients of the examples ask for.
pub(super) const NAME: &str = "push.example.com";
/// Proxies say which port they listen on, so it is the address that differs from test to test.
const PORT: u16 = 8443;

/// Which proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Nginx,
    Haproxy,
    HaproxyTcp,
    Caddy,
}

/// A proxy that runs; it goes when dropped.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) address: SocketAddr,
    pub(super) authority: Authority,
    files: Directory,
    _child: Child,
}

impl Front {
    /// One before the broker at this address.
    pub(super) async fn before(kind: Kind, broker: SocketAddr) -> Self {
        Self::with(kind, broker, &[]).await
    }

    /// The same with changes to its configuration: how often, what, by what.
    pub(super) async fn with(kind: Kind, broker: SocketAddr, changes: &[(usize, &str, &str)]) -> Self {
        let (files, authority, address) = (Directory::new(), Authority::new(), own_address());
        let Pair { cert, key } = authority.sign_for(&[NAME, &address.ip().to_string()]);
        files.write("haproxy.pem", format!("{cert}{key}"));
        files.write("cert.pem", cert);
        files.write("key.pem", key);
        let paths = Paths { directory: files.path().display().to_string(), address, broker };
        let text = adapt(&paths.configuration(kind), changes);
        let config = files.write("configuration", text).display().to_string();
        let log = File::create(files.path().join("log")).unwrap();
        let child = paths.command(kind, &config).stderr(log).spawn();
        let child = child.unwrap_or_else(|error| panic!("{kind:?}: {error}; run ./tests/run once"));
        let front = Self { address, authority, files, _child: child };
        front.listens(kind).await;
        front
    }

    /// Where clients connect, as a URL.
    pub(super) fn url(&self) -> String {
        format!("wss://{}/ws", self.address)
    }

    async fn listens(&self, kind: Kind) {
        eventually(format!("{kind:?} to listen; it wrote: {}", self.log()), async || {
            TcpStream::connect(self.address).await.ok()
        })
        .await;
    }

    /// What it wrote.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.files.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Front {
    #[allow(clippy::print_stderr, reason = "a failing test shows what its proxy wrote")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the proxy wrote:\n{}", self.log());
        }
    }
}

/// An address of loopback's sixteen million: by process and by number within it.
fn own_address() -> SocketAddr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, number, high, low)), PORT)
}

/// What takes the place of an installed proxy's own paths and addresses.
struct Paths {
    directory: String,
    address: SocketAddr,
    broker: SocketAddr,
}

impl Paths {
    fn configuration(&self, kind: Kind) -> String {
        let Self { directory, address, broker } = self;
        let broker = broker.to_string();
        match kind {
            Kind::Nginx => adapt(
                &read("proxy/nginx.conf"),
                &[
                    (1, "listen 443 ", &format!("listen {address} ")),
                    (1, "server 127.0.0.1:7440;", &format!("server {broker};")),
                    (2, "/etc/fanfare/tls/", &format!("{directory}/")),
                    (1, "/run/nginx.pid", &format!("{directory}/pid")),
                    (2, "/var/log/nginx/error.log", "stderr"),
                    (1, "access_log /var/log/nginx/access.log fanfare;", &nginx_directories(directory)),
                    (1, "worker_processes auto;", "worker_processes 2;"),
                    (1, "worker_connections 131072;", "worker_connections 512;"),
                ],
            ),
            Kind::Haproxy | Kind::HaproxyTcp => {
                let ends_tls = usize::from(kind == Kind::Haproxy);
                let name = if kind == Kind::Haproxy { "proxy/haproxy.cfg" } else { "proxy/haproxy-tcp.cfg" };
                adapt(
                    &read(name),
                    &[
                        (1, "bind :443", &format!("bind {address}")),
                        (1, "server broker 127.0.0.1:7440", &format!("server broker {broker}")),
                        (ends_tls, "/etc/fanfare/tls/", &format!("{directory}/")),
                        (1, "    user haproxy\n    group haproxy\n", ""),
                        (1, "log /dev/log local0 notice", "log stderr format raw local0 notice"),
                        (1, "maxconn 120000", "maxconn 512"),
                    ],
                )
            }
            Kind::Caddy => {
                let certificate =
                    format!("@clients path /ws /sse\n\ttls {directory}/cert.pem {directory}/key.pem");
                // It would listen everywhere, and have the whole machine trust an authority of its own.
                let ip = address.ip();
                let own = format!(
                    "\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tdefault_bind {ip}\n"
                );
                adapt(
                    &read("proxy/Caddyfile"),
                    &[
                        (1, "@clients path /ws /sse", &certificate),
                        (1, "\tlog default {", &format!("{own}\tlog default {{")),
                    ],
                )
            }
        }
    }

    fn command(&self, kind: Kind, config: &str) -> Command {
        let (program, arguments) = match kind {
            Kind::Nginx => ("nginx", vec!["-e", "stderr", "-g", "daemon off;", "-c", config]),
            Kind::Haproxy | Kind::HaproxyTcp => ("haproxy", vec!["-db", "-f", config]),
            Kind::Caddy => ("caddy", vec!["run", "--adapter", "caddyfile", "--config", config]),
        };
        let mut command = Command::new(program);
        command.args(arguments).kill_on_drop(true).stdin(Stdio::null()).stdout(Stdio::null());
        command.env("FANFARE_SITE", format!("https://{NAME}:{PORT}, https://{}", self.address));
        command.env("FANFARE_BROKER", self.broker.to_string());
        command.env("XDG_DATA_HOME", &self.directory).env("XDG_CONFIG_HOME", &self.directory);
        command
    }
}

/// The log, and directories that Debian's nginx has elsewhere, which a user may not write to.
fn nginx_directories(directory: &str) -> String {
    let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let places = places.map(|name| format!("    {name}_temp_path {directory}/{name};\n")).concat();
    format!("access_log {directory}/access.log fanfare;\n{places}")
}
