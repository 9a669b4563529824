//! Room for another subscription: of its session, of whose that is, and of all.

use fanfare_protocol::Pattern;

use super::shard::{Attached, Shard};
use super::subscribe::SubscribeError;
use crate::auth::Caller;
use crate::outbound::Outbound;
use crate::whose::Whose;

impl Shard {
    /// Counts another subscription, unless a bound is reached. Each one counted has to be [uncounted](Shard::uncount).
    pub(super) fn count_new(&self, attached: &Attached, pattern: &Pattern) -> Result<(), SubscribeError> {
        let limits = &self.hub.limits;
        let most = limits.max_subscriptions();
        if attached.subs.len() >= most {
            return Err(SubscribeError::TooMany(most));
        }
        let (all, most) =
            (self.hub.metrics.sum(|shard| shard.subscriptions.get()), limits.max_subscriptions_total());
        if usize::try_from(all).unwrap_or(usize::MAX) >= most {
            return Err(SubscribeError::TooManyInAll(most));
        }
        let most = limits.max_patterns();
        if self.index.items(pattern).is_empty() && !self.hub.interest.has_room(pattern, most) {
            return Err(SubscribeError::TooManyPatterns(most));
        }
        let most = limits.max_subscriptions_per_subject();
        if self.hub.subscribed.enter(whose(&attached.outbound), most) {
            Ok(())
        } else {
            Err(SubscribeError::TooManyOfSubject(most))
        }
    }

    /// So many subscriptions of a session have ended.
    pub(super) fn uncount(&self, outbound: &Outbound, many: usize) {
        if many > 0 {
            self.hub.subscribed.leave_all(&whose(outbound), many);
        }
    }
}

/// Whose a session is: it never goes on as somebody else.
pub(super) fn whose(outbound: &Outbound) -> Whose {
    let caller = outbound.caller();
    Whose::of(caller.as_ref().and_then(Caller::shared_subject), outbound.about().address())
}
