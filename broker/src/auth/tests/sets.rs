//! Key sets: which key a token is verified with, and what becomes of keys that can't be used.

use std::sync::Arc;

use aws_lc_rs::rsa::KeySize;

use super::keys::{Pair, ed25519, jwks, p256, p384, rsa, sign};
use super::*;
use crate::auth::jwks::{JwksError, MAX_KEYS, Unusable};

const URL: &str = "https://id.example.com/keys";

fn set(keys: &[(&str, &Pair)]) -> KeySet {
    KeySet::read(jwks(keys).as_bytes()).unwrap()
}

fn signed(kid: Option<&str>, pair: &Pair) -> String {
    sign(Algorithm::ES256, kid, &json!({"exp": NOW + 60}), &pair.signing)
}

fn fetched() -> IssuerSettings {
    issuer(KeySource::Url { url: URL.to_owned(), refresh: Duration::from_mins(5) })
}

#[test]
fn keys_of_every_kind_are_read_from_a_set() {
    let pairs = [rsa(KeySize::Rsa2048), p256(), p384(), ed25519()];
    let named: Vec<_> = ["a", "b", "c", "d"].into_iter().zip(&pairs).collect();
    let kinds: Vec<_> = set(&named).keys.iter().map(Key::kind).collect();
    assert_eq!(kinds, [KeyKind::Rsa, KeyKind::P256, KeyKind::P384, KeyKind::Ed25519]);
}

#[test]
fn a_token_is_verified_with_the_key_that_it_names() {
    let (old, new) = (p256(), p256());
    let authority = with(vec![issuer(KeySource::Set(set(&[("old", &old), ("new", &new)])))]);
    assert!(admit(&authority, &signed(Some("old"), &old)).is_ok());
    assert!(admit(&authority, &signed(Some("new"), &new)).is_ok());
    assert!(admit(&authority, &signed(None, &new)).is_ok(), "one that names none may be any");
    assert_eq!(admit(&authority, &signed(Some("old"), &new)).unwrap_err(), Rejection::Forged);
    assert_eq!(admit(&authority, &signed(Some("third"), &new)).unwrap_err(), Rejection::Forged);
}

#[test]
fn keys_that_can_not_be_used_are_ignored_with_their_reason_and_the_others_serve() {
    let good = p256();
    let mut keys: Value = serde_json::from_str(&jwks(&[("good", &good)])).unwrap();
    let mut changed = |change: &dyn Fn(&mut Value)| {
        let mut key = keys["keys"][0].clone();
        change(&mut key);
        keys["keys"].as_array_mut().unwrap().push(key);
    };
    changed(&|key| key["use"] = json!("enc"));
    changed(&|key| key["key_ops"] = json!(["sign"]));
    changed(&|key| *key = json!({"kty": "oct", "kid": "secret", "k": "c2VjcmV0"}));
    changed(&|key| key["crv"] = json!("P-521"));
    changed(&|key| key["alg"] = json!("HS256"));
    changed(&|key| key["x"] = json!("AAAA"));
    changed(&|key| *key = json!({"kty": "RSA", "kid": "short", "n": "wQ", "e": "AQAB"}));
    changed(&|key| *key = json!("key"));
    changed(&|key| *key = json!({"kid": "?", "kty": "post-quantum"}));
    let set = KeySet::read(keys.to_string().as_bytes()).unwrap();
    assert_eq!(set.keys.len(), 1);
    let why: Vec<_> =
        set.ignored.iter().map(|ignored| (ignored.name.as_str(), ignored.why.clone())).collect();
    assert_eq!(
        why,
        [
            ("good", Unusable::Purpose),
            ("good", Unusable::Purpose),
            ("secret", Unusable::Symmetric),
            ("good", Unusable::Unsupported),
            ("good", Unusable::Unsupported),
            ("good", Unusable::Weak(KeyError::Invalid)),
            ("short", Unusable::Weak(KeyError::ShortRsa(8))),
            ("key 9", Unusable::Form),
            ("?", Unusable::Unsupported),
        ]
    );
}

#[test]
fn a_set_without_end_gives_a_bounded_number_of_keys() {
    let pair = p256();
    let keys: Vec<_> = (0..3 * MAX_KEYS).map(|_| ("k", &pair)).collect();
    let set = set(&keys);
    assert_eq!((set.keys.len(), set.ignored.len()), (MAX_KEYS, MAX_KEYS));
}

#[test]
fn what_is_no_set_is_told_so() {
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, "<html>"] {
        assert_eq!(KeySet::read(text.as_bytes()), Err(JwksError::Form), "{text}");
    }
    assert_eq!(KeySet::read(br#"{"keys":[]}"#), Err(JwksError::Empty));
}

#[test]
fn a_key_that_is_not_fetched_yet_is_asked_for_and_the_client_comes_back() {
    let (old, new) = (p256(), p256());
    let authority = with(vec![fetched()]);
    let unknown = Refused { rejection: Rejection::UnknownKey, fetch: Some(URL.to_owned()) };
    let admit = |kid, pair| authority.admit(Some(&signed(Some(kid), pair)), now()).map(|_| ());
    assert_eq!(admit("old", &old), Err(unknown));
    authority.take_keys(URL, &Arc::new(set(&[("old", &old)])));
    assert_eq!(admit("old", &old), Ok(()));
    assert_eq!(admit("new", &new).unwrap_err().fetch.as_deref(), Some(URL));
    authority.take_keys(URL, &Arc::new(set(&[("new", &new)])));
    assert_eq!(admit("new", &new), Ok(()));
    assert_eq!(
        admit("old", &old).unwrap_err().rejection,
        Rejection::UnknownKey,
        "a key that was withdrawn is gone"
    );
    let forged = admit("new", &old).unwrap_err();
    assert_eq!(
        forged,
        Refused { rejection: Rejection::Forged, fetch: None },
        "a forged token has nothing fetched"
    );
}

#[test]
fn fetched_keys_outlive_new_rules_with_the_same_address() {
    let pair = p256();
    let authority = with(vec![fetched()]);
    authority.take_keys(URL, &Arc::new(set(&[("k", &pair)])));
    let audience = Some("fanfare".to_owned());
    let settings = |audience| AuthSettings {
        issuers: vec![IssuerSettings { audience, ..fetched() }],
        ..AuthSettings::default()
    };
    authority.replace(settings(audience));
    assert_eq!(admit(&authority, &signed(Some("k"), &pair)).unwrap_err(), Rejection::Audience);
    authority.replace(settings(None));
    assert!(admit(&authority, &signed(Some("k"), &pair)).is_ok());
}
