//! Whatever publishers send and however a socket takes it, an event stream stays one, and each event says where its
//! client goes on.

use fanfare_protocol::{Epoch, PayloadKind, StreamName, StreamPosition};

use super::*;
use crate::engine::message::Place as MessagePlace;
use crate::notation;

/// What a client makes of a stream, as the HTML standard says.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    name: String,
    data: String,
    /// Where it would go on after this event.
    id: String,
}

/// What the chunks of an answer hold, each of which is a whole event; an answer that has its end must end there.
fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let at = bytes.windows(2).position(|end| end == b"\r\n").unwrap();
        let len = usize::from_str_radix(std::str::from_utf8(&bytes[..at]).unwrap(), 16).unwrap();
        let (chunk, rest) = bytes[at + 2..].split_at(len);
        assert!(chunk.ends_with(b"\n\n") || chunk.is_empty(), "a chunk is no event");
        assert_eq!(&rest[..2], b"\r\n");
        out.extend_from_slice(chunk);
        bytes = &rest[2..];
        assert!(len > 0 || bytes.is_empty(), "something follows the end");
    }
    out
}

/// Takes a stream apart into events, an `id` alone included: its name is empty.
fn parse(bytes: &[u8]) -> Vec<Heard> {
    let bytes = unchunk(bytes);
    let text = std::str::from_utf8(&bytes).unwrap().replace("\r\n", "\n").replace('\r', "\n");
    assert!(text.ends_with("\n\n"), "the stream ends within an event");
    let (mut heard, mut next, mut data) = (Vec::new(), Heard::default(), Vec::new());
    for line in text.lines() {
        match line.split_once(": ").unwrap_or((line, "")) {
            ("", _) => {
                let id = next.id.clone();
                let event = Heard { data: data.join("\n"), ..std::mem::take(&mut next) };
                data.clear();
                next.id = id;
                let name = if event.data.is_empty() || !event.name.is_empty() {
                    event.name
                } else {
                    "message".into()
                };
                heard.push(Heard { name, ..event });
            }
            ("event", name) => name.clone_into(&mut next.name),
            ("data", line) => data.push(line.to_owned()),
            ("id", id) => id.clone_into(&mut next.id),
            (":" | "retry", _) => {}
            (field, _) => panic!("a line begins with {field:?}"),
        }
    }
    heard
}

const STREAMS: [&str; 2] = ["a", "b"];

fn place(index: usize, seq: u64) -> Place {
    let at = StreamPosition { epoch: Epoch::new("e").unwrap(), seq };
    Place { index: index_of(index), stream: StreamName::new(STREAMS[index]).unwrap(), at }
}

fn index_of(stream: usize) -> StreamIndex {
    StreamIndex(u16::try_from(stream).unwrap())
}

fn position(a: u64, b: u64) -> Position {
    notation::position(&format!("a:e:{a},b:e:{b}")).unwrap()
}

/// A message of a stream, or an ephemeral one.
fn published(kind: PayloadKind, payload: &[u8], at: Option<(usize, u64)>) -> Arc<Message> {
    let publish = Publish {
        id: None,
        topic: Topic::new("a.b").unwrap(),
        payload: Payload::of_kind(kind, payload).unwrap(),
        key: None,
        expect: None,
        echo: true,
        headers: None,
    };
    let draft = Draft::new(publish, SessionId(1), Moment::default());
    let topic = draft.topic().clone();
    let place = at.map(|(stream, seq)| MessagePlace {
        index: index_of(stream),
        stream: StreamName::new(STREAMS[stream]).unwrap(),
        seq,
        prev: None,
    });
    Arc::new(draft.seal(topic, place, 5))
}

/// The queue of an event stream at the beginning of both streams.
fn following() -> Outbound {
    let outbound = Outbound::new(SessionId(1), 0, 0, Wire::Events, About::default());
    outbound.follow([place(0, 0), place(1, 0)].into_iter().collect());
    outbound
}

fn push_all(outbound: &Outbound, messages: &[Arc<Message>]) {
    let run = Delivery::new(messages).run(outbound.encoding(), 0).unwrap();
    assert!(outbound.push_run(1, run, usize::MAX).is_none());
}

/// What may stand in the queue of an event stream.
#[derive(Clone, Debug)]
enum Step {
    Run(usize, Vec<usize>),
    Ephemeral(Vec<u8>),
    Advance(u64),
    Live,
    Behind,
    Reply,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0usize..2, prop::collection::vec(0usize..6_000, 1..6)).prop_map(|(stream, sizes)| Step::Run(stream, sizes)),
        2 => prop::collection::vec(any::<u8>(), 0..50).prop_map(Step::Ephemeral),
        1 => (1u64..9).prop_map(Step::Advance),
        1 => Just(Step::Live),
        1 => Just(Step::Behind),
        1 => Just(Step::Reply),
    ]
}

/// Queues what the steps say; what a client is to hear of it in order, answers apart, with the position after each.
fn play(outbound: &Outbound, steps: &[Step]) -> Vec<(String, String)> {
    let (mut heads, mut heard) = ([0, 0], Vec::new());
    let text = |heads: [u64; 2]| notation::written(&position(heads[0], heads[1]));
    for step in steps {
        match step {
            Step::Run(stream, sizes) => {
                let mut messages = Vec::new();
                for size in sizes {
                    heads[*stream] += 1;
                    let at = Some((*stream, heads[*stream]));
                    messages.push(published(PayloadKind::Text, "x".repeat(*size).as_bytes(), at));
                    heard.push(("message".to_owned(), text(heads)));
                }
                push_all(outbound, &messages);
            }
            Step::Ephemeral(bytes) => {
                push_all(outbound, &[published(PayloadKind::Bytes, bytes, None)]);
                heard.push(("message".to_owned(), text(heads)));
            }
            Step::Advance(by) => {
                heads[1] += by;
                outbound.push_advance(1, position(heads[0], heads[1]));
            }
            Step::Live => {
                outbound.push_live(1, position(heads[0], heads[1]), Vec::new());
                heard.push(("live".to_owned(), text(heads)));
            }
            Step::Behind => {
                outbound.push_behind(1);
                heard.push(("behind".to_owned(), text(heads)));
            }
            Step::Reply => {
                outbound.push_reply(&ServerFrame::Goaway { reason: "r".into(), reconnect_after_ms: 1 });
            }
        }
    }
    heard
}

proptest! {
    #[test]
    fn every_event_says_the_whole_position_however_the_socket_takes_it(
        steps in prop::collection::vec(step(), 1..25),
        sizes in prop::collection::vec(1usize..9_000, 1..20),
        max_bytes in 1usize..20_000,
    ) {
        let outbound = following();
        let expected = play(&outbound, &steps);
        let (bytes, _) = write_out(&outbound, &sizes, max_bytes);
        let heard = parse(&bytes);
        let told: Vec<_> = heard.iter().filter(|event| !event.name.is_empty() && event.name != "goaway").collect();
        prop_assert_eq!(told.len(), expected.len());
        for (event, (name, id)) in told.into_iter().zip(expected) {
            prop_assert_eq!(&event.name, &name);
            // An `Advance` that a newer one replaced is not told: a client may stand before what it says, never behind it.
            let seq = |id: &str, stream| notation::position(id).map_or(0, |position| position.get(stream).unwrap().seq);
            prop_assert_eq!(seq(&event.id, "a"), seq(&id, "a"));
            prop_assert!(seq(&event.id, "b") <= seq(&id, "b"), "{} where it is {}", event.id, id);
        }
    }

    #[test]
    fn no_payload_ends_a_line(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        text in any::<String>(),
        space in "[ \t\r\n]{0,9}",
        large in prop::bool::weighted(0.2),
    ) {
        let filler = " ".repeat(if large { 40_000 } else { 0 });
        let json = format!("{{{space}\"a\"{space}:{space}[{filler}{}{space}]{space}}}", serde_json::to_string(&text).unwrap());
        let breaks = format!("{text}\n\ndata: x\r\revent: y\r\n");
        let outbound = following();
        push_all(&outbound, &[
            published(PayloadKind::Bytes, &bytes, Some((0, 1))),
            published(PayloadKind::Text, breaks.as_bytes(), Some((0, 2))),
            published(PayloadKind::Json, json.as_bytes(), Some((0, 3))),
        ]);
        let (out, _) = write_out(&outbound, &[10_000], 50_000);
        let heard = parse(&out);
        prop_assert_eq!(heard.len(), 3);
        let message = |at: usize| serde_json::from_str::<serde_json::Value>(&heard[at].data).unwrap();
        prop_assert_eq!(&message(1)["text"], &serde_json::Value::from(breaks));
        prop_assert_eq!(&message(2)["data"]["a"][0], &serde_json::Value::from(text));
    }
}

#[test]
fn a_large_body_is_not_copied_and_ends_as_an_event_wherever_it_is_cut() {
    let large = "x".repeat(40_000);
    for cut in [1, 20, 39_000, 40_060, 40_090] {
        let outbound = following();
        push_all(
            &outbound,
            &[
                published(PayloadKind::Text, large.as_bytes(), Some((0, 1))),
                published(PayloadKind::Text, b"y", Some((1, 1))),
            ],
        );
        let (bytes, _) = write_out(&outbound, &[cut], usize::MAX);
        let heard = parse(&bytes);
        assert_eq!(heard.len(), 2);
        assert_eq!(
            (heard[0].id.as_str(), heard[1].id.as_str()),
            ("a:e:1,b:e:0", "a:e:1,b:e:1"),
            "cut at {cut}"
        );
    }
}

#[test]
fn event_streams_at_one_place_share_what_is_laid_out_and_others_do_not() {
    let messages = [published(PayloadKind::Text, b"x", Some((0, 5)))];
    let mut burst = Burst::default();
    let mut delivery = Delivery::new(&messages);
    for b in [0, 0, 7, 0] {
        let outbound = Outbound::new(SessionId(1), 0, 0, Wire::Events, About::default());
        outbound.follow([place(0, 4), place(1, b)].into_iter().collect());
        assert!(outbound.push_run(1, delivery.run(Encoding::Json, 0).unwrap(), ROOM).is_none());
        outbound.lanes().fill(&mut burst, usize::MAX);
        burst.finish();
        assert_eq!(parse(&bytes_of(&burst))[0].id, format!("a:e:5,b:e:{b}"));
    }
}

#[test]
fn a_mark_of_how_far_a_stream_has_come_goes_with_the_messages_before_it() {
    let outbound = following();
    push_all(&outbound, &[published(PayloadKind::Text, b"x", Some((0, 1)))]);
    outbound.push_advance(1, position(1, 9));
    assert_eq!(outbound.fall(|_| false).len(), 1);
    let (bytes, _) = write_out(&outbound, &[usize::MAX], usize::MAX);
    let heard = parse(&bytes);
    assert_eq!(heard, [Heard { name: "behind".into(), data: "{}".into(), id: String::new() }]);
}

#[test]
fn a_session_that_ends_is_told_so_by_an_event() {
    let outbound = following();
    push_all(&outbound, &[published(PayloadKind::Text, b"x", Some((0, 1)))]);
    outbound.close(CloseCode::TooSlow, "a\nb");
    let (bytes, closed) = write_out(&outbound, &[3], usize::MAX);
    assert!(closed);
    assert!(unchunk(&bytes).starts_with(b"retry: "));
    let heard = parse(&bytes);
    assert_eq!((heard.len(), heard[0].name.as_str()), (1, "close"));
    assert_eq!(heard[0].data, r#"{"code":4101,"reason":"a\nb"}"#);
}
