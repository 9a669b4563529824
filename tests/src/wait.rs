//! Waiting: every wait is for an event and has an end.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// Time after which a test gives up: far over what anything takes on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(30);
/// Time between two looks at something that tells nobody when it changes.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The outcome of `future`, which must come before the deadline.
pub async fn within<T>(what: impl Display, future: impl Future<Output = T>) -> T {
    let outcome = timeout(DEADLINE, future).await;
    outcome.unwrap_or_else(|_| panic!("waited {DEADLINE:?} in vain for {what}"))
}

/// Looks again and again until there is something to see. For what can only be looked at, such as metrics.
pub async fn eventually<T>(what: impl Display, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < deadline, "looked for {DEADLINE:?} in vain for {what}");
        sleep(LOOK_EVERY).await;
    }
}
