//! What a stream remembers of keys, for how long, and what that costs.

use std::time::Duration;

use fanfare_protocol::Topic;

use proptest::prelude::*;

use super::shares::{PUBLISHER_OVERHEAD_BYTES, Shares};
use super::{Ending, KEY_OVERHEAD_BYTES, KeyWindow, footprint};
use crate::clock::Moment;
use crate::engine::append::{Key, Refused};
use crate::engine::settings::KeyLimits;
use crate::whose::Whose;

const WINDOW: Duration = Duration::from_secs(10);

fn key(text: &str) -> Key {
    Key::new(&Topic::new("orders.eu").unwrap(), text)
}

fn at(seconds: u64) -> Moment {
    Moment::after_start(Duration::from_secs(seconds))
}

fn shared(max_bytes: usize, max_bytes_each: usize) -> KeyWindow {
    KeyWindow::new(KeyLimits { window: WINDOW, max_bytes, max_bytes_each })
}

fn subject(name: &str) -> Whose {
    Whose::Subject(name.into())
}

fn full(seconds: u64, own: bool) -> Result<(), Refused> {
    Err(Refused::KeysFull { retry_after: Duration::from_secs(seconds), own })
}

fn window(max_bytes: usize) -> KeyWindow {
    shared(max_bytes, max_bytes)
}

#[test]
fn a_key_is_remembered_for_the_window_and_no_longer() {
    let mut keys = window(1 << 20);
    keys.remember(key("a"), None, 7, at(100));
    assert_eq!(keys.seq_of(&key("a"), at(109)), Some(7));
    assert_eq!(keys.seq_of(&key("b"), at(109)), None);
    // Nobody has swept, and yet its time is over.
    assert_eq!(keys.seq_of(&key("a"), at(110)), None);
}

#[test]
fn a_key_belongs_to_its_topic() {
    let mut keys = window(1 << 20);
    keys.remember(key("a"), None, 7, at(0));
    assert_eq!(keys.seq_of(&Key::new(&Topic::new("orders.us").unwrap(), "a"), at(0)), None);
    // However a key is made, it does not pass for one of a longer topic.
    assert_ne!(Key::new(&Topic::new("a").unwrap(), "b\0c"), Key::new(&Topic::new("a.b").unwrap(), "c"));
}

#[test]
fn a_key_that_is_remembered_anew_outlives_its_first_time() {
    let mut keys = window(1 << 20);
    keys.remember(key("a"), None, 1, at(0));
    keys.remember(key("a"), None, 2, at(10));
    assert!(!keys.forget(at(15)));
    assert_eq!((keys.seq_of(&key("a"), at(19)), keys.len()), (Some(2), 1));
    assert!(!keys.forget(at(20)));
    assert_eq!((keys.len(), keys.bytes()), (0, 0));
}

#[test]
fn a_clock_read_before_the_lock_was_taken_does_not_disturb_the_order() {
    let mut keys = window(1 << 20);
    keys.remember(key("late"), None, 1, at(5));
    keys.remember(key("early"), None, 2, at(3));
    assert_eq!(keys.seq_of(&key("early"), at(14)), Some(2));
    assert!(!keys.forget(at(15)));
    assert_eq!(keys.len(), 0);
}

#[test]
fn a_key_that_has_no_room_is_told_when_there_is_some() {
    let mut keys = window(2 * footprint(&key("a")));
    for (name, seconds) in [("a", 0), ("b", 3)] {
        assert_eq!(keys.check_room(&key(name), None, at(seconds)), Ok(()));
        keys.remember(key(name), None, 1, at(seconds));
    }
    assert_eq!(keys.check_room(&key("c"), None, at(4)), full(6, false));
    keys.forget(at(10));
    assert_eq!(keys.check_room(&key("c"), None, at(10)), Ok(()));
}

#[test]
fn forgetting_goes_in_small_steps_that_gain_on_what_comes() {
    let mut keys = window(1 << 20);
    for number in 0..1_000 {
        keys.remember(key(&number.to_string()), None, number, at(0));
    }
    let mut steps = 1;
    while keys.forget(at(10)) {
        steps += 1;
    }
    assert!((10..=20).contains(&steps), "{steps}");
    assert_eq!((keys.len(), keys.bytes()), (0, 0));
}

#[test]
fn the_overhead_covers_map_and_queue_at_their_emptiest() {
    // Both double their room when they are full: just after that, half of it is empty.
    let (mut keys, mut worst) = (window(usize::MAX), 0);
    for number in 0..10_000u64 {
        keys.remember(key(&number.to_string()), None, number, at(0));
        let slots = keys.remembered.allocated() + keys.ending.capacity() * size_of::<Ending>();
        // With fewer keys than that, what the parts of the map take at least shows.
        if number > 2_000 {
            worst = worst.max(slots / keys.len() + 2 * size_of::<usize>());
        }
    }
    assert!(worst <= KEY_OVERHEAD_BYTES, "{worst}");
}

#[test]
fn a_publisher_that_has_used_up_its_share_keeps_no_other_from_publishing() {
    let one = footprint(&key("00"));
    let share = PUBLISHER_OVERHEAD_BYTES + "mallory".len() + 10 * one;
    let mut keys = shared(100 * one, share);
    let (mallory, alice) = (subject("mallory"), subject("alice"));
    let mut taken = 0;
    while keys.check_room(&key(&format!("{taken:02}")), Some(&mallory), at(taken)).is_ok() {
        keys.remember(key(&format!("{taken:02}")), Some(mallory.clone()), taken, at(taken));
        taken += 1;
        if taken == 3 {
            keys.remember(key("al"), Some(alice.clone()), 99, at(3));
        }
    }
    assert_eq!(taken, 10);
    assert_eq!(keys.check_room(&key("xx"), Some(&mallory), at(9)), full(1, true));
    assert_eq!(keys.check_room(&key("xx"), Some(&alice), at(9)), Ok(()));
    assert_eq!(keys.check_room(&key("xx"), None, at(9)), Ok(()));
    // Its oldest is forgotten, and with that it has room for one.
    keys.forget(at(10));
    assert_eq!(keys.check_room(&key("xx"), Some(&mallory), at(10)), Ok(()));
    keys.remember(key("xx"), Some(mallory.clone()), 100, at(10));
    assert_eq!(keys.check_room(&key("yy"), Some(&mallory), at(10)), full(1, true));
    while keys.forget(at(30)) {}
    assert_eq!((keys.bytes(), keys.shares.allocated()), (0, 0));
}

#[test]
fn the_overhead_covers_what_is_kept_of_a_publisher() {
    let (mut shares, mut worst) = (Shares::default(), 0);
    for number in 0..10_000u32 {
        shares.take(subject(&number.to_string()), u64::from(number), 1);
        if number > 2_000 {
            worst = worst.max(shares.allocated() / (number as usize + 1) + 2 * size_of::<usize>());
        }
    }
    assert!(worst <= PUBLISHER_OVERHEAD_BYTES, "{worst}");
}

proptest! {
    #[test]
    fn what_is_taken_and_told_is_what_a_plain_list_says(
        steps in prop::collection::vec((0u8..4, 0u64..3), 0..80),
    ) {
        let mut keys = shared(usize::MAX, 5 * footprint(&key("000")) + PUBLISHER_OVERHEAD_BYTES + 1);
        let (mut plain, mut now) = (Vec::<(u8, u64)>::new(), 0);
        for (number, (by, seconds)) in steps.into_iter().enumerate() {
            now += seconds;
            while keys.forget(at(now)) {}
            plain.retain(|(_, until)| *until > now);
            let of = |by: u8| (by > 0).then(|| subject(&by.to_string()));
            let own: Vec<u64> = plain.iter().filter(|(other, _)| *other == by).map(|(_, until)| *until).collect();
            let fits = by == 0 || own.len() < 5;
            let expected = if fits { Ok(()) } else { full(own[0] - now, true) };
            let key = key(&format!("{number:03}"));
            prop_assert_eq!(keys.check_room(&key, of(by).as_ref(), at(now)), expected);
            if fits {
                keys.remember(key.clone(), of(by), 1, at(now));
                plain.push((by, now + WINDOW.as_secs()));
            }
            let publishers = (1..4).filter(|by| plain.iter().any(|(other, _)| other == by)).count();
            let bytes = plain.len() * footprint(&key) + publishers * (PUBLISHER_OVERHEAD_BYTES + 1);
            prop_assert_eq!(keys.bytes(), bytes);
        }
    }
}
