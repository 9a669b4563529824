//! WebSocket frames: a byte says how long the parts are in which the rest comes. However it is cut, the same is heard, and
//! nothing but what tungstenite alone would hear.

use super::Outcome;
use crate::net::{Heard, by_parts, by_tungstenite};

/// The largest message, in bytes.
const FRAME_MAX_BYTES: usize = 300;

pub(super) fn run(input: &[u8]) -> Outcome {
    let Some((&length, bytes)) = input.split_first() else { return Outcome::Refused };
    let (heard, overhead) = by_parts([bytes], FRAME_MAX_BYTES);
    assert_eq!(heard, by_tungstenite(bytes, FRAME_MAX_BYTES), "at once, and by tungstenite alone");
    let (in_parts, overhead_in_parts) = by_parts(bytes.chunks(usize::from(length).max(1)), FRAME_MAX_BYTES);
    assert_eq!(in_parts, heard, "in parts of {length} bytes, and at once");
    let is_broken = matches!(heard.last(), Some(Heard::Broken { .. }));
    if !is_broken {
        assert_eq!(
            overhead_in_parts, overhead,
            "frames without a message, in parts of {length} bytes and at once"
        );
    }
    if heard.is_empty() || is_broken { Outcome::Refused } else { Outcome::Taken }
}
