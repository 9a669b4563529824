//! Presence: sessions come and go on several threads while one tells of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::{Pattern, Topic};
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

use super::super::tally::Tally;
use super::super::violation::{Check, Checked, ensure};
use super::broker::now;
use super::schedules::holds;
use crate::engine::SessionId;
use crate::hub::presence::{Going, Happened, MemberBy, News, PresenceConfig, Registry};
use crate::limits::Limits;

const ROOMS: [&str; 2] = ["rooms.1", "rooms.2"];
const SESSIONS: u64 = 3;
/// What each thread does, and how often is told meanwhile.
const STEPS: usize = 8;
const TELLINGS: usize = 4;

/// Who was told to be where.
#[derive(Debug, Default)]
struct Followed(BTreeMap<Topic, BTreeSet<SessionId>>);

impl Followed {
    fn hear(&mut self, registry: &Registry) {
        registry.tick(now().moment, |News { topic, changes, .. }| {
            let members = self.0.entry(topic).or_default();
            for change in changes.into_named() {
                if change.happened == Happened::Left {
                    members.remove(&change.session);
                } else {
                    members.insert(change.session);
                }
            }
        });
    }
}

/// Two threads with sessions of their own, and one that follows: in the end it knows who is there.
pub(super) fn following(tally: &mut Tally) -> Checked {
    let config = PresenceConfig {
        patterns: vec![Pattern::new("rooms.>").unwrap()],
        by: MemberBy::Session,
        linger: Duration::ZERO,
        announce: true,
    };
    let registry = Arc::new(Registry::new(vec![config], &Limits::default()).unwrap());
    let members = [0, 1].map(|number| {
        let registry = Arc::clone(&registry);
        thread::spawn(move || come_and_go(&registry, number * SESSIONS))
    });
    let telling = Arc::clone(&registry);
    let teller = thread::spawn(move || {
        let mut followed = Followed::default();
        for _ in 0..TELLINGS {
            followed.hear(&telling);
            thread::yield_now();
        }
        followed
    });
    for member in members {
        member.join().unwrap();
    }
    let mut followed = teller.join().unwrap();
    tally.add("told on the way", followed.0.values().map(|members| members.len() as u64).sum::<u64>());
    followed.hear(&registry);
    for room in ROOMS {
        let topic = Topic::new(room).unwrap();
        let page = registry.page(&topic, None, usize::MAX, usize::MAX);
        let there: BTreeSet<SessionId> = page.members.iter().map(|(session, _)| *session).collect();
        let known = followed.0.remove(&topic).unwrap_or_default();
        ensure(there == known, Check::Silence, || format!("{there:?} are in {room}, {known:?} were told"))?;
        tally.add("there", there.len() as u64);
    }
    Ok(())
}

fn come_and_go(registry: &Registry, first: u64) {
    for _ in 0..STEPS {
        let session = SessionId(1 + first + thread_rng().gen_range(0..SESSIONS));
        let room = Pattern::new(ROOMS[thread_rng().gen_range(0..ROOMS.len())]).unwrap();
        if thread_rng().gen_ratio(2, 3) {
            registry.join(&room, session, [127, 0, 0, 1].into(), now().moment);
        } else {
            registry.go(&room, session, Going::Meant, now().moment);
        }
    }
}

#[test]
fn who_follows_the_announcements_knows_in_the_end_who_is_there() {
    holds(following, &["told on the way", "there"]);
}
