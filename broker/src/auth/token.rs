//! Verifying tokens (JWT, RFC 7519 and 8725): who issued it, with which key, and whether that is so.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, decode};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::claims::Claims;
use super::key::{Algorithm, Algorithms, Key};
use super::rejection::Rejection;

/// What verifying needs of an issuer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Issuer<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) audience: Option<&'a str>,
    pub(super) algorithms: Option<&'a Algorithms>,
    pub(super) keys: &'a [Key],
    /// Whether a key that is not known may yet become known.
    pub(super) fetched: bool,
}

/// What a token says of how it is signed. Nothing else of its header is looked at: no key comes with a token, nor an
/// address of one.
#[derive(Debug, Deserialize)]
struct Head {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// Verifies a token: its signature by a key of the issuer that it names, then its time and audience.
///
/// # Errors
/// It is not accepted. With [`Rejection::UnknownKey`] the second value is the place of the issuer whose keys are to be
/// fetched again.
pub(super) fn verify(
    token: &str,
    issuers: &[Issuer<'_>],
    leeway_ms: u64,
    now_ms: u64,
) -> Result<Claims, (Rejection, Option<usize>)> {
    let (head, unverified) = read(token).map_err(|rejection| (rejection, None))?;
    // What an attacker wrote only chooses among the issuers; whether it was that one the signature says.
    let (place, issuer) = choose(issuers, &unverified).map_err(|rejection| (rejection, None))?;
    let claims = verify_by(token, &head, issuer).map_err(|rejection| (rejection, Some(place)))?;
    let checked = Claims::read(claims).and_then(|claims| {
        claims.check_audience(issuer.audience)?;
        claims.check_time(now_ms, leeway_ms)?;
        Ok(claims)
    });
    checked.map_err(|rejection| (rejection, None))
}

/// Reads both parts without believing any of it.
pub(crate) fn read_unverified(token: &str) -> Option<(Value, Map<String, Value>)> {
    let (head, rest) = token.split_once('.')?;
    let (payload, signature) = rest.split_once('.')?;
    if signature.contains('.') {
        return None;
    }
    let part = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let head = serde_json::from_slice(&part(head)?).ok()?;
    Some((head, serde_json::from_slice(&part(payload)?).ok()?))
}

fn read(token: &str) -> Result<(Head, Map<String, Value>), Rejection> {
    let (head, payload) = read_unverified(token).ok_or(Rejection::Malformed)?;
    let head: Head = serde_json::from_value(head).map_err(|_| Rejection::Malformed)?;
    if head.crit.is_some() {
        return Err(Rejection::Critical);
    }
    Ok((head, payload))
}

fn choose<'i, 'a>(
    issuers: &'i [Issuer<'a>],
    unverified: &Map<String, Value>,
) -> Result<(usize, &'i Issuer<'a>), Rejection> {
    let claimed = unverified.get("iss").and_then(Value::as_str);
    let fits = |issuer: &Issuer<'_>| issuer.name.is_none_or(|expected| claimed == Some(expected));
    issuers.iter().enumerate().find(|(_, issuer)| fits(issuer)).ok_or(Rejection::Issuer)
}

/// The claims, if a key of the issuer has signed them.
fn verify_by(token: &str, head: &Head, issuer: &Issuer<'_>) -> Result<Map<String, Value>, Rejection> {
    let algorithm = Algorithm::from_str(&head.alg).map_err(|_| Rejection::UnknownAlgorithm)?;
    let named = candidates(issuer.keys, head.kid.as_deref());
    if named.is_empty() {
        return Err(if issuer.fetched { Rejection::UnknownKey } else { Rejection::Forged });
    }
    let wanted = issuer.algorithms.is_none_or(|algorithms| algorithms.contains(algorithm));
    let mut fitting = named.into_iter().filter(|key| wanted && key.takes(algorithm)).peekable();
    if fitting.peek().is_none() {
        return Err(Rejection::Algorithm(algorithm));
    }
    let validation = signature_only(algorithm);
    // A key that is not named may be one of before: the issuer's newest are perhaps not fetched yet.
    let is_named = head.kid.is_some() && issuer.keys.iter().any(|key| key.id() == head.kid.as_deref());
    let mut failed = if issuer.fetched && !is_named { Rejection::UnknownKey } else { Rejection::Forged };
    for key in fitting {
        match decode::<Map<String, Value>>(token, key.decoding(), &validation) {
            Ok(token) => return Ok(token.claims),
            Err(error) if matches!(error.kind(), ErrorKind::InvalidSignature) => {}
            Err(_) => failed = Rejection::Malformed,
        }
    }
    Err(failed)
}

/// The keys that a token with this `kid` may be signed with: those of that name; or those that have none.
fn candidates<'k>(keys: &'k [Key], kid: Option<&str>) -> Vec<&'k Key> {
    let Some(kid) = kid else { return keys.iter().collect() };
    let named: Vec<_> = keys.iter().filter(|key| key.id() == Some(kid)).collect();
    if named.is_empty() { keys.iter().filter(|key| key.id().is_none()).collect() } else { named }
}

/// The signature by just this algorithm; all else is checked by us, with the time that we are handed.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.algorithms = vec![algorithm];
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}
