//! Growing pauses between tries. Each is random up to a ceiling, so that many clients don't come back all at once.

use std::time::Duration;

/// The ceiling of the first pause, and that of all; between them it doubles with each failure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    pub(crate) first: Duration,
    pub(crate) max: Duration,
}

impl Backoff {
    /// The pause after this many failures before; `random` is any number, all equally likely.
    pub(crate) fn pause(self, failures: u32, random: u64) -> Duration {
        let ceiling = self.first.saturating_mul(2_u32.saturating_pow(failures)).min(self.max);
        let ceiling = u64::try_from(ceiling.as_nanos()).unwrap_or(u64::MAX);
        let pause = (u128::from(ceiling) * u128::from(random)) >> u64::BITS;
        Duration::from_nanos(u64::try_from(pause).unwrap_or(ceiling))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), max: Duration::from_secs(30) };

    #[test]
    fn the_ceiling_doubles_up_to_the_longest_pause() {
        let ceilings =
            [0, 1, 2, 8, 9, u32::MAX].map(|failures| BACKOFF.pause(failures, u64::MAX).as_millis() + 1);
        assert_eq!(ceilings, [100, 200, 400, 25_600, 30_000, 30_000]);
    }

    #[test]
    fn pauses_are_spread_evenly_from_nothing_to_the_ceiling() {
        let mut random = Random::seeded(1);
        let mut tenths = [0; 10];
        for _ in 0..10_000 {
            tenths[usize::try_from(BACKOFF.pause(0, random.next()).as_millis()).unwrap() / 10] += 1;
        }
        assert!(tenths.iter().all(|count| (850..1_150).contains(count)), "{tenths:?}");
        assert_eq!(BACKOFF.pause(5, 0), Duration::ZERO);
    }
}
