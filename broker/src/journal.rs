//! A journal: a file of lines that are on disk before anybody goes on, whole or not at all.
//!
//! Each line is the CRC-32 (IEEE) of its text in eight hexadecimal digits, a space, the text, and a line end. A crash can
//! leave the last line torn; nobody was told that it is there, so it is left out. Any other line that is not whole is damage.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::durable::{if_there, private, replace};

/// Digits of a checksum.
const SUM_DIGITS: usize = 8;

/// A journal that this process alone writes.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    /// Open at its end; none if it has to be written anew before a line is added.
    file: Option<File>,
    lines: usize,
}

/// Why a journal can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A line is not as it was written.
    #[error("line {0} is damaged")]
    Damaged(usize),
}

/// What a journal held.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) lines: Vec<String>,
    /// Whether there was a last line that is not whole.
    pub(crate) torn: bool,
}

impl Journal {
    /// Reads a journal, which is empty if there is no such file; changes nothing. It is written anew before a line is added.
    ///
    /// # Errors
    /// The file can't be read, or is damaged.
    pub(crate) fn read(path: &Path) -> Result<(Self, Found), JournalError> {
        let bytes = if_there(fs::read(path))?.unwrap_or_default();
        Ok((Self { path: path.to_owned(), file: None, lines: 0 }, found(&bytes)?))
    }

    /// How many lines there are; none if it has to be written anew.
    pub(crate) fn lines(&self) -> Option<usize> {
        self.file.as_ref().map(|_| self.lines)
    }

    /// Adds a line. On success it is on disk; else the journal has to be written anew.
    ///
    /// # Errors
    /// The file can't be written.
    pub(crate) fn append(&mut self, text: &str) -> io::Result<()> {
        let mut file = self.file.take().ok_or_else(|| io::Error::other("it has to be written anew"))?;
        file.write_all(line(text).as_bytes())?;
        file.sync_data()?;
        self.file = Some(file);
        self.lines += 1;
        Ok(())
    }

    /// Writes the journal anew with these lines. On success they are on disk; else it is as it was.
    ///
    /// # Errors
    /// The file can't be written.
    pub(crate) fn rewrite(&mut self, texts: impl Iterator<Item = String>) -> io::Result<()> {
        self.file = None;
        self.lines = replace(&self.path, |file| {
            let mut out = BufWriter::new(file);
            let mut lines = 0;
            for text in texts {
                out.write_all(line(&text).as_bytes())?;
                lines += 1;
            }
            out.flush()?;
            Ok(lines)
        })?;
        self.file = Some(private().append(true).open(&self.path)?);
        Ok(())
    }
}

fn line(text: &str) -> String {
    format!("{:08x} {text}\n", crc32fast::hash(text.as_bytes()))
}

fn found(bytes: &[u8]) -> Result<Found, JournalError> {
    let mut found = Found::default();
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        match whole(line) {
            Some(text) => found.lines.push(text.to_owned()),
            None if lines.peek().is_none() => found.torn = true,
            None => return Err(JournalError::Damaged(at + 1)),
        }
    }
    Ok(found)
}

/// The text of a line, if it is as it was written.
fn whole(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (sum, text) = line.split_once(' ')?;
    let is_right = sum.len() == SUM_DIGITS
        && u32::from_str_radix(sum, 16).is_ok_and(|sum| sum == crc32fast::hash(text.as_bytes()));
    is_right.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("fanfare-journal-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn file(&self) -> PathBuf {
            self.0.join("journal")
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn lines(path: &Path) -> Vec<String> {
        Journal::read(path).unwrap().1.lines
    }

    #[test]
    fn what_was_written_and_added_is_read_again_in_its_order() {
        let directory = Directory::new("order");
        let (mut journal, found) = Journal::read(&directory.file()).unwrap();
        assert_eq!((found, journal.lines()), (Found::default(), None));
        assert!(journal.append("early").is_err(), "what is there may be torn");
        journal.rewrite(["a", "b"].map(str::to_owned).into_iter()).unwrap();
        journal.append("c \u{e4}").unwrap();
        assert_eq!(journal.lines(), Some(3));
        assert_eq!(lines(&directory.file()), ["a", "b", "c \u{e4}"]);
        journal.rewrite(["d".to_owned()].into_iter()).unwrap();
        journal.append("e").unwrap();
        assert_eq!(lines(&directory.file()), ["d", "e"]);
    }

    #[test]
    fn wherever_a_crash_cuts_the_last_line_those_before_it_are_there() {
        let directory = Directory::new("torn");
        let (mut journal, _) = Journal::read(&directory.file()).unwrap();
        journal.rewrite(["first".to_owned(), "second".to_owned()].into_iter()).unwrap();
        journal.append("third").unwrap();
        let whole = fs::read(directory.file()).unwrap();
        let before = whole.len() - line("third").len();
        for cut in before..whole.len() {
            fs::write(directory.file(), &whole[..cut]).unwrap();
            let (_, found) = Journal::read(&directory.file()).unwrap();
            assert_eq!(
                (found.lines.as_slice(), found.torn),
                (["first".to_owned(), "second".to_owned()].as_slice(), cut > before)
            );
        }
    }

    #[test]
    fn a_byte_that_changed_before_the_last_line_is_noticed_wherever_it_is() {
        let (first, second) = (line("first"), line("second"));
        let bytes = [first.as_bytes(), second.as_bytes()].concat();
        for at in 0..first.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            let result = found(&damaged);
            // Without its line end, the first line and the last are one that is not whole.
            let is_one = at == first.len() - 1;
            assert!(
                matches!(&result, Err(JournalError::Damaged(1)))
                    || (is_one && result.as_ref().is_ok_and(|found| found.torn)),
                "byte {at}: {result:?}"
            );
        }
    }
}
