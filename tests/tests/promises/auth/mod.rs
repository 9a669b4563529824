//! Who may enter, and what they may hear and say: attacks on the built broker, one a promise.

mod comers;
mod commands;
pub(crate) mod http;
mod key_sets;
mod lifetimes;
mod logs;
mod permissions;
mod publishers;
mod revocations;
mod sdk;
mod subjects;
mod tokens;

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use fanfare_protocol::Encoding;
use fanfare_tests::{Broker, Client};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

pub(crate) const SECRET: &str = "a secret of the tests, long enough for HS256";

/// A broker that takes tokens signed with the secret; `more` is TOML behind the issuer.
pub(crate) async fn broker(more: &str) -> Broker {
    Broker::with(&format!("[auth]\nleeway = \"0s\"\n[[auth.issuer]]\nsecret = \"{SECRET}\"\n{more}")).await
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    #[allow(clippy::disallowed_methods, reason = "a token says when it expires")]
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A token of the secret, good for a minute unless the claims say otherwise.
pub(crate) fn token(claims: &Value) -> String {
    sign(Algorithm::HS256, None, claims, &EncodingKey::from_secret(SECRET.as_bytes()))
}

fn sign(algorithm: Algorithm, kid: Option<&str>, claims: &Value, key: &EncodingKey) -> String {
    let mut all = json!({"sub": "alice", "exp": now() + 60});
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    encode(&Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) }, &all, key).unwrap()
}

/// A token that may do this.
fn granting(fanfare: &Value) -> String {
    token(&json!({"fanfare": fanfare}))
}

async fn hello(broker: &Broker, token: &str) -> Client {
    let mut client = Client::shake(broker.client(), Encoding::Json).await;
    client.send(json!({"op": "hello", "token": token})).await;
    client
}

/// A session with this token, and its welcome.
async fn enter(broker: &Broker, token: &str) -> (Client, Value) {
    let mut client = hello(broker, token).await;
    let welcome = client.expect(json!({"op": "welcome"})).await;
    (client, welcome)
}

/// How the broker closes a session with this token.
async fn turned_away(broker: &Broker, token: &str) -> (u16, String) {
    hello(broker, token).await.expect_close().await
}

/// Subscribes; what the broker answers.
async fn subscribe(client: &mut Client, sub: u64, pattern: &str) -> Value {
    client.send(json!({"op": "subscribe", "sub": sub, "pattern": pattern})).await;
    client.next().await
}

/// A pair of keys on P-256.
struct Pair {
    signing: EncodingKey,
    point: Vec<u8>,
}

impl Pair {
    fn new() -> Self {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
        Self { signing: EncodingKey::from_ec_der(pkcs8.as_ref()), point: pair.public_key().as_ref().to_vec() }
    }

    fn sign(&self, kid: &str, claims: &Value) -> String {
        sign(Algorithm::ES256, Some(kid), claims, &self.signing)
    }

    /// The public half, as a key of a set.
    fn jwk(&self, kid: &str) -> Value {
        let (x, y) = self.point[1..].split_at(32);
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({"kty": "EC", "crv": "P-256", "kid": kid, "x": part(x), "y": part(y)})
    }

    /// The public half in PEM.
    fn pem(&self) -> String {
        let head: Vec<u8> = vec![
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
            0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        let text = STANDARD.encode([head, self.point.clone()].concat());
        let (first, second) = text.split_at(64);
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
    }
}
