//! How busy the present thread is.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::course::{Course, Phase};

/// The part of the measured time that the present thread computes, from 0 to 1; none if nothing was measured. Runs
/// beside the thread's work.
pub(super) async fn share(course: &Course) -> Option<f64> {
    course.reaches(Phase::Measuring).await;
    if course.is(Phase::Draining) {
        return None;
    }
    let (began, used_before) = (Instant::now(), used());
    course.reaches(Phase::Draining).await;
    Some((used().saturating_sub(used_before)).as_secs_f64() / began.elapsed().as_secs_f64())
}

/// The time that the present thread has computed so far.
fn used() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
