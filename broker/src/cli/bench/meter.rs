//! Readings of the server's metrics along a run, and what they come to.

use std::time::Instant;

use super::course::Course;
use super::outcome::{Usage, real};
use super::usage::{Reading, Source};

/// Readings of the server's metrics along a run. Without a source, or when it fails, nothing is told of the server.
#[derive(Debug, Default)]
pub(super) struct Meter {
    source: Option<Source>,
    before: Option<Reading>,
    connected: Option<Reading>,
    begin: Option<Mark>,
    end: Option<Mark>,
}

/// A reading, and what else is so at that moment.
#[derive(Clone, Copy, Debug)]
struct Mark {
    reading: Reading,
    at: Instant,
    delivered: u64,
}

impl Meter {
    /// Reads for the first time, before anything is connected.
    ///
    /// # Errors
    /// The source can't be read.
    pub(super) async fn new(source: Source) -> Result<Self, String> {
        let before = source.read().await?;
        Ok(Self { source: Some(source), before: Some(before), ..Self::default() })
    }

    /// All connections stand, and nothing is sent yet.
    pub(super) async fn connected(&mut self) {
        self.connected = self.read().await;
    }

    /// Measuring begins.
    pub(super) async fn begin(&mut self, course: &Course) {
        self.begin = self.mark(course).await;
    }

    /// Measuring ends.
    pub(super) async fn end(&mut self, course: &Course) {
        self.end = self.mark(course).await;
    }

    /// What the server used for so many connections, as far as the readings tell.
    pub(super) fn usage(&self, connections: usize) -> Option<Usage> {
        let (before, connected) = (self.before?, self.connected?);
        let grown = connected.resident_bytes - before.resident_bytes;
        let spent = self.begin.zip(self.end).map(|(begin, end)| {
            let cpu = end.reading.cpu_seconds - begin.reading.cpu_seconds;
            (cpu, (end.at - begin.at).as_secs_f64(), end.delivered - begin.delivered)
        });
        Some(Usage {
            cores: spent.map(|(cpu, seconds, _)| cpu / seconds),
            us_per_delivery: spent
                .filter(|(_, _, deliveries)| *deliveries > 0)
                .map(|(cpu, _, deliveries)| cpu * 1e6 / real(deliveries)),
            resident_bytes: connected.resident_bytes,
            bytes_per_connection: (grown > 0.0).then(|| grown / real(connections as u64)),
        })
    }

    async fn mark(&self, course: &Course) -> Option<Mark> {
        let reading = self.read().await?;
        Some(Mark { reading, at: Instant::now(), delivered: course.delivered() })
    }

    async fn read(&self) -> Option<Reading> {
        // One that was there at first and is gone says that the server has other worries.
        self.source.as_ref()?.read().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn usage_is_the_difference_between_readings() {
        let reading = |cpu_seconds, resident_bytes| Reading { cpu_seconds, resident_bytes };
        let at = Instant::now();
        let meter = Meter {
            source: None,
            before: Some(reading(0.0, 1e6)),
            connected: Some(reading(0.1, 3e6)),
            begin: Some(Mark { reading: reading(0.5, 4e6), at, delivered: 1_000 }),
            end: Some(Mark {
                reading: reading(2.5, 5e6),
                at: at + Duration::from_secs(4),
                delivered: 501_000,
            }),
        };
        let usage = meter.usage(1_000).unwrap();
        assert_eq!((usage.cores, usage.us_per_delivery), (Some(0.5), Some(4.0)));
        assert_eq!(usage.bytes_per_connection, Some(2_000.0));
        assert!(Meter::default().usage(1).is_none());
    }
}
