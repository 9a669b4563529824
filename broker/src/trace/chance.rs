//! Chance: whether a message is among the few. Each thread has its own numbers, so that none waits for another.

use std::cell::Cell;

thread_local! {
    /// Where this thread's numbers stand; 0 before the first.
    static STATE: Cell<u64> = const { Cell::new(0) };
}

/// Parts of a whole that a ratio counts in.
pub(super) const PARTS: u32 = 1_000_000;

/// True so many times in a million.
pub(super) fn hits(parts: u32) -> bool {
    match parts {
        0 => false,
        PARTS.. => true,
        _ => next() % u64::from(PARTS) < u64::from(parts),
    }
}

/// The next number of this thread (`SplitMix64`). Nothing secret depends on it.
fn next() -> u64 {
    STATE.with(|state| {
        let mut at = state.get();
        if at == 0 {
            // Without random numbers all threads draw the same: that does no harm.
            at = getrandom::u64().unwrap_or(1);
        }
        at = at.wrapping_add(0x9E37_79B9_7F4A_7C15);
        state.set(at);
        let mut mixed = (at ^ at >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_kept_over_many() {
        let hit = (0..200_000).filter(|_| hits(10_000)).count();
        // Of a hundredth of them the deviation is 45; six times that is once in a billion runs.
        assert!((1_730..=2_270).contains(&hit), "{hit} of 200,000 at a hundredth");
    }

    #[test]
    fn never_and_always_are_just_that() {
        assert!((0..1_000).all(|_| !hits(0) && hits(PARTS)));
    }
}
