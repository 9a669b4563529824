//! The gap over what retention took, as it waits in a subscription's queue.

use crate::engine::{Cursor, Lost, Stream};
use crate::outbound::Expired;

/// A gap for a reader whose cursor stands here; whether the cursor knows of the gap already does not matter.
pub(super) fn gap_at(stream: &Stream, lost: Lost, cursor: Cursor) -> Expired {
    let before = Cursor { told_through: cursor.told_through.min(lost.from - 1), ..cursor };
    Expired { index: stream.index(), stream: stream.name().clone(), lost, before }
}
