//! The authority: accepts callers by token, key or none, and knows whom it does not accept any more.

use std::sync::Arc;

use super::api_key::PREFIX;
use super::brought::Brought;
use super::caller::Caller;
use super::jwks::KeySet;
use super::rejection::{Refused, Rejection};
use super::revocations::{Change, Full, Revocations, Revoked};
use super::rules::{Rules, url_of};
use super::settings::{AuthSettings, IssuerSettings, KeySource};
use super::sources::Sources;
use crate::clock::Now;
use crate::metrics::Labelled;
use crate::notice::Notices;
use crate::sync::{Mutex, RwLock};

/// The word for an admission that succeeded; the others are those of [`Rejection::WORDS`].
const ACCEPTED: &str = "accepted";
/// What is told now and then at most: a pattern that grants nothing.
const WITHHELD: &str = "withheld";

/// Accepts callers. Its rules can be replaced while it is asked.
#[derive(Debug)]
pub(crate) struct Authority {
    rules: RwLock<Arc<Rules>>,
    revocations: Mutex<Revocations>,
    sources: Sources,
    admissions: Labelled,
    notices: Notices,
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
            notices: Notices::new([WITHHELD]),
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
        *rules = Arc::new(rules.with_fetched(url, keys));
    }

    /// Accepts whoever comes with a token, an API key, or nothing.
    ///
    /// # Errors
    /// They are not accepted, and told why.
    pub(crate) fn admit(&self, bearer: Option<&str>, now: Now) -> Result<Caller, Refused> {
        self.count(self.judge(bearer, now))
    }

    /// Accepts whoever comes with one of several ways to say who they are.
    ///
    /// # Errors
    /// They are not accepted, and told why.
    pub(crate) fn admit_by(&self, brought: &Brought, now: Now) -> Result<Caller, Refused> {
        self.count(self.judge_by(brought, now))
    }

    fn count(&self, admitted: Result<Caller, Refused>) -> Result<Caller, Refused> {
        self.admissions
            .count(admitted.as_ref().map_or_else(|refused| refused.rejection.word(), |_| ACCEPTED));
        if let Err(Refused { fetch: Some(url), .. }) = &admitted {
            self.sources.want(url);
        }
        admitted
    }

    fn judge_by(&self, brought: &Brought, now: Now) -> Result<Caller, Refused> {
        let rules = Arc::clone(&self.rules.read());
        let AuthSettings { cookie, url_token_life, leeway, .. } = &rules.settings;
        let Some(counting) = brought.counting(cookie.as_deref())? else { return self.judge(None, now) };
        let caller = self.judge(Some(counting.token), now)?;
        let latest = now.moment.plus(*url_token_life + *leeway);
        let is_short = caller.expires().is_some_and(|expires| expires <= latest);
        if counting.in_url && !is_short && rules.settings.is_on() {
            return Err(Rejection::LongLived(*url_token_life).into());
        }
        Ok(caller)
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
        if let Some(untold) = self.notices.admit(WITHHELD, now.moment) {
            tracing::warn!(
                pattern = first,
                patterns = withheld.len(),
                untold,
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
