//! What a test's broker is started with.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::Broker;

/// Settings, flags and environment of a broker to be started.
#[derive(Debug)]
pub struct Setup {
    pub(crate) listen: String,
    pub(crate) config: String,
    pub(crate) flags: Vec<String>,
    pub(crate) variables: Vec<(String, String)>,
    /// A program that runs the binary, with its arguments; none if empty.
    pub(crate) under: Vec<String>,
}

impl Default for Setup {
    /// Defaults, on free ports.
    fn default() -> Self {
        let listen = "127.0.0.1:0".to_owned();
        Self { listen, config: String::new(), flags: Vec::new(), variables: Vec::new(), under: Vec::new() }
    }
}

impl Setup {
    /// Where clients are to connect.
    #[must_use]
    pub fn listen(mut self, address: impl ToString) -> Self {
        self.listen = address.to_string();
        self
    }

    /// On an address of loopback that no other test uses: its port is free again while the broker is away.
    #[must_use]
    pub fn alone(self) -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(1);
        let [high, low] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        // Processes that run beside each other differ, mostly.
        let process = u8::try_from(std::process::id() % 200).unwrap_or(0) + 10;
        self.listen(format!("{}:0", Ipv4Addr::new(127, process, high, low)))
    }

    /// Adds lines of TOML to the configuration.
    #[must_use]
    pub fn config(mut self, toml: &str) -> Self {
        self.config.push_str(toml);
        self.config.push('\n');
        self
    }

    /// Adds a flag with its value.
    #[must_use]
    pub fn flag(mut self, name: &str, value: impl ToString) -> Self {
        self.flags.extend([name.to_owned(), value.to_string()]);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl ToString) -> Self {
        self.variables.push((name.to_owned(), value.to_string()));
        self
    }

    /// Starts it with this limit of open files, which it may raise itself.
    #[must_use]
    pub fn files(self, soft: usize) -> Self {
        self.under(&["prlimit", &format!("--nofile={soft}:")])
    }

    /// Starts it with this limit of open files for good.
    #[must_use]
    pub fn hard_files(self, files: usize) -> Self {
        self.under(&["prlimit", &format!("--nofile={files}")])
    }

    /// Starts it by this program, which becomes the broker: it is given the binary and its arguments behind these.
    #[must_use]
    pub fn under(mut self, program: &[&str]) -> Self {
        self.under = program.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Starts the broker.
    pub async fn start(self) -> Broker {
        Broker::launch(self).await
    }
}
