//! What authentication means: how callers are known, what they may, and no name twice.

use std::collections::BTreeMap;
use std::time::Duration;

use super::issuer::{report_issuers, resolve_issuer};
use super::rights::{resolve_plain, resolve_rights};
use super::written::{WrittenApiKey, WrittenAuth, WrittenRights};
use crate::auth::{ApiKeyHash, ApiKeySettings, AuthSettings, DEFAULT_LEEWAY, DEFAULT_URL_TOKEN_LIFE, Rights};
use crate::config::fault::{Fault, Located, Place};
use crate::config::files::Files;
use crate::config::times::resolve_time;

/// The longest leeway: more would make short-lived tokens long-lived.
const LEEWAY_MAX: Duration = Duration::from_mins(10);
/// How long a token in a URL may be allowed to be good for.
const URL_TOKEN_LIFE_MIN: Duration = Duration::from_secs(1);
const URL_TOKEN_LIFE_MAX: Duration = Duration::from_hours(24);
/// The longest name of an API key, in bytes.
const KEY_NAME_BYTES_MAX: usize = 64;

/// Checks what was written.
pub(in crate::config) fn resolve_auth(
    written: &WrittenAuth,
    files: Files,
    faults: &mut Vec<Fault>,
) -> AuthSettings {
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
        cookie: written.cookie.as_ref().and_then(|name| resolve_cookie(name, faults)),
        url_token_life: resolve_time(
            "url_token_life",
            written.url_token_life.as_ref(),
            DEFAULT_URL_TOKEN_LIFE,
            URL_TOKEN_LIFE_MIN..=URL_TOKEN_LIFE_MAX,
            faults,
        ),
        issuers: written.issuers.iter().filter_map(|issuer| resolve_issuer(issuer, files, faults)).collect(),
        defaults: resolve_rights(&written.defaults, faults),
        roles,
        anonymous: resolve_anonymous(&written.anonymous, faults),
        api_keys: written.api_keys.iter().filter_map(|key| resolve_api_key(key, faults)).collect(),
    }
}

/// The name of a cookie: what else could stand there, no browser sends.
fn resolve_cookie(written: &Located<String>, faults: &mut Vec<Fault>) -> Option<String> {
    let name = &written.value;
    let is_name = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte));
    if !is_name {
        let what = format!("`cookie` = {name:?} is no name of a cookie");
        faults.push(Fault::new(written.place, what, "write it like \"__Host-fanfare\""));
    }
    is_name.then(|| name.clone())
}

/// What sessions without a token may, if they may anything: who may nothing has no business here.
fn resolve_anonymous(written: &WrittenRights, faults: &mut Vec<Fault>) -> Option<Rights> {
    let rights = resolve_plain(written, "[auth.anonymous]", faults);
    Some(rights).filter(|rights| *rights != Rights::default())
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

/// Whoever says what callers may wants them to be asked who they are: it must not stay off in silence.
fn report_vain_rights(written: &WrittenAuth, faults: &mut Vec<Fault>) {
    if written.asks_for_callers() {
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
