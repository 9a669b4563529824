//! An outbound queue written out in pieces of any size says the same as one written at once.

mod events;

use std::sync::Arc;

use fanfare_protocol::frame::Publish;
use fanfare_protocol::{CloseCode, Encoding, Payload, ServerFrame, Topic};
use proptest::prelude::*;

use super::lanes::Advance;
use super::*;
use crate::clock::Moment;
use crate::engine::{Draft, Message};

const ROOM: usize = 1 << 20;

pub(super) fn message(bytes: usize) -> Arc<Message> {
    let publish = Publish {
        id: None,
        topic: Topic::new("a.b").unwrap(),
        payload: Payload::bytes(vec![7; bytes]),
        key: None,
        expect: None,
        echo: true,
        headers: None,
    };
    let draft = Draft::new(publish, SessionId(1), Moment::default());
    let topic = draft.topic().clone();
    Arc::new(draft.seal(topic, None, 5))
}

/// Queues messages of these sizes at once; how many found no room.
fn push(outbound: &Outbound, sub: u32, sizes: &[usize], queue_bytes: usize) -> usize {
    let messages: Vec<Arc<Message>> = sizes.iter().map(|bytes| message(*bytes)).collect();
    let run = Delivery::new(&messages).run(outbound.encoding(), 0).unwrap();
    outbound.push_run(sub, run, queue_bytes).map_or(0, |rest| rest.len())
}

fn outbound(encoding: Encoding) -> Outbound {
    Outbound::new(SessionId(1), 0, 0, encoding, About::default())
}

fn bytes_of(burst: &Burst) -> Vec<u8> {
    match burst.as_one() {
        Some(bytes) => bytes.to_vec(),
        None => burst.slices().iter().flat_map(|slice| slice.to_vec()).collect(),
    }
}

/// Writes out with a socket that takes so many bytes at a time, the last size over and over.
fn write_out(outbound: &Outbound, sizes: &[usize], max_bytes: usize) -> (Vec<u8>, bool) {
    let mut burst = Burst::default();
    let mut out = Vec::new();
    let mut sizes = sizes.iter().copied().chain(std::iter::repeat(sizes.last().copied().unwrap_or(1)));
    let mut lanes = outbound.lanes();
    while !lanes.is_empty() {
        lanes.fill(&mut burst, max_bytes);
        burst.finish();
        let bytes = bytes_of(&burst);
        assert_eq!(bytes.len(), burst.len());
        let written = bytes.len().min(sizes.next().unwrap_or(1).max(1));
        out.extend_from_slice(&bytes[..written]);
        if lanes.advance(&burst, written).closed {
            return (out, true);
        }
    }
    assert_eq!((lanes.waiting_bytes(), lanes.answer_bytes(), lanes.queue_len()), (0, 0, 0));
    (out, false)
}

fn fill(outbound: &Outbound, frames: &[(u8, usize)]) {
    for (kind, bytes) in frames {
        match kind {
            0 => _ = push(outbound, 7, &[*bytes, 3, *bytes], ROOM),
            1 => outbound.push_in_order(3, &ServerFrame::Behind { sub: 3 }),
            2 => _ = push(outbound, 70_000, &[*bytes * 40, *bytes, 5_000], ROOM),
            _ => outbound.push_ping(&Arc::from(vec![9; *bytes])),
        }
    }
}

proptest! {
    #[test]
    fn partial_writes_lose_and_repeat_nothing(
        frames in prop::collection::vec((0u8..4, 0usize..200), 1..40),
        sizes in prop::collection::vec(1usize..9_000, 1..20),
        max_bytes in 1usize..20_000,
        json in any::<bool>(),
    ) {
        let encoding = if json { Encoding::Json } else { Encoding::MsgPack };
        let (whole, parts) = (outbound(encoding), outbound(encoding));
        fill(&whole, &frames);
        fill(&parts, &frames);
        let (expected, _) = write_out(&whole, &[usize::MAX], usize::MAX);
        let (found, _) = write_out(&parts, &sizes, max_bytes);
        prop_assert!(expected == found);
    }
}

#[test]
fn answers_overtake_messages_but_never_cut_into_a_frame() {
    let outbound = outbound(Encoding::MsgPack);
    push(&outbound, 7, &[10, 20], ROOM);
    let mut burst = Burst::default();
    {
        let mut lanes = outbound.lanes();
        lanes.fill(&mut burst, usize::MAX);
        assert_eq!(lanes.advance(&burst, 1), Advance::default());
    }
    outbound.push_reply(&ServerFrame::Pong);
    let (rest, _) = write_out(&outbound, &[usize::MAX], usize::MAX);
    let first_rest = rest.iter().position(|byte| *byte == 0x82).unwrap();
    let pong = [0x82, 3, 0x92, 9, 0x80];
    assert_eq!(rest[first_rest..first_rest + pong.len()], pong, "the answer stands between the two messages");
}

#[test]
fn a_queue_that_is_full_refuses_a_message_and_keeps_what_it_has() {
    let outbound = outbound(Encoding::MsgPack);
    // However large, one message always fits.
    assert_eq!(push(&outbound, 1, &[500], 400), 0);
    assert_eq!(push(&outbound, 1, &[400], 400), 1);
    assert_eq!(outbound.lanes().queue_len(), 1);
}

#[test]
fn of_a_run_as_many_messages_are_queued_as_have_room() {
    let outbound = outbound(Encoding::MsgPack);
    let each = message(100).footprint();
    assert_eq!(push(&outbound, 1, &[100; 10], 4 * each), 7, "the fourth has no room beside the entry itself");
    assert!(outbound.lanes().queue_bytes() <= 4 * each);
}

#[test]
fn a_few_messages_that_have_room_do_not_keep_the_run_that_they_came_with() {
    let outbound = outbound(Encoding::MsgPack);
    let messages: Vec<Arc<Message>> = (0..10).map(|_| message(100)).collect();
    let run = Delivery::new(&messages).run(Encoding::MsgPack, 0).unwrap();
    let rest = outbound.push_run(1, run, 4 * messages[0].footprint());
    assert_eq!(rest.map(|rest| rest.len()), Some(7));
    let kept: Vec<usize> = messages.iter().map(|message| Arc::strong_count(message) - 1).collect();
    assert_eq!(kept, [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn dropping_the_oldest_takes_just_enough_of_a_run() {
    let outbound = outbound(Encoding::MsgPack);
    let each = message(100).footprint();
    push(&outbound, 1, &[100; 10], ROOM);
    assert_eq!(outbound.drop_oldest(2 * each + 1), 3);
    assert_eq!(outbound.lanes().queue_len(), 1 + 7, "a gap, and what is left of the run");
    assert_eq!(outbound.drop_oldest(2 * each), 2);
    assert_eq!(outbound.drop_oldest(usize::MAX), 5);
    assert_eq!(outbound.lanes().queue_len(), 1);
}

#[test]
fn sessions_with_the_same_waiting_are_written_the_same() {
    let messages: Vec<Arc<Message>> = [10, 5_000, 20].map(message).to_vec();
    for encoding in [Encoding::MsgPack, Encoding::Json] {
        let (mut delivery, mut burst) = (Delivery::new(&messages), Burst::default());
        // The last three differ from the first: in number, in where they begin, in what follows.
        let plans = [(1, 0, false), (1, 0, false), (2, 0, false), (2, 1, false), (2, 1, true)];
        for (sub, skipped, more) in plans {
            let [shared, own] = [(); 2].map(|()| outbound(encoding));
            for outbound in [&shared, &own] {
                assert!(outbound.push_run(sub, delivery.run(encoding, skipped).unwrap(), ROOM).is_none());
                if more {
                    push(outbound, sub, &[7], ROOM);
                }
            }
            let (expected, _) = write_out(&own, &[usize::MAX], usize::MAX);
            shared.lanes().fill(&mut burst, usize::MAX);
            burst.finish();
            assert!(bytes_of(&burst) == expected, "{encoding:?} {sub} {skipped} {more}");
        }
    }
}

#[test]
fn closing_drops_what_waits_but_for_the_frame_begun() {
    let outbound = outbound(Encoding::MsgPack);
    for _ in 0..3 {
        push(&outbound, 1, &[50], ROOM);
    }
    let mut burst = Burst::default();
    let begun = {
        let mut lanes = outbound.lanes();
        lanes.fill(&mut burst, usize::MAX);
        lanes.advance(&burst, 5);
        burst.len() / 3 - 5
    };
    outbound.close(CloseCode::TooSlow, "");
    let (rest, closed) = write_out(&outbound, &[7], usize::MAX);
    assert!(closed);
    assert_eq!(rest[begun..], [0x88, 2, 0x10, 0x05], "4101 follows the rest of the frame");
}

#[test]
fn a_newer_ping_takes_the_place_of_one_that_waits() {
    let outbound = outbound(Encoding::MsgPack);
    outbound.push_ping(&Arc::from([1; 3]));
    push(&outbound, 1, &[5], ROOM);
    outbound.push_ping(&Arc::from([2; 3]));
    assert_eq!(outbound.lanes().queue_len(), 2);
    let (bytes, _) = write_out(&outbound, &[usize::MAX], usize::MAX);
    assert_eq!(bytes[bytes.len() - 3..], [2, 2, 2]);
    assert!(!bytes.windows(3).any(|window| window == [1, 1, 1]));
}

#[test]
fn gaps_of_many_subscriptions_do_not_pile_up() {
    const SUBSCRIPTIONS: u32 = 1_000;
    let outbound = outbound(Encoding::MsgPack);
    for _ in 0..100 {
        for sub in 1..=SUBSCRIPTIONS {
            outbound.push_dropped(sub, Some(1));
        }
    }
    assert!(outbound.lanes().queue_len() <= 2 * SUBSCRIPTIONS as usize + 65);
    let (bytes, _) = write_out(&outbound, &[usize::MAX], usize::MAX);
    let mut counts = std::collections::BTreeMap::new();
    let mut rest = &bytes[..];
    while let [_, len, frame @ ..] = rest {
        let (frame, after) = frame.split_at(usize::from(*len));
        let Ok(Some(ServerFrame::Gap { sub, gap })) = Encoding::MsgPack.decode_server(frame) else {
            panic!()
        };
        *counts.entry(sub).or_insert(0) += gap.count.unwrap();
        rest = after;
    }
    assert!(counts.len() == SUBSCRIPTIONS as usize && counts.values().all(|count| *count == 100));
}

#[test]
fn a_session_that_is_cut_keeps_nothing_and_never_finishes_the_frame_it_began() {
    let cut_after = |written: usize| {
        let outbound = outbound(Encoding::MsgPack);
        outbound.push_reply_payload(vec![7; 1_000].into());
        push(&outbound, 1, &[50], ROOM);
        let mut burst = Burst::default();
        let mut lanes = outbound.lanes();
        lanes.fill(&mut burst, usize::MAX);
        lanes.advance(&burst, written);
        drop(lanes);
        outbound.cut(CloseCode::TooSlow, "");
        outbound
    };
    let begun = cut_after(5);
    assert!(begun.lanes().is_cut());
    assert_eq!(begun.lanes().waiting_bytes(), 0);
    assert_eq!(begun.lanes().closing(), Some(CloseCode::TooSlow));
    push(&begun, 1, &[50], ROOM);
    assert_eq!(begun.lanes().waiting_bytes(), 0);
    let whole = cut_after(0);
    assert!(!whole.lanes().is_cut());
    assert_eq!(write_out(&whole, &[7], usize::MAX), (vec![0x88, 2, 0x10, 0x05], true));
}
