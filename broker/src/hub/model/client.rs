//! A session's client: takes bytes off its outbound queue as a socket would, cuts frames of them, and follows each.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::{Encoding, Position, ServerFrame, StreamName, StreamPosition};

use super::pace::Between;
use super::reading::Reading;
use super::subscriber::{Stage, Subscriber};
use super::tally::Tally;
use super::truth::Truth;
use super::violation::{Check, Checked, Violation, ensure};
use crate::outbound::{Burst, Outbound};

/// Of so many frames of its subscriptions, a client remembers where one has brought it.
const FRAMES_A_MEMORY: usize = 7;

/// Where a client could resume.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    pub(super) pattern: &'static str,
    pub(super) position: Position,
}

#[derive(Debug)]
pub(super) struct Client {
    pub(super) outbound: Arc<Outbound>,
    /// Whether its socket takes nothing.
    pub(super) stalled: bool,
    /// Whether someone writes to its socket: its shard said that something waits, or the socket took not all of it.
    pub(super) awake: bool,
    /// Whether its socket took less than it was given.
    pub(super) blocked: bool,
    /// When nothing waited for it, last, on the monotonic clock.
    emptied: Duration,
    /// By number; of one number the oldest first, for the client has not yet read that it ended.
    pub(super) subs: BTreeMap<u32, VecDeque<Subscriber>>,
    pub(super) memories: Vec<Memory>,
    frames: usize,
    /// What it got and has not read yet.
    pub(super) bytes: Vec<u8>,
}

impl Client {
    pub(super) fn new(outbound: Arc<Outbound>) -> Self {
        Self {
            outbound,
            stalled: false,
            awake: false,
            blocked: false,
            emptied: Duration::ZERO,
            subs: BTreeMap::new(),
            memories: Vec::new(),
            frames: 0,
            bytes: Vec::new(),
        }
    }

    /// Names it in a story.
    pub(super) fn name(&self) -> String {
        format!("s{}", self.outbound.session().0)
    }

    /// The subscription that has a number now, as the broker sees it.
    pub(super) fn open(&mut self, number: u32) -> Option<&mut Subscriber> {
        self.subs.get_mut(&number)?.back_mut().filter(|sub| !sub.ending)
    }

    /// How many subscriptions the broker keeps for it.
    pub(super) fn open_count(&self) -> usize {
        self.subs.values().flatten().filter(|sub| !sub.ending).count()
    }

    /// Lets the socket take up to `room` bytes, laid out in writes of about `chunk` each. True if it took any.
    pub(super) fn write(&mut self, room: usize, chunk: usize, burst: &mut Burst) -> bool {
        let mut left = room;
        let outbound = Arc::clone(&self.outbound);
        let mut lanes = outbound.lanes();
        while left > 0 && !lanes.is_empty() && !self.stalled && self.awake {
            lanes.fill(burst, chunk);
            burst.finish();
            let before = self.bytes.len();
            match burst.as_one() {
                Some(bytes) => self.bytes.extend_from_slice(bytes),
                None => burst.slices().iter().for_each(|slice| self.bytes.extend_from_slice(slice)),
            }
            let written = (self.bytes.len() - before).min(left);
            self.bytes.truncate(before + written);
            left -= written;
            // After the close frame, nothing is written any more.
            self.stalled |= lanes.advance(burst, written).closed;
        }
        self.blocked = !lanes.is_empty() && self.awake;
        self.awake &= !lanes.is_empty();
        left < room
    }

    /// Works off the frames that have come whole; `heard` is told of each.
    pub(super) fn read(
        &mut self,
        truth: &Truth,
        now: Duration,
        tally: &mut Tally,
        mut heard: impl FnMut(&dyn Fn() -> String),
    ) -> Checked {
        let bytes = std::mem::take(&mut self.bytes);
        let mut rest = bytes.as_slice();
        while let Some((payload, behind)) = cut(self.outbound.encoding(), rest)? {
            rest = behind;
            let unreadable = |why: String| Violation::new(Check::Frames, why);
            let frame = self.outbound.encoding().decode_server(payload);
            let frame = frame.map_err(|error| unreadable(format!("{error:?} in {payload:02x?}")))?;
            let frame =
                frame.ok_or_else(|| unreadable(format!("an op of another version: {payload:02x?}")))?;
            heard(&|| format!("    {} reads {}", self.name(), in_words(&frame)));
            tally.note_frame(&frame);
            self.take_in(truth, &frame, now).map_err(|violation| violation.of(self.name()))?;
        }
        self.bytes = rest.to_vec();
        if self.outbound.lanes().is_empty() {
            self.emptied = now;
        }
        Ok(())
    }

    fn take_in(&mut self, truth: &Truth, frame: &ServerFrame<'_>, now: Duration) -> Checked {
        let queued = Between { earliest: self.emptied, latest: now };
        match frame {
            ServerFrame::Subscribed(frame) => self.with(truth, frame.sub, |sub| sub.subscribed(truth, frame)),
            ServerFrame::Message { sub, message } => {
                self.with(truth, *sub, |sub| sub.message(truth, message, queued))
            }
            ServerFrame::Gap { sub, gap } => self.with(truth, *sub, |sub| sub.gap(truth, gap)),
            ServerFrame::Behind { sub } => self.with(truth, *sub, Subscriber::behind),
            ServerFrame::Live { sub, position } => self.with(truth, *sub, |sub| sub.live(truth, position)),
            ServerFrame::Unsubscribed { sub, .. } => self.ended(*sub),
            ServerFrame::Ping { position, except } => {
                position.as_ref().map_or(Ok(()), |position| self.pinged(truth, position, except))
            }
            _ => Ok(()),
        }
    }

    fn with(
        &mut self,
        truth: &Truth,
        number: u32,
        check: impl FnOnce(&mut Subscriber) -> Checked,
    ) -> Checked {
        let sub = self.subs.get_mut(&number).and_then(VecDeque::front_mut);
        let sub =
            sub.ok_or_else(|| Violation::new(Check::Opened, format!("there is no subscription {number}")))?;
        check(sub).map_err(|violation| violation.of(format!("{number} on {}", sub.who.pattern)))?;
        self.frames += 1;
        if self.frames.is_multiple_of(FRAMES_A_MEMORY) {
            self.memories.extend(sub.remember(truth));
        }
        Ok(())
    }

    fn ended(&mut self, number: u32) -> Checked {
        let sub = self.subs.get_mut(&number).and_then(VecDeque::pop_front);
        ensure(sub.is_some_and(|sub| sub.ending && sub.stage != Stage::Asked), Check::Opened, || {
            format!("{number} was ended, and nobody asked for it")
        })
    }

    fn pinged(&mut self, truth: &Truth, position: &Position, except: &[u32]) -> Checked {
        for (number, subs) in &mut self.subs {
            if let Some(sub) = subs.front_mut() {
                let pinged = sub.ping(truth, position, except, *number);
                pinged.map_err(|violation| violation.of(format!("{number} on {}", sub.who.pattern)))?;
            }
        }
        Ok(())
    }

    /// Where all of its subscriptions stand, for the session that comes after it.
    pub(super) fn remember_all(&mut self, truth: &Truth) {
        let subs = self.subs.values().filter_map(VecDeque::front);
        self.memories.extend(subs.filter_map(|sub| sub.remember(truth)));
    }
}

impl Subscriber {
    /// Where it stands, once it knows.
    fn remember(&self, truth: &Truth) -> Option<Memory> {
        let known = self.stage != Stage::Asked && !self.readings.iter().any(Reading::reset_is_due);
        known.then(|| Memory { pattern: self.who.pattern, position: self.position(truth) })
    }

    fn position(&self, truth: &Truth) -> Position {
        let place = |reading: &Reading| {
            let log = &truth.logs[reading.log];
            (log.stream.clone(), StreamPosition { epoch: log.epoch.clone(), seq: reading.place })
        };
        self.readings.iter().map(place).collect()
    }
}

/// The payload of the first WebSocket frame, and what follows it; none if it has not come whole.
pub(super) fn cut(encoding: Encoding, bytes: &[u8]) -> Checked<Option<(&[u8], &[u8])>> {
    let &[opcode, short, ..] = bytes else { return Ok(None) };
    let expected = if encoding == Encoding::Json { 0x81 } else { 0x82 };
    ensure(opcode == expected, Check::Frames, || format!("a frame begins with {opcode:#x}"))?;
    let (header, len) = match short {
        126 if bytes.len() >= 4 => (4, usize::from(u16::from_be_bytes([bytes[2], bytes[3]]))),
        127 if bytes.len() >= 10 => {
            (10, usize::try_from(u64::from_be_bytes(bytes[2..10].try_into().unwrap())).unwrap())
        }
        126 | 127 => return Ok(None),
        short => (2, usize::from(short)),
    };
    let whole = bytes.len() >= header + len;
    Ok(whole.then(|| (&bytes[header..header + len], &bytes[header + len..])))
}

/// A frame in a few words.
fn in_words(frame: &ServerFrame<'_>) -> String {
    match frame {
        ServerFrame::Subscribed(frame) => {
            let (position, recovered) = (places(&frame.position), frame.recovered);
            format!("{} subscribed at {position}, live: {}, recovered: {recovered:?}", frame.sub, frame.live)
        }
        ServerFrame::Message { sub, message } => match &message.sequenced {
            Some(place) => format!("{sub} {} {} on {}", place.stream, place.seq, message.topic.as_str()),
            None => format!(
                "{sub} ephemeral {:?} on {}",
                super::truth::id_of(&message.payload),
                message.topic.as_str()
            ),
        },
        ServerFrame::Gap { sub, gap } => format!(
            "{sub} gap {} in {:?} {:?}-{:?} count {:?} position {:?}",
            gap.reason.as_str(),
            gap.stream.as_ref().map(StreamName::as_str),
            gap.from,
            gap.to,
            gap.count,
            gap.position.as_ref().map(places)
        ),
        ServerFrame::Live { sub, position } => format!("{sub} live at {}", places(position)),
        ServerFrame::Ping { position, except } => {
            format!("ping {} except {except:?}", position.as_ref().map(places).unwrap_or_default())
        }
        other => format!("{other:?}"),
    }
}

fn places(position: &Position) -> String {
    let places = position.0.iter().map(|(name, place)| format!("{name} {}", place.seq));
    places.collect::<Vec<_>>().join(", ")
}
