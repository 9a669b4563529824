//! Whom to accept at one moment: what settings and fetched keys make of a token, a key, or none.

use std::sync::Arc;
use std::time::Duration;

use super::api_key::ApiKeyHash;
use super::caller::{Caller, Identity, May};
use super::claims::{Claims, KEY_SUBJECT};
use super::jwks::KeySet;
use super::key::Key;
use super::rejection::{Refused, Rejection};
use super::rights::{Filling, Granted, Rights};
use super::settings::{ApiKeySettings, AuthSettings, IssuerSettings, KeySource};
use super::token::{self, Issuer};
use crate::clock::Now;

/// Longest part of a token's life that is counted, in milliseconds; what lasts longer counts as for ever.
const LIFE_MAX_MS: u64 = 100 * 365 * 24 * 3_600_000;

/// Whom to accept, at one moment.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) settings: AuthSettings,
    pub(super) anonymous: Option<Caller>,
    keys: Vec<Caller>,
    /// What was fetched, by the place of its issuer.
    fetched: Vec<Option<Arc<KeySet>>>,
}

pub(super) fn url_of(issuer: &IssuerSettings) -> Option<&str> {
    match &issuer.keys {
        KeySource::Url { url, .. } => Some(url),
        KeySource::One(_) | KeySource::Set(_) => None,
    }
}

impl Rules {
    pub(super) fn new(settings: AuthSettings, fetched: Vec<Option<Arc<KeySet>>>) -> Self {
        let anonymous = if settings.is_on() {
            settings.anonymous.as_ref().map(anonymous)
        } else {
            Some(Caller::unlimited())
        };
        let keys = settings.api_keys.iter().map(bearer_of).collect();
        Self { settings, anonymous, keys, fetched }
    }

    pub(super) fn unlimited(&self) -> Caller {
        self.anonymous.clone().unwrap_or_else(Caller::unlimited)
    }

    /// The same, with keys that were fetched from an address.
    pub(super) fn with_fetched(&self, url: &str, keys: &Arc<KeySet>) -> Self {
        let mut fetched = self.fetched.clone();
        for (place, issuer) in fetched.iter_mut().zip(&self.settings.issuers) {
            if url_of(issuer) == Some(url) {
                *place = Some(Arc::clone(keys));
            }
        }
        Self::new(self.settings.clone(), fetched)
    }

    pub(super) fn fetched_from(&self, url: &str) -> Option<Arc<KeySet>> {
        let place = self.settings.issuers.iter().position(|issuer| url_of(issuer) == Some(url))?;
        self.fetched.get(place)?.clone()
    }

    pub(super) fn by_key(&self, key: &str) -> Result<Caller, Rejection> {
        let hash = ApiKeyHash::of(key);
        // All are compared, so that the time it takes does not tell which.
        let mut found = None;
        for (settings, caller) in self.settings.api_keys.iter().zip(&self.keys) {
            if settings.hash.is(&hash) {
                found = Some(caller.clone());
            }
        }
        found.ok_or(Rejection::UnknownKeyText)
    }

    /// The bearer of a token, and the patterns that grant nothing to it.
    pub(super) fn by_token(&self, token: &str, now: Now) -> Result<(Caller, Vec<String>), Refused> {
        if self.settings.issuers.is_empty() {
            return Err(Rejection::NotConfigured.into());
        }
        let issuers: Vec<_> =
            self.settings.issuers.iter().enumerate().map(|(at, it)| self.issuer(at, it)).collect();
        let leeway_ms = u64::try_from(self.settings.leeway.as_millis()).unwrap_or(u64::MAX);
        let claims =
            token::verify(token, &issuers, leeway_ms, now.wall_ms).map_err(|(rejection, place)| {
                let issuer = place.and_then(|place| self.settings.issuers.get(place));
                let fetch = issuer.filter(|_| rejection == Rejection::UnknownKey).and_then(url_of);
                Refused { fetch: fetch.map(str::to_owned), rejection }
            })?;
        Ok(self.caller(&claims, leeway_ms, now))
    }

    fn issuer<'a>(&'a self, place: usize, settings: &'a IssuerSettings) -> Issuer<'a> {
        let fetched = || self.fetched.get(place).and_then(Option::as_deref);
        let keys: &[Key] = match &settings.keys {
            KeySource::One(key) => std::slice::from_ref(key),
            KeySource::Set(set) => &set.keys,
            KeySource::Url { .. } => fetched().map_or(&[], |set| &set.keys),
        };
        Issuer {
            name: settings.issuer.as_deref(),
            audience: settings.audience.as_deref(),
            algorithms: settings.algorithms.as_ref(),
            keys,
            fetched: url_of(settings).is_some(),
        }
    }

    fn caller(&self, claims: &Claims, leeway_ms: u64, now: Now) -> (Caller, Vec<String>) {
        let mut filling = Filling::new(|name: &str| claims.text(name));
        filling.add(&self.settings.defaults);
        filling.add(&claims.rights);
        for rights in claims.roles.iter().filter_map(|role| self.settings.roles.get(&**role)) {
            filling.add(rights);
        }
        let auto = filling.fill(&claims.auto);
        filling.also_hear(&auto);
        let withheld = filling.withheld.iter().map(|template| template.as_str().to_owned()).collect();
        let left_ms = claims.expires_ms.saturating_add(leeway_ms).saturating_sub(now.wall_ms);
        let left = Duration::from_millis(left_ms);
        let caller = Caller::new(Identity {
            subject: claims.subject.as_deref().map(Arc::from),
            token_id: claims.token_id.clone(),
            key: None,
            expires: (left_ms <= LIFE_MAX_MS).then(|| now.moment.plus(left)),
            known: true,
            may: May::Granted(filling.finish()),
            auto,
            info: claims.info.clone(),
        });
        (caller, withheld)
    }
}

/// Whoever comes without a token.
fn anonymous(rights: &Rights) -> Caller {
    Caller::new(Identity {
        subject: None,
        token_id: None,
        key: None,
        expires: None,
        known: false,
        may: May::Granted(without_claims(rights)),
        auto: Vec::new(),
        info: None,
    })
}

/// Whoever comes with this key.
fn bearer_of(key: &ApiKeySettings) -> Caller {
    Caller::new(Identity {
        subject: Some(format!("{KEY_SUBJECT}{}", key.name).into()),
        token_id: None,
        key: Some(key.hash.clone()),
        expires: None,
        known: true,
        may: May::Granted(without_claims(&key.rights)),
        auto: Vec::new(),
        info: None,
    })
}

fn without_claims(rights: &Rights) -> Granted {
    let mut filling = Filling::new(|_: &str| None);
    filling.add(rights);
    filling.finish()
}
