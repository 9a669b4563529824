//! What can spoil a sample, sorted by whose fault it is.

use std::io;

use crate::frame::FrameError;

/// Why a sample, and with it the run, is void.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A row or subject that does not exist was asked for.
    #[error("there is no {0}; --list says what there is")]
    Unknown(String),
    /// The machine or the kernel refused something.
    #[error("cannot {doing}: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// The machine is not fit for the measurement: mend the machine.
    #[error("this machine won't do: {0}")]
    Machine(String),
    /// The server can't do what the row asks for.
    #[error("not supported: {0}")]
    Unsupported(&'static str),
    /// A peer's program is not there.
    #[error("{peer} is not installed (there is no {missing}): {install}, or let tests/load/run do it")]
    NotInstalled {
        /// Which peer.
        peer: &'static str,
        /// What was looked for.
        missing: String,
        /// How to get it.
        install: &'static str,
    },
    /// The server did not start, or ended.
    #[error("server: {0}")]
    Server(String),
    /// The server sent bytes that are no frames.
    #[error("protocol: {0}")]
    Frame(#[from] FrameError),
    /// The server said something that it should not say: mend the server or its adapter.
    #[error("protocol: {0}")]
    Protocol(String),
    /// Nothing was delivered for too long.
    #[error("nothing was delivered for {seconds} s; {undelivered} deliveries are outstanding")]
    Stalled {
        /// How long was waited.
        seconds: u64,
        /// Messages in flight times subscribers, less what came.
        undelivered: u64,
    },
    /// A sample that must not fail did.
    #[error("{what}: {source}")]
    Sample {
        /// Row and subject.
        what: String,
        /// Why.
        source: Box<LoadError>,
    },
    /// The run that is resumed has a sample that failed and must not.
    #[error("{what} failed in this run ({why}): mend what it shows, and begin a new run")]
    Void {
        /// Row and subject.
        what: String,
        /// Why.
        why: String,
    },
    /// Messages were lost, came twice, or out of order.
    #[error("{lost} lost, {duplicates} duplicate and {disordered} disordered deliveries")]
    Deliveries {
        /// Deliveries that never came.
        lost: u64,
        /// Deliveries that came again.
        duplicates: u64,
        /// Deliveries that came after a later one.
        disordered: u64,
    },
}

impl LoadError {
    /// Whether it tells of the server that is measured, and not of the machine or of what was asked for.
    pub fn is_of_the_server(&self) -> bool {
        match self {
            Self::Server(_)
            | Self::Frame(_)
            | Self::Protocol(_)
            | Self::Stalled { .. }
            | Self::Deliveries { .. } => true,
            Self::Sample { source, .. } => source.is_of_the_server(),
            _ => false,
        }
    }
}

/// Says what was tried when the kernel refused it.
pub trait Doing<T> {
    /// Turns an error of the kernel into ours.
    ///
    /// # Errors
    /// The error itself, with `doing` beside it.
    fn doing(self, doing: &'static str) -> Result<T, LoadError>;
}

impl<T, E: Into<io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, doing: &'static str) -> Result<T, LoadError> {
        self.map_err(|error| LoadError::Io { doing, source: error.into() })
    }
}
