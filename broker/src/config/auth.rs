//! Authentication of the configuration: keys read and checked, patterns and names, and no issuer twice.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

use super::fault::{Fault, Located, Place};
use super::files::Files;
use super::units::{format_duration, parse_duration};
use super::written_auth::{SOURCES, WrittenApiKey, WrittenAuth, WrittenIssuer, WrittenRights};
use crate::auth::{
    Algorithms, ApiKeyHash, ApiKeySettings, AuthSettings, DEFAULT_JWKS_REFRESH, DEFAULT_LEEWAY,
    IssuerSettings, Key, KeyKind, KeySet, KeySource, MAX_JWKS_BYTES, Rights, Template,
};

/// The longest leeway: more would make short-lived tokens long-lived.
const LEEWAY_MAX: Duration = Duration::from_mins(10);
/// How often a key set may be fetched, and how seldom.
const REFRESH_MIN: Duration = Duration::from_secs(10);
const REFRESH_MAX: Duration = Duration::from_hours(24);
/// The longest name of an API key, in bytes.
const KEY_NAME_BYTES_MAX: usize = 64;

/// Checks what was written.
pub(super) fn resolve_auth(written: &WrittenAuth, files: Files, faults: &mut Vec<Fault>) -> AuthSettings {
    report_issuers(&written.issuers, faults);
    report_repeated_keys(&written.api_keys, faults);
    report_vain_rights(written, faults);
    let roles = written.roles.iter().map(|(name, rights)| (name.clone(), resolve_rights(rights, faults)));
    let roles: BTreeMap<_, _> = roles.collect();
    AuthSettings {
        leeway: resolve_time(
            "leeway",
            written.leeway.as_ref(),
            DEFAULT_LEEWAY,
            Duration::ZERO..=LEEWAY_MAX,
            faults,
        ),
        issuers: written.issuers.iter().filter_map(|issuer| resolve_issuer(issuer, files, faults)).collect(),
        defaults: resolve_rights(&written.defaults, faults),
        roles,
        anonymous: resolve_anonymous(&written.anonymous, faults),
        api_keys: written.api_keys.iter().filter_map(|key| resolve_api_key(key, faults)).collect(),
    }
}

fn resolve_time(
    name: &str,
    written: Option<&Located<String>>,
    default: Duration,
    range: std::ops::RangeInclusive<Duration>,
    faults: &mut Vec<Fault>,
) -> Duration {
    let Some(Located { value, place }) = written else { return default };
    match parse_duration(value) {
        Ok(time) if range.contains(&time) => time,
        Ok(_) => {
            let (least, most) = (format_duration(*range.start()), format_duration(*range.end()));
            let what = format!("`{name}` = {value:?} is not between {least:?} and {most:?}");
            faults.push(Fault::new(*place, what, format!("the default is {:?}", format_duration(default))));
            default
        }
        Err(error) => {
            faults.push(Fault::new(*place, format!("`{name}` {}", error.what), error.remedy));
            default
        }
    }
}

fn resolve_issuer(written: &WrittenIssuer, files: Files, faults: &mut Vec<Fault>) -> Option<IssuerSettings> {
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

fn resolve_rights(written: &WrittenRights, faults: &mut Vec<Fault>) -> Rights {
    let mut templates = |written: &[Located<String>]| {
        written.iter().filter_map(|pattern| resolve_template(pattern, faults)).collect::<Vec<_>>()
    };
    Rights {
        subscribe: templates(&written.subscribe),
        publish: templates(&written.publish),
        presence: templates(&written.presence),
        admin: written.admin,
    }
}

fn resolve_template(written: &Located<String>, faults: &mut Vec<Fault>) -> Option<Template> {
    let template = Template::new(&written.value);
    let fault = |error| {
        let what = format!("pattern {:?} {error}", written.value);
        faults.push(Fault::new(written.place, what, "write it like \"rooms.>\" or \"users.{sub}.>\""));
    };
    template.map_err(fault).ok()
}

/// What sessions without a token may, if they may anything: who may nothing has no business here.
fn resolve_anonymous(written: &WrittenRights, faults: &mut Vec<Fault>) -> Option<Rights> {
    let rights = resolve_plain(written, "[auth.anonymous]", faults);
    Some(rights).filter(|rights| *rights != Rights::default())
}

/// Rights of those who have no claims.
fn resolve_plain(written: &WrittenRights, section: &str, faults: &mut Vec<Fault>) -> Rights {
    for Located { value, place } in
        [&written.subscribe, &written.publish, &written.presence].into_iter().flatten()
    {
        if Template::new(value).is_ok_and(|template| !template.is_plain()) {
            let what = format!("pattern {value:?} names a claim, and who comes by {section} has none");
            faults.push(Fault::new(*place, what, "write it without braces"));
        }
    }
    resolve_rights(written, faults)
}

fn resolve_api_key(written: &WrittenApiKey, faults: &mut Vec<Fault>) -> Option<ApiKeySettings> {
    let rights = resolve_plain(&written.rights, "[[api_key]]", faults);
    let (name, hash) = (written.name.as_ref()?, written.hash.as_ref()?);
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if name.value.is_empty() || name.value.len() > KEY_NAME_BYTES_MAX || !name.value.bytes().all(known) {
        let what = format!("`name` of an API key is not 1 to {KEY_NAME_BYTES_MAX} of A-Z a-z 0-9 _ -");
        faults.push(Fault::new(name.place, what, "rename it, like \"backend\""));
    }
    let parsed = ApiKeyHash::parse(&hash.value);
    if parsed.is_none() {
        // What stands there may be the key itself, so it is not shown.
        let what = "`hash` is not `sha256:` and 64 hexadecimal digits";
        faults.push(Fault::new(hash.place, what, "make key and hash with `fanfare token key NAME`"));
    }
    Some(ApiKeySettings { name: name.value.clone(), hash: parsed?, rights })
}

fn report_issuers(written: &[WrittenIssuer], faults: &mut Vec<Fault>) {
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

/// Whoever says what callers may wants them to be asked who they are: it must not stay off in silence.
fn report_vain_rights(written: &WrittenAuth, faults: &mut Vec<Fault>) {
    let WrittenRights { subscribe, publish, presence, .. } = &written.anonymous;
    let anonymous_may_nothing = subscribe.is_empty() && publish.is_empty() && presence.is_empty();
    if !(written.issuers.is_empty() && written.api_keys.is_empty() && anonymous_may_nothing) {
        return;
    }
    for Located { value, place } in &written.tables {
        let what = format!(
            "[auth.{value}] says what callers may, but nobody is asked who they are: without an [[auth.issuer]], an \
             [[api_key]] or a pattern in [auth.anonymous] authentication is off, and everyone may do everything"
        );
        faults.push(Fault::new(
            *place,
            what,
            "add one of them; or remove this if everyone may do everything",
        ));
    }
}

fn report_repeated_keys(written: &[WrittenApiKey], faults: &mut Vec<Fault>) {
    let mut seen: Vec<(&str, Place)> = Vec::new();
    for name in written.iter().filter_map(|key| key.name.as_ref()) {
        if seen.iter().any(|(earlier, _)| *earlier == name.value) {
            let what = format!("there is another API key named {:?}", name.value);
            faults.push(Fault::new(name.place, what, "rename one: what it does is told under its name"));
        }
        seen.push((&name.value, name.place));
    }
}

#[cfg(test)]
mod tests;
