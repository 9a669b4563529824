//! Attacks on tokens: each is refused, for the right reason.

use aws_lc_rs::rsa::KeySize;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;

use super::keys::{Pair, ed25519, forge, p256, p384, rsa, sign};
use super::*;
use crate::auth::key::PemError;

fn claims() -> Value {
    json!({"sub": "alice", "exp": NOW + 60})
}

fn public_issuer(pair: &Pair) -> IssuerSettings {
    issuer(KeySource::One(Key::from_pem(pair.pem.as_bytes()).unwrap()))
}

#[test]
fn a_token_is_accepted_with_every_algorithm_of_its_keys_kind_and_no_other() {
    let pairs = [rsa(KeySize::Rsa2048), p256(), p384(), ed25519()];
    let kinds = [KeyKind::Rsa, KeyKind::P256, KeyKind::P384, KeyKind::Ed25519];
    for (pair, kind) in pairs.iter().zip(kinds) {
        let authority = with(vec![public_issuer(pair)]);
        for algorithm in kind.algorithms() {
            let token = sign(*algorithm, None, &claims(), &pair.signing);
            assert!(admit(&authority, &token).is_ok(), "{algorithm:?}");
        }
        for (other, other_kind) in pairs.iter().zip(kinds).filter(|(_, other)| *other != kind) {
            let algorithm = other_kind.algorithms()[0];
            let token = sign(algorithm, None, &claims(), &other.signing);
            assert_eq!(admit(&authority, &token).unwrap_err(), Rejection::Algorithm(algorithm), "{kind:?}");
        }
    }
}

#[test]
fn every_hmac_is_accepted_with_its_secret() {
    let authority = with(vec![secret_issuer()]);
    for algorithm in KeyKind::Secret.algorithms() {
        let token = sign(*algorithm, None, &claims(), &EncodingKey::from_secret(SECRET.as_bytes()));
        assert!(admit(&authority, &token).is_ok(), "{algorithm:?}");
    }
}

#[test]
fn a_public_key_is_never_taken_for_a_secret() {
    for pair in [rsa(KeySize::Rsa2048), p256(), ed25519()] {
        let authority = with(vec![public_issuer(&pair)]);
        for secret in [pair.pem.as_bytes(), pair.pem.trim().as_bytes()] {
            let token = sign(Algorithm::HS256, None, &claims(), &EncodingKey::from_secret(secret));
            assert_eq!(admit(&authority, &token).unwrap_err(), Rejection::Algorithm(Algorithm::HS256));
        }
    }
}

#[test]
fn no_spelling_of_no_algorithm_is_accepted() {
    for authority in [with(vec![secret_issuer()]), with(vec![public_issuer(&p256())])] {
        for alg in ["none", "None", "NONE", "nOnE", "", "HS256 ", "hs256", "ES512", "ES256K"] {
            for signature in [&b""[..], b"x"] {
                let token = forge(&json!({"alg": alg, "typ": "JWT"}), &claims(), signature);
                assert_eq!(admit(&authority, &token).unwrap_err(), Rejection::UnknownAlgorithm, "{alg}");
            }
        }
    }
}

#[test]
fn a_forged_or_stripped_signature_is_refused() {
    let authority = with(vec![secret_issuer()]);
    let good = token(&json!({}));
    let (signed, _) = good.rsplit_once('.').unwrap();
    let other = sign(Algorithm::HS256, None, &claims(), &EncodingKey::from_secret(&[7; 32]));
    for token in [other, format!("{signed}."), forge(&json!({"alg": "HS256"}), &claims(), &[0; 32])] {
        assert_eq!(admit(&authority, &token).unwrap_err(), Rejection::Forged);
    }
    assert!(admit(&authority, signed).is_err());
}

#[test]
fn changed_claims_under_a_good_signature_are_refused() {
    let authority = with(vec![secret_issuer()]);
    let good = token(&json!({}));
    let parts: Vec<_> = good.split('.').collect();
    let changed = URL_SAFE_NO_PAD.encode(json!({"sub": "admin", "exp": NOW + 60}).to_string());
    let token = format!("{}.{changed}.{}", parts[0], parts[2]);
    assert_eq!(admit(&authority, &token).unwrap_err(), Rejection::Forged);
}

#[test]
fn ecdsa_signatures_of_zeros_are_refused() {
    let authority = with(vec![public_issuer(&p256())]);
    let token = forge(&json!({"alg": "ES256"}), &claims(), &[0; 64]);
    assert_eq!(admit(&authority, &token).unwrap_err(), Rejection::Forged);
}

#[test]
fn a_key_that_comes_with_the_token_is_not_looked_at() {
    let (trusted, own) = (p256(), p256());
    let authority = with(vec![public_issuer(&trusted)]);
    let header = jsonwebtoken::Header {
        jwk: serde_json::from_value(own.jwk.clone()).unwrap(),
        jku: Some("https://attacker.example/keys".to_owned()),
        ..jsonwebtoken::Header::new(Algorithm::ES256)
    };
    let token = jsonwebtoken::encode(&header, &claims(), &own.signing).unwrap();
    assert_eq!(admit(&authority, &token).unwrap_err(), Rejection::Forged);
}

#[test]
fn a_critical_header_that_is_not_understood_is_refused() {
    let header = jsonwebtoken::Header {
        crit: Some(vec!["b64".to_owned()]),
        ..jsonwebtoken::Header::new(Algorithm::HS256)
    };
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let token = jsonwebtoken::encode(&header, &claims(), &key).unwrap();
    assert_eq!(admit(&with(vec![secret_issuer()]), &token).unwrap_err(), Rejection::Critical);
}

#[test]
fn algorithms_that_the_operator_left_out_are_refused() {
    let pair = rsa(KeySize::Rsa2048);
    let algorithms = Some(Algorithms::new(["PS256"]).unwrap());
    let authority = with(vec![IssuerSettings { algorithms, ..public_issuer(&pair) }]);
    let signed = |algorithm| sign(algorithm, None, &claims(), &pair.signing);
    assert!(admit(&authority, &signed(Algorithm::PS256)).is_ok());
    let refused = admit(&authority, &signed(Algorithm::RS256)).unwrap_err();
    assert_eq!(refused, Rejection::Algorithm(Algorithm::RS256));
}

#[test]
fn an_expired_token_one_for_later_and_one_that_never_expires_are_refused() {
    let authority = with(vec![secret_issuer()]);
    let rejection = |claims| admit(&authority, &token(&claims)).unwrap_err();
    assert_eq!(rejection(json!({"exp": NOW - 10})), Rejection::Expired);
    assert_eq!(rejection(json!({"nbf": NOW + 11})), Rejection::NotYet);
    assert!(matches!(rejection(json!({"exp": null})), Rejection::Claim(_)));
    let caller = admit(&authority, &token(&json!({"exp": NOW - 9, "nbf": NOW + 10}))).unwrap();
    assert_eq!(caller.expires(), Some(at(NOW + 1).moment), "leeway counts to the end");
}

#[test]
fn a_token_for_another_audience_is_refused() {
    let issuer = IssuerSettings { audience: Some("fanfare".to_owned()), ..secret_issuer() };
    let authority = with(vec![issuer]);
    assert!(admit(&authority, &token(&json!({"aud": ["x", "fanfare"]}))).is_ok());
    for aud in [json!(null), json!("x"), json!("Fanfare"), json!(["fanfare2"]), json!([["fanfare"]])] {
        assert_eq!(admit(&authority, &token(&json!({"aud": aud}))).unwrap_err(), Rejection::Audience);
    }
}

#[test]
fn each_issuer_speaks_for_itself_alone() {
    let (ours, theirs) = (p256(), p256());
    let named = |name: &str, pair| IssuerSettings { issuer: Some(name.to_owned()), ..public_issuer(pair) };
    let authority = with(vec![named("ours", &ours), named("theirs", &theirs)]);
    let token = |iss: Value, pair: &Pair| {
        sign(Algorithm::ES256, None, &json!({"iss": iss, "exp": NOW + 60}), &pair.signing)
    };
    assert!(admit(&authority, &token(json!("ours"), &ours)).is_ok());
    assert!(admit(&authority, &token(json!("theirs"), &theirs)).is_ok());
    assert_eq!(admit(&authority, &token(json!("ours"), &theirs)).unwrap_err(), Rejection::Forged);
    for iss in [json!("other"), json!("Ours"), json!(null), json!(["ours"]), json!("ours ")] {
        assert_eq!(admit(&authority, &token(iss, &ours)).unwrap_err(), Rejection::Issuer);
    }
}

#[test]
fn a_token_can_not_take_the_name_of_an_api_key() {
    let rejection = admit(&with(vec![secret_issuer()]), &token(&json!({"sub": "key:backend"})));
    assert!(matches!(rejection, Err(Rejection::Claim(_))));
}

#[test]
fn what_is_no_token_is_told_so() {
    let authority = with(vec![secret_issuer()]);
    for text in ["", ".", "..", "...", "a.b.c", "e30.e30.", "bnVsbA.bnVsbA.AAAA", "W10.W10.AAAA"] {
        assert_eq!(admit(&authority, text).unwrap_err(), Rejection::Malformed, "{text}");
    }
    let deep = URL_SAFE_NO_PAD.encode("[".repeat(8_000));
    assert_eq!(admit(&authority, &format!("{deep}.{deep}.")).unwrap_err(), Rejection::Malformed);
}

#[test]
fn weak_keys_and_wrong_halves_are_refused_before_any_token_comes() {
    assert_eq!(Key::from_secret(&[7; 31]), Err(KeyError::ShortSecret(31)));
    assert_eq!(
        Key::from_pem(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
        Err(PemError::Kind.into())
    );
    let p256 = p256();
    let cut = p256.pem.replacen("MFkw", "MFkx", 1);
    assert!(Key::from_pem(cut.as_bytes()).is_err());
}

#[test]
fn a_rejection_is_short_enough_for_a_close_frame_and_has_a_word() {
    for rejection in [
        Rejection::Missing,
        Rejection::NotConfigured,
        Rejection::Malformed,
        Rejection::Critical,
        Rejection::UnknownAlgorithm,
        Rejection::Algorithm(Algorithm::EdDSA),
        Rejection::Issuer,
        Rejection::UnknownKey,
        Rejection::Forged,
        Rejection::Expired,
        Rejection::NotYet,
        Rejection::Audience,
        Rejection::Claim("x".to_owned()),
        Rejection::UnknownKeyText,
        Rejection::Revoked,
    ] {
        assert!(rejection.to_string().len() <= 123, "{rejection}");
        assert!(Rejection::WORDS.contains(&rejection.word()));
    }
}

proptest! {
    /// However a token is changed, it is refused; and no text makes the authority panic.
    #[test]
    fn a_token_with_any_change_is_refused(at in any::<prop::sample::Index>(), with in "[A-Za-z0-9_.=-]") {
        let authority = super::with(vec![secret_issuer()]);
        let good = token(&json!({}));
        let at = at.index(good.len());
        let mut changed = good.clone();
        changed.replace_range(at..=at, &with);
        // The last character of a signature carries bits that no byte has: those must be zero, too.
        prop_assert_eq!(admit(&authority, &changed).is_ok(), changed == good);
    }

    #[test]
    fn any_text_is_refused_quietly(text in "\\PC*|[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}") {
        prop_assert!(admit(&with(vec![secret_issuer()]), &text).is_err());
    }
}
