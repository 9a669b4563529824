//! Claims: what a token whose signature is right says, checked for form, time and audience.

use serde_json::{Map, Value};

use super::rejection::Rejection;
use super::rights::Rights;
use super::template::Template;

/// Most patterns that one list of a token may have.
pub(super) const MAX_PATTERNS: usize = 256;
/// Most subscriptions that a token may bring along.
pub(super) const MAX_AUTO: usize = 64;
/// How the subject of an API key begins; no token has such a one.
pub(super) const KEY_SUBJECT: &str = "key:";
/// Longest subject, token id and role, in bytes.
pub(super) const MAX_NAME_BYTES: usize = 256;
/// Longest `info`, in bytes of JSON.
pub(super) const MAX_INFO_BYTES: usize = 2 * 1024;

/// What a token says.
#[derive(Debug)]
pub(super) struct Claims {
    all: Map<String, Value>,
    pub(super) subject: Option<Box<str>>,
    pub(super) token_id: Option<Box<str>>,
    /// In milliseconds since 1970.
    pub(super) expires_ms: u64,
    not_before_ms: Option<u64>,
    pub(super) rights: Rights,
    pub(super) roles: Vec<Box<str>>,
    pub(super) auto: Vec<Template>,
    /// Any JSON value, as text.
    pub(super) info: Option<Box<str>>,
}

impl Claims {
    /// Reads what stands in a token's payload.
    ///
    /// # Errors
    /// A claim that the broker looks at has a wrong form.
    pub(super) fn read(all: Map<String, Value>) -> Result<Self, Rejection> {
        let fanfare = match all.get("fanfare") {
            None | Some(Value::Null) => &Map::new(),
            Some(Value::Object(fanfare)) => fanfare,
            Some(_) => return Err(wrong("`fanfare` is no object")),
        };
        let rights = Rights {
            subscribe: templates(fanfare, "subscribe", MAX_PATTERNS)?,
            publish: templates(fanfare, "publish", MAX_PATTERNS)?,
            presence: templates(fanfare, "presence", MAX_PATTERNS)?,
            admin: false,
        };
        let (roles, auto) = (names(fanfare, "roles")?, templates(fanfare, "auto", MAX_AUTO)?);
        let (subject, info) = (name(&all, "sub")?, info(fanfare)?);
        // A subject without a name is nobody's.
        let subject = subject.filter(|subject| !subject.is_empty());
        if subject.as_ref().is_some_and(|subject| subject.starts_with(KEY_SUBJECT)) {
            return Err(wrong("`sub` begins with `key:`, as only that of an API key does"));
        }
        Ok(Self {
            subject,
            token_id: name(&all, "jti")?,
            expires_ms: time(&all, "exp")?.ok_or_else(|| wrong("`exp` is missing: tokens must expire"))?,
            not_before_ms: time(&all, "nbf")?,
            rights,
            roles,
            auto,
            info,
            all,
        })
    }

    /// The value of a claim at the top, if it is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.all.get(name).and_then(Value::as_str)
    }

    /// Whether the token may be used now; `leeway_ms` is how far clocks may differ.
    pub(super) fn check_time(&self, now_ms: u64, leeway_ms: u64) -> Result<(), Rejection> {
        if now_ms >= self.expires_ms.saturating_add(leeway_ms) {
            return Err(Rejection::Expired);
        }
        if self.not_before_ms.is_some_and(|not_before| now_ms.saturating_add(leeway_ms) < not_before) {
            return Err(Rejection::NotYet);
        }
        Ok(())
    }

    /// Whether the token is meant for this audience, if one is asked for.
    pub(super) fn check_audience(&self, audience: Option<&str>) -> Result<(), Rejection> {
        let Some(audience) = audience else { return Ok(()) };
        let meant = match self.all.get("aud") {
            Some(Value::String(only)) => only == audience,
            Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(audience)),
            _ => false,
        };
        if meant { Ok(()) } else { Err(Rejection::Audience) }
    }
}

fn wrong(what: &str) -> Rejection {
    Rejection::Claim(what.to_owned())
}

fn name(claims: &Map<String, Value>, key: &str) -> Result<Option<Box<str>>, Rejection> {
    match claims.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= MAX_NAME_BYTES => Ok(Some(text.as_str().into())),
        Some(Value::String(_)) => Err(wrong(&format!("`{key}` is over {MAX_NAME_BYTES} bytes"))),
        Some(_) => Err(wrong(&format!("`{key}` is no text"))),
    }
}

/// Seconds since 1970, maybe with a fraction, as milliseconds.
fn time(claims: &Map<String, Value>, key: &str) -> Result<Option<u64>, Rejection> {
    let seconds = match claims.get(key) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value.as_f64(),
    };
    let seconds = seconds.filter(|seconds| *seconds >= 0.0 && seconds.is_finite());
    let seconds = seconds.ok_or_else(|| wrong(&format!("`{key}` is no time in seconds since 1970")))?;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of what is ≥ 0 saturates"
    )]
    Ok(Some((seconds * 1_000.0) as u64))
}

fn list<'v>(
    fanfare: &'v Map<String, Value>,
    key: &str,
    most: usize,
) -> Result<impl Iterator<Item = Result<&'v str, Rejection>>, Rejection> {
    let entries: &[Value] = match fanfare.get(key) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(entries)) if entries.len() <= most => entries,
        Some(Value::Array(_)) => return Err(wrong(&format!("`fanfare.{key}` has over {most} entries"))),
        Some(_) => return Err(wrong(&format!("`fanfare.{key}` is no list"))),
    };
    let not_text = wrong(&format!("`fanfare.{key}` holds what is no text"));
    Ok(entries.iter().map(move |entry| entry.as_str().ok_or_else(|| not_text.clone())))
}

fn names(fanfare: &Map<String, Value>, key: &str) -> Result<Vec<Box<str>>, Rejection> {
    list(fanfare, key, MAX_PATTERNS)?.map(|name| name.map(Box::from)).collect()
}

fn templates(fanfare: &Map<String, Value>, key: &str, most: usize) -> Result<Vec<Template>, Rejection> {
    let template = |text: Result<&str, Rejection>| {
        Template::new(text?).map_err(|error| wrong(&format!("`fanfare.{key}` holds a pattern that {error}")))
    };
    list(fanfare, key, most)?.map(template).collect()
}

fn info(fanfare: &Map<String, Value>) -> Result<Option<Box<str>>, Rejection> {
    let Some(info) = fanfare.get("info").filter(|info| !info.is_null()) else { return Ok(None) };
    let text = info.to_string();
    if text.len() > MAX_INFO_BYTES {
        return Err(wrong(&format!("`fanfare.info` is over {MAX_INFO_BYTES} bytes")));
    }
    Ok(Some(text.into_boxed_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(claims: Value) -> Result<Claims, Rejection> {
        let Value::Object(claims) = claims else { panic!("claims are an object") };
        Claims::read(claims)
    }

    fn complaint(claims: Value) -> String {
        read(claims).unwrap_err().to_string()
    }

    #[test]
    fn a_token_says_who_and_what() {
        let claims = read(json!({
            "sub": "alice", "jti": "t1", "exp": 1_000.5, "tenant": "acme",
            "fanfare": { "subscribe": ["rooms.{tenant}.>"], "roles": ["staff"], "auto": ["a"], "info": {"x": 1} }
        }))
        .unwrap();
        assert_eq!((claims.subject.as_deref(), claims.token_id.as_deref()), (Some("alice"), Some("t1")));
        assert_eq!((claims.expires_ms, claims.text("tenant")), (1_000_500, Some("acme")));
        assert_eq!((claims.rights.subscribe.len(), claims.roles.len(), claims.auto.len()), (1, 1, 1));
        assert_eq!(claims.info.as_deref(), Some(r#"{"x":1}"#));
    }

    #[test]
    fn a_claim_of_the_wrong_form_is_named() {
        for (claims, part) in [
            (json!({}), "`exp` is missing"),
            (json!({"exp": "soon"}), "`exp` is no time"),
            (json!({"exp": -1}), "`exp` is no time"),
            (json!({"exp": 1, "sub": 7}), "`sub` is no text"),
            (json!({"exp": 1, "sub": "x".repeat(257)}), "`sub` is over 256 bytes"),
            (json!({"exp": 1, "sub": "key:backend"}), "`sub` begins with `key:`"),
            (json!({"exp": 1, "fanfare": []}), "`fanfare` is no object"),
            (json!({"exp": 1, "fanfare": {"subscribe": "a"}}), "`fanfare.subscribe` is no list"),
            (json!({"exp": 1, "fanfare": {"publish": [1]}}), "`fanfare.publish` holds what is no text"),
            (
                json!({"exp": 1, "fanfare": {"auto": ["a..b"]}}),
                "`fanfare.auto` holds a pattern that has an empty",
            ),
            (json!({"exp": 1, "fanfare": {"auto": vec!["a"; 65]}}), "`fanfare.auto` has over 64 entries"),
            (json!({"exp": 1, "fanfare": {"info": "x".repeat(3_000)}}), "`fanfare.info` is over 2048 bytes"),
        ] {
            let complaint = complaint(claims);
            assert!(complaint.contains(part), "{complaint} does not say {part}");
        }
    }

    #[test]
    fn a_token_is_good_from_nbf_until_before_exp_and_leeway_on_both_sides() {
        let claims = read(json!({"exp": 100, "nbf": 50})).unwrap();
        let at = |ms| claims.check_time(ms, 10_000);
        assert_eq!(at(39_999), Err(Rejection::NotYet));
        assert_eq!(at(40_000), Ok(()));
        assert_eq!(at(109_999), Ok(()));
        assert_eq!(at(110_000), Err(Rejection::Expired));
    }

    #[test]
    fn times_that_are_beyond_all_bounds_never_wrap() {
        let claims = read(json!({"exp": 1e300, "nbf": 1e300})).unwrap();
        assert_eq!(claims.check_time(u64::MAX - 1, 10_000), Ok(()));
        assert_eq!(claims.check_time(0, 10_000), Err(Rejection::NotYet));
    }

    #[test]
    fn an_audience_is_one_text_or_one_of_several() {
        let audience =
            |aud: Value| read(json!({"exp": 1, "aud": aud})).unwrap().check_audience(Some("fanfare"));
        assert_eq!(audience(json!("fanfare")), Ok(()));
        assert_eq!(audience(json!(["other", "fanfare"])), Ok(()));
        for aud in [json!("other"), json!(["fanfare.example"]), json!([]), json!(null), json!({"fanfare": 1})]
        {
            assert_eq!(audience(aud), Err(Rejection::Audience));
        }
        assert_eq!(read(json!({"exp": 1, "aud": "other"})).unwrap().check_audience(None), Ok(()));
    }
}
