//! Authentication in the configuration: `[auth]` with all below it, and `[[api_key]]`.

mod issuer;
mod resolved;
mod rights;
#[cfg(test)]
mod tests;
mod written;

pub(super) use resolved::resolve_auth;
pub(super) use written::{WrittenAuth, read_auth};
