//! Rosters under random steps, held against a plain list; and those who follow them by announcements alone.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::changes::{Changes, Happened};
use super::super::roster::{Comer, Going, Roster};
use super::*;
use crate::engine::SessionId;

const SUBJECTS: [Option<&str>; 3] = [None, Some("alice"), Some("bob")];

/// What happens next. Sessions are named by how many came after them.
#[derive(Debug, Clone)]
enum Step {
    /// A new session comes, and goes on for an earlier one.
    Come {
        subject: usize,
        goes_on_for: Option<usize>,
    },
    /// One subscribes (again).
    Subscribe {
        back: usize,
    },
    Go {
        back: usize,
        lost: bool,
    },
    Pass {
        ms: u64,
    },
    /// Somebody asks for the members, and follows from here on.
    Follow,
    Tell,
}

fn step() -> impl Strategy<Value = Step> {
    let back = || 0_usize..6;
    prop_oneof![
        5 => (0..SUBJECTS.len(), proptest::option::of(back()))
            .prop_map(|(subject, goes_on_for)| Step::Come { subject, goes_on_for }),
        2 => back().prop_map(|back| Step::Subscribe { back }),
        5 => (back(), any::<bool>()).prop_map(|(back, lost)| Step::Go { back, lost }),
        2 => (0_u64..7_000).prop_map(|ms| Step::Pass { ms }),
        2 => Just(Step::Follow),
        3 => Just(Step::Tell),
    ]
}

/// A member in the plain list.
#[derive(Debug, Clone)]
struct Plain {
    subject: Option<&'static str>,
    here: Vec<u64>,
    /// The session that was there last, and until when it is waited for.
    last: u64,
    until_ms: u64,
}

/// A session that came.
#[derive(Debug, Clone, Copy)]
struct Known {
    number: u64,
    subject: Option<&'static str>,
    goes_on_for: Option<u64>,
    is_lost: bool,
}

struct World {
    by: MemberBy,
    config: PresenceConfig,
    roster: Roster,
    plain: Vec<Plain>,
    sessions: Vec<Known>,
    followers: Vec<BTreeSet<String>>,
    now_ms: u64,
    next_place: u64,
}

impl World {
    fn new(by: MemberBy) -> Self {
        Self {
            by,
            config: config(by),
            roster: Roster::default(),
            plain: Vec::new(),
            sessions: Vec::new(),
            followers: Vec::new(),
            now_ms: 1_000,
            next_place: 0,
        }
    }

    fn back(&self, back: usize) -> Option<usize> {
        self.sessions.len().checked_sub(back + 1)
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Come { subject, goes_on_for } => {
                let goes_on_for = goes_on_for.and_then(|back| Some(self.sessions[self.back(back)?].number));
                let number = self.sessions.len() as u64 + 1;
                let subject = SUBJECTS[subject];
                self.sessions.push(Known { number, subject, goes_on_for, is_lost: false });
                self.subscribe(self.sessions.len() - 1);
            }
            Step::Subscribe { back } => {
                if let Some(at) = self.back(back).filter(|at| !self.sessions[*at].is_lost) {
                    self.subscribe(at);
                }
            }
            Step::Go { back, lost } => {
                if let Some(at) = self.back(back).filter(|at| !self.sessions[*at].is_lost) {
                    self.go(at, lost);
                }
            }
            Step::Pass { ms } => self.now_ms += ms,
            Step::Follow => self.followers.push(self.members()),
            Step::Tell => self.tell(),
        }
    }

    fn subscribe(&mut self, at: usize) {
        let Known { number, subject, goes_on_for, .. } = self.sessions[at];
        let comer = Comer {
            session: SessionId(number),
            who: subject.and_then(who),
            goes_on_for: goes_on_for.map(SessionId),
        };
        self.next_place += 1;
        assert!(self.roster.join(comer, &self.config, self.next_place, usize::MAX, at_ms(self.now_ms)));
        self.subscribe_plainly(number, subject, goes_on_for);
    }

    fn subscribe_plainly(&mut self, number: u64, subject: Option<&'static str>, goes_on_for: Option<u64>) {
        if self.plain.iter().any(|plain| plain.here.contains(&number)) {
            return;
        }
        let stands_at = |plain: &Plain, session: u64| {
            plain.here.contains(&session) || (plain.here.is_empty() && plain.last == session)
        };
        // Its own place comes first, if it is waited for there.
        if let Some(at) = self.plain.iter().position(|plain| stands_at(plain, number)) {
            return self.stand_at(at, number);
        }
        let earlier = goes_on_for
            .and_then(|session| Some((session, self.plain.iter().position(|p| stands_at(p, session))?)));
        if let Some((session, at)) = earlier {
            if self.plain[at].subject == subject {
                self.plain[at].here.retain(|other| *other != session);
                return self.stand_at(at, number);
            }
            self.leave_plainly(at, session, 0);
        }
        let by_subject = self.by == MemberBy::Subject;
        let is_found = |plain: &Plain| plain.subject == subject && (by_subject || plain.here.is_empty());
        let found = subject.and_then(|_| self.plain.iter().position(is_found));
        if let Some(at) = found {
            return self.stand_at(at, number);
        }
        self.plain.push(Plain { subject, here: vec![number], last: number, until_ms: 0 });
    }

    fn stand_at(&mut self, at: usize, number: u64) {
        let plain = &mut self.plain[at];
        plain.here.push(number);
        plain.last = number;
        plain.until_ms = 0;
    }

    fn go(&mut self, at: usize, lost: bool) {
        let number = self.sessions[at].number;
        self.sessions[at].is_lost = lost;
        let going = if lost { Going::Lost } else { Going::Meant };
        self.roster.go(SessionId(number), going, &self.config, at_ms(self.now_ms));
        if let Some(at) = self.plain.iter().position(|plain| plain.here.contains(&number)) {
            let linger = u64::try_from(LINGER.as_millis()).unwrap();
            self.leave_plainly(at, number, if lost { self.now_ms + linger } else { 0 });
        }
    }

    fn leave_plainly(&mut self, at: usize, number: u64, until_ms: u64) {
        // Who is told to be there no more while it is waited for is waited for no longer.
        let was_awaited = self.plain[at].here.is_empty();
        let now_ms = self.now_ms;
        let plain = &mut self.plain[at];
        plain.here.retain(|other| *other != number);
        plain.until_ms = plain.until_ms.max(until_ms);
        plain.last = plain.here.last().copied().unwrap_or(number);
        if plain.here.is_empty() && (was_awaited || plain.until_ms <= now_ms) {
            self.plain.remove(at);
        }
    }

    fn tell(&mut self) {
        let changes = self.roster.tick(&self.config, at_ms(self.now_ms));
        let now_ms = self.now_ms;
        self.plain.retain(|plain| !plain.here.is_empty() || plain.until_ms > now_ms);
        let told = Told::of(changes, &self.config);
        for follower in &mut self.followers {
            for name in &told.left {
                follower.remove(name);
            }
            for (was, _) in &told.returned {
                follower.remove(was);
            }
            follower.extend(told.returned.iter().map(|(_, name)| name.clone()));
            follower.extend(told.joined.iter().cloned());
        }
        let members = self.members();
        assert!(self.followers.iter().all(|follower| *follower == members), "{:?}", self.followers);
    }

    fn members(&self) -> BTreeSet<String> {
        let name = |(_, member): (u64, &super::super::member::Member)| {
            name(&self.config, member.subject(), member.session())
        };
        self.roster.after(None).map(name).collect()
    }

    fn agrees(&self) {
        let roster: Vec<(Option<String>, u64)> = self
            .roster
            .after(None)
            .map(|(_, member)| (member.subject().map(ToString::to_string), member.session().0))
            .collect();
        let plain: Vec<(Option<String>, u64)> =
            self.plain.iter().map(|plain| (plain.subject.map(str::to_owned), plain.last)).collect();
        assert_eq!(roster, plain);
        assert_eq!(self.roster.is_done(), plain.is_empty() && !self.roster.wants_tick());
    }
}

/// How a follower knows a member.
fn name(config: &PresenceConfig, subject: Option<&Arc<str>>, session: SessionId) -> String {
    match (config.by, subject) {
        (MemberBy::Subject, Some(subject)) => subject.to_string(),
        _ => session.0.to_string(),
    }
}

/// An announcement as a follower reads it.
#[derive(Default)]
struct Told {
    joined: Vec<String>,
    left: Vec<String>,
    returned: Vec<(String, String)>,
}

impl Told {
    fn of(changes: Changes, config: &PresenceConfig) -> Self {
        let mut told = Self::default();
        for change in changes.into_named() {
            let subject = change.who.as_ref().and_then(|who| who.subject.as_ref());
            let name = name(config, subject, change.session);
            match change.happened {
                Happened::Joined => told.joined.push(name),
                Happened::Left => told.left.push(name),
                Happened::Changed => panic!("nobody shows anything: {name}"),
                Happened::Returned { was } => told.returned.push((was.0.to_string(), name)),
            }
        }
        told
    }
}

fn check(by: MemberBy, steps: &[Step]) {
    let mut world = World::new(by);
    for step in steps {
        world.take(step);
        world.agrees();
    }
    world.take(&Step::Tell);
    world.agrees();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_roster_by_session_is_a_plain_list_and_who_follows_it_knows_all(steps in vec(step(), 1..60)) {
        check(MemberBy::Session, &steps);
    }

    #[test]
    fn a_roster_by_subject_is_a_plain_list_and_who_follows_it_knows_all(steps in vec(step(), 1..60)) {
        check(MemberBy::Subject, &steps);
    }
}
