//! Standard input, cut into lines on a thread of its own: it streams, and a slow input delays nobody.

use std::io::{self, BufRead, BufReader, Read};
use std::mem::take;
use std::thread;

use tokio::sync::mpsc;

/// Read at a time.
const BUFFER_BYTES: usize = 64 * 1024;
/// Batches of lines that wait to be published; the reader then waits too.
const BATCHES_WAITING: usize = 4;
/// Longest line, in bytes; brokers take far less.
const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

/// Lines that one read brought, without their line ends.
pub(super) type Batch = Vec<Vec<u8>>;

/// Reads standard input to its end, or to a fault, which comes last.
pub(super) fn lines_of_stdin() -> mpsc::Receiver<io::Result<Batch>> {
    let (batches, taken) = mpsc::channel(BATCHES_WAITING);
    thread::spawn(move || {
        let mut cutter = Cutter::new(io::stdin().lock());
        while let Some(batch) = cutter.next_batch().transpose() {
            let last = batch.is_err();
            if batches.blocking_send(batch).is_err() || last {
                return;
            }
        }
    });
    taken
}

/// Cuts an input into lines, as many at a time as one read brought.
struct Cutter<R> {
    input: BufReader<R>,
    unfinished: Vec<u8>,
}

impl<R: Read> Cutter<R> {
    fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(BUFFER_BYTES, input), unfinished: Vec::new() }
    }

    /// The next lines, at least one; none at the end. A last line needs no line end.
    fn next_batch(&mut self) -> io::Result<Option<Batch>> {
        loop {
            let read = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            if read.is_empty() {
                let last = take(&mut self.unfinished);
                return Ok((!last.is_empty()).then(|| vec![last]));
            }
            let length = read.len();
            let batch = cut(read, &mut self.unfinished);
            self.input.consume(length);
            if self.unfinished.len() > MAX_LINE_BYTES {
                return Err(io::Error::other(format!("a line is longer than {MAX_LINE_BYTES} bytes")));
            }
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
        }
    }
}

fn cut(read: &[u8], unfinished: &mut Vec<u8>) -> Batch {
    let mut batch = Batch::new();
    for piece in read.split_inclusive(|&byte| byte == b'\n') {
        match piece.strip_suffix(b"\n") {
            None => unfinished.extend_from_slice(piece),
            Some(end) if unfinished.is_empty() => batch.push(end.to_vec()),
            Some(end) => {
                unfinished.extend_from_slice(end);
                batch.push(take(unfinished));
            }
        }
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its pieces one read at a time.
    struct Pieces(Vec<&'static [u8]>);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let piece = self.0.remove(0);
            buffer[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    fn batches(pieces: &[&'static [u8]]) -> Vec<Batch> {
        let mut cutter = Cutter::new(Pieces(pieces.to_vec()));
        std::iter::from_fn(|| cutter.next_batch().unwrap()).collect()
    }

    #[test]
    fn each_read_gives_its_lines_at_once() {
        assert_eq!(batches(&[b"a\nb\n", b"c\n"]), [vec![b"a".to_vec(), b"b".to_vec()], vec![b"c".to_vec()]]);
    }

    #[test]
    fn a_line_may_come_in_pieces_and_the_last_needs_no_end() {
        assert_eq!(batches(&[b"a", b"b", b"c\nd"]), [vec![b"abc".to_vec()], vec![b"d".to_vec()]]);
    }

    #[test]
    fn an_empty_line_is_a_line_and_a_carriage_return_stays() {
        assert_eq!(batches(&[b"\n\r\n"]), [vec![b"".to_vec(), b"\r".to_vec()]]);
        assert_eq!(batches(&[]), Vec::<Batch>::new());
    }
}
