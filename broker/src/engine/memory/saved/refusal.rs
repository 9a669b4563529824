//! Why a saved file, or a stream in it, is not gone on with.

use std::io;

use super::{FORMAT, FORMAT_OLDEST};

/// Why a stream does not go on. Its numbering begins anew, so that every subscriber is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("no stream of this name is configured any more")]
    Unconfigured,
    /// Topics may have come from another stream or gone to one, and their messages, keys and positions with them.
    #[error("its patterns are others now")]
    OtherPatterns,
}

/// Why a file as a whole is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("it is no file of saved streams")]
    Foreign,
    #[error("it has format {0}, and this version reads formats {FORMAT_OLDEST} to {FORMAT}")]
    OtherFormat(u32),
    #[error("the last run did not save it: it is older, or was copied from elsewhere")]
    Stale,
    #[error("its checksum is wrong: it was cut short or damaged")]
    Damaged,
    #[error("its content is not sound: {0}")]
    Contradiction(&'static str),
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Refused(#[from] Refusal),
}
