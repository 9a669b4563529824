//! Appending to a stream, with what can be made before prepared: what the stream's lock is held for.

use std::borrow::Cow;
use std::error::Error;
use std::hint::black_box;

use fanfare_protocol::frame::Publish;
use fanfare_protocol::{Encoding, Topic};

use super::meter::check;
use super::parts::{PUBLISHER, ROOMY, SMALL_PAYLOAD, TOPIC, engine, payload, publish};
use super::{Meter, Outcome, Size};
use crate::clock::{Moment, Now};
use crate::engine::{Conditions, Draft, Stream};

/// The memory of a stream that is full before anything is measured, in bytes.
const SCANT: u64 = 16 * 1024;

/// What is measured.
struct Kind {
    name: &'static str,
    /// The topic of the message with this number.
    topic: fn(u32) -> String,
    max_bytes: u64,
    keyed: bool,
}

const KINDS: [Kind; 4] = [
    Kind { name: "append-one-topic", topic: one, max_bytes: ROOMY, keyed: false },
    Kind { name: "append-each-another-topic", topic: each, max_bytes: ROOMY, keyed: false },
    Kind { name: "append-full", topic: one, max_bytes: SCANT, keyed: false },
    Kind { name: "append-keyed", topic: one, max_bytes: ROOMY, keyed: true },
];

fn one(_: u32) -> String {
    TOPIC.to_owned()
}

fn each(number: u32) -> String {
    format!("orders.eu.{number}")
}

pub(super) fn cases(meter: &mut Meter, size: Size) -> Outcome {
    for kind in &KINDS {
        let engine = engine(kind.max_bytes)?;
        let stream = engine.streams().first().ok_or("the engine has no stream")?;
        // The first half is not measured: it brings the topics.
        append(stream, kind.drafts(size, "first")?);
        let drafts = kind.drafts(size, "second")?;
        let appended = meter.measure(|| append(stream, drafts));
        meter.end(kind.name, size.pieces, "message");
        check("messages that were appended", appended, size.pieces as usize)?;
        let fill = stream.fill();
        check("the head", fill.head, 2 * u64::from(size.pieces))?;
        check("whether older messages went", fill.messages < fill.head, kind.max_bytes == SCANT)?;
    }
    Ok(())
}

impl Kind {
    /// What is to be appended in one half of the work.
    fn drafts(&self, size: Size, half: &str) -> Result<Vec<(Draft, Conditions)>, Box<dyn Error>> {
        let draft = |number| {
            let key = self.keyed.then(|| Cow::Owned(format!("{half}-{number}")));
            let payload = payload(Encoding::MsgPack, SMALL_PAYLOAD);
            let publish = Publish { key, ..publish(Topic::new(&(self.topic)(number))?, payload) };
            let conditions = Conditions::of(&publish);
            Ok((Draft::new(publish, PUBLISHER, Moment::default()), conditions))
        };
        (0..size.pieces).map(draft).collect()
    }
}

/// Appends all of them; how many were new.
fn append(stream: &Stream, drafts: Vec<(Draft, Conditions)>) -> usize {
    let append = |(draft, conditions)| {
        let appended = stream.append(draft, conditions, Now::default(), |message, _| _ = black_box(message));
        appended.is_ok_and(|appended| !appended.duplicate)
    };
    drafts.into_iter().map(append).filter(|is_new| *is_new).count()
}
