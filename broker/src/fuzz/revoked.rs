//! Revocations as a line of their file: not understood, or the same when they are written and read again.

use super::Outcome;
use crate::auth::{read_revocations, write_revocations};

pub(super) fn run(input: &[u8]) -> Outcome {
    let Ok(line) = str::from_utf8(input) else { return Outcome::Refused };
    let read = read_revocations(line);
    if let Ok(changes) = &read {
        let written = write_revocations(changes);
        assert!(!written.contains('\n'), "more than a line: {written}");
        assert_eq!(read_revocations(&written).as_ref(), Ok(changes), "written as {written}");
    }
    Outcome::of(&read)
}
