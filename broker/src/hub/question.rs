//! Questions to a shard about its sessions, left in its mailbox and answered between two rounds of mail.

use std::collections::BTreeSet;
use std::sync::Arc;

use fanfare_protocol::{Pattern, Topic};
use tokio::sync::oneshot;

use crate::engine::SessionId;

/// A question, and where its answer goes. Whoever does not wait any more is answered in vain.
#[derive(Debug)]
pub(crate) enum Question {
    /// The subscriptions of the session in this slot, if it is this session still.
    Subscriptions { slot: u32, session: SessionId, answer: oneshot::Sender<Vec<SubscriptionView>> },
    /// How many subscriptions each topic has on this shard.
    Subscribers { topics: Arc<[Topic]>, answer: oneshot::Sender<Vec<u64>> },
    /// Of the subscriptions in a part of the slots, those that are asked for, by the names that they give a topic.
    Topics { asked: Arc<TopicsAsked>, from: usize, answer: oneshot::Sender<TopicsFound> },
}

/// Topics that have a subscription by their name: the first so many after one, if this pattern means them.
#[derive(Debug)]
pub(crate) struct TopicsAsked {
    pub(crate) pattern: Pattern,
    pub(crate) after: Option<Topic>,
    pub(crate) limit: usize,
}

/// What a part of the slots gave.
#[derive(Debug)]
pub(crate) struct TopicsFound {
    pub(crate) topics: BTreeSet<Topic>,
    /// Where the next part begins, if there is one.
    pub(crate) next: Option<usize>,
}

/// A subscription, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubscriptionView {
    /// Its number in its session.
    pub(crate) sub: u32,
    pub(crate) pattern: Pattern,
    /// Whether it reads from its streams.
    pub(crate) behind: bool,
    /// Whether it asked for the latest only.
    pub(crate) latest: bool,
}
