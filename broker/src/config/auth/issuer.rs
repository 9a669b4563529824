//! What `[[auth.issuer]]` means: keys read and checked, and no issuer twice.

use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

use super::written::{SOURCES, WrittenIssuer};
use crate::auth::{
    Algorithms, DEFAULT_JWKS_REFRESH, IssuerSettings, Key, KeyKind, KeySet, KeySource, MAX_JWKS_BYTES,
};
use crate::config::fault::{Fault, Located};
use crate::config::files::Files;
use crate::config::times::resolve_time;

/// How often a key set may be fetched, and how seldom.
const REFRESH_MIN: Duration = Duration::from_secs(10);
const REFRESH_MAX: Duration = Duration::from_hours(24);

/// The issuer, as far as it can be read; faults tell the rest.
pub(super) fn resolve_issuer(
    written: &WrittenIssuer,
    files: Files,
    faults: &mut Vec<Fault>,
) -> Option<IssuerSettings> {
    let refresh = REFRESH_MIN..=REFRESH_MAX;
    let refresh =
        resolve_time("jwks_refresh", written.jwks_refresh.as_ref(), DEFAULT_JWKS_REFRESH, refresh, faults);
    let keys = resolve_keys(written, refresh, files, faults);
    let algorithms = written.algorithms.as_ref().map(|names| resolve_algorithms(written, names, faults));
    let keys = keys?;
    if let Some(Some(algorithms)) = &algorithms
        && !matches!(&keys, KeySource::Set(set) if *set == KeySet::default())
    {
        check_fit(written, algorithms, &keys, faults);
    }
    let text = |text: &Option<Located<String>>| text.as_ref().map(|text| text.value.clone());
    Some(IssuerSettings {
        issuer: text(&written.issuer),
        audience: text(&written.audience),
        algorithms: algorithms.flatten(),
        keys,
    })
}

/// The keys, if there is one source of them and it can be read.
fn resolve_keys(
    written: &WrittenIssuer,
    refresh: Duration,
    files: Files,
    faults: &mut Vec<Fault>,
) -> Option<KeySource> {
    let mut sources =
        SOURCES.iter().zip(&written.sources).filter_map(|(source, at)| Some((source.key, at.as_ref()?)));
    let all = SOURCES.map(|source| source.key).join(", ");
    let Some((name, source)) = sources.next() else {
        let what = "this issuer has no key that its tokens are verified with";
        faults.push(Fault::new(written.place, what, format!("add one of {all}")));
        return None;
    };
    if let Some((other, Located { place, .. })) = sources.next() {
        let what = format!("`{other}` and `{name}` both say where this issuer's keys come from");
        faults.push(Fault::new(*place, what, format!("keep one of {all}")));
        return None;
    }
    let keys = match name {
        "secret" => {
            Key::from_secret(source.value.as_bytes()).map(KeySource::One).map_err(|error| error.to_string())
        }
        "secret_file" | "public_key_file" | "jwks_file" if files == Files::Unopened => {
            Ok(KeySource::Set(KeySet::default()))
        }
        "secret_file" => read_file(&source.value).and_then(|secret| {
            Key::from_secret(secret.trim_ascii_end()).map(KeySource::One).map_err(|error| error.to_string())
        }),
        "public_key_file" => read_file(&source.value)
            .and_then(|pem| Key::from_pem(&pem).map(KeySource::One).map_err(|error| error.to_string())),
        "jwks_file" => read_file(&source.value)
            .and_then(|set| KeySet::read(&set).map(KeySource::Set).map_err(|error| error.to_string())),
        _ => check_url(&source.value).map(|()| KeySource::Url { url: source.value.clone(), refresh }),
    };
    keys.map_err(|what| faults.push(Fault::new(source.place, format!("`{name}` {what}"), remedy_for(name))))
        .ok()
}

fn remedy_for(source: &str) -> &'static str {
    match source {
        "secret" | "secret_file" => "make one with `openssl rand -base64 48`",
        "public_key_file" => "give a PEM file with the issuer's public key",
        "jwks_file" => "give a file with the issuer's key set (JWKS)",
        _ => "write it like \"https://id.example.com/.well-known/jwks.json\"",
    }
}

fn read_file(path: &str) -> Result<Vec<u8>, String> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(MAX_JWKS_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > MAX_JWKS_BYTES { Err(io::Error::other("it is too long")) } else { Ok(bytes) }
    };
    read().map_err(|error| format!("= {path:?} can't be read: {error}"))
}

/// Keys that come over an open line could be anybody's.
fn check_url(url: &str) -> Result<(), String> {
    let parsed: hyper::Uri = url.parse().map_err(|_| format!("= {url:?} is no URL"))?;
    // It is shown in logs and metrics, so nothing secret may stand in it. Nor is it shown here.
    if parsed.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("has a name or password before its host, which are not sent".to_owned());
    }
    let local = parsed.host().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
    match parsed.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if local => Ok(()),
        Some("http") => {
            Err(format!("= {url:?} is not encrypted: on its way anybody could put in another key"))
        }
        _ => Err(format!("= {url:?} is no URL of HTTPS")),
    }
}

fn resolve_algorithms(
    issuer: &WrittenIssuer,
    names: &[Located<String>],
    faults: &mut Vec<Fault>,
) -> Option<Algorithms> {
    if names.is_empty() {
        let remedy = "name some, like \"ES256\", or leave it out for all that fit the keys";
        faults.push(Fault::new(issuer.place, "`algorithms` allows none", remedy));
        return None;
    }
    Algorithms::new(names.iter().map(|name| name.value.as_str()))
        .map_err(|at| {
            let Some(Located { value, place }) = names.get(at) else { return };
            let remedy = "known are HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA";
            faults.push(Fault::new(*place, format!("algorithm {value:?} is not supported"), remedy));
        })
        .ok()
}

/// An issuer none of whose keys may be used is a mistake.
fn check_fit(issuer: &WrittenIssuer, algorithms: &Algorithms, keys: &KeySource, faults: &mut Vec<Fault>) {
    let kinds: Vec<KeyKind> = match keys {
        KeySource::One(key) => vec![key.kind()],
        KeySource::Set(set) => set.keys.iter().map(Key::kind).collect(),
        KeySource::Url { .. } => vec![KeyKind::Rsa, KeyKind::P256, KeyKind::P384, KeyKind::Ed25519],
    };
    if !kinds.iter().any(|kind| algorithms.fit(*kind)) {
        let place = issuer
            .algorithms
            .as_ref()
            .and_then(|names| names.first())
            .map_or(issuer.place, |name| name.place);
        let remedy = "leave `algorithms` out for all that fit the keys";
        faults.push(Fault::new(
            place,
            "`algorithms` names none that this issuer's keys can be used with",
            remedy,
        ));
    }
}

/// Several issuers are told apart by their names.
pub(super) fn report_issuers(written: &[WrittenIssuer], faults: &mut Vec<Fault>) {
    for (index, issuer) in written.iter().enumerate() {
        match &issuer.issuer {
            None if written.len() > 1 => {
                let what = "this issuer has no `issuer`, and there are several: whose token is whose?";
                faults.push(Fault::new(issuer.place, what, "add issuer = the `iss` that its tokens carry"));
            }
            Some(Located { value, place }) => {
                let earlier = written.get(..index).unwrap_or_default().iter();
                if earlier.filter_map(|other| other.issuer.as_ref()).any(|other| other.value == *value) {
                    let what = format!("there is another issuer {value:?}");
                    faults.push(Fault::new(*place, what, "keep one; a key set holds several keys"));
                }
            }
            None => {}
        }
    }
}
