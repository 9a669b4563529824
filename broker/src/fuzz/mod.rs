//! Fuzz targets: whatever comes from outside, read as the broker reads it, and checked for what must hold of any input.
//! `tests/fuzz/run` looks for inputs that break it; tests try those that were kept. In no build but those two.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a target says what is wrong with the broker"
)]

mod claims;
mod frames;
mod handshake;
mod http;
mod names;
mod proxies;
mod revoked;
mod saved;
#[cfg(test)]
mod tests;
mod tokens;
mod websocket;

/// What became of an input. A target whose corpus knows one outcome alone proves little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The broker took it for what it claims to be.
    Taken,
    /// The broker refused it.
    Refused,
}

/// One way in.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Names it on the command line, and its folder in `tests/fuzz/corpus`.
    pub name: &'static str,
    run: fn(&[u8]) -> Outcome,
}

impl Target {
    /// The target of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Tries an input.
    ///
    /// # Panics
    /// The broker does with it what it must not do.
    pub fn run(&self, input: &[u8]) -> Outcome {
        (self.run)(input)
    }
}

/// All targets; `tests/fuzz/README.md` says what each holds.
pub const TARGETS: [Target; 12] = [
    Target { name: "websocket", run: websocket::run },
    Target { name: "frames-json", run: frames::json },
    Target { name: "frames-msgpack", run: frames::msgpack },
    Target { name: "names", run: names::run },
    Target { name: "tokens", run: tokens::run },
    Target { name: "claims", run: claims::run },
    Target { name: "handshake", run: handshake::run },
    Target { name: "proxy-header", run: proxies::header },
    Target { name: "forwarded-for", run: proxies::forwarded },
    Target { name: "http", run: http::run },
    Target { name: "saved", run: saved::run },
    Target { name: "revoked", run: revoked::run },
];

impl Outcome {
    fn of<T, E>(result: &Result<T, E>) -> Self {
        if result.is_ok() { Self::Taken } else { Self::Refused }
    }
}
