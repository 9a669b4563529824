//! The registry: the rosters of all topics, shared by all threads.
//!
//! Its locks are taken when a session subscribes, unsubscribes or ends, at each announcement and for each question: never
//! on a message's way. Nothing else is locked meanwhile, but who is first on how many topics.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;
use std::net::IpAddr;
use std::sync::Arc;

use fanfare_protocol::limits::{MAX_TOPIC_BYTES, MAX_TOPIC_SEGMENTS};
use fanfare_protocol::topic::TopicHasher;
use fanfare_protocol::{Pattern, Topic};

use super::changes::Changes;
use super::member::Who;
use super::resume::Prover;
use super::roster::{Comer, Going, Roster};
use super::settings::PresenceConfig;
use crate::census::Census;
use crate::clock::Moment;
use crate::engine::SessionId;
use crate::fault::{Fault, planted};
use crate::hub::HubError;
use crate::limits::Limits;
use crate::metrics::{Counter, PresenceGauges};
use crate::sync::Mutex;
use crate::whose::Whose;

/// What stands before a topic where its joins and leaves are announced.
pub(super) const ANNOUNCED_ON: &str = "$presence.";
/// Parts that the topics are spread over, so that shards seldom wait for one another.
const PARTS: usize = 16;
/// Topics that are looked after while a part is locked.
const TOPICS_AT_ONCE: usize = 64;

/// Who is present where.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    configs: Box<[PresenceConfig]>,
    /// None where presence is kept nowhere.
    prover: Option<Prover>,
    parts: Box<[Mutex<Part>]>,
    /// What is known of sessions, of those of which anything is.
    known: Mutex<HashMap<SessionId, Known>>,
    pub(super) max_members: usize,
    max_topics_of_part: usize,
    /// How many topics each subject, or address, is the first on, and how many it may be.
    openers: Census<Whose>,
    max_topics_each: usize,
    pub(crate) counts: Counts,
}

/// What is known of a session from its `hello` on.
#[derive(Debug, Clone, Default)]
struct Known {
    who: Option<Arc<Who>>,
    /// The earlier session that it goes on for, as it has proved.
    goes_on_for: Option<SessionId>,
}

/// What the registry counts.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Members now, on all topics.
    pub(crate) members: Counter,
    /// Topics with a member now.
    pub(crate) topics: Counter,
    /// Subscriptions whose session found no room on a roster.
    pub(crate) left_out: Counter,
    pub(crate) announcements: Counter,
    /// Joins and leaves that announcements counted and did not name.
    pub(crate) unnamed: Counter,
}

impl Counts {
    /// For Prometheus.
    pub(crate) fn gauges(&self) -> PresenceGauges {
        PresenceGauges {
            members: self.members.get(),
            topics: self.topics.get(),
            left_out: self.left_out.get(),
            announcements: self.announcements.get(),
            unnamed: self.unnamed.get(),
        }
    }
}

type TopicMap<T> = HashMap<Topic, T, BuildHasherDefault<TopicHasher>>;

/// The roster of a topic, and who is counted for it as long as it is kept: whose session was the first on it.
#[derive(Debug)]
struct Kept {
    roster: Roster,
    opener: Whose,
}

#[derive(Debug, Default)]
struct Part {
    rosters: TopicMap<Kept>,
    /// Topics with something to tell, or with members that are waited for.
    due: HashSet<Topic, BuildHasherDefault<TopicHasher>>,
    next_place: u64,
}

/// What is to be told of a topic.
#[derive(Debug)]
pub(in crate::hub) struct News {
    pub(in crate::hub) topic: Topic,
    pub(in crate::hub) changes: Changes,
    /// Members now.
    pub(super) count: usize,
}

/// A part of a roster.
#[derive(Debug, Default)]
pub(in crate::hub) struct Page {
    pub(in crate::hub) members: Vec<(SessionId, Option<Arc<Who>>)>,
    /// Members on the whole roster.
    pub(super) count: usize,
    /// The place of the page's last member, if there are more.
    pub(super) next: Option<u64>,
}

impl Registry {
    /// Keeps presence as configured.
    ///
    /// # Errors
    /// The operating system gives no random numbers.
    pub(crate) fn new(configs: Vec<PresenceConfig>, limits: &Limits) -> Result<Self, HubError> {
        let prover = (!configs.is_empty()).then(Prover::new).transpose()?;
        let parts = if configs.is_empty() { 0 } else { PARTS };
        Ok(Self {
            configs: configs.into_boxed_slice(),
            prover,
            parts: (0..parts).map(|_| Mutex::default()).collect(),
            known: Mutex::default(),
            max_members: limits.presence_members,
            max_topics_of_part: limits.presence_topics.div_ceil(PARTS),
            openers: Census::default(),
            max_topics_each: limits.presence_topics_per_subject,
            counts: Counts::default(),
        })
    }

    /// Whether presence is kept anywhere.
    pub(crate) fn is_empty(&self) -> bool {
        self.configs.is_empty()
    }

    /// What is configured for a topic; none where no presence is kept.
    pub(super) fn config(&self, topic: &Topic) -> Option<&PresenceConfig> {
        let covers = |config: &&PresenceConfig| config.patterns.iter().any(|pattern| pattern.matches(topic));
        self.configs.iter().find(covers)
    }

    /// The topic that a subscription makes its session a member of, and what is configured there.
    fn kept(&self, pattern: &Pattern) -> Option<(Topic, &PresenceConfig)> {
        if self.configs.is_empty() {
            return None;
        }
        let topic = pattern.as_topic().filter(is_short_enough)?;
        let config = self.config(&topic)?;
        Some((topic, config))
    }

    /// Whether a subscription to this pattern makes its session a member.
    pub(crate) fn covers(&self, pattern: &Pattern) -> bool {
        self.kept(pattern).is_some()
    }

    /// A session has subscribed, from this address. One that has done so before stays what it is.
    pub(crate) fn join(&self, pattern: &Pattern, session: SessionId, address: IpAddr, now: Moment) {
        let Some((topic, config)) = self.kept(pattern) else { return };
        let Known { who, goes_on_for } = self.known.lock().get(&session).cloned().unwrap_or_default();
        let mut part = self.part(&topic).lock();
        if !part.rosters.contains_key(&topic) {
            let subject = who.as_ref().and_then(|who| who.subject.as_ref());
            if !self.open(&mut part, &topic, Whose::of(subject, address)) {
                return self.counts.left_out.add(1);
            }
        }
        part.next_place += 1;
        let place = part.next_place;
        let comer = Comer { session, who, goes_on_for };
        let joined =
            self.change(&mut part, &topic, |roster| roster.join(comer, config, place, self.max_members, now));
        if joined != Some(true) {
            self.counts.left_out.add(1);
        }
    }

    /// Keeps the roster of another topic; false if there is no room for it, or its opener has enough of them.
    fn open(&self, part: &mut Part, topic: &Topic, opener: Whose) -> bool {
        let has_room = part.rosters.len() < self.max_topics_of_part;
        if !has_room || !self.openers.enter(opener.clone(), self.max_topics_each) {
            return false;
        }
        self.counts.topics.add(1);
        part.rosters.insert(topic.clone(), Kept { roster: Roster::default(), opener });
        true
    }

    /// A session has ended its last subscription to this pattern, or has ended itself.
    pub(crate) fn go(&self, pattern: &Pattern, session: SessionId, going: Going, now: Moment) {
        let Some((topic, config)) = self.kept(pattern) else { return };
        let mut part = self.part(&topic).lock();
        self.change(&mut part, &topic, |roster| roster.go(session, going, config, now));
    }

    /// A session goes on with another token, of the same subject: from now on it shows this, wherever it is a member by a
    /// subscription to one of these patterns.
    pub(crate) fn show<'a>(
        &self,
        patterns: impl Iterator<Item = &'a Pattern>,
        session: SessionId,
        who: Option<&Arc<Who>>,
    ) {
        if self.is_empty() {
            return;
        }
        self.known.lock().entry(session).or_default().who = who.cloned();
        for (topic, config) in patterns.filter_map(|pattern| self.kept(pattern)) {
            let mut part = self.part(&topic).lock();
            self.change(&mut part, &topic, |roster| roster.show(session, who.cloned(), config));
        }
    }

    /// A session begins: whose it is, where that is known, and perhaps a proof that it goes on for an earlier one. Returns
    /// its own proof, for a later session.
    pub(crate) fn begin(
        &self,
        session: SessionId,
        who: Option<Arc<Who>>,
        proof: Option<&str>,
    ) -> Option<String> {
        let prover = self.prover.as_ref()?;
        let goes_on_for = proof.and_then(|proof| prover.check(proof));
        if who.is_some() || goes_on_for.is_some() {
            self.known.lock().insert(session, Known { who, goes_on_for });
        }
        Some(prover.prove(session))
    }

    /// A session has ended, and is on no roster but as one that is waited for.
    pub(crate) fn ended(&self, session: SessionId) {
        if !self.is_empty() {
            self.known.lock().remove(&session);
        }
    }

    /// Changes the roster of a topic, if it is kept, and counts what has become of it.
    fn change<T>(&self, part: &mut Part, topic: &Topic, change: impl FnOnce(&mut Roster) -> T) -> Option<T> {
        let Kept { roster, .. } = part.rosters.get_mut(topic)?;
        let before = roster.len() as u64;
        let result = change(roster);
        let (after, wants_tick, is_done) = (roster.len() as u64, roster.wants_tick(), roster.is_done());
        self.counts.members.add(after);
        self.counts.members.sub(before);
        if wants_tick {
            part.due.insert(topic.clone());
        }
        if let Some(Kept { opener, .. }) = is_done.then(|| part.rosters.remove(topic)).flatten() {
            self.counts.topics.sub(1);
            self.openers.leave(&opener);
        }
        Some(result)
    }

    /// Lets those go who were waited for in vain, and tells what happened on each topic since the last call. Called by
    /// one thread, so that what is told of a topic keeps its order.
    pub(in crate::hub) fn tick(&self, now: Moment, mut tell: impl FnMut(News)) {
        for part in &self.parts {
            let forgetful = planted(Fault::DueForgotten);
            let mut due: Vec<Topic> = take_due(&mut part.lock(), forgetful);
            while !due.is_empty() {
                let some = due.split_off(due.len().saturating_sub(TOPICS_AT_ONCE));
                let news = self.look_after(&mut part.lock(), some, now);
                news.into_iter().for_each(&mut tell);
            }
            if forgetful {
                part.lock().due.clear();
            }
        }
    }

    fn look_after(&self, part: &mut Part, topics: Vec<Topic>, now: Moment) -> Vec<News> {
        let mut news = Vec::new();
        for topic in topics {
            let Some(config) = self.config(&topic) else { continue };
            let looked = self.change(part, &topic, |roster| (roster.tick(config, now), roster.len()));
            let Some((changes, count)) = looked else { continue };
            if config.announce && !changes.is_empty() {
                news.push(News { topic, changes, count });
            }
        }
        news
    }

    /// A page of the roster of a topic: at most `limit` members after a place, and about `bytes` of them.
    pub(in crate::hub) fn page(&self, topic: &Topic, after: Option<u64>, limit: usize, bytes: usize) -> Page {
        let mut page = Page::default();
        if self.parts.is_empty() {
            return page;
        }
        let part = self.part(topic).lock();
        let Some(Kept { roster, .. }) = part.rosters.get(topic) else { return page };
        page.count = roster.len();
        let (mut left, mut last) = (bytes, None);
        for (place, member) in roster.after(after) {
            let who = member.who.clone();
            let cost = member_bytes(who.as_deref());
            if page.members.len() == limit || (cost > left && last.is_some()) {
                page.next = last;
                break;
            }
            left = left.saturating_sub(cost);
            last = Some(place);
            page.members.push((member.session(), who));
        }
        page
    }

    fn part(&self, topic: &Topic) -> &Mutex<Part> {
        let hash = BuildHasherDefault::<TopicHasher>::default();
        let number = std::hash::BuildHasher::hash_one(&hash, topic) >> 32;
        &self.parts[usize::try_from(number).unwrap_or(0) % self.parts.len()]
    }
}

/// The topics that want to be looked at; `left`: they stay among those that do.
fn take_due(part: &mut Part, left: bool) -> Vec<Topic> {
    if left { part.due.iter().cloned().collect() } else { part.due.drain().collect() }
}

/// Whether joins and leaves of a topic can be announced: the name of the announcement's topic keeps to the rules.
pub(super) fn is_short_enough(topic: &Topic) -> bool {
    let text = topic.as_str();
    text.len() + ANNOUNCED_ON.len() <= MAX_TOPIC_BYTES && text.split('.').count() < MAX_TOPIC_SEGMENTS
}

/// What a member takes in an answer or an announcement at most, in bytes: names of fields, and every character of a
/// subject escaped.
pub(super) fn member_bytes(who: Option<&Who>) -> usize {
    const FIELDS_BYTES: usize = 96;
    const ESCAPED_BYTES: usize = 6;
    let of = |who: &Who| {
        let subject = who.subject.as_ref().map_or(0, |subject| subject.len() * ESCAPED_BYTES);
        subject + who.info.as_ref().map_or(0, |info| info.len())
    };
    FIELDS_BYTES + who.map_or(0, of)
}
