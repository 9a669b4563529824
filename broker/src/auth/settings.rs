//! Settings: what an operator says of who may enter and what they may do, checked.

use std::collections::BTreeMap;
use std::time::Duration;

use super::api_key::ApiKeyHash;
use super::jwks::KeySet;
use super::key::{Algorithms, Key};
use super::rights::Rights;

/// How far the clocks of broker and issuer may differ, unless configured.
pub(crate) const DEFAULT_LEEWAY: Duration = Duration::from_secs(10);
/// How often a key set is fetched, unless configured.
pub(crate) const DEFAULT_JWKS_REFRESH: Duration = Duration::from_mins(5);

/// How long a token in a URL may be good for, unless configured.
pub(crate) const DEFAULT_URL_TOKEN_LIFE: Duration = Duration::from_mins(10);

/// Who may enter, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthSettings {
    /// How far clocks may differ.
    pub leeway: Duration,
    /// The cookie that may hold the token of a request for events; `None`: no cookie counts.
    pub cookie: Option<String>,
    /// How long a token may be good for that stands in a URL.
    pub url_token_life: Duration,
    /// Whose tokens are accepted; no two have the same `iss`, and one without it is alone.
    pub issuers: Vec<IssuerSettings>,
    /// What every token may, beside its own claims.
    pub defaults: Rights,
    /// What tokens may that name a role.
    pub roles: BTreeMap<String, Rights>,
    /// What sessions without a token may; `None`: with authentication they are refused.
    pub anonymous: Option<Rights>,
    /// Keys that don't expire, for backends; no two have the same name.
    pub api_keys: Vec<ApiKeySettings>,
}

/// An issuer of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerSettings {
    /// The `iss` that its tokens carry; any, if it is the only issuer and says nothing.
    pub issuer: Option<String>,
    /// The `aud` that its tokens must contain.
    pub audience: Option<String>,
    /// The algorithms that may be used; those that fit the keys, if it says nothing.
    pub algorithms: Option<Algorithms>,
    /// Where its keys come from.
    pub keys: KeySource,
}

/// Where an issuer's keys come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// One key, for every `kid`.
    One(Key),
    /// A set that was read from a file.
    Set(KeySet),
    /// A set that is fetched again and again.
    Url {
        /// Where.
        url: String,
        /// How often.
        refresh: Duration,
    },
}

/// A key for backends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeySettings {
    /// Its name; the subject of who comes with it is `key:` and this.
    pub name: String,
    /// What is known of it.
    pub hash: ApiKeyHash,
    /// What it may. Claims have no meaning here.
    pub rights: Rights,
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self {
            leeway: DEFAULT_LEEWAY,
            cookie: None,
            url_token_life: DEFAULT_URL_TOKEN_LIFE,
            issuers: Vec::new(),
            defaults: Rights::default(),
            roles: BTreeMap::new(),
            anonymous: None,
            api_keys: Vec::new(),
        }
    }
}

impl AuthSettings {
    /// Whether it matters who comes; else everyone may do everything.
    pub fn is_on(&self) -> bool {
        !self.issuers.is_empty() || !self.api_keys.is_empty() || self.anonymous.is_some()
    }
}
