//! The process's own figures: the library's, but for processor time, which that cuts to whole seconds.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::MetricFamily;
use rustix::time::{ClockId, clock_gettime};

/// The name of the counter of processor time.
pub(super) const CPU_SECONDS: &str = "process_cpu_seconds_total";

/// The library's figures, without processor time.
pub(super) fn families() -> impl Iterator<Item = MetricFamily> {
    ProcessCollector::for_self().collect().into_iter().filter(|family| family.name() != CPU_SECONDS)
}

/// The processor time that all threads have used so far, in seconds.
pub(crate) fn cpu_seconds() -> f64 {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default().as_secs_f64()
}
