//! However a connection is cut, each subscription gets each message once and in order, or a gap; and each publish with
//! a key is answered once and appended once. Checked with a model of a broker, without a socket or a sleep.

mod broker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use fanfare_protocol::frame::{Hello, Publish, ReplayFrom};
use fanfare_protocol::{Epoch, GapReason};
use proptest::prelude::*;

use super::{LIMITS, asking, lost, publish};
use crate::event::Event;
use crate::inbox::Inbox;
use crate::place::Place;
use crate::random::Random;
use crate::session::{Call, Output, Relief, Session};
use crate::signals::Signals;
use broker::Broker;

const SUBS: [u32; 2] = [1, 2];

/// What may happen next.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A frame of the client arrives.
    Up,
    /// A frame of the broker arrives.
    Down,
    /// The client publishes.
    Publish,
    /// Somebody else does.
    Append,
    /// The broker queues messages.
    Pump,
    Ping,
    /// A subscription falls behind or catches up.
    Turn(u32),
    /// A reader takes an event.
    Read(u32),
    /// A subscription has too much waiting.
    Pause(u32),
    /// It has room again.
    Unpause(u32),
    Expire,
    /// The connection is cut, and there is a new one.
    Cut,
    /// The same, and the broker has lost its log.
    Restart,
}

/// What one subscription's reader has been told.
#[derive(Debug)]
struct Reader {
    inbox: Inbox,
    epoch: Option<Epoch>,
    /// Told up to here, in this epoch: delivered, or named by a gap.
    told: u64,
    delivered: Vec<String>,
}

struct World {
    session: Session<String>,
    now: Instant,
    broker: Broker,
    readers: BTreeMap<u32, Reader>,
    published: Vec<String>,
    answered: Vec<String>,
}

impl World {
    /// A client that is connected, with one subscription from the start and one from now on.
    fn new() -> Self {
        let mut world = Self {
            session: Session::begin(&LIMITS, Random::seeded(1), false),
            now: Instant::now(),
            broker: Broker::default(),
            readers: SUBS.map(|sub| (sub, Reader::new())).into(),
            published: Vec::new(),
            answered: Vec::new(),
        };
        world.connect();
        for (sub, from) in SUBS.into_iter().zip([ReplayFrom::Start, ReplayFrom::Now]) {
            let mut asking = asking(sub);
            asking.from = from;
            world.session.subscribe(world.now, asking, format!("sub {sub}"));
        }
        world
    }

    fn connect(&mut self) {
        self.session.connected(self.now, Hello::default(), self.now + Duration::from_secs(1));
    }

    fn step(&mut self, step: Step) {
        self.broker.up.extend(std::iter::from_fn(|| self.session.next_frame(self.now)));
        match step {
            Step::Up => self.broker.take(),
            Step::Down => self.take(),
            Step::Publish => {
                let key = format!("client {}", self.published.len());
                let publish = Publish { key: Some(key.clone().into()), ..publish(None) };
                self.session.call(self.now, Call::Publish(publish), key.clone());
                self.published.push(key);
            }
            Step::Append => self.broker.append(format!("other {}", self.broker.head())),
            Step::Pump => self.broker.pump(),
            Step::Ping => self.broker.ping(),
            Step::Turn(sub) => self.broker.turn(sub),
            Step::Read(sub) => drop(self.reader(sub).read()),
            Step::Pause(sub) => {
                if self.session.relief(sub) == Relief::Pause {
                    let place = self.reader(sub).inbox.halve();
                    self.session.pause(sub, place);
                    self.listen();
                }
            }
            Step::Unpause(sub) => self.session.unpause(sub),
            Step::Expire => self.broker.expire(),
            Step::Cut | Step::Restart => {
                self.broker.cut();
                if matches!(step, Step::Restart) {
                    self.broker.restart();
                }
                self.session.disconnected(lost());
                self.listen();
                self.connect();
            }
        }
    }

    fn take(&mut self) {
        if let Some(frame) = self.broker.down.pop_front() {
            self.session.receive(self.now, frame);
            self.listen();
        }
    }

    fn listen(&mut self) {
        while let Some(output) = self.session.next_output() {
            match output {
                Output::Begin(sub, place) => self.reader(sub).begin(place),
                Output::Deliver(sub, event) => drop(self.reader(sub).inbox.push(event)),
                Output::Advance(sub, heads) => self.reader(sub).inbox.advance(heads),
                Output::Answer(ticket, answer) => {
                    answer.unwrap();
                    self.answered.push(ticket);
                }
                Output::Welcomed(_) | Output::Disconnected { .. } => {}
                other => panic!("nothing else was asked for: {other:?}"),
            }
        }
    }

    fn reader(&mut self, sub: u32) -> &mut Reader {
        self.readers.get_mut(&sub).unwrap()
    }

    /// Lets everything arrive, and checks what must hold then.
    fn settle(&mut self) {
        loop {
            let everybody = SUBS.into_iter().flat_map(|sub| [Step::Read(sub), Step::Unpause(sub)]);
            for step in [Step::Up, Step::Down, Step::Pump].into_iter().chain(everybody) {
                self.step(step);
            }
            if self.broker.is_done() && !self.session.has_frames() {
                break;
            }
        }
        let head = self.broker.head();
        for reader in self.readers.values_mut() {
            while reader.read().is_some() {}
            assert_eq!(
                (reader.told, reader.epoch.as_ref()),
                (head, Some(&self.broker.epoch())),
                "{reader:?}"
            );
        }
        self.answered.retain(|ticket| self.published.contains(ticket));
        self.answered.sort_by_key(|key| self.published.iter().position(|published| published == key));
        assert_eq!(self.answered, self.published, "each publish is answered once");
    }

    /// The same, where the broker has lost nothing.
    fn settle_without_loss(&mut self) {
        self.settle();
        let ours: Vec<_> = self.broker.log.iter().filter(|text| self.published.contains(text)).collect();
        assert!(ours.into_iter().eq(&self.published), "each publish is appended once, in order");
        assert_eq!(
            self.readers[&SUBS[0]].delivered, self.broker.log,
            "everything is delivered once, in order"
        );
    }
}

impl Reader {
    fn new() -> Self {
        let inbox = Inbox::new(Arc::new(Signals::default()), &LIMITS);
        Self { inbox, epoch: None, told: 0, delivered: Vec::new() }
    }

    fn begin(&mut self, place: Place) {
        let here = place.position().get("s").unwrap();
        (self.told, self.epoch) = (here.seq, Some(here.epoch.clone()));
        self.inbox.begin(place);
    }

    /// Takes an event, if there is one.
    fn read(&mut self) -> Option<Event> {
        match self.inbox.poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(event)) => {
                self.hear(&event);
                Some(event)
            }
            _ => None,
        }
    }

    fn hear(&mut self, event: &Event) {
        match event {
            Event::Message(message) => {
                assert_eq!(message.seq(), Some(self.told + 1), "once, in order, and nothing left out");
                self.told += 1;
                self.delivered.push(message.text().unwrap().to_owned());
            }
            Event::Gap(gap) if gap.reason == GapReason::Reset => {
                let here = gap.position.as_ref().unwrap().get("s").unwrap();
                assert_ne!(self.epoch.as_ref(), Some(&here.epoch), "another numbering");
                (self.told, self.epoch) = (here.seq, Some(here.epoch.clone()));
            }
            Event::Gap(gap) => {
                assert!(gap.from.unwrap() <= self.told + 1, "a gap begins where it is missing");
                self.told = self.told.max(gap.to.unwrap());
            }
            Event::Behind | Event::Live(_) | Event::Resumed(_) => {}
        }
        let position = self.inbox.position();
        let here = position.get("s").unwrap();
        if Some(&here.epoch) == self.epoch.as_ref() {
            assert!(here.seq <= self.told, "a position is never ahead of what was told");
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => Just(Step::Up),
        12 => Just(Step::Down),
        3 => Just(Step::Publish),
        3 => Just(Step::Append),
        6 => Just(Step::Pump),
        1 => Just(Step::Ping),
        1 => prop::sample::select(&SUBS[..]).prop_map(Step::Turn),
        6 => prop::sample::select(&SUBS[..]).prop_map(Step::Read),
        1 => prop::sample::select(&SUBS[..]).prop_map(Step::Pause),
        1 => prop::sample::select(&SUBS[..]).prop_map(Step::Unpause),
        1 => Just(Step::Cut),
    ]
}

fn losing_step() -> impl Strategy<Value = Step> {
    prop_oneof![20 => step(), 1 => Just(Step::Expire), 1 => Just(Step::Restart)]
}

/// A conversation in which everything happens.
fn script() -> Vec<Step> {
    let talk = [Step::Publish, Step::Append, Step::Up, Step::Pump, Step::Down, Step::Turn(1), Step::Down];
    let slow = [Step::Pause(2), Step::Up, Step::Down, Step::Read(2), Step::Unpause(2), Step::Up, Step::Down];
    let quiet =
        [Step::Up, Step::Up, Step::Down, Step::Ping, Step::Down, Step::Down, Step::Down, Step::Turn(1)];
    let begin = [Step::Up, Step::Up, Step::Up, Step::Down, Step::Down, Step::Down];
    [&begin[..], &talk, &quiet, &talk, &slow, &quiet].concat()
}

#[test]
fn a_connection_may_be_cut_at_any_two_points_of_a_conversation() {
    let script = script();
    for first in 0..=script.len() {
        for second in first..=script.len() {
            let mut world = World::new();
            for (at, step) in script.iter().enumerate() {
                for _ in [first, second].into_iter().filter(|cut| *cut == at) {
                    world.step(Step::Cut);
                }
                world.step(*step);
            }
            world.settle_without_loss();
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_to_the_connection_nothing_is_lost_or_repeated(
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.settle_without_loss();
    }

    #[test]
    fn whatever_happens_to_the_broker_what_is_lost_is_told(
        steps in prop::collection::vec(losing_step(), 0..200),
    ) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.settle();
    }
}
