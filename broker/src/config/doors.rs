//! The doors of the configuration: origins, host names, trusted proxies and certificates, read and checked.

use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;

use super::fault::{Fault, Located, Place};
use super::files::Files;
use super::written::{Written, WrittenTls};
use crate::clock;
use crate::net::{Names, Proxies, TlsFault, TlsFiles};

/// The entry that lets pages from anywhere in.
const ANY_ORIGIN: &str = "*";

/// The names that both ports go by.
pub(super) fn resolve_names(written: &Written, faults: &mut Vec<Fault>) -> Names {
    let listed = |list: &Option<Vec<Located<String>>>| list.clone().unwrap_or_default();
    let (any, origins): (Vec<_>, Vec<_>) =
        listed(&written.allowed_origins).into_iter().partition(|origin| origin.value.trim() == ANY_ORIGIN);
    Names {
        origins: origins.into_iter().filter_map(|origin| resolve_origin(&origin, faults)).collect(),
        any_origin: !any.is_empty(),
        hosts: listed(&written.allowed_hosts)
            .into_iter()
            .filter_map(|host| resolve_host(&host, faults))
            .collect(),
    }
}

/// The proxies that are trusted.
pub(super) fn resolve_proxies(written: &Written, faults: &mut Vec<Fault>) -> Proxies {
    let listed = written.trusted_proxies.as_deref().unwrap_or_default();
    let networks = listed.iter().filter_map(|network| resolve_network(network, faults)).collect();
    if let Some(Located { value: true, place }) = written.proxy_protocol
        && listed.is_empty()
    {
        let what = "`proxy_protocol` = true, but no proxy is trusted to say whom it speaks for";
        faults.push(Fault::new(place, what, "add trusted_proxies = [\"10.0.0.0/8\"], with their networks"));
    }
    Proxies { networks, protocol: written.proxy_protocol.as_ref().is_some_and(|on| on.value) }
}

/// Where a port's certificate is, if it is to have one. The files are read when the port opens, or here if all are to be.
pub(super) fn resolve_tls(
    written: Option<&WrittenTls>,
    files: Files,
    faults: &mut Vec<Fault>,
) -> Option<TlsFiles> {
    let WrittenTls { cert, key, client_ca } = written?;
    let mut path = |written: &Located<String>| {
        if written.value.is_empty() {
            faults.push(Fault::new(
                written.place,
                "this path is empty",
                "write where the file is, or leave it out",
            ));
        }
        PathBuf::from(&written.value)
    };
    let places = [("cert", cert), ("key", key), ("client_ca", client_ca)];
    let (cert, key) = (cert.as_ref().map(&mut path), key.as_ref().map(&mut path));
    let named = TlsFiles { cert: cert?, key: key?, client_ca: client_ca.as_ref().map(path) };
    if files == Files::All {
        let seconds = i64::try_from(clock::wall_ms() / 1_000).unwrap_or(i64::MAX);
        for TlsFault { setting, what, remedy } in named.faults(seconds) {
            let written = places.iter().find(|(name, _)| *name == setting).and_then(|(_, at)| at.as_ref());
            let (place, path) = written.map_or((Place::Whole, ""), |at| (at.place, &at.value));
            faults.push(Fault::new(place, format!("`{setting}` = {path:?} {what}"), remedy));
        }
    }
    Some(named)
}

/// An origin as browsers write it: scheme, host, and a port that is not the scheme's own; no path.
fn resolve_origin(written: &Located<String>, faults: &mut Vec<Fault>) -> Option<String> {
    let origin = written.value.trim().to_ascii_lowercase();
    let parts = origin.split_once("://").filter(|(scheme, _)| !scheme.is_empty());
    let resolved = parts.and_then(|(scheme, authority)| {
        let default = match scheme {
            "http" => ":80",
            "https" => ":443",
            _ => "",
        };
        let authority = authority.strip_suffix(default).unwrap_or(authority);
        is_authority(authority).then(|| format!("{scheme}://{authority}"))
    });
    if resolved.is_none() {
        let what = format!("`allowed_origins`: {:?} is no origin", written.value);
        let remedy = "write scheme and host, and nothing behind them: \"https://app.example.com\"";
        faults.push(Fault::new(written.place, what, remedy));
    }
    resolved
}

fn resolve_host(written: &Located<String>, faults: &mut Vec<Fault>) -> Option<String> {
    let host = written.value.trim().to_ascii_lowercase();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if bare.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
        || (is_authority(&host) && !host.contains([':', '[', ']']))
    {
        return Some(host);
    }
    let what = format!("`allowed_hosts`: {:?} is no host name", written.value);
    let remedy = "write the name alone, without scheme and port: \"push.example.com\" or \"[2001:db8::1]\"";
    faults.push(Fault::new(written.place, what, remedy));
    None
}

/// Whether this can be `host[:port]`: what it may not hold would never be in a header that browsers send.
fn is_authority(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| !c.is_ascii_graphic() || "/\\?#@*\"'<>".contains(c))
}

fn resolve_network(written: &Located<String>, faults: &mut Vec<Fault>) -> Option<IpNet> {
    let text = written.value.trim();
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    // Addresses are compared as IPv4 where they are: a mapped network would match none of them.
    let network = network.ok().filter(|network: &IpNet| network.addr().to_canonical() == network.addr());
    if network.is_none() {
        let what = format!("`trusted_proxies`: {:?} is no network", written.value);
        faults.push(Fault::new(written.place, what, "write an address, or a network like \"10.0.0.0/8\""));
    }
    network
}
