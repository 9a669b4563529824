//! The directory in which streams outlive a planned restart: the one place where the engine touches files.
//!
//! | file | what it is |
//! |---|---|
//! | `lock` | locked while a broker runs: two can't share a directory |
//! | `run` | the number of the newest run, at random. Written anew before the first message of a run is taken |
//! | `streams.saved` | what the last run saved when it was stopped, with its number ([`super::saved`]) |
//! | `revocations` | who is shut out ([`REVOCATIONS`]): a [`crate::journal`] that outlives a crash, too |
//! | `streams.refused` | the last file that was not used, or not wholly, kept for whoever wants to know why |
//! | `*.tmp` | a file in the making; left behind only by a crash, and overwritten then |
//!
//! A saved file is good for one start: from then on `run` names another run, and the file is gone. So a crash, which
//! saves nothing, always means a new epoch, even if an older saved file comes back from a backup (but not if `run` does,
//! too: nothing here can tell then).

mod error;
#[cfg(test)]
mod tests;

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

pub use error::DataDirError;
use error::failed;

use super::saved::{self, Content, ReadError, Refusal, SavedStream, Written};
use crate::clock::Moment;
use crate::durable::{self, if_there, private};
use crate::engine::settings::StreamConfig;

const LOCK: &str = "lock";
const RUN: &str = "run";
const SAVED: &str = "streams.saved";
const REFUSED: &str = "streams.refused";
/// The name of the file that says who is shut out.
const REVOCATIONS: &str = "revocations";
const CHECK: &str = "check.tmp";
/// What is gathered for one write, in bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// A directory that this process alone has.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    /// Locked for as long as it is open.
    _lock: File,
}

/// What the last run left.
#[derive(Debug)]
pub(crate) enum LastRun {
    /// There was none, as far as can be seen.
    None,
    /// It ended without saving anything.
    Unsaved,
    /// A file that must not be used.
    Refused(Refusal),
    /// Streams.
    Saved {
        /// Which go on, and which do not.
        content: Content,
        /// The size of the file.
        bytes: u64,
    },
}

/// A run that has begun: what the last one saved is used up.
#[derive(Debug)]
pub(crate) struct Run {
    dir: DataDir,
    number: u64,
}

impl DataDir {
    /// Opens a directory, made if it is not there, and locks it.
    ///
    /// # Errors
    /// It can't be made, or another broker runs with it.
    pub(crate) fn open(path: &Path) -> Result<Self, DataDirError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(failed("make", path))?;
        let lock_path = path.join(LOCK);
        let lock =
            private().create(true).truncate(false).open(&lock_path).map_err(failed("write", &lock_path))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => DataDirError::InUse(path.to_owned()),
            TryLockError::Error(error) => failed("lock", &lock_path)(error),
        })?;
        let dir = Self { path: path.to_owned(), _lock: lock };
        // Whoever can't write here should hear of it now, and not when there is something to be saved.
        let check = path.join(CHECK);
        let written =
            private().create(true).truncate(true).open(&check).and_then(|_| fs::remove_file(&check));
        written.map_err(failed("write", &check))?;
        Ok(dir)
    }

    /// Reads what the last run saved; changes nothing. `now` counts as the arrival of messages.
    ///
    /// # Errors
    /// The files are there and can't be read.
    pub(crate) fn load(&self, configs: &[StreamConfig], now: Moment) -> Result<LastRun, DataDirError> {
        let last_run = self.last_run()?;
        let path = self.path.join(SAVED);
        let Some(file) = if_there(File::open(&path)).map_err(failed("read", &path))? else {
            return Ok(if last_run.is_some() { LastRun::Unsaved } else { LastRun::None });
        };
        let bytes = file.metadata().map_err(failed("read", &path))?.len();
        match saved::read(file, last_run, configs, now) {
            Ok(content) => Ok(LastRun::Saved { content, bytes }),
            Err(ReadError::Refused(refusal)) => Ok(LastRun::Refused(refusal)),
            Err(ReadError::Io(error)) => Err(failed("read", &path)(error)),
        }
    }

    /// The file that says who is shut out. Others write it; it is in this directory because this process alone has that.
    pub(crate) fn revocations(&self) -> PathBuf {
        self.path.join(REVOCATIONS)
    }

    /// Begins a run: from now on what was saved is used up. With `keep_file` it is kept aside to be looked at.
    ///
    /// # Errors
    /// The directory can't be written to. What was saved may be used up then, but no message has been taken yet.
    pub(crate) fn begin_run(self, keep_file: bool) -> Result<Run, DataDirError> {
        let number = getrandom::u64()?;
        self.replace(RUN, |mut file| writeln!(file, "{number:016x}"))
            .map_err(failed("write", &self.path.join(RUN)))?;
        let saved = self.path.join(SAVED);
        let gone =
            if keep_file { fs::rename(&saved, self.path.join(REFUSED)) } else { fs::remove_file(&saved) };
        if_there(gone).and_then(|_| self.sync()).map_err(failed("remove", &saved))?;
        Ok(Run { dir: self, number })
    }

    /// The number of the newest run; none if there was none, or what says so can't be understood.
    fn last_run(&self) -> Result<Option<u64>, DataDirError> {
        let path = self.path.join(RUN);
        let bytes = if_there(fs::read(&path)).map_err(failed("read", &path))?.unwrap_or_default();
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        Ok(u64::from_str_radix(text.trim_end(), 16).ok())
    }

    /// Writes a file so that under its name there is the old one or the new one, whole, whatever happens.
    fn replace<T>(&self, name: &str, write: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
        durable::replace(&self.path.join(name), write)
    }

    /// Makes sure that changed names are on disk.
    fn sync(&self) -> io::Result<()> {
        durable::sync_directory(&self.path)
    }
}

impl Run {
    /// Saves streams for the next start. Nothing may be appended to them any more.
    ///
    /// # Errors
    /// The file can't be written. The next start has new epochs then.
    pub(crate) fn save(&self, streams: &[SavedStream]) -> Result<Written, DataDirError> {
        let written = self.dir.replace(SAVED, |file| {
            saved::write(BufWriter::with_capacity(BUFFER_BYTES, file), self.number, streams)
        });
        written.map_err(failed("write", &self.dir.path.join(SAVED)))
    }
}
