//! Who may do what. What the hub takes is a [`Permitted`] request, and only this module makes one.
//!
//! Tokens, API keys and the lack of both come to the [`Authority`], which makes [`Caller`]s of them. Nothing here does
//! I/O, and the time is handed in.

#![allow(dead_code, reason = "the configuration and the sessions come to it with the next change")]

mod api_key;
mod authority;
mod caller;
mod claims;
mod grants;
mod jwks;
mod key;
mod permit;
mod rejection;
mod revocations;
mod rights;
mod settings;
mod template;
mod token;

#[cfg(test)]
mod tests;

pub use api_key::ApiKeyHash;
#[allow(unused_imports, reason = "as above")]
pub(crate) use authority::{Authority, Refused};
pub(crate) use caller::{Caller, Denied};
pub use jwks::{Ignored, JwksError, KeySet, Unusable};
pub use key::{Algorithms, Key, KeyError, KeyKind, PemError};
pub(crate) use permit::Permitted;
#[allow(unused_imports, reason = "as above")]
pub(crate) use rejection::Rejection;
#[allow(unused_imports, reason = "as above")]
pub(crate) use revocations::Revoked;
pub use rights::Rights;
pub use settings::{ApiKeySettings, AuthSettings, IssuerSettings, KeySource};
pub use template::{Template, TemplateError};
