//! Lag: which sessions a full queue put behind, and when they have caught up, for whoever listens to that on `$sys.>`.

use super::shard::Shard;
use crate::clock;

/// What is known of a session that a full queue put behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Lag {
    /// None did, or it has caught up.
    #[default]
    None,
    /// Nobody was told.
    Untold,
    /// Whoever listens was told, and is to hear the end of it.
    Told,
}

impl Shard {
    /// Tells which sessions fell behind since the last call. They are among those that something waits for. Where none did,
    /// which is nearly always, it costs a look at a counter.
    pub(super) fn tell_fallen(&mut self) {
        let fallen = self.counters().fallen_behind.get();
        let before = std::mem::replace(&mut self.fallen, fallen);
        if before == fallen || !self.hub.hears_of_behind() {
            return;
        }
        let now = clock::read();
        let Self { hub, sessions, dirty, .. } = self;
        for slot in dirty {
            let Some(attached) = sessions.get_mut(*slot as usize) else { continue };
            if attached.lag == Lag::Untold && attached.behind > 0 {
                let told = hub.tell_behind(&attached.outbound, now);
                attached.lag = if told { Lag::Told } else { Lag::None };
            }
        }
    }

    /// Tells that a session has caught up, if anybody was told that it fell.
    pub(super) fn tell_risen(&mut self, session: u32) {
        let Some(attached) = self.sessions.get_mut(session as usize) else { return };
        if attached.behind == 0 && std::mem::take(&mut attached.lag) == Lag::Told {
            self.hub.tell_live(&attached.outbound, clock::read());
        }
    }
}
