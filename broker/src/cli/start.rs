//! What is told when a broker starts: to a person on a terminal a banner, and to a log a line, and what stands open.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;

use super::banner::Banner;
use crate::config::Config;
use crate::{REVISION, VERSION};

/// Says what the broker listens on: to a person, with what to try next, and to the log unless they see both.
pub(super) fn tell(client: SocketAddr, internal: SocketAddr, config: &Config) -> io::Result<()> {
    let program = std::env::args().next().unwrap_or_else(|| "fanfare".to_owned());
    let banner = Banner { program: &program, client, internal, config };
    let mut out = io::stdout().lock();
    if !(out.is_terminal() && io::stderr().is_terminal()) {
        log(&banner);
    }
    if !out.is_terminal() {
        return Ok(());
    }
    out.write_all(banner.text().as_bytes())?;
    out.flush()
}

fn log(banner: &Banner<'_>) {
    let streams: Vec<_> = banner.config.streams.iter().map(|stream| stream.name.to_string()).collect();
    tracing::info!(
        version = VERSION,
        revision = REVISION,
        client = banner.client_url(),
        internal = banner.internal_url(),
        streams = streams.join(","),
        shards = banner.config.shards.get(),
        authentication = if banner.config.auth.is_on() { "on" } else { "off" },
        "the broker has started"
    );
}

/// Warns of each port that others reach, where nobody is asked who they are.
pub(super) fn warn_of_open_doors(config: &Config) {
    for (port, what) in open_doors(config) {
        tracing::warn!(port, "authentication is off (allow_anonymous): {what}");
    }
}

/// The ports that others than this machine reach, and what everyone may do there.
fn open_doors(config: &Config) -> impl Iterator<Item = (&'static str, &'static str)> {
    let beyond = |address: SocketAddr| !address.ip().to_canonical().is_loopback();
    let doors = [
        ("client", config.listen, "whoever reaches the client port may publish and subscribe to everything"),
        (
            "internal",
            config.internal,
            "whoever reaches the internal port is an administrator: they may publish and read everything, see and close \
             sessions, and revoke access",
        ),
    ];
    let asks = config.auth.is_on();
    doors
        .into_iter()
        .filter(move |(_, address, _)| !asks && beyond(*address))
        .map(|(port, _, what)| (port, what))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Overrides;

    fn open(config: &str) -> Vec<&'static str> {
        let config = Config::parse(Path::new("fanfare.toml"), config, &Overrides::default()).unwrap();
        open_doors(&config).map(|(port, _)| port).collect()
    }

    #[test]
    fn a_port_is_open_if_others_reach_it_and_nobody_is_asked() {
        let key = format!("[[api_key]]\nname = \"a\"\nhash = \"sha256:{}\"", "0".repeat(64));
        let (client, internal) = ("listen = \"0.0.0.0:7440\"\n", "internal = \"[::]:7441\"\n");
        let allow = "allow_anonymous = true\n";
        assert_eq!(open(allow), [""; 0], "nobody else reaches loopback");
        assert_eq!(open(&format!("{client}{allow}")), ["client"]);
        assert_eq!(open(&format!("{internal}{allow}")), ["internal"]);
        assert_eq!(open(&format!("{client}{internal}{allow}")), ["client", "internal"]);
        assert_eq!(open(&format!("{client}{internal}{allow}{key}")), [""; 0], "everyone is asked");
    }
}
