//! The end of all sessions, from another thread than their shard's.

use std::borrow::Cow;
use std::sync::Arc;

use fanfare_protocol::frame::ReplayFrom;
use fanfare_protocol::{CloseCode, Encoding, ServerFrame};
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

use super::super::client::cut;
use super::super::tally::Tally;
use super::super::violation::{Check, Checked, ensure};
use super::broker::{Broker, KEPT, plain};
use super::schedules::holds;

/// How a WebSocket frame begins that closes.
const CLOSE: u8 = 0x88;
/// Most steps that publishers and the shard are left before.
const STEPS_BEFORE: usize = 100;
const GOAWAY: ServerFrame<'_> =
    ServerFrame::Goaway { reason: Cow::Borrowed("drain"), reconnect_after_ms: 500 };

/// All sessions are closed while publishers run and the shard writes.
pub(super) fn closing(tally: &mut Tally) -> Checked {
    let broker = Broker::roomy();
    let mut worker = broker.worker(0);
    // A ping would have the shard write in any case.
    worker.pings = false;
    worker.subscribe("a.>", ReplayFrom::Now);
    worker.write(usize::MAX);
    let (worker, hub) = (worker.start(), Arc::clone(&broker.hub));
    let closer = thread::spawn(move || {
        (0..thread_rng().gen_range(0..STEPS_BEFORE)).for_each(|_| thread::yield_now());
        hub.close_all(Some(&GOAWAY), CloseCode::Drain, "the end");
        Vec::new()
    });
    let threads = vec![closer, broker.publisher(0, plain(&[KEPT; 3]))];
    let mut outcome = broker.finish(vec![worker], threads);
    let client = &mut outcome.workers[0].client;
    client.bytes = before_the_end(client.outbound.encoding(), &client.bytes)?.to_vec();
    outcome.is_in_order(tally)
}

/// What came before the close frame, which is the last, with one `goaway` among it.
fn before_the_end(encoding: Encoding, bytes: &[u8]) -> Checked<&[u8]> {
    let mut goaway = Vec::new();
    encoding.encode_server(&GOAWAY, &mut goaway);
    let (mut at, mut told) = (0, 0);
    while bytes.get(at).is_some_and(|opcode| *opcode != CLOSE)
        && let Some((payload, rest)) = cut(encoding, &bytes[at..])?
    {
        told += usize::from(payload == goaway);
        at = bytes.len() - rest.len();
    }
    let code = CloseCode::Drain.number().to_be_bytes();
    let close = [&[CLOSE, 2 + 7], code.as_slice(), b"the end".as_slice()].concat();
    ensure(bytes[at..] == close, Check::Opened, || format!("ends with {:?}, no close frame", &bytes[at..]))?;
    ensure(told == 1, Check::Opened, || format!("`goaway` came {told} times before the close frame"))?;
    Ok(&bytes[..at])
}

#[test]
fn a_session_that_another_thread_closes_gets_whole_frames_goaway_and_a_close_frame_last() {
    holds(closing, &["message"]);
}
