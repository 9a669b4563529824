//! The hub: where publishers and subscribers meet. One file a deed; every thread shares one [`Hub`], each shard has
//! its own [`Shard`].

mod batches;
mod budget;
mod catch_up;
mod due;
mod error;
mod fan_out;
mod heads;
mod history;
mod interest;
mod latest;
mod lost;
mod mail_overflow;
mod mailbox;
#[cfg(test)]
mod model;
mod overflow;
mod probe;
mod publish;
mod pushed;
mod read_latest;
mod relief;
mod save;
mod shard;
mod shared;
mod start;
mod subscribe;
mod subscription;
#[cfg(test)]
mod tests;

pub use error::HubError;
pub(crate) use heads::Heads;
pub use interest::MAX_SHARDS;
pub(crate) use mailbox::Mail;
pub(crate) use publish::{Accepted, PublishError};
pub(crate) use shard::Shard;
pub(crate) use shared::Hub;
pub(crate) use subscribe::SubscribeError;
