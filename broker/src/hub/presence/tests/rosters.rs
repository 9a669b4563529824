//! A roster, promise by promise.

use super::super::changes::{Change, Changes, Happened};
use super::super::roster::{Comer, Going, Roster};
use super::*;
use crate::engine::SessionId;

const ROOM: usize = 1_000;

/// A roster with the numbers and times that its owner would give.
struct Bench {
    roster: Roster,
    config: PresenceConfig,
    next_place: u64,
    now_ms: u64,
}

impl Bench {
    fn new(by: MemberBy) -> Self {
        Self { roster: Roster::default(), config: config(by), next_place: 1, now_ms: 0 }
    }

    fn join_as(&mut self, session: u64, who: Option<Arc<Who>>, goes_on_for: Option<u64>) -> bool {
        let comer = Comer { session: SessionId(session), who, goes_on_for: goes_on_for.map(SessionId) };
        self.next_place += 1;
        self.roster.join(comer, &self.config, self.next_place, ROOM, at_ms(self.now_ms))
    }

    fn join(&mut self, session: u64) {
        assert!(self.join_as(session, None, None));
    }

    fn go(&mut self, session: u64, going: Going) {
        self.roster.go(SessionId(session), going, &self.config, at_ms(self.now_ms));
    }

    /// What is told after this time, as `+1 -2 3>4` of sessions.
    fn told_after(&mut self, pause: Duration) -> String {
        self.now_ms += u64::try_from(pause.as_millis()).unwrap();
        told(self.roster.tick(&self.config, at_ms(self.now_ms)))
    }

    fn told(&mut self) -> String {
        self.told_after(Duration::ZERO)
    }

    fn sessions(&self) -> Vec<u64> {
        self.roster.after(None).map(|(_, member)| member.session().0).collect()
    }
}

fn told(changes: Changes) -> String {
    let word = |Change { happened, session, .. }: Change| match happened {
        Happened::Joined => format!("+{}", session.0),
        Happened::Left => format!("-{}", session.0),
        Happened::Returned { was } => format!("{}>{}", was.0, session.0),
        Happened::Changed => format!("~{}", session.0),
    };
    changes.into_named().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_a_member_shows_anew_is_told_once_with_the_newest_of_it() {
    let mood = |mood: &str| Some(Arc::new(Who { subject: Some("alice".into()), info: Some(mood.into()) }));
    for by in [MemberBy::Session, MemberBy::Subject] {
        let mut bench = Bench::new(by);
        let show =
            |bench: &mut Bench, session, who| bench.roster.show(SessionId(session), who, &bench.config);
        bench.join_as(1, mood("1"), None);
        show(&mut bench, 1, mood("2"));
        assert_eq!(bench.told(), "+1", "who joins is told with it");
        for who in [mood("3"), mood("4"), mood("4")] {
            show(&mut bench, 1, who);
        }
        show(&mut bench, 9, mood("of nobody"));
        assert_eq!((bench.told().as_str(), bench.told().as_str()), ("~1", ""));
        let members: Vec<_> = bench.roster.after(None).map(|(_, member)| member.who.clone()).collect();
        assert_eq!(members, [mood("4")]);
        show(&mut bench, 1, mood("5"));
        bench.go(1, Going::Meant);
        assert_eq!(bench.told(), "-1");
    }
}

#[test]
fn a_session_joins_once_however_often_it_subscribes() {
    let mut bench = Bench::new(MemberBy::Session);
    bench.join(1);
    bench.join(1);
    assert_eq!(bench.told(), "+1");
    bench.join(1);
    assert_eq!(bench.told(), "");
}

#[test]
fn who_unsubscribes_leaves_at_once() {
    let mut bench = Bench::new(MemberBy::Session);
    bench.join(1);
    bench.told();
    bench.go(1, Going::Meant);
    assert_eq!(bench.told(), "-1");
    assert!(bench.roster.is_done());
}

#[test]
fn who_is_lost_leaves_after_the_linger_time_and_not_before() {
    let mut bench = Bench::new(MemberBy::Session);
    bench.join(1);
    bench.told();
    bench.go(1, Going::Lost);
    assert_eq!(bench.told_after(LINGER.saturating_sub(Duration::from_millis(1))), "");
    assert_eq!(bench.sessions(), [1]);
    assert_eq!(bench.told_after(Duration::from_millis(1)), "-1");
    assert!(bench.roster.is_done());
}

#[test]
fn a_session_that_goes_on_for_a_lost_one_returns_to_its_place() {
    let mut bench = Bench::new(MemberBy::Session);
    bench.join(1);
    bench.join(2);
    bench.told();
    bench.go(1, Going::Lost);
    bench.join_as(3, None, Some(1));
    assert_eq!((bench.told().as_str(), bench.sessions()), ("1>3", vec![3, 2]));
    assert_eq!(bench.told_after(LINGER), "");
}

#[test]
fn a_session_that_goes_on_for_one_not_known_to_be_lost_takes_its_place() {
    let mut bench = Bench::new(MemberBy::Session);
    bench.join(1);
    bench.told();
    bench.join_as(2, None, Some(1));
    assert_eq!(bench.told(), "1>2");
    bench.go(1, Going::Lost);
    assert_eq!((bench.told_after(LINGER).as_str(), bench.sessions()), ("", vec![2]));
}

#[test]
fn nobody_takes_the_place_of_another_subject() {
    let mut bench = Bench::new(MemberBy::Session);
    bench.join_as(1, who("alice"), None);
    bench.told();
    bench.go(1, Going::Lost);
    bench.join_as(2, who("bob"), Some(1));
    assert_eq!(bench.told(), "-1 +2");
}

#[test]
fn a_subject_that_comes_back_returns_without_a_proof() {
    let mut bench = Bench::new(MemberBy::Session);
    bench.join_as(1, who("alice"), None);
    bench.told();
    bench.go(1, Going::Lost);
    bench.join_as(2, who("bob"), None);
    bench.join_as(3, who("alice"), None);
    assert_eq!(bench.told(), "1>3 +2");
}

#[test]
fn two_sessions_of_a_subject_that_are_there_are_two_members_by_session_and_one_by_subject() {
    for (by, expected) in [(MemberBy::Session, "+1 +2"), (MemberBy::Subject, "+1")] {
        let mut bench = Bench::new(by);
        bench.join_as(1, who("alice"), None);
        bench.join_as(2, who("alice"), None);
        assert_eq!(bench.told(), expected, "{by:?}");
    }
}

#[test]
fn a_subject_leaves_with_its_last_session() {
    let mut bench = Bench::new(MemberBy::Subject);
    bench.join_as(1, who("alice"), None);
    bench.join_as(2, who("alice"), None);
    bench.told();
    bench.go(2, Going::Meant);
    assert_eq!(bench.told(), "");
    bench.go(1, Going::Meant);
    assert_eq!(bench.told(), "-1");
}

#[test]
fn a_quick_return_of_a_subject_is_neither_leave_nor_join() {
    let mut bench = Bench::new(MemberBy::Subject);
    bench.join_as(1, who("alice"), None);
    bench.told();
    bench.go(1, Going::Lost);
    bench.join_as(2, who("alice"), None);
    assert_eq!((bench.told_after(LINGER * 2).as_str(), bench.sessions()), ("", vec![2]));
}

#[test]
fn a_subject_whose_other_session_was_lost_a_moment_ago_is_waited_for() {
    let mut bench = Bench::new(MemberBy::Subject);
    bench.join_as(1, who("alice"), None);
    bench.join_as(2, who("alice"), None);
    bench.told();
    bench.go(1, Going::Lost);
    bench.go(2, Going::Meant);
    assert_eq!(bench.told(), "");
    assert_eq!(bench.told_after(LINGER), "-2");
}

#[test]
fn sessions_without_a_subject_count_by_themselves_by_subject_too() {
    let mut bench = Bench::new(MemberBy::Subject);
    bench.join(1);
    bench.join(2);
    assert_eq!(bench.told(), "+1 +2");
    bench.go(1, Going::Lost);
    bench.join_as(3, None, Some(1));
    assert_eq!(bench.told(), "1>3");
}

#[test]
fn a_full_roster_takes_nobody_new_and_everybody_back() {
    let mut bench = Bench::new(MemberBy::Session);
    let room = u64::try_from(ROOM).unwrap();
    (1..=room).for_each(|session| bench.join(session));
    assert!(!bench.join_as(room + 1, None, None));
    bench.go(1, Going::Lost);
    assert!(bench.join_as(room + 2, None, Some(1)));
    assert_eq!(bench.roster.len(), ROOM);
}

#[test]
fn more_changes_than_can_be_named_are_counted() {
    let mut bench = Bench::new(MemberBy::Session);
    bench.config.linger = Duration::ZERO;
    for session in 1..=2_000 {
        bench.join(session);
        bench.go(session, Going::Lost);
    }
    let changes = bench.roster.tick(&bench.config, at_ms(0));
    let more = changes.more;
    let named = changes.into_named().count() as u64;
    assert!(named <= 1_024, "{named}");
    assert_eq!(more, 2 * (2_000 - named), "a join and a leave each");
}
