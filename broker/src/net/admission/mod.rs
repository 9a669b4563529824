//! Admission: who may come in, from where, how many and how fast. Pure: no socket, no clock.

mod bucket;
mod forwarded;
mod loopback;
mod proxies;
mod proxy_header;
mod senders;

pub(crate) use bucket::Bucket;
pub(crate) use forwarded::client_of;
pub use proxies::Proxies;
pub(crate) use proxy_header::{BadHeader, FIXED_BYTES, source, total_len};
pub use senders::Names;
pub(crate) use senders::{Senders, is_same_origin};
