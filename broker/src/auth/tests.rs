//! Attacks on the authority, and what it grants: with real keys and signatures, without any socket.

mod keys;
mod sets;
mod tokens;

use std::collections::BTreeMap;
use std::time::Duration;

use fanfare_protocol::frame::{Deliver, Publish, ReplayFrom, Subscribe};
use fanfare_protocol::{ErrorCode, Pattern, Payload, Topic};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::rejection::Refused;
use super::*;
use crate::clock::{Moment, Now};
use keys::SECRET;

/// Seconds since 1970 that are now in all tests.
const NOW: u64 = 1_800_000_000;

fn now() -> Now {
    at(NOW)
}

/// A time in seconds since 1970; the other clock was started at [`NOW`] minus 1,000 s.
fn at(seconds: u64) -> Now {
    Now { moment: Moment::after_start(Duration::from_secs(seconds + 1_000 - NOW)), wall_ms: seconds * 1_000 }
}

fn issuer(keys: KeySource) -> IssuerSettings {
    IssuerSettings { issuer: None, audience: None, algorithms: None, keys }
}

fn secret_issuer() -> IssuerSettings {
    issuer(KeySource::One(Key::from_secret(SECRET.as_bytes()).unwrap()))
}

fn with(issuers: Vec<IssuerSettings>) -> Authority {
    Authority::new(AuthSettings { issuers, ..AuthSettings::default() })
}

/// A token with the right to one hour, these claims, and the secret's signature.
fn token(claims: &Value) -> String {
    let mut all = json!({"sub": "alice", "exp": NOW + 3_600});
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    keys::sign(Algorithm::HS256, None, &all, &EncodingKey::from_secret(SECRET.as_bytes()))
}

fn admit(authority: &Authority, token: &str) -> Result<Caller, Rejection> {
    authority.admit(Some(token), now()).map_err(|refused| refused.rejection)
}

/// The caller that a token with these claims makes, with a secret as the only issuer's key.
fn caller(claims: &Value) -> Caller {
    admit(&with(vec![secret_issuer()]), &token(claims)).unwrap()
}

fn rights(subscribe: &[&str], publish: &[&str]) -> Rights {
    let templates = |texts: &[&str]| texts.iter().map(|text| Template::new(text).unwrap()).collect();
    Rights { subscribe: templates(subscribe), publish: templates(publish), ..Rights::default() }
}

fn may_hear(caller: &Caller, pattern: &str) -> bool {
    let pattern = Pattern::new(pattern).unwrap();
    let subscribe = Subscribe { sub: 1, pattern, from: ReplayFrom::Now, deliver: Deliver::Every };
    caller.subscribe(subscribe).is_ok()
}

fn publish(caller: &Caller, topic: &str) -> Result<(), Denied> {
    let publish = Publish {
        id: None,
        topic: Topic::new(topic).unwrap(),
        payload: Payload::text("x"),
        key: None,
        expect: None,
        echo: true,
        headers: None,
    };
    caller.publish(publish).map(|_| ())
}

#[test]
fn without_any_configuration_everyone_may_do_everything_but_speak_for_the_broker() {
    let authority = Authority::new(AuthSettings::default());
    for bearer in [None, Some("whatever")] {
        let caller = authority.admit(bearer, now()).unwrap();
        assert!(may_hear(&caller, ">") && may_hear(&caller, "$sys.>"));
        assert_eq!(publish(&caller, "orders"), Ok(()));
        assert_eq!(publish(&caller, "$sys.x"), Err(Denied::InternalTopic));
        assert!((caller.expires(), caller.subject()) == (None, None) && caller.administer(()).is_ok());
    }
}

#[test]
fn with_authentication_nobody_enters_without_a_token_unless_configured() {
    let closed = with(vec![secret_issuer()]);
    assert_eq!(closed.admit(None, now()).unwrap_err().rejection, Rejection::Missing);
    let open = Authority::new(AuthSettings {
        issuers: vec![secret_issuer()],
        anonymous: Some(rights(&["public.>"], &[])),
        ..AuthSettings::default()
    });
    let caller = open.admit(None, now()).unwrap();
    assert!(may_hear(&caller, "public.news") && !may_hear(&caller, ">"));
    let denied = publish(&caller, "public.news").unwrap_err();
    assert_eq!(denied.code(), ErrorCode::Unauthenticated);
    assert!(admit(&open, "forged").is_err(), "a bad token is not the same as none");
}

#[test]
fn a_token_grants_what_it_says_beside_defaults_and_roles() {
    let authority = Authority::new(AuthSettings {
        issuers: vec![secret_issuer()],
        defaults: rights(&["public.>"], &[]),
        roles: BTreeMap::from([("staff".to_owned(), rights(&["users.{sub}.>"], &["rooms.*"]))]),
        ..AuthSettings::default()
    });
    let claims = json!({"fanfare": {"subscribe": ["own.{tenant}.>"], "roles": ["staff", "unknown"]}, "tenant": "acme"});
    let caller = admit(&authority, &token(&claims)).unwrap();
    for (pattern, expected) in [
        ("public.>", true),
        ("own.acme.>", true),
        ("own.acme.1", true),
        ("own.other.>", false),
        ("own.*.>", false),
        ("own.>", false),
        ("users.alice.inbox", true),
        ("users.bob.inbox", false),
        ("users.*.inbox", false),
        (">", false),
        ("$sys.>", false),
    ] {
        assert_eq!(may_hear(&caller, pattern), expected, "{pattern}");
    }
    assert_eq!(publish(&caller, "rooms.1"), Ok(()));
    assert_eq!(publish(&caller, "public.x").map_err(Denied::code), Err(ErrorCode::Forbidden));
    assert_eq!(caller.subject(), Some("alice"));
}

#[test]
fn nothing_is_granted_where_nothing_says_so() {
    let caller = caller(&json!({}));
    assert!(!may_hear(&caller, "a") && publish(&caller, "a").is_err() && caller.administer(()).is_err());
    assert!(caller.presence(Topic::new("a").unwrap()).is_err());
}

#[test]
fn a_subject_that_could_widen_a_pattern_gets_nothing_from_it() {
    for sub in ["*", ">", "a.b", "bob.>", "$sys", "", " "] {
        let claims = json!({"sub": sub, "fanfare": {"subscribe": ["users.{sub}.>", "{sub}.>", "mine"]}});
        let caller = caller(&claims);
        for pattern in [">", "users.>", "users.*.>", "users.bob.>", "users.bob.x", "$sys.>", "a.b.c"] {
            assert!(!may_hear(&caller, pattern), "{sub:?} hears {pattern}");
        }
        assert!(may_hear(&caller, "mine"), "the other patterns stay");
    }
}

#[test]
fn a_claim_that_is_no_text_fills_no_template() {
    for tenant in [json!(7), json!(["acme"]), json!({"a": "b"}), json!(null), json!(true)] {
        let caller = caller(&json!({"tenant": tenant, "fanfare": {"subscribe": ["t.{tenant}.>"]}}));
        assert!(!may_hear(&caller, "t.acme.x") && !may_hear(&caller, "t.7.x"));
    }
}

#[test]
fn presence_on_a_topic_is_asked_and_heard_with_the_same_right() {
    let caller = caller(&json!({"fanfare": {"presence": ["rooms.>"]}}));
    assert!(caller.presence(Topic::new("rooms.1").unwrap()).is_ok());
    assert!(caller.presence(Topic::new("other").unwrap()).is_err());
    assert!(may_hear(&caller, "$presence.rooms.1") && may_hear(&caller, "$presence.rooms.>"));
    assert!(
        !may_hear(&caller, "$presence.>") && !may_hear(&caller, "rooms.1") && !may_hear(&caller, "$sys.>")
    );
}

#[test]
fn what_a_token_brings_along_may_be_heard_too() {
    let caller = caller(&json!({"fanfare": {"auto": ["users.{sub}.>", "bad.{none}"]}}));
    let auto: Vec<_> = caller.auto().iter().map(Pattern::as_str).collect();
    assert_eq!(auto, ["users.alice.>"]);
    assert!(may_hear(&caller, "users.alice.>"));
}

#[test]
fn an_api_key_is_known_by_its_hash_and_acts_under_its_name() {
    let key = NewApiKey::random().unwrap();
    let settings = ApiKeySettings {
        name: "backend".to_owned(),
        hash: key.hash.clone(),
        rights: Rights { admin: true, ..rights(&["orders.>"], &["orders.>"]) },
    };
    let authority = Authority::new(AuthSettings { api_keys: vec![settings], ..AuthSettings::default() });
    let caller = admit(&authority, &key.text).unwrap();
    assert_eq!((caller.subject(), caller.expires()), (Some("key:backend"), None));
    assert!(may_hear(&caller, "orders.>") && !may_hear(&caller, ">") && caller.administer(()).is_ok());
    for wrong in ["ffk_", &key.text[..key.text.len() - 1], &format!("{}x", key.text)] {
        assert_eq!(admit(&authority, wrong).unwrap_err(), Rejection::UnknownKeyText, "{wrong}");
    }
    for no_key in ["", &key.hash.to_string()] {
        assert_eq!(admit(&authority, no_key).unwrap_err(), Rejection::NotConfigured, "{no_key}");
    }
    assert!(authority.admit(None, now()).is_err(), "with keys alone nobody else enters");
}

#[test]
fn who_is_revoked_is_not_accepted_until_then() {
    let authority = with(vec![secret_issuer()]);
    let (alice, other) = (token(&json!({"jti": "t1"})), token(&json!({"sub": "bob", "jti": "t2"})));
    authority.revoke(Revoked::Subject("alice".into()), (NOW + 60) * 1_000, 10, now()).unwrap();
    authority.revoke(Revoked::Token("t2".into()), (NOW + 60) * 1_000, 10, now()).unwrap();
    assert_eq!(admit(&authority, &alice).unwrap_err(), Rejection::Revoked);
    assert_eq!(admit(&authority, &other).unwrap_err(), Rejection::Revoked);
    assert!(admit(&authority, &token(&json!({"sub": "bob", "jti": "t3"}))).is_ok());
    assert!(authority.admit(Some(&alice), at(NOW + 60)).is_ok());
    assert_eq!((authority.sweep(at(NOW + 59)), authority.sweep(at(NOW + 60))), (2, 0));
}

#[test]
fn rules_that_are_replaced_hold_from_then_on() {
    let authority = with(vec![secret_issuer()]);
    let token = token(&json!({}));
    authority.revoke(Revoked::Subject("bob".into()), u64::MAX, 10, now()).unwrap();
    let other = issuer(KeySource::One(Key::from_secret(&[7; 32]).unwrap()));
    authority.replace(AuthSettings { issuers: vec![other], ..AuthSettings::default() });
    assert_eq!(admit(&authority, &token).unwrap_err(), Rejection::Forged);
    assert_eq!(authority.revocations(), 1, "what is revoked stays so");
}

#[test]
fn nothing_secret_shows_in_debug_output() {
    let settings = AuthSettings { issuers: vec![secret_issuer()], ..AuthSettings::default() };
    let key = NewApiKey::random().unwrap();
    let shown = format!("{settings:?} {:?} {:?}", Authority::new(settings.clone()), key.hash);
    let bytes = format!("{:?}", SECRET.as_bytes());
    assert!(!shown.contains(SECRET) && !shown.contains(&bytes[1..20]), "{shown}");
    assert!(!shown.contains(&key.hash.to_string()[10..20]));
}
