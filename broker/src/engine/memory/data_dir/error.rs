//! Why a `data_dir` can't be used.

use std::io;
use std::path::{Path, PathBuf};

/// Why a `data_dir` can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another broker runs with it.
    #[error("data_dir {} is in use by another broker; stop that one, or give this one a data_dir of its own", .0.display())]
    InUse(PathBuf),
    /// A file in it, or the directory itself, can't be used.
    #[error("can't {deed} {}: {error}; the broker must be able to read and write data_dir", path.display())]
    Io {
        /// What was tried.
        deed: &'static str,
        /// With what.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// It does not say any more who is shut out, and nobody is to be let in by that.
    #[error(
        "{}: {what}. It says whose access was revoked: put back a whole one, or remove it and revoke again who is to stay \
         out",
        path.display()
    )]
    Revocations {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The operating system gives no random numbers, so no run can be named.
    #[error("the operating system gives no random numbers: {0}")]
    NoRandomness(#[from] getrandom::Error),
}

/// The error of a deed on a path.
pub(super) fn failed(deed: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DataDirError {
    let path = path.to_owned();
    move |error| DataDirError::Io { deed, path, error }
}
