//! The drain: the way from "stop" to no session being left. Everybody is served until it is their turn.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::{CloseCode, ServerFrame};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::slots::slots;
use crate::hub::{Hub, Phase};
use crate::limits::LiveLimits;
use crate::outbound::Outbound;

const STOPPING: &str = "the broker is stopping";
/// Time for the last close frames to arrive.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// The same when somebody is in a hurry.
const LAST_WORDS_IN_HURRY: Duration = Duration::from_millis(100);
/// Sessions that are told before others have a turn.
const TOLD_BETWEEN_YIELDS: usize = 256;

/// Sends every session away, each in its time, and ends publishing when they have left, when `drain_timeout` is over, or
/// when `hurry` completes. `accepting` is the task that lets clients in.
pub(super) async fn drain(
    hub: &Hub,
    limits: &LiveLimits,
    accepting: &mut JoinHandle<()>,
    hurry: impl Future<Output = ()>,
) {
    hub.enter(Phase::Leaving);
    let hurried = tokio::select! {
        () = leave(hub, limits, accepting) => false,
        () = hurry => true,
    };
    accepting.abort();
    if hurried {
        tracing::warn!(sessions = hub.sessions(), "stopping at once");
    }
    // Until here whoever had not left could publish. What is saved later holds all of it.
    hub.stop_publishing();
    hub.close_all(None, CloseCode::Drain, STOPPING);
    let last_words = if hurried { LAST_WORDS_IN_HURRY } else { LAST_WORDS };
    if timeout(last_words, hub.all_left()).await.is_err() {
        tracing::warn!(sessions = hub.sessions(), "sessions did not leave in time and are cut off");
    }
}

/// Waits until load balancers have noticed, lets nobody in any more, and sends the sessions away in turn.
async fn leave(hub: &Hub, limits: &LiveLimits, accepting: &mut JoinHandle<()>) {
    let delay = limits.drain_delay();
    if !delay.is_zero() {
        tracing::info!(?delay, "stopping: not ready any more, and sessions are sent away after drain_delay");
        sleep(delay).await;
    }
    accepting.abort();
    // Once the task is gone the port is closed. It ends by being aborted, which is no fault.
    let _ = accepting.await;
    let sessions = hub.begin_draining();
    let (window, most) = (limits.drain_window(), limits.drain_timeout());
    tracing::info!(sessions = sessions.len(), ?window, "stopping: sessions are sent away");
    let all_left = async {
        send_away(hub, &sessions, window).await;
        hub.all_left().await;
    };
    if timeout(most, all_left).await.is_err() {
        tracing::warn!(sessions = hub.sessions(), "drain_timeout is over, and the last sessions are closed");
    }
}

/// Tells every session at once when its turn is, then closes each at that time.
async fn send_away(hub: &Hub, sessions: &[Arc<Outbound>], window: Duration) {
    let begun = Instant::now();
    let slots: Vec<_> = slots(sessions.len(), window, getrandom::u64().unwrap_or_default()).collect();
    for (number, (session, slot)) in sessions.iter().zip(&slots).enumerate() {
        let reconnect_after_ms = u64::try_from(slot.as_millis()).unwrap_or(u64::MAX);
        hub.tell(session, &ServerFrame::Goaway { reason: Cow::Borrowed("drain"), reconnect_after_ms });
        if number % TOLD_BETWEEN_YIELDS == 0 {
            tokio::task::yield_now().await;
        }
    }
    for (session, slot) in sessions.iter().zip(&slots) {
        sleep_until(begun + *slot).await;
        hub.send_away(session, CloseCode::Drain, STOPPING);
    }
}
