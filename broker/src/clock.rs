//! Time, read in one place and handed to everyone else as a value.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment on the process's monotonic clock: nanoseconds since it was first read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// The moment this long after the clock's start; what tests and models count in.
    pub fn after_start(elapsed: Duration) -> Self {
        Self(u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX))
    }

    /// The time from `earlier` to this moment; zero if it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// This moment, later by `duration`.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(Self::after_start(duration).0))
    }
}

/// Both clocks, read together: once for everything that one read of a socket brings.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Now {
    pub(crate) moment: Moment,
    /// Milliseconds since 1970 (UTC).
    pub(crate) wall_ms: u64,
}

/// Reads both clocks.
pub(crate) fn read() -> Now {
    Now { moment: now(), wall_ms: wall_ms() }
}

/// The present moment.
pub fn now() -> Moment {
    static START: OnceLock<Instant> = OnceLock::new();
    Moment::after_start(START.get_or_init(Instant::now).elapsed())
}

/// The time of day, in milliseconds since 1970 (UTC); 0 if the machine's clock stands before that.
pub fn wall_ms() -> u64 {
    u64::try_from(wall().as_millis()).unwrap_or(0)
}

/// The same as exactly as the machine knows it.
pub(crate) fn wall() -> Duration {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the time of day")]
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
