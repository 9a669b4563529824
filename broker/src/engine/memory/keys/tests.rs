//! What a stream remembers of keys, for how long, and what that costs.

use std::time::Duration;

use fanfare_protocol::Topic;

use super::{KEY_OVERHEAD_BYTES, KeyWindow, footprint};
use crate::clock::Moment;
use crate::engine::append::Key;
use crate::engine::settings::KeyLimits;

const WINDOW: Duration = Duration::from_secs(10);

fn key(text: &str) -> Key {
    Key::new(&Topic::new("orders.eu").unwrap(), text)
}

fn at(seconds: u64) -> Moment {
    Moment::after_start(Duration::from_secs(seconds))
}

fn window(max_bytes: usize) -> KeyWindow {
    KeyWindow::new(KeyLimits { window: WINDOW, max_bytes })
}

#[test]
fn a_key_is_remembered_for_the_window_and_no_longer() {
    let mut keys = window(1 << 20);
    keys.remember(key("a"), 7, at(100));
    assert_eq!(keys.seq_of(&key("a"), at(109)), Some(7));
    assert_eq!(keys.seq_of(&key("b"), at(109)), None);
    // Nobody has swept, and yet its time is over.
    assert_eq!(keys.seq_of(&key("a"), at(110)), None);
}

#[test]
fn a_key_belongs_to_its_topic() {
    let mut keys = window(1 << 20);
    keys.remember(key("a"), 7, at(0));
    assert_eq!(keys.seq_of(&Key::new(&Topic::new("orders.us").unwrap(), "a"), at(0)), None);
    // However a key is made, it does not pass for one of a longer topic.
    assert_ne!(Key::new(&Topic::new("a").unwrap(), "b\0c"), Key::new(&Topic::new("a.b").unwrap(), "c"));
}

#[test]
fn a_key_that_is_remembered_anew_outlives_its_first_time() {
    let mut keys = window(1 << 20);
    keys.remember(key("a"), 1, at(0));
    keys.remember(key("a"), 2, at(10));
    assert!(!keys.forget(at(15)));
    assert_eq!((keys.seq_of(&key("a"), at(19)), keys.len()), (Some(2), 1));
    assert!(!keys.forget(at(20)));
    assert_eq!((keys.len(), keys.bytes()), (0, 0));
}

#[test]
fn a_clock_read_before_the_lock_was_taken_does_not_disturb_the_order() {
    let mut keys = window(1 << 20);
    keys.remember(key("late"), 1, at(5));
    keys.remember(key("early"), 2, at(3));
    assert_eq!(keys.seq_of(&key("early"), at(14)), Some(2));
    assert!(!keys.forget(at(15)));
    assert_eq!(keys.len(), 0);
}

#[test]
fn a_key_that_has_no_room_is_told_when_there_is_some() {
    let mut keys = window(2 * footprint(&key("a")));
    for (name, seconds) in [("a", 0), ("b", 3)] {
        assert_eq!(keys.check_room(&key(name), at(seconds)), Ok(()));
        keys.remember(key(name), 1, at(seconds));
    }
    assert_eq!(keys.check_room(&key("c"), at(4)), Err(Duration::from_secs(6)));
    keys.forget(at(10));
    assert_eq!(keys.check_room(&key("c"), at(10)), Ok(()));
}

#[test]
fn forgetting_goes_in_small_steps_that_gain_on_what_comes() {
    let mut keys = window(1 << 20);
    for number in 0..1_000 {
        keys.remember(key(&number.to_string()), number, at(0));
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
        keys.remember(key(&number.to_string()), number, at(0));
        let slots = keys.remembered.allocated() + keys.ending.capacity() * size_of::<(Moment, Key)>();
        // With fewer keys than that, what the parts of the map take at least shows.
        if number > 2_000 {
            worst = worst.max(slots / keys.len() + 2 * size_of::<usize>());
        }
    }
    assert!(worst <= KEY_OVERHEAD_BYTES, "{worst}");
}
