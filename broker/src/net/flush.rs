//! Writing out: the one place that writes to a session's socket.

use std::io;
use std::task::{Context, Poll};

use fanfare_protocol::GapReason;

use super::transport::Transport;
use crate::metrics::ShardCounters;
use crate::outbound::{Advance, Burst, Outbound};

/// Most bytes that one write is given. More than the kernel takes at once helps nobody.
const WRITE_MAX_BYTES: usize = 128 * 1024;

/// How a writing-out ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flushed {
    /// Nothing waits any more.
    Empty,
    /// The socket takes no more now; the context's waker is called when it does.
    Blocked {
        /// Whether it took anything this time.
        progress: bool,
    },
    /// The close frame is written, or nothing is any more.
    Closed,
}

/// Writes out what waits, until nothing does or the socket takes no more.
pub(super) fn flush(
    outbound: &Outbound,
    transport: &mut Transport,
    burst: &mut Burst,
    counters: &ShardCounters,
    cx: &mut Context<'_>,
) -> io::Result<Flushed> {
    let mut progress = false;
    let mut lanes = outbound.lanes();
    if lanes.is_cut() {
        return Ok(Flushed::Closed);
    }
    while !lanes.is_empty() {
        lanes.fill(burst, WRITE_MAX_BYTES);
        burst.finish();
        let written = match write(transport, burst, cx) {
            Poll::Ready(written) => written?,
            Poll::Pending => return Ok(Flushed::Blocked { progress }),
        };
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        progress = true;
        counters.writes.add(1);
        counters.sent_bytes.add(written as u64);
        let advance = lanes.advance(burst, written);
        counters.sent_messages.add(advance.messages);
        count_gaps(&advance, counters);
        if advance.closed {
            return Ok(Flushed::Closed);
        }
    }
    match transport.poll_flush(cx)? {
        Poll::Ready(()) => Ok(Flushed::Empty),
        Poll::Pending => Ok(Flushed::Blocked { progress }),
    }
}

fn count_gaps(advance: &Advance, counters: &ShardCounters) {
    let told = [(GapReason::Dropped, advance.dropped_gaps), (GapReason::Expired, advance.expired_gaps)];
    for (reason, count) in told.into_iter().filter(|(_, count)| *count > 0) {
        counters.gaps.add(reason.as_str(), count);
    }
}

fn write(transport: &mut Transport, burst: &Burst, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
    match burst.as_one() {
        Some(bytes) => transport.poll_write(cx, bytes),
        None => transport.poll_write_vectored(cx, &burst.slices()),
    }
}
