//! Claims: a head and a payload, a line each, signed by a trusted issuer whatever they hold. What they say is believed, and
//! no more than they say is granted.

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fanfare_protocol::frame::Publish;
use fanfare_protocol::{Pattern, Payload, Topic};
use serde_json::{Map, Value};

use super::Outcome;
use super::tokens::{NOW_MS, SECRET, now};
use crate::auth::{AuthSettings, Authority, Caller, IssuerSettings, Key, KeySource, Rights, Template};

const AUDIENCE: &str = "fanfare";
/// What every token may hear.
const DEFAULT: &str = "users.{sub}.>";

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
    let issuer = IssuerSettings {
        issuer: None,
        audience: Some(AUDIENCE.to_owned()),
        algorithms: None,
        keys: KeySource::One(Key::from_secret(SECRET).expect("it is long enough")),
    };
    let subscribe = vec![Template::new(DEFAULT).expect("it is a template")];
    Authority::new(AuthSettings {
        issuers: vec![issuer],
        defaults: Rights { subscribe, ..Rights::default() },
        leeway: std::time::Duration::ZERO,
        ..AuthSettings::default()
    })
});

pub(super) fn run(input: &[u8]) -> Outcome {
    let split = input.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (head, payload) = input.split_at(split);
    let payload = payload.strip_prefix(b"\n").unwrap_or(payload);
    let admitted = AUTHORITY.admit(Some(&sign(head, payload)), now());
    if let Ok(caller) = &admitted {
        let head: Value = serde_json::from_slice(head).expect("its head was read");
        let claims: Map<String, Value> = serde_json::from_slice(payload).expect("its claims were read");
        assert!(
            head["alg"] == "HS256" && head.get("crit").is_none_or(Value::is_null),
            "accepted with {head}"
        );
        believed(caller, &claims);
        granted(caller, &claims);
    }
    Outcome::of(&admitted)
}

fn sign(head: &[u8], payload: &[u8]) -> String {
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!("{}.{}", part(head), part(payload));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET), signed.as_bytes());
    format!("{signed}.{}", part(signature.as_ref()))
}

/// It has begun, has not expired, and is for us; its subject is what it says, and never that of an API key.
fn believed(caller: &Caller, claims: &Map<String, Value>) {
    let seconds = |name: &str| claims.get(name).and_then(Value::as_f64);
    #[allow(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit")]
    let now = NOW_MS as f64 / 1_000.0;
    assert!(seconds("exp").is_some_and(|exp| exp > now), "expired: {claims:?}");
    // Milliseconds are what it is rounded to.
    assert!(seconds("nbf").is_none_or(|nbf| nbf < now + 0.001), "not yet valid: {claims:?}");
    let for_us = match claims.get("aud") {
        Some(Value::Array(several)) => several.iter().any(|one| one == AUDIENCE),
        only => only.is_some_and(|only| only == AUDIENCE),
    };
    assert!(for_us, "for another audience: {claims:?}");
    let subject = claims.get("sub").and_then(Value::as_str).filter(|subject| !subject.is_empty());
    assert_eq!(caller.subject(), subject);
    assert!(!subject.is_some_and(|subject| subject.starts_with("key:")), "the name of an API key");
}

/// Nobody speaks for the broker, and a subject that asks for nothing hears its own topics alone.
fn granted(caller: &Caller, claims: &Map<String, Value>) {
    let hears = |pattern: &str| caller.check_hearing(&Pattern::new(pattern).expect("a pattern")).is_ok();
    let own = Topic::new("$sys.x").expect("a topic");
    let payload = Payload::text("");
    let publish =
        Publish { id: None, topic: own, payload, key: None, expect: None, echo: true, headers: None };
    assert!(caller.publish(publish).is_err(), "it publishes to the broker's topics: {claims:?}");
    if claims.get("fanfare").is_some_and(|fanfare| !fanfare.is_null()) {
        return;
    }
    for pattern in [">", "*.>", "users.>", "users.*.>", "users.*.x", "$sys.>", "$presence.>", "other"] {
        assert!(!hears(pattern), "hears {pattern}: {claims:?}");
    }
    let is_bob = caller.subject() == Some("bob");
    assert_eq!(hears("users.bob.>"), is_bob, "{claims:?}");
    assert_eq!(hears("users.bob.inbox"), is_bob, "{claims:?}");
    assert_eq!(hears("users.bob.inbox.new"), is_bob, "{claims:?}");
}
