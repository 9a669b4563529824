//! Subscribing and unsubscribing: what is asked for, what the answer must be, and what has to come of it.

use std::sync::Arc;

use fanfare_protocol::frame::{Deliver, MaxRate, ReplayFrom, Subscribe};
use fanfare_protocol::{Pattern, Position, StreamName, StreamPosition};

use super::names::{PATTERNS, meet};
use super::pace::Pace;
use super::reading::Begin;
use super::steps::{From, Manner, Twist, Wish};
use super::subscriber::Subscriber;
use super::truth::{Audience, Log, Truth};
use super::violation::{Check, Checked, ensure};
use super::world::World;
use crate::auth::Caller;

impl World {
    pub(super) fn subscribe(&mut self, wish: Wish) -> Checked {
        let Wish { client, number, .. } = wish;
        let (pattern, from) = self.asked(wish.pattern, wish.from);
        let most = self.setup.limits.max_subscriptions;
        let Some(at) = client.checked_rem(self.clients.len()) else { return Ok(()) };
        let client = &mut self.clients[at];
        let may = client.open(number).is_none() && client.open_count() < most;
        let (name, outbound) = (client.name(), Arc::clone(&client.outbound));
        self.tell(|| format!("    {name} asks for {number} on {pattern} from {from:?}"));
        let who = Audience::new(pattern, outbound.session().0);
        let expected = self.expected_of(who, &from, wish.manner);
        let (deliver, pattern) = (deliver(wish.manner), Pattern::new(pattern).unwrap());
        let subscribe = Subscribe { sub: number, pattern, from, deliver };
        let shard = &mut self.desks[outbound.shard()].shard;
        let answer = shard.subscribe(outbound.slot(), Caller::unlimited().subscribe(subscribe).unwrap());
        ensure(answer.is_ok() == may, Check::Answer, || format!("{answer:?}, it may: {may}"))?;
        if may {
            self.clients[at].subs.entry(number).or_default().push_back(expected);
        }
        Ok(())
    }

    /// What a subscription that is opened now has to hear.
    fn expected_of(&self, who: Audience, from: &ReplayFrom, manner: Manner) -> Subscriber {
        let truth = &self.truth;
        let begins = met(truth, who.pattern).map(|at| (at, begin(&truth.logs[at], from))).collect();
        let pace = match manner {
            Manner::Latest { per_second: Some(rate) } => Some(Pace::new(f64::from(rate), self.elapsed)),
            _ => None,
        };
        let mut sub = Subscriber::new(truth, who, !matches!(manner, Manner::Every), pace, begins);
        if let ReplayFrom::Position(position) = from {
            sub.resumes(unmet(truth, &sub, position));
        }
        sub
    }

    pub(super) fn unsubscribe(&mut self, client: usize, number: u32) -> Checked {
        let Some(client) = self.client(client) else { return Ok(()) };
        let open = client.open(number).map(|sub| sub.ending = true).is_some();
        let (shard, slot) = (client.outbound.shard(), client.outbound.slot());
        let answer = self.desks[shard].shard.unsubscribe(slot, number);
        ensure(answer.is_ok() == open, Check::Answer, || format!("{answer:?}, it is open: {open}"))
    }

    /// The pattern and the beginning that a step means. A position is resumed with its own pattern, as a rule.
    pub(super) fn asked(&self, pattern: usize, from: From) -> (&'static str, ReplayFrom) {
        let pattern = PATTERNS[pattern];
        match from {
            From::Now => (pattern, ReplayFrom::Now),
            From::Last => (pattern, ReplayFrom::Last),
            From::Start => (pattern, ReplayFrom::Start),
            From::Time { ago_ms } => (pattern, ReplayFrom::Time(self.now.wall_ms - ago_ms)),
            From::Position { memory, twist } => {
                let Some(memory) = memory.checked_rem(self.memories.len()).map(|at| &self.memories[at])
                else {
                    return (pattern, ReplayFrom::Now);
                };
                let own = if twist == Twist::OtherPattern { pattern } else { memory.pattern };
                (own, ReplayFrom::Position(twisted(memory.position.clone(), twist)))
            }
        }
    }
}

fn twisted(mut position: Position, twist: Twist) -> Position {
    let first = position.0.keys().next().cloned();
    match (twist, first) {
        (Twist::Future, Some(first)) => {
            if let Some(place) = position.0.get_mut(&first) {
                place.seq += 1_000;
            }
        }
        (Twist::LacksStream, Some(first)) => {
            position.0.remove(&first);
        }
        (Twist::UnknownStream, Some(first)) => {
            let place: StreamPosition = position.0[&first].clone();
            position.0.insert(StreamName::new("gone").unwrap(), place);
        }
        _ => {}
    }
    position
}

fn deliver(manner: Manner) -> Deliver {
    match manner {
        Manner::Every => Deliver::Every,
        Manner::Latest { per_second } => {
            Deliver::Latest { max_rate: per_second.and_then(|rate| MaxRate::new(f64::from(rate))) }
        }
    }
}

/// The streams that a pattern meets, as their places.
pub(super) fn met<'a>(truth: &'a Truth, pattern: &'a str) -> impl Iterator<Item = usize> + 'a {
    let meets = move |log: &Log| log.patterns.iter().any(|own| meet(own, pattern));
    truth.logs.iter().enumerate().filter(move |(_, log)| meets(log)).map(|(at, _)| at)
}

pub(super) fn begin(log: &Log, from: &ReplayFrom) -> Begin {
    match from {
        ReplayFrom::Now => Begin::After(log.head()),
        ReplayFrom::Last | ReplayFrom::LastAfter(_) => Begin::retained(log.newest_of_each(), log, true),
        ReplayFrom::Start => Begin::retained(log.kept.clone(), log, false),
        ReplayFrom::Time(time_ms) => Begin::retained(log.kept_since(*time_ms), log, false),
        ReplayFrom::Position(position) => match position.get(log.name) {
            None => Begin::Position(0),
            Some(place) if place.epoch == log.epoch && place.seq <= log.head() => Begin::Position(place.seq),
            Some(place) => Begin::reset(log, place.clone()),
        },
    }
}

/// The streams that a position names and the subscription does not meet.
fn unmet(truth: &Truth, sub: &Subscriber, position: &Position) -> Vec<String> {
    let met: Vec<&str> = sub.readings.iter().map(|reading| truth.logs[reading.log].name).collect();
    let names = position.0.keys().map(StreamName::as_str);
    names.filter(|name| !met.contains(name)).map(str::to_owned).collect()
}
