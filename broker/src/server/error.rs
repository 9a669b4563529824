//! Why a broker does not start, or ends otherwise than it was told to.

use std::io;
use std::net::SocketAddr;

use crate::engine::DataDirError;
use crate::hub::HubError;
use crate::net::TlsError;

/// Why the broker could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A port can't be bound.
    #[error("can't listen on {address} (`{setting}`): {error}; choose another address, or end what uses it")]
    Bind {
        /// The setting that names the address.
        setting: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        error: io::Error,
    },
    /// A certificate can't be used.
    #[error("[{setting}]: {error}")]
    Tls {
        /// The table of the configuration that names it.
        setting: &'static str,
        /// What is wrong.
        error: Box<TlsError>,
    },
    /// The hub can't be built.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// `data_dir` can't be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The streams could not be saved at the end.
    #[error("the streams are not saved: {0}. The next start begins new epochs, and clients are told `reset`")]
    NotSaved(#[source] DataDirError),
    /// A shard's thread ended by a panic, and its sessions with it.
    #[error("a shard ended by a panic; please report what is logged above")]
    ShardEnded,
    /// A thread or runtime can't be started, or a server failed.
    #[error("the operating system refuses what the broker needs: {0}")]
    Io(#[from] io::Error),
}
