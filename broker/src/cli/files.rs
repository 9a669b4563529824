//! Files that a person names: read whole, and what to do where they can't be.

use std::io::{self, Read};
use std::path::Path;

/// No token is longer, in bytes: a path that never ends is not read for ever.
const TEXT_BYTES_MAX: u64 = 64 * 1024;
/// Names standard input.
pub(super) const STDIN: &str = "-";

/// The content of a file.
///
/// # Errors
/// Why it can't be read, and what to do.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| unreadable(path, &error))
}

/// The text in a file, or on standard input for `-`, without the white space around it.
///
/// # Errors
/// Why it can't be read, and what to do.
pub(super) fn read_text(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let read = if path == Path::new(STDIN) {
        io::stdin().take(TEXT_BYTES_MAX).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(TEXT_BYTES_MAX).read_to_string(&mut text))
    };
    read.map_err(|error| unreadable(path, &error))?;
    Ok(text.trim().to_owned())
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    if path == Path::new(STDIN) {
        return format!("standard input can't be read: {error}");
    }
    format!("{} can't be read: {error}; check the path", path.display())
}
