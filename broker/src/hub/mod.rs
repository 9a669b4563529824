//! The hub: where publishers and subscribers meet. One file a deed; every thread shares one [`Hub`], each shard has
//! its own [`Shard`].

mod answer;
mod batches;
mod budget;
mod catch_up;
mod due;
mod ending;
mod error;
mod fan_out;
mod heads;
mod history;
mod history_back;
mod interest;
mod lag;
mod latest;
mod lost;
mod mail_overflow;
mod mailbox;
#[cfg(test)]
mod model;
mod overflow;
mod page;
mod presence;
mod probe;
mod publish;
mod pushed;
mod question;
mod read_latest;
mod relief;
mod revoke;
mod room;
mod save;
mod sessions;
mod shard;
mod shared;
mod start;
mod streams;
mod subscribe;
mod subscription;
mod sys;
#[cfg(test)]
mod tests;
mod topics;

pub(crate) use ending::Phase;
pub use error::HubError;
pub(crate) use heads::Heads;
pub(crate) use history::HistoryPage;
pub(crate) use history_back::Before;
pub use interest::MAX_SHARDS;
pub(crate) use mailbox::Mail;
pub use presence::{MemberBy, PresenceConfig};
pub(crate) use presence::{PresenceError, Who};
pub(crate) use probe::is_probe;
pub(crate) use publish::{Accepted, Origin, PublishError};
pub(crate) use question::SubscriptionView;
pub(crate) use revoke::{NotTaken, REVOKED, ShutOut};
pub(crate) use sessions::{Order, SessionView, SessionsAsked};
pub(crate) use shard::Shard;
pub(crate) use shared::{Hub, NoAnswer};
pub(crate) use streams::StreamView;
pub(crate) use subscribe::{AutoError, SubscribeError};
pub(crate) use topics::TopicView;
