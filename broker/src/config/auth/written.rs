//! The written configuration of who may enter and what they may do; its meaning is not judged.

use toml::de::{DeTable, DeValue};

use crate::config::fault::{Fault, Located, Place};
use crate::config::reader::{Reader, Setting};
use crate::config::written::report_unknown;

/// `[auth]` with all below it, and `[[api_key]]`.
#[derive(Debug, Default)]
pub(in crate::config) struct WrittenAuth {
    pub(super) leeway: Option<Located<String>>,
    pub(super) cookie: Option<Located<String>>,
    pub(super) url_token_life: Option<Located<String>>,
    pub(super) issuers: Vec<WrittenIssuer>,
    pub(super) defaults: WrittenRights,
    pub(super) roles: Vec<(String, WrittenRights)>,
    pub(super) anonymous: WrittenRights,
    /// Which tables there are that say what somebody may, whatever is in them.
    pub(super) tables: Vec<Located<&'static str>>,
    pub(super) api_keys: Vec<WrittenApiKey>,
    /// Whether callers are to be asked who they are, although it can't be read how.
    misread: bool,
}

impl WrittenAuth {
    /// Whether callers are to be asked who they are: true as well where faults keep it from being known how.
    pub(in crate::config) fn asks_for_callers(&self) -> bool {
        let WrittenRights { subscribe, publish, presence, .. } = &self.anonymous;
        let anonymous_may_nothing = subscribe.is_empty() && publish.is_empty() && presence.is_empty();
        self.misread || !(self.issuers.is_empty() && self.api_keys.is_empty() && anonymous_may_nothing)
    }
}

/// One `[[auth.issuer]]`.
#[derive(Debug)]
pub(super) struct WrittenIssuer {
    pub(super) place: Place,
    pub(super) issuer: Option<Located<String>>,
    pub(super) audience: Option<Located<String>>,
    pub(super) algorithms: Option<Vec<Located<String>>>,
    /// Which settings say where keys come from, in the order of [`SOURCES`].
    pub(super) sources: [Option<Located<String>>; SOURCES.len()],
    pub(super) jwks_refresh: Option<Located<String>>,
}

/// What some part of the file says that someone may do.
#[derive(Debug, Default)]
pub(super) struct WrittenRights {
    pub(super) subscribe: Vec<Located<String>>,
    pub(super) publish: Vec<Located<String>>,
    pub(super) presence: Vec<Located<String>>,
    pub(super) admin: bool,
}

/// One `[[api_key]]`.
#[derive(Debug)]
pub(super) struct WrittenApiKey {
    pub(super) name: Option<Located<String>>,
    pub(super) hash: Option<Located<String>>,
    pub(super) rights: WrittenRights,
}

const API_KEY: Setting = Setting { key: "api_key", example: "[[api_key]]" };
const AUTH: Setting = Setting { key: "auth", example: "{ leeway = \"10s\" }" };
const ISSUERS: Setting = Setting { key: "issuer", example: "[[auth.issuer]]" };
const LEEWAY: Setting = Setting { key: "leeway", example: "\"10s\"" };
const COOKIE: Setting = Setting { key: "cookie", example: "\"__Host-fanfare\"" };
const URL_TOKEN_LIFE: Setting = Setting { key: "url_token_life", example: "\"10m\"" };
const KEYS: &[&str] =
    &[LEEWAY.key, COOKIE.key, URL_TOKEN_LIFE.key, "issuer", "defaults", "roles", "anonymous"];

/// Tables under `[auth]` that say what somebody may.
const GRANTING: &[&str] = &["defaults", "roles", "anonymous"];

const ISSUER: Setting = Setting { key: "issuer", example: "\"https://id.example.com\"" };
const AUDIENCE: Setting = Setting { key: "audience", example: "\"fanfare\"" };
const ALGORITHMS: Setting = Setting { key: "algorithms", example: "[\"ES256\"]" };
const JWKS_REFRESH: Setting = Setting { key: "jwks_refresh", example: "\"5m\"" };
/// Where keys may come from: an issuer has just one of these.
pub(super) const SOURCES: [Setting; 5] = [
    Setting { key: "secret", example: "\"…\"" },
    Setting { key: "secret_file", example: "\"/etc/fanfare/secret\"" },
    Setting { key: "public_key_file", example: "\"/etc/fanfare/issuer.pem\"" },
    Setting { key: "jwks_file", example: "\"/etc/fanfare/jwks.json\"" },
    Setting { key: "jwks_url", example: "\"https://id.example.com/.well-known/jwks.json\"" },
];

const SUBSCRIBE: Setting = Setting { key: "subscribe", example: "[\"rooms.>\"]" };
const PUBLISH: Setting = Setting { key: "publish", example: "[\"rooms.>\"]" };
const PRESENCE: Setting = Setting { key: "presence", example: "[\"rooms.>\"]" };
const ADMIN: Setting = Setting { key: "admin", example: "true" };
const NAME: Setting = Setting { key: "name", example: "\"backend\"" };
const HASH: Setting = Setting { key: "hash", example: "\"sha256:…\"" };
const RIGHTS: &[&str] = &[SUBSCRIBE.key, PUBLISH.key, PRESENCE.key];

/// Reads `[auth]` and `[[api_key]]`.
pub(in crate::config) fn read_auth(reader: &mut Reader<'_>, top: &DeTable<'_>) -> WrittenAuth {
    let api_keys = reader.tables(top, API_KEY);
    let api_keys: Vec<_> =
        api_keys.into_iter().map(|(table, place)| read_api_key(reader, table, place)).collect();
    let misread = is_misread(top, API_KEY);
    let Some((auth, _)) = reader.table(top, AUTH) else {
        return WrittenAuth {
            api_keys,
            misread: misread || top.contains_key(AUTH.key),
            ..WrittenAuth::default()
        };
    };
    report_unknown(reader, auth, "in [auth]", KEYS);
    let issuers = reader.tables(auth, ISSUERS);
    let rights = |reader: &mut Reader<'_>, key, name| {
        let (table, _) = reader.table(auth, Setting { key, example: "{ subscribe = [\"public.>\"] }" })?;
        report_unknown(reader, table, name, RIGHTS);
        Some(read_rights(reader, table))
    };
    let tables = GRANTING.iter().filter_map(|name| {
        let (key, _) = auth.get_key_value(*name)?;
        Some(Located { value: *name, place: reader.place(&key.span()) })
    });
    let tables = tables.collect();
    WrittenAuth {
        leeway: reader.string(auth, LEEWAY),
        cookie: reader.string(auth, COOKIE),
        url_token_life: reader.string(auth, URL_TOKEN_LIFE),
        issuers: issuers.into_iter().map(|(table, place)| read_issuer(reader, table, place)).collect(),
        defaults: rights(reader, "defaults", "in [auth.defaults]").unwrap_or_default(),
        roles: read_roles(reader, auth),
        anonymous: rights(reader, "anonymous", "in [auth.anonymous]").unwrap_or_default(),
        tables,
        api_keys,
        misread: misread || is_misread(auth, ISSUERS),
    }
}

/// Whether something stands where a list of tables should be, and is none.
fn is_misread(parent: &DeTable<'_>, setting: Setting) -> bool {
    parent.get(setting.key).is_some_and(|value| match value.get_ref() {
        DeValue::Array(entries) => entries.iter().any(|entry| !matches!(entry.get_ref(), DeValue::Table(_))),
        _ => true,
    })
}

fn read_roles(reader: &mut Reader<'_>, auth: &DeTable<'_>) -> Vec<(String, WrittenRights)> {
    let example = "{ staff = { subscribe = [\"rooms.>\"] } }";
    let Some((roles, _)) = reader.table(auth, Setting { key: "roles", example }) else { return Vec::new() };
    let mut read = Vec::new();
    for (name, value) in roles {
        match value.get_ref() {
            DeValue::Table(rights) => {
                report_unknown(reader, rights, "in [auth.roles.…]", &[RIGHTS, &[ADMIN.key]].concat());
                read.push((name.get_ref().to_string(), read_rights(reader, rights)));
            }
            _ => reader.wrong_type(value, Setting { key: "roles", example }, "a table for each role"),
        }
    }
    read
}

fn read_issuer(reader: &mut Reader<'_>, table: &DeTable<'_>, place: Place) -> WrittenIssuer {
    let own = [ISSUER.key, AUDIENCE.key, ALGORITHMS.key, JWKS_REFRESH.key];
    report_unknown(
        reader,
        table,
        "in [[auth.issuer]]",
        &[&own[..], &SOURCES.map(|source| source.key)].concat(),
    );
    WrittenIssuer {
        place,
        issuer: reader.string(table, ISSUER),
        audience: reader.string(table, AUDIENCE),
        algorithms: reader.strings(table, ALGORITHMS),
        sources: SOURCES.map(|source| reader.string(table, source)),
        jwks_refresh: reader.string(table, JWKS_REFRESH),
    }
}

fn read_rights(reader: &mut Reader<'_>, table: &DeTable<'_>) -> WrittenRights {
    WrittenRights {
        subscribe: reader.strings(table, SUBSCRIBE).unwrap_or_default(),
        publish: reader.strings(table, PUBLISH).unwrap_or_default(),
        presence: reader.strings(table, PRESENCE).unwrap_or_default(),
        admin: reader.boolean(table, ADMIN).is_some_and(|admin| admin.value),
    }
}

fn read_api_key(reader: &mut Reader<'_>, table: &DeTable<'_>, place: Place) -> WrittenApiKey {
    report_unknown(reader, table, "in [[api_key]]", &[&[NAME.key, HASH.key, ADMIN.key], RIGHTS].concat());
    for setting in [NAME, HASH] {
        if !table.contains_key(setting.key) {
            let what = format!("this API key has no `{}`", setting.key);
            let remedy = "make it with `fanfare token key NAME`, which prints these lines";
            reader.faults.push(Fault::new(place, what, remedy));
        }
    }
    WrittenApiKey {
        name: reader.string(table, NAME),
        hash: reader.string(table, HASH),
        rights: read_rights(reader, table),
    }
}
