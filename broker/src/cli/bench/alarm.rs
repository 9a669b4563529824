//! A timer finer than the runtime's, whose millisecond would show in every latency.

use std::fs::File;
use std::io;
use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::net::unix::pipe::Receiver;

/// A timer of the operating system.
///
/// To the runtime it is the end of a pipe, which is polled and read just so: the wrapper that is meant for other file
/// descriptors can't be had without `unsafe`.
#[derive(Debug)]
pub(super) struct Alarm(Receiver);

impl Alarm {
    /// Makes one, in a runtime.
    ///
    /// # Errors
    /// There is no file descriptor left.
    pub(super) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = File::from(timerfd_create(TimerfdClockId::Monotonic, flags)?);
        Receiver::from_file_unchecked(timer).map(Self)
    }

    /// Waits this long. If the future is dropped, nothing is left of it.
    ///
    /// # Errors
    /// The operating system refuses.
    pub(super) async fn after(&self, time: Duration) -> io::Result<()> {
        // Zero would never ring.
        let time = time.max(Duration::from_nanos(1));
        let it_value = Timespec::try_from(time).map_err(io::Error::other)?;
        let once = Itimerspec { it_interval: Timespec::default(), it_value };
        timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
        loop {
            self.0.readable().await?;
            match self.0.try_read(&mut [0; size_of::<u64>()]) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn an_alarm_rings_once_a_setting_and_not_early() {
        let alarm = Alarm::new().unwrap();
        for us in [0, 300, 50] {
            let (set, time) = (Instant::now(), Duration::from_micros(us));
            alarm.after(time).await.unwrap();
            assert!(set.elapsed() >= time);
        }
    }

    #[tokio::test]
    async fn an_alarm_that_nobody_waited_for_leaves_nothing() {
        let alarm = Alarm::new().unwrap();
        assert!(futures_util::FutureExt::now_or_never(alarm.after(Duration::from_micros(1))).is_none());
        let (set, time) = (Instant::now(), Duration::from_millis(3));
        alarm.after(time).await.unwrap();
        assert!(set.elapsed() >= time);
    }
}
