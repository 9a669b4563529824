//! What a broker says at its start: where it listens, and what to try next, in commands that work as they stand.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::config::units::{format_bytes, format_duration};
use crate::config::{Config, DEFAULT_LISTEN};
use crate::net::TlsFiles;

/// What whoever comes needs as well. On a command line, whoever lists processes would see it.
const TOKEN: &str = ", with a token of your issuer or an API key in FANFARE_TOKEN
(`fanfare help token` says how to make one)";

/// Of a broker that listens.
pub(super) struct Banner<'a> {
    /// As it was called.
    pub(super) program: &'a str,
    pub(super) client: SocketAddr,
    pub(super) internal: SocketAddr,
    pub(super) config: &'a Config,
}

impl Banner<'_> {
    /// The whole of it.
    pub(super) fn text(&self) -> String {
        let Self { program, config, .. } = self;
        let (client, internal) = (self.client_url(), self.internal_url());
        let (version, streams, flags) = (crate::VERSION, describe_streams(config), self.flags());
        let token = if config.auth.is_on() { TOKEN } else { "" };
        format!(
            "Fanfare {version}
  listening on {client}
  internal   on {internal}   (the console, /metrics, /healthz, /readyz)
  streams    {streams}

Try it in a second terminal{token}:
  {program} sub{flags} '>'                    # follow every topic
  {program} pub{flags} greetings 'hello'      # publish to one

Ctrl-C stops the broker.
"
        )
    }

    /// Where clients connect.
    pub(super) fn client_url(&self) -> String {
        format!("{}://{}/ws", scheme("ws", self.config.tls.as_ref()), self.client)
    }

    /// Where the console, metrics and health are.
    pub(super) fn internal_url(&self) -> String {
        format!("{}://{}/", scheme("http", self.config.internal_tls.as_ref()), self.internal)
    }

    /// What the other commands need to come in.
    fn flags(&self) -> String {
        let (mut flags, tls) = (String::new(), self.config.tls.as_ref());
        if self.client != DEFAULT_LISTEN || tls.is_some() {
            let _ = write!(flags, " --server {}", self.server());
        }
        if let Some(files) = tls {
            if files.shown().self_signed {
                let _ = write!(flags, " --ca {}", files.cert.display());
            }
            if files.client_ca.is_some() {
                flags.push_str(" --client-cert FILE --client-key FILE");
            }
        }
        flags
    }

    /// Where this machine reaches the client port, by a name that its certificate is for.
    fn server(&self) -> String {
        let Some(files) = &self.config.tls else { return format!("ws://{}", reachable(self.client)) };
        match files.shown().name {
            Some(name) => format!("wss://{name}:{}", self.client.port()),
            None => format!("wss://{}", reachable(self.client)),
        }
    }
}

fn describe_streams(config: &Config) -> String {
    let describe = |stream: &crate::StreamConfig| {
        let patterns: Vec<_> = stream.patterns.iter().map(|pattern| format!("`{pattern}`")).collect();
        let (age, bytes) = (format_duration(stream.max_age), format_bytes(stream.max_bytes));
        format!("`{}` keeps {} for {age}, at most {bytes}", stream.name, patterns.join(", "))
    };
    config.streams.iter().map(describe).collect::<Vec<_>>().join("; ")
}

/// The scheme of a port's addresses.
fn scheme(plain: &str, tls: Option<&TlsFiles>) -> String {
    format!("{plain}{}", if tls.is_some() { "s" } else { "" })
}

/// Where this machine reaches what listens here: an address that stands for all of its own is none to connect to.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let loopback = match address.ip() {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    SocketAddr::new(if address.ip().is_unspecified() { loopback } else { address.ip() }, address.port())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Overrides;

    fn banner(config: &str) -> String {
        let config = Config::parse(Path::new("fanfare.toml"), config, &Overrides::default()).unwrap();
        let internal = "127.0.0.1:7441".parse().unwrap();
        Banner { program: "fanfare", client: config.listen, internal, config: &config }.text()
    }

    #[test]
    fn without_a_configuration_the_commands_are_short() {
        let text = banner("");
        assert!(text.contains("  fanfare sub '>' ") && text.contains("  fanfare pub greetings"), "{text}");
        assert!(!text.contains("TOKEN"), "{text}");
    }

    #[test]
    fn commands_have_what_is_needed_to_come_in() {
        let text = banner("listen = \"0.0.0.0:7440\"\nallow_anonymous = true");
        assert!(text.contains("fanfare sub --server ws://127.0.0.1:7440 '>'"), "{text}");
        let text = banner("[[auth.issuer]]\nsecret = \"a secret of at least thirty-two bytes\"");
        assert!(text.contains("  fanfare sub '>' ") && text.contains("in FANFARE_TOKEN"), "{text}");
        assert!(!text.contains("a secret of"), "{text}");
        let tls = "[tls]\ncert = \"no/such.pem\"\nkey = \"no/such.pem\"\nclient_ca = \"ca.pem\"";
        let text = banner(tls);
        let flags = "--server wss://127.0.0.1:7440 --client-cert FILE --client-key FILE '>'";
        assert!(text.contains(flags), "{text}");
    }
}
