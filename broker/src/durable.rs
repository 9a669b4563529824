//! Files that must not be lost: how they are opened, and how one is replaced whole.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// How files are opened: what is in them is nobody else's business.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}

/// Writes a file so that under its name there is the old one or the new one, whole, whatever happens. On the way it is
/// beside that, with `.tmp` behind its name.
pub(crate) fn replace<T>(path: &Path, write: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let written = private().create(true).truncate(true).open(&temporary).and_then(|file| {
        let written = write(&file)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        sync_directory(path.parent().unwrap_or_else(|| Path::new("")))?;
        Ok(written)
    });
    if written.is_err() {
        // It may not be there, and what went wrong is told anyway.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Makes sure that changed names are on disk.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    let here = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(here)?.sync_all()
}

/// What was done, unless there was no such file.
pub(crate) fn if_there<T>(done: io::Result<T>) -> io::Result<Option<T>> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        done => done.map(Some),
    }
}
