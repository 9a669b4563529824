//! Presence in the configuration: `[[presence]]`.

mod resolved;
mod written;

pub(super) use resolved::resolve_presence;
pub(super) use written::{KEYS, WrittenPresence, read_presence};
