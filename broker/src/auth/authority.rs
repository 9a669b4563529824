//! The authority: accepts callers by token, key or none, and knows whom it does not accept any more.

use std::sync::Arc;
use std::time::Duration;

use super::api_key::{ApiKeyHash, PREFIX};
use super::caller::{Caller, Identity, May};
use super::claims::{Claims, KEY_SUBJECT};
use super::jwks::KeySet;
use super::key::Key;
use super::rejection::Rejection;
use super::revocations::{Change, Full, Revocations, Revoked};
use super::rights::{Filling, Granted, Rights};
use super::settings::{ApiKeySettings, AuthSettings, IssuerSettings, KeySource};
use super::sources::Sources;
use super::token::{self, Issuer};
use crate::clock::{Moment, Now};
use crate::metrics::Labelled;
use crate::sync::{Mutex, RwLock};

/// Longest part of a token's life that is counted, in milliseconds; what lasts longer counts as for ever.
const LIFE_MAX_MS: u64 = 100 * 365 * 24 * 3_600_000;

/// The word for an admission that succeeded; the others are those of [`Rejection::WORDS`].
const ACCEPTED: &str = "accepted";
/// The least time between two logs of patterns that grant nothing.
const REPORT_PAUSE: Duration = Duration::from_secs(10);

/// Accepts callers. Its rules can be replaced while it is asked.
#[derive(Debug)]
pub(crate) struct Authority {
    rules: RwLock<Arc<Rules>>,
    revocations: Mutex<Revocations>,
    sources: Sources,
    admissions: Labelled,
    /// When a pattern that grants nothing was last logged.
    reported: Mutex<Option<Moment>>,
}

/// Whom to accept, at one moment.
#[derive(Debug)]
struct Rules {
    settings: AuthSettings,
    anonymous: Option<Caller>,
    keys: Vec<Caller>,
    /// What was fetched, by the place of its issuer.
    fetched: Vec<Option<Arc<KeySet>>>,
}

/// Why a caller was not accepted, and whose keys may be out of date then.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) rejection: Rejection,
    /// Where the keys of the issuer come from that the token named.
    pub(crate) fetch: Option<String>,
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self { rejection, fetch: None }
    }
}

impl Authority {
    /// An authority with these rules.
    pub(crate) fn new(settings: AuthSettings) -> Self {
        let fetched = vec![None; settings.issuers.len()];
        let rules = RwLock::new(Arc::new(Rules::new(settings, fetched)));
        let words = [ACCEPTED].into_iter().chain(Rejection::WORDS.iter().copied());
        let authority = Self {
            sources: Sources::default(),
            admissions: Labelled::new(words),
            rules,
            revocations: Mutex::default(),
            reported: Mutex::default(),
        };
        authority.list_sources();
        authority
    }

    /// Goes on with other rules. Keys that were fetched from where they still come from are kept, and so is what is
    /// revoked. Sessions keep what they were granted until they are refreshed or expire.
    pub(crate) fn replace(&self, settings: AuthSettings) {
        let mut rules = self.rules.write();
        let kept = settings.issuers.iter().map(|issuer| rules.fetched_from(url_of(issuer)?)).collect();
        *rules = Arc::new(Rules::new(settings, kept));
        drop(rules);
        self.list_sources();
    }

    /// Where keys are fetched from, what is known of that, and when that changes.
    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    fn list_sources(&self) {
        let rules = self.rules.read();
        let url = |issuer: &IssuerSettings| match &issuer.keys {
            KeySource::Url { url, refresh } => Some((url.clone(), *refresh)),
            KeySource::One(_) | KeySource::Set(_) => None,
        };
        self.sources.list(rules.settings.issuers.iter().filter_map(url));
    }

    /// Takes keys that were fetched from an address.
    pub(crate) fn take_keys(&self, url: &str, keys: &Arc<KeySet>) {
        let mut rules = self.rules.write();
        let mut fetched = rules.fetched.clone();
        for (place, issuer) in fetched.iter_mut().zip(&rules.settings.issuers) {
            if url_of(issuer) == Some(url) {
                *place = Some(Arc::clone(keys));
            }
        }
        *rules = Arc::new(Rules { fetched, ..Rules::new(rules.settings.clone(), Vec::new()) });
    }

    /// Accepts whoever comes with a token, an API key, or nothing.
    ///
    /// # Errors
    /// They are not accepted, and told why.
    pub(crate) fn admit(&self, bearer: Option<&str>, now: Now) -> Result<Caller, Refused> {
        let admitted = self.judge(bearer, now);
        self.admissions
            .count(admitted.as_ref().map_or_else(|refused| refused.rejection.word(), |_| ACCEPTED));
        if let Err(Refused { fetch: Some(url), .. }) = &admitted {
            self.sources.want(url);
        }
        admitted
    }

    fn judge(&self, bearer: Option<&str>, now: Now) -> Result<Caller, Refused> {
        let rules = Arc::clone(&self.rules.read());
        let caller = match bearer {
            None => rules.anonymous.clone().ok_or(Rejection::Missing)?,
            // Without authentication a token is good for nothing, and does no harm.
            Some(_) if !rules.settings.is_on() => return Ok(rules.unlimited()),
            Some(key) if key.starts_with(PREFIX) => rules.by_key(key)?,
            Some(token) => {
                let (caller, withheld) = rules.by_token(token, now)?;
                self.report(&withheld, now);
                caller
            }
        };
        self.check_revoked(&caller, now)?;
        Ok(caller)
    }

    /// Whether someone who was accepted still is: their token has not expired, and nobody shut them out.
    ///
    /// # Errors
    /// They are not accepted any more.
    pub(crate) fn check(&self, caller: &Caller, now: Now) -> Result<(), Rejection> {
        if caller.expires().is_some_and(|expires| expires <= now.moment) {
            return Err(Rejection::Expired);
        }
        self.check_revoked(caller, now)
    }

    /// How often each outcome of an admission was, by its word.
    pub(crate) fn admissions(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.admissions.iter()
    }

    /// How many are shut out.
    pub(crate) fn revocations(&self) -> usize {
        self.revocations.lock().len()
    }

    /// Whether the API key of a caller, if they came with one, is still in the configuration.
    pub(crate) fn knows_key_of(&self, caller: &Caller) -> bool {
        let is_known = |key| self.rules.read().settings.api_keys.iter().any(|known| known.hash.is(key));
        caller.key().is_none_or(is_known)
    }

    /// Whether this caller, once accepted, was shut out meanwhile.
    ///
    /// # Errors
    /// It was.
    pub(crate) fn check_revoked(&self, caller: &Caller, now: Now) -> Result<(), Rejection> {
        if !self.knows_key_of(caller) {
            return Err(Rejection::UnknownKeyText);
        }
        let revoked = self.revocations.lock().hold(caller.subject(), caller.token_id(), now.wall_ms);
        if revoked { Err(Rejection::Revoked) } else { Ok(()) }
    }

    /// Shuts somebody out until a time, in milliseconds since 1970, or for longer if they are already; gives the time.
    /// `most` is how many may be.
    pub(crate) fn revoke(&self, who: Revoked, until_ms: u64, most: usize, now: Now) -> Result<u64, Full> {
        self.revocations.lock().add(who, until_ms, most, now.wall_ms)
    }

    /// Lets somebody in again; false if nothing kept them out.
    pub(crate) fn lift(&self, who: Revoked, now: Now) -> bool {
        self.revocations.lock().lift(who, now.wall_ms)
    }

    /// Until when somebody is shut out, in milliseconds since 1970.
    pub(crate) fn revoked_until(&self, who: &Revoked, now: Now) -> Option<u64> {
        self.revocations.lock().until_of(who, now.wall_ms)
    }

    /// At most so many of those who are shut out, and until when; in order, after this one.
    pub(crate) fn revoked(&self, after: Option<&Revoked>, most: usize, now: Now) -> Vec<(Revoked, u64)> {
        self.revocations.lock().page(after, most, now.wall_ms)
    }

    /// Shuts out whom the last process did. From now on somebody takes what changes.
    pub(crate) fn restore(&self, changes: impl IntoIterator<Item = Change>) {
        self.revocations.lock().restore(changes);
    }

    /// What changed in whom is shut out since the last call; with `anew`, all that hold instead.
    pub(crate) fn take_changes(&self, anew: bool) -> Vec<Change> {
        self.revocations.lock().take_changes(anew)
    }

    /// Logs a pattern that grants nothing, because a claim is missing or could widen it; now and then at most.
    fn report(&self, withheld: &[String], now: Now) {
        let Some(first) = withheld.first() else { return };
        let mut reported = self.reported.lock();
        if reported.is_none_or(|last| now.moment.since(last) >= REPORT_PAUSE) {
            *reported = Some(now.moment);
            tracing::warn!(
                pattern = first,
                patterns = withheld.len(),
                "a token has no text, or none that is one plain segment, for a claim that a pattern names: it grants \
                 nothing"
            );
        }
    }

    /// Forgets revocations that have ended; how many are left.
    pub(crate) fn sweep(&self, now: Now) -> usize {
        let mut revocations = self.revocations.lock();
        revocations.sweep(now.wall_ms);
        revocations.len()
    }
}

fn url_of(issuer: &IssuerSettings) -> Option<&str> {
    match &issuer.keys {
        KeySource::Url { url, .. } => Some(url),
        KeySource::One(_) | KeySource::Set(_) => None,
    }
}

impl Rules {
    fn new(settings: AuthSettings, fetched: Vec<Option<Arc<KeySet>>>) -> Self {
        let anonymous = if settings.is_on() {
            settings.anonymous.as_ref().map(anonymous)
        } else {
            Some(Caller::unlimited())
        };
        let keys = settings.api_keys.iter().map(bearer_of).collect();
        Self { settings, anonymous, keys, fetched }
    }

    fn unlimited(&self) -> Caller {
        self.anonymous.clone().unwrap_or_else(Caller::unlimited)
    }

    fn fetched_from(&self, url: &str) -> Option<Arc<KeySet>> {
        let place = self.settings.issuers.iter().position(|issuer| url_of(issuer) == Some(url))?;
        self.fetched.get(place)?.clone()
    }

    fn by_key(&self, key: &str) -> Result<Caller, Rejection> {
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
    fn by_token(&self, token: &str, now: Now) -> Result<(Caller, Vec<String>), Refused> {
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
