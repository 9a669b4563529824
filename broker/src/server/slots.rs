//! Slots: when each session is sent away, so that not all come back at once.

use std::time::Duration;

/// Sessions are never further apart than this: a broker that has few of them does not wait out the whole window.
const APART_MAX: Duration = Duration::from_millis(10);

/// When each of `count` sessions leaves, ascending, counted from the beginning: spread evenly over the window, each
/// anywhere within its part of it.
pub(super) fn slots(count: usize, window: Duration, seed: u64) -> impl Iterator<Item = Duration> {
    let parts = u32::try_from(count).unwrap_or(u32::MAX).max(1);
    let part = (window / parts).min(APART_MAX);
    let mut random = SplitMix(seed);
    (0..count).map(move |number| {
        let begins = part.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX));
        begins + part.mul_f64(random.fraction())
    })
}

/// A small generator of random numbers, for what need not be unguessable.
struct SplitMix(u64);

impl SplitMix {
    /// From 0 to below 1.
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        f64::from((bits >> 32) as u32) / f64::from(u32::MAX) * (1.0 - f64::EPSILON)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_session_has_its_own_part_of_the_window() {
        let window = Duration::from_secs(2);
        let all: Vec<_> = slots(1_000, window, 7).collect();
        let part = window / 1_000;
        for (number, slot) in (0..).zip(&all) {
            assert!(*slot >= part * number && *slot <= part * (number + 1), "{number}: {slot:?}");
        }
        assert!((0..).zip(&all).any(|(number, slot)| *slot != part * number), "not jittered");
    }

    #[test]
    fn few_sessions_leave_soon() {
        let last = slots(3, Duration::from_mins(1), 7).last().unwrap();
        assert!(last <= 3 * APART_MAX, "{last:?}");
    }

    #[test]
    fn without_a_window_all_leave_at_once() {
        assert!(slots(10, Duration::ZERO, 7).all(|slot| slot.is_zero()));
        assert_eq!(slots(0, Duration::from_secs(1), 7).count(), 0);
    }
}
