//! Who may do what. What the hub takes is a [`Permitted`] request, and only this module makes one.
//!
//! Tokens, API keys and the lack of both come to the [`Authority`], which makes [`Caller`]s of them. Nothing here does
//! I/O, and the time is handed in.

mod api_key;
mod authority;
mod brought;
mod caller;
mod claims;
mod grants;
mod jwks;
mod key;
mod permit;
mod rejection;
mod revocations;
mod revoked_line;
mod rights;
mod rules;
mod settings;
mod signing;
mod sources;
mod template;
mod token;

#[cfg(test)]
mod tests;

pub use api_key::ApiKeyHash;
pub(crate) use api_key::NewApiKey;
pub(crate) use authority::Authority;
pub(crate) use brought::Brought;
pub(crate) use caller::{Caller, Denied};
#[cfg(any(test, feature = "fuzz"))]
pub(crate) use grants::Grants;
pub(crate) use jwks::MAX_JWKS_BYTES;
pub use jwks::{Ignored, JwksError, KeySet, Unusable};
pub use key::{Algorithms, Key, KeyError, KeyKind, PemError};
pub(crate) use permit::Permitted;
pub(crate) use rejection::Rejection;
pub(crate) use revocations::{Full as RevocationsFull, Revoked};
pub(crate) use revoked_line::{read as read_revocations, write as write_revocations};
pub use rights::Rights;
pub use settings::{ApiKeySettings, AuthSettings, IssuerSettings, KeySource};
pub(crate) use settings::{DEFAULT_JWKS_REFRESH, DEFAULT_LEEWAY, DEFAULT_URL_TOKEN_LIFE};
pub(crate) use signing::SigningKey;
pub(crate) use sources::Source as KeySetSource;
pub use template::{Template, TemplateError};
pub(crate) use token::read_unverified;
