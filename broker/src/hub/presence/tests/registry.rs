//! The registry at its bounds, and what is announced of it.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use fanfare_protocol::Topic;

use super::super::announce::render;
use super::super::registry::{News, Registry};
use super::super::roster::Going;
use super::*;
use crate::engine::SessionId;
use crate::limits::Limits;

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn registry(limits: &Limits) -> Registry {
    Registry::new(vec![config(MemberBy::Session)], limits).unwrap()
}

fn pattern(text: &str) -> Pattern {
    Pattern::new(text).unwrap()
}

fn topic(text: &str) -> Topic {
    Topic::new(text).unwrap()
}

fn join_as(registry: &Registry, pattern: &Pattern, number: u64, who: Option<Arc<Who>>) {
    registry.begin(SessionId(number), who, None);
    registry.join(pattern, SessionId(number), HOST, at_ms(0));
}

fn news(registry: &Registry, now_ms: u64) -> Vec<News> {
    let mut news = Vec::new();
    registry.tick(at_ms(now_ms), |one| news.push(one));
    news
}

#[test]
fn only_a_subscription_to_just_a_topic_that_is_covered_makes_a_member() {
    let registry = registry(&Limits::default());
    assert!(registry.covers(&pattern("rooms.1")));
    for other in ["rooms.*", "rooms.>", "rooms", "other.1", ">", "$presence.rooms.1"] {
        assert!(!registry.covers(&pattern(other)), "{other}");
    }
}

#[test]
fn a_topic_whose_announcements_would_have_too_long_a_name_has_no_members() {
    let registry = registry(&Limits::default());
    let of_bytes = |bytes: usize| format!("rooms.{}", "x".repeat(bytes - 6));
    let of_segments = |segments: usize| format!("rooms{}", ".x".repeat(segments - 1));
    for (fits, does_not) in [(of_bytes(246), of_bytes(247)), (of_segments(15), of_segments(16))] {
        assert!(registry.covers(&pattern(&fits)));
        assert!(!registry.covers(&pattern(&does_not)));
    }
}

#[test]
fn ten_thousand_members_come_in_pages_each_once() {
    let registry = registry(&Limits::default());
    (1..=10_000).for_each(|number| registry.join(&pattern("rooms.1"), SessionId(number), HOST, at_ms(0)));
    let (mut seen, mut after, mut pages) = (BTreeSet::new(), None, 0);
    loop {
        let page = registry.page(&topic("rooms.1"), after, 1_000, 256 << 10);
        assert_eq!(page.count, 10_000);
        assert!(page.members.iter().all(|(session, _)| seen.insert(*session)));
        (after, pages) = (page.next, pages + 1);
        if after.is_none() {
            break;
        }
    }
    assert_eq!((seen.len(), pages), (10_000, 10));
}

#[test]
fn a_page_ends_where_its_bytes_do_but_has_one_member_at_least() {
    let registry = registry(&Limits::default());
    let info = format!("\"{}\"", "x".repeat(1_000));
    let who = Arc::new(Who { subject: None, info: Some(info.into()) });
    (1..=9).for_each(|number| {
        join_as(&registry, &pattern("rooms.1"), number, Some(Arc::clone(&who)));
    });
    let page = registry.page(&topic("rooms.1"), None, 100, 3_500);
    assert_eq!((page.members.len(), page.next.is_some()), (3, true));
    let page = registry.page(&topic("rooms.1"), page.next, 100, 1);
    assert_eq!(page.members.len(), 1);
}

#[test]
fn ten_thousand_joins_are_one_announcement_of_bounded_size_that_counts_the_rest() {
    let registry = registry(&Limits::default());
    (1..=10_000).for_each(|number| registry.join(&pattern("rooms.1"), SessionId(number), HOST, at_ms(0)));
    let mut news = news(&registry, 0);
    assert_eq!(news.len(), 1);
    let (text, unnamed) = render(news.remove(0), 16 << 10, |session| format!("0123abcd-{}", session.0));
    assert!(text.len() <= (16 << 10) + 100, "{}", text.len());
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let named = told["joined"].as_array().unwrap().len() as u64;
    assert!(named >= 100, "{named}");
    assert_eq!((told["count"].as_u64(), told["more"].as_u64()), (Some(10_000), Some(10_000 - named)));
    assert_eq!(unnamed, 10_000 - named);
}

#[test]
fn an_announcement_tells_subjects_and_info_but_no_info_of_who_has_left() {
    let registry = registry(&Limits::default());
    let who = |subject: &str| {
        Some(Arc::new(Who { subject: Some(subject.into()), info: Some(r#"{"mood":null}"#.into()) }))
    };
    join_as(&registry, &pattern("rooms.1"), 1, who("al\"ice"));
    news(&registry, 0);
    registry.go(&pattern("rooms.1"), SessionId(1), Going::Meant, at_ms(0));
    join_as(&registry, &pattern("rooms.1"), 2, who("bob"));
    let (text, _) = render(news(&registry, 0).remove(0), 1 << 10, |session| format!("s-{}", session.0));
    let joined = r#"{"session":"s-2","subject":"bob","info":{"mood":null}}"#;
    let left = r#"{"session":"s-1","subject":"al\"ice"}"#;
    assert_eq!(text, format!(r#"{{"joined":[{joined}],"left":[{left}],"count":1}}"#));
}

#[test]
fn what_finds_no_room_is_counted_and_is_no_member() {
    let limits = Limits { presence_members: 2, presence_topics: 16, ..Limits::default() };
    let registry = registry(&limits);
    (1..=3).for_each(|number| registry.join(&pattern("rooms.1"), SessionId(number), HOST, at_ms(0)));
    assert_eq!(registry.page(&topic("rooms.1"), None, 9, 9_999).count, 2);
    assert_eq!(registry.counts.left_out.get(), 1);
    (2..1_000)
        .for_each(|room| registry.join(&pattern(&format!("rooms.{room}")), SessionId(9), HOST, at_ms(0)));
    let topics = registry.counts.topics.get();
    assert!(topics <= 16, "{topics}");
    assert_eq!(registry.counts.left_out.get(), 1 + 998 - (topics - 1));
}

#[test]
fn one_subject_does_not_take_the_topics_of_the_others() {
    let limits = Limits { presence_topics: 1_600, presence_topics_per_subject: 3, ..Limits::default() };
    let registry = registry(&limits);
    let room = |n: u64| pattern(&format!("rooms.{n}"));
    (1..=5).for_each(|n| join_as(&registry, &room(n), n, who("mallory")));
    assert_eq!((registry.counts.topics.get(), registry.counts.left_out.get()), (3, 2));
    // A room that is there takes her in, and rooms are there for others, whoever has none by address.
    join_as(&registry, &room(10), 10, who("alice"));
    join_as(&registry, &room(10), 11, who("mallory"));
    (20..=29).for_each(|n| registry.join(&room(n), SessionId(n), HOST, at_ms(0)));
    assert_eq!((registry.counts.topics.get(), registry.counts.left_out.get()), (7, 2 + 7));
    registry.join(&room(30), SessionId(30), [127, 0, 0, 2].into(), at_ms(0));
    assert_eq!(registry.counts.topics.get(), 8);
    // Whoever leaves has room again, once that was told.
    registry.go(&room(1), SessionId(1), Going::Meant, at_ms(0));
    news(&registry, 0);
    join_as(&registry, &room(4), 12, who("mallory"));
    assert_eq!(registry.page(&topic("rooms.4"), None, 9, 9_999).count, 1);
}

#[test]
fn a_member_that_is_refreshed_shows_its_new_info_to_whoever_asks_and_listens() {
    let registry = registry(&Limits::default());
    let shown = |info: &str| Some(Arc::new(Who { subject: Some("alice".into()), info: Some(info.into()) }));
    for room in ["rooms.1", "rooms.2"] {
        join_as(&registry, &pattern(room), 1, shown("1"));
    }
    news(&registry, 0);
    let (rooms, wild) = (pattern("rooms.1"), pattern("rooms.*"));
    registry.show([&rooms, &wild].into_iter(), SessionId(1), shown("2").as_ref());
    assert_eq!(registry.page(&topic("rooms.1"), None, 9, 9_999).members[0].1, shown("2"));
    let (text, _) = render(news(&registry, 0).remove(0), 1 << 10, |session| format!("s-{}", session.0));
    let changed = r#"{"session":"s-1","subject":"alice","info":2}"#;
    assert_eq!(text, format!(r#"{{"joined":[],"left":[],"changed":[{changed}],"count":1}}"#));
    // Where it comes next, it comes with that.
    registry.join(&pattern("rooms.3"), SessionId(1), HOST, at_ms(0));
    assert_eq!(registry.page(&topic("rooms.3"), None, 9, 9_999).members[0].1, shown("2"));
}

#[test]
fn nothing_is_left_of_those_who_have_left() {
    let registry = registry(&Limits::default());
    for number in 1..=100 {
        let rooms = pattern(&format!("rooms.{}", number % 7));
        join_as(&registry, &rooms, number, who("alice"));
        registry.go(&rooms, SessionId(number), Going::Lost, at_ms(0));
        registry.ended(SessionId(number));
    }
    assert_eq!(registry.counts.members.get(), 7, "each room waits for one alice");
    news(&registry, u64::try_from(LINGER.as_millis()).unwrap());
    news(&registry, 10_000);
    assert_eq!((registry.counts.members.get(), registry.counts.topics.get()), (0, 0));
}

#[test]
fn what_nobody_announces_is_kept_all_the_same() {
    let silent = PresenceConfig { announce: false, ..config(MemberBy::Session) };
    let registry = Registry::new(vec![silent], &Limits::default()).unwrap();
    registry.join(&pattern("rooms.1"), SessionId(1), HOST, at_ms(0));
    assert!(news(&registry, 0).is_empty());
    assert_eq!(registry.page(&topic("rooms.1"), None, 9, 9_999).count, 1);
}
