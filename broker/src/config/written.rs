//! The written configuration: what stands in the file, of the right types, with places; its meaning is not judged.

use std::path::PathBuf;

use toml::de::{DeTable, DeValue};

use super::auth::{WrittenAuth, read_auth};
use super::fault::{Fault, Located, Place};
use super::files::Files;
use super::layers::Overrides;
use super::listing::Listing;
use super::presence::{self, WrittenPresence, read_presence};
use super::reader::{Reader, Setting};
use super::streams::{self, WrittenStream, read_streams};
use super::suggest::nearest;
use super::tracing::{self, WrittenTracing, read_tracing};
use crate::limits::{Limit, TABLE, Unit};

/// What an operator wrote.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Which of the files that it names are opened.
    pub(super) files: Files,
    pub(super) listen: Option<Located<String>>,
    pub(super) internal: Option<Located<String>>,
    pub(super) shards: Option<Located<u64>>,
    pub(super) allow_anonymous: Option<Located<bool>>,
    pub(super) data_dir: Option<Located<PathBuf>>,
    pub(super) allowed_origins: Option<Vec<Located<String>>>,
    pub(super) allowed_hosts: Option<Vec<Located<String>>>,
    pub(super) trusted_proxies: Option<Vec<Located<String>>>,
    pub(super) proxy_protocol: Option<Located<bool>>,
    pub(super) tls: Option<WrittenTls>,
    pub(super) internal_tls: Option<WrittenTls>,
    pub(super) log_level: Option<Located<String>>,
    pub(super) log_format: Option<Located<String>>,
    pub(super) limits: Vec<(&'static Limit, Located<WrittenAmount>)>,
    pub(super) streams: Vec<WrittenStream>,
    pub(super) auth: WrittenAuth,
    pub(super) presence: Vec<WrittenPresence>,
    pub(super) tracing: WrittenTracing,
}

/// A limit's value before its unit is read.
#[derive(Debug)]
pub(super) enum WrittenAmount {
    Number(u64),
    WithUnit(String),
}

/// `[tls]` or `[internal_tls]`.
#[derive(Debug)]
pub(super) struct WrittenTls {
    pub(super) cert: Option<Located<String>>,
    pub(super) key: Option<Located<String>>,
    pub(super) client_ca: Option<Located<String>>,
}

const LISTEN: Setting = Setting { key: "listen", example: "\"127.0.0.1:7440\"" };
const INTERNAL: Setting = Setting { key: "internal", example: "\"127.0.0.1:7441\"" };
const SHARDS: Setting = Setting { key: "shards", example: "2" };
const ALLOW_ANONYMOUS: Setting = Setting { key: "allow_anonymous", example: "true" };
const DATA_DIR: Setting = Setting { key: "data_dir", example: "\"/var/lib/fanfare\"" };
const ALLOWED_ORIGINS: Setting = Setting { key: "allowed_origins", example: "[\"https://app.example.com\"]" };
const ALLOWED_HOSTS: Setting = Setting { key: "allowed_hosts", example: "[\"push.example.com\"]" };
const TRUSTED_PROXIES: Setting = Setting { key: "trusted_proxies", example: "[\"10.0.0.0/8\"]" };
const PROXY_PROTOCOL: Setting = Setting { key: "proxy_protocol", example: "true" };
const LOG_LEVEL: Setting = Setting { key: "log_level", example: "\"info\"" };
const LOG_FORMAT: Setting = Setting { key: "log_format", example: "\"json\"" };
const TOP: &[&str] = &[
    LISTEN.key,
    INTERNAL.key,
    SHARDS.key,
    ALLOW_ANONYMOUS.key,
    DATA_DIR.key,
    LOG_LEVEL.key,
    LOG_FORMAT.key,
    ALLOWED_ORIGINS.key,
    ALLOWED_HOSTS.key,
    TRUSTED_PROXIES.key,
    PROXY_PROTOCOL.key,
    TLS.key,
    INTERNAL_TLS.key,
    "limits",
    "stream",
    "auth",
    "api_key",
    "presence",
    "tracing",
];

const LIMITS: Setting = Setting { key: "limits", example: "{ heartbeat = \"25s\" }" };
const TLS: Setting = Setting { key: "tls", example: TLS_EXAMPLE };
const INTERNAL_TLS: Setting = Setting { key: "internal_tls", example: TLS_EXAMPLE };
const TLS_EXAMPLE: &str = "{ cert = \"cert.pem\", key = \"key.pem\" }";
const CERT: Setting = Setting { key: "cert", example: "\"/etc/fanfare/cert.pem\"" };
const KEY: Setting = Setting { key: "key", example: "\"/etc/fanfare/key.pem\"" };
const CLIENT_CA: Setting = Setting { key: "client_ca", example: "\"/etc/fanfare/clients.pem\"" };
const TLS_KEYS: &[&str] = &[CERT.key, KEY.key, CLIENT_CA.key];

/// Reads TOML and puts flags and environment over it. If the text is not TOML only that is said of it, since the rest
/// can't be trusted.
pub(super) fn read(text: &str, overrides: &Overrides) -> (Written, Listing, Vec<Fault>) {
    let mut reader = Reader::new(text, overrides.places());
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut document = if errors.is_empty() { document.into_inner() } else { DeTable::new() };
    report_no_toml(&mut reader, &errors);
    overrides.apply(&mut document, Reader::beyond(text));
    let written = read_top(&mut reader, &document);
    let listing = Listing::of(&document, |span| reader.place(span));
    (written, listing, reader.faults)
}

fn report_no_toml(reader: &mut Reader<'_>, errors: &[toml::de::Error]) {
    let mut last_line = 0;
    for error in errors {
        let place = error.span().map_or(Place::Whole, |span| reader.place(&span));
        // One slip makes several errors on its line: the first is the one to mend.
        if let Place::At { line, .. } = place {
            if line == last_line {
                continue;
            }
            last_line = line;
        }
        let what = format!("this is not TOML: {}", error.message().trim());
        reader.faults.push(Fault::new(
            place,
            what,
            "text stands in quotes, and each setting on a line of its own",
        ));
    }
}

fn read_top(reader: &mut Reader<'_>, table: &DeTable<'_>) -> Written {
    report_unknown(reader, table, "at the top", TOP);
    Written {
        files: Files::default(),
        listen: reader.string(table, LISTEN),
        internal: reader.string(table, INTERNAL),
        shards: reader.integer(table, SHARDS),
        allow_anonymous: reader.boolean(table, ALLOW_ANONYMOUS),
        data_dir: reader.string(table, DATA_DIR).map(|written| written.map(PathBuf::from)),
        allowed_origins: reader.strings(table, ALLOWED_ORIGINS),
        allowed_hosts: reader.strings(table, ALLOWED_HOSTS),
        trusted_proxies: reader.strings(table, TRUSTED_PROXIES),
        proxy_protocol: reader.boolean(table, PROXY_PROTOCOL),
        tls: read_tls(reader, table, TLS),
        internal_tls: read_tls(reader, table, INTERNAL_TLS),
        log_level: reader.string(table, LOG_LEVEL),
        log_format: reader.string(table, LOG_FORMAT),
        limits: read_limits(reader, table),
        streams: read_streams(reader, table),
        auth: read_auth(reader, table),
        presence: read_presence(reader, table),
        tracing: read_tracing(reader, table),
    }
}

fn read_limits(reader: &mut Reader<'_>, top: &DeTable<'_>) -> Vec<(&'static Limit, Located<WrittenAmount>)> {
    let Some((table, _)) = reader.table(top, LIMITS) else { return Vec::new() };
    report_unknown(reader, table, "in [limits]", &limit_names());
    TABLE.iter().filter_map(|limit| Some((limit, read_limit(reader, table, limit)?))).collect()
}

fn read_limit(
    reader: &mut Reader<'_>,
    table: &DeTable<'_>,
    limit: &'static Limit,
) -> Option<Located<WrittenAmount>> {
    let value = table.get(limit.name)?;
    let place = reader.place(&value.span());
    let amount = match (limit.unit, value.get_ref()) {
        (Unit::Bytes | Unit::Time, DeValue::String(text)) => WrittenAmount::WithUnit(text.to_string()),
        (Unit::Bytes | Unit::Time, _) => {
            let what = format!("`{}` takes text with a unit, such as {:?}", limit.name, limit.default_text);
            let remedy = format!("write {} = {:?}", limit.name, limit.default_text);
            reader.faults.push(Fault::new(place, what, remedy));
            return None;
        }
        (Unit::Count | Unit::PerSecond, _) => {
            let setting = Setting { key: limit.name, example: limit.default_text };
            WrittenAmount::Number(reader.integer(table, setting)?.value)
        }
    };
    Some(Located { value: amount, place })
}

fn read_tls(reader: &mut Reader<'_>, table: &DeTable<'_>, header: Setting) -> Option<WrittenTls> {
    let (table, place) = reader.table(table, header)?;
    report_unknown(reader, table, &format!("in [{}]", header.key), TLS_KEYS);
    if table.is_empty() {
        // As `fanfare check --print` shows a port without TLS.
        return None;
    }
    for setting in [CERT, KEY] {
        if !table.contains_key(setting.key) {
            let what = format!("[{}] has no `{}`", header.key, setting.key);
            reader.faults.push(Fault::new(place, what, format!("add {} = {}", setting.key, setting.example)));
        }
    }
    Some(WrittenTls {
        cert: reader.string(table, CERT),
        key: reader.string(table, KEY),
        client_ca: reader.string(table, CLIENT_CA),
    })
}

fn limit_names() -> Vec<&'static str> {
    TABLE.iter().map(|limit| limit.name).collect()
}

/// Notes every key that the table does not know.
pub(super) fn report_unknown(reader: &mut Reader<'_>, table: &DeTable<'_>, place_name: &str, known: &[&str]) {
    for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
        let name = key.get_ref();
        let shown: String = name.chars().take(64).flat_map(char::escape_debug).collect();
        let what = format!("unknown setting `{shown}` {place_name}");
        reader.faults.push(Fault::new(reader.place(&key.span()), what, remedy_for_unknown(name, known)));
    }
}

fn remedy_for_unknown(name: &str, known: &[&str]) -> String {
    let limits = limit_names();
    let tables = [
        ("at the top, before any table", TOP),
        ("under [limits]", &limits),
        ("under [[stream]]", streams::KEYS),
        ("under [tls] or [internal_tls]", TLS_KEYS),
        ("under [[presence]]", presence::KEYS),
        ("under [tracing]", tracing::KEYS),
    ];
    if let Some((home, _)) = tables.iter().find(|(_, keys)| keys.contains(&name)) {
        return format!("`{name}` belongs {home}");
    }
    if let Some(near) = nearest(name, known.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    for (home, keys) in tables {
        if let Some(near) = nearest(name, keys.iter().copied()) {
            return format!("did you mean `{near}`? It belongs {home}");
        }
    }
    format!("remove it; known here: {}", known.join(", "))
}
