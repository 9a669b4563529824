//! Outbound queues: messages are pushed, laid out for a write, and taken out when they are written.

use std::error::Error;

use fanfare_protocol::Encoding;

use super::meter::check;
use super::parts::{SMALL_PAYLOAD, messages};
use super::{Meter, Outcome, Size};
use crate::engine::SessionId;
use crate::outbound::{About, Burst, Delivery, Outbound, Run};

/// What one queue may hold, and what one write is given, in bytes.
const QUEUE_BYTES: usize = 4 << 20;
const WRITE_BYTES: usize = 128 * 1024;
/// What waits in each queue: a name, how many messages, and the bytes of their payloads. Large ones are not copied.
const CASES: [(&str, usize, usize); 3] =
    [("1x128B", 1, SMALL_PAYLOAD), ("64x128B", 64, SMALL_PAYLOAD), ("4x16KiB", 4, 16 * 1024)];

pub(super) fn cases(meter: &mut Meter, size: Size) -> Outcome {
    for (name, count, bytes) in CASES {
        let queues = Queues::new(size, count, bytes)?;
        let all = queues.outbounds.len();
        let mut burst = Burst::default();
        // The first time makes the room that is used again.
        queues.push();
        queues.fill_anew(&mut burst);
        queues.advance(&burst);

        check("queues that had room", meter.measure(|| queues.push()), all)?;
        meter.end(format!("push-{name}"), size.subscribers, "queue");
        check("bursts", meter.measure(|| queues.fill_anew(&mut burst)), all)?;
        meter.end(format!("fill-anew-{name}"), size.subscribers, "queue");
        check("bursts", meter.measure(|| queues.fill_shared(&mut burst)), all)?;
        meter.end(format!("fill-shared-{name}"), size.subscribers, "queue");
        let written = meter.measure(|| queues.advance(&burst));
        check("messages that were written", written, (all * count) as u64)?;
        meter.end(format!("advance-{name}"), size.subscribers, "queue");
    }
    Ok(())
}

/// Queues of sessions that have the same messages waiting.
struct Queues {
    outbounds: Vec<Outbound>,
    run: Run,
    payload_bytes: usize,
}

impl Queues {
    fn new(size: Size, count: usize, bytes: usize) -> Result<Self, Box<dyn Error>> {
        let messages = messages(count, bytes)?;
        let run = Delivery::new(&messages).run(Encoding::MsgPack, 0).ok_or("a run of no message")?;
        let outbound =
            |slot| Outbound::new(SessionId(u64::from(slot)), 0, slot, Encoding::MsgPack, About::default());
        let outbounds = (0..size.subscribers).map(outbound).collect();
        Ok(Self { outbounds, run, payload_bytes: count * bytes })
    }

    /// Pushes the messages to each; how many had room.
    fn push(&self) -> usize {
        let push = |outbound: &&Outbound| outbound.push_run(7, self.run.clone(), QUEUE_BYTES).is_none();
        self.outbounds.iter().filter(push).count()
    }

    /// Lays out a burst for each as if no other had the same waiting; how many hold all of it.
    fn fill_anew(&self, burst: &mut Burst) -> usize {
        let fill = |outbound: &&Outbound| {
            burst.forget();
            self.fill(outbound, burst)
        };
        self.outbounds.iter().filter(fill).count()
    }

    /// Gives each the burst of the one before.
    fn fill_shared(&self, burst: &mut Burst) -> usize {
        self.outbounds.iter().filter(|outbound| self.fill(outbound, burst)).count()
    }

    fn fill(&self, outbound: &Outbound, burst: &mut Burst) -> bool {
        outbound.lanes().fill(burst, WRITE_BYTES);
        burst.finish();
        let bytes = match burst.as_one() {
            Some(bytes) => bytes.len(),
            None => burst.slices().iter().map(|slice| slice.len()).sum(),
        };
        bytes > self.payload_bytes
    }

    /// Takes out of each what a burst holds; how many messages that were.
    fn advance(&self, burst: &Burst) -> u64 {
        self.outbounds.iter().map(|outbound| outbound.lanes().advance(burst, usize::MAX).messages).sum()
    }
}
