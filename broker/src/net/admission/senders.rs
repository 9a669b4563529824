//! Senders: under which names a port may be reached, and which web pages may speak to it.
//!
//! A browser sends requests for any page, with what the user's machine may reach. Two headers tell: `Host`, the name under
//! which the page's author made the browser come here, and `Origin`, where the page is from.

use super::loopback::{is_loopback_authority, is_loopback_origin};

/// The names that one port goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Senders {
    /// Whether the port is bound to loopback: then names and pages of this machine are welcome, and those listed.
    pub(crate) loopback: bool,
    pub(crate) names: Names,
}

/// What the operator lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Origins as browsers write them: `https://app.example.com`. Empty: beyond loopback, pages from anywhere.
    pub origins: Vec<String>,
    /// Whether pages from anywhere may come, on loopback too.
    pub any_origin: bool,
    /// Names for `Host`, in lower case, without port. Empty: beyond loopback, any name.
    pub hosts: Vec<String>,
}

impl Senders {
    /// Whether this is a `Host` that the port may be reached under.
    pub(crate) fn know_host(&self, authority: &str) -> bool {
        let hosts = &self.names.hosts;
        (self.loopback && is_loopback_authority(authority))
            || (!self.loopback && hosts.is_empty())
            || hosts.iter().any(|host| host.eq_ignore_ascii_case(without_port(authority)))
    }

    /// Whether a page from this origin may open a connection.
    pub(crate) fn know_origin(&self, origin: &str) -> bool {
        (!self.loopback && self.names.origins.is_empty()) || self.trust_origin(origin)
    }

    /// Whether a page from this origin may change things: it has to be named, or from this machine where the port is on
    /// loopback.
    pub(crate) fn trust_origin(&self, origin: &str) -> bool {
        self.names.any_origin || self.list_origin(origin)
    }

    /// Whether pages from this origin may come with the cookies of their user: it is listed, or page and port are on one
    /// machine, as the `Host` of the request says. Behind a proxy, a page on a visitor's own machine is no more than any.
    pub(crate) fn trust_with_cookies(&self, origin: &str, host: Option<&str>) -> bool {
        let on_one_machine =
            self.loopback && is_loopback_origin(origin) && host.is_some_and(is_loopback_authority);
        on_one_machine || self.names.origins.iter().any(|known| known == origin)
    }

    /// Whether this origin itself is meant, not just any.
    fn list_origin(&self, origin: &str) -> bool {
        (self.loopback && is_loopback_origin(origin))
            || self.names.origins.iter().any(|known| known == origin)
    }
}

/// Whether a page is the port's own, by the name (the `Host`) that the browser knows it under.
pub(crate) fn is_same_origin(origin: &str, host: &str) -> bool {
    origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
}

/// The host of `host[:port]`; an IPv6 address keeps its brackets.
fn without_port(authority: &str) -> &str {
    let port = authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    port.map_or(authority, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn senders(loopback: bool, origins: &[&str], hosts: &[&str]) -> Senders {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Senders { loopback, names: Names { origins: owned(origins), any_origin: false, hosts: owned(hosts) } }
    }

    #[test]
    fn on_loopback_only_this_machine_and_what_is_listed_is_known() {
        let senders = senders(true, &["https://app.example.com"], &["push.example.com"]);
        for host in ["localhost:7440", "[::1]:7440", "push.example.com", "PUSH.example.com:443"] {
            assert!(senders.know_host(host), "{host}");
        }
        for host in ["example.com", "push.example.com.", "push.example.com:x", "x.push.example.com", ""] {
            assert!(!senders.know_host(host), "{host}");
        }
        for origin in ["http://localhost:3000", "https://app.example.com"] {
            assert!(senders.know_origin(origin), "{origin}");
        }
        for origin in ["null", "http://app.example.com", "https://app.example.com:444", "https://example.com"]
        {
            assert!(!senders.know_origin(origin), "{origin}");
        }
    }

    #[test]
    fn beyond_loopback_any_name_and_page_is_known_until_some_are_listed() {
        let open = senders(false, &[], &[]);
        assert!(open.know_host("anything.example") && open.know_origin("https://anything.example"));
        let listed = senders(false, &["https://app.example.com"], &["push.example.com", "[2001:db8::1]"]);
        assert!(!listed.know_host("anything.example") && !listed.know_origin("https://anything.example"));
        assert!(!listed.know_host("localhost") && !listed.know_origin("http://localhost"));
        assert!(listed.know_host("push.example.com:8443") && listed.know_host("[2001:db8::1]:8443"));
        assert!(listed.know_origin("https://app.example.com"));
    }

    #[test]
    fn a_page_that_is_not_listed_changes_nothing_whatever_the_port() {
        assert!(!senders(false, &[], &[]).trust_origin("https://anything.example"));
        assert!(!senders(true, &[], &[]).trust_origin("null"));
        assert!(senders(true, &[], &[]).trust_origin("http://127.0.0.1:3000"));
    }

    #[test]
    fn where_any_origin_may_come_all_pages_are_known() {
        let mut senders = senders(true, &[], &[]);
        senders.names.any_origin = true;
        assert!(senders.know_origin("null") && senders.trust_origin("https://anything.example"));
        assert!(!senders.list_origin("null") && !senders.list_origin("https://anything.example"));
    }

    #[test]
    fn cookies_count_for_a_page_on_the_brokers_own_machine_and_not_on_a_visitors() {
        let behind_a_proxy = senders(true, &["https://app.example.com"], &["push.example.com"]);
        let trusted = |origin, host| behind_a_proxy.trust_with_cookies(origin, Some(host));
        assert!(trusted("http://localhost:8080", "127.0.0.1:7440"));
        assert!(!trusted("http://localhost:8080", "push.example.com"));
        assert!(trusted("https://app.example.com", "push.example.com"));
    }
}
