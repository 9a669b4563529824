//! What is wrong with authentication is told at once, with its place and remedy, and nothing secret.

use std::path::Path;

use crate::auth::{AuthSettings, KeySource};
use crate::config::{Config, Overrides};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn parse(text: &str) -> Result<AuthSettings, String> {
    let config = Config::parse(Path::new("fanfare.toml"), text, &Overrides::default());
    config.map(|config| config.auth).map_err(|faults| faults.to_string())
}

fn check_fault(text: &str, place: &str, what: &str) {
    let faults = parse(text).unwrap_err();
    let first = faults.lines().next().unwrap();
    assert!(
        first.starts_with(&format!("fanfare.toml:{place}:")) && first.contains(what),
        "{faults}\nnot {place} {what}, in:\n{text}"
    );
    assert!(faults.lines().nth(1).is_some_and(|remedy| remedy.trim().len() > 10), "{faults}");
}

#[test]
fn every_part_of_authentication_is_read() {
    let auth = parse(&format!(
        "auth.leeway = \"5s\"
        [[auth.issuer]]
        issuer = \"a\"
        audience = \"fanfare\"
        algorithms = [\"HS256\"]
        secret = \"{SECRET}\"
        [[auth.issuer]]
        issuer = \"b\"
        jwks_url = \"https://id.example.com/keys\"
        jwks_refresh = \"1m\"
        [auth.defaults]
        subscribe = [\"public.>\", \"users.{{sub}}.>\"]
        [auth.roles.staff]
        publish = [\"rooms.>\"]
        admin = true
        [auth.anonymous]
        subscribe = [\"public.>\"]
        [[api_key]]
        name = \"backend\"
        hash = \"sha256:{}\"
        presence = [\"rooms.>\"]",
        "0f".repeat(32)
    ))
    .unwrap();
    assert_eq!((auth.leeway.as_secs(), auth.issuers.len()), (5, 2));
    assert!(matches!(&auth.issuers[1].keys, KeySource::Url { refresh, .. } if refresh.as_secs() == 60));
    assert_eq!((auth.defaults.subscribe.len(), auth.roles["staff"].admin), (2, true));
    assert!(auth.is_on() && auth.anonymous.is_some());
    assert_eq!((auth.api_keys[0].name.as_str(), auth.api_keys[0].rights.presence.len()), ("backend", 1));
}

#[test]
fn authentication_is_off_unless_something_turns_it_on() {
    assert!(!parse("").unwrap().is_on());
    assert!(!parse("[auth]\nleeway = \"5s\"").unwrap().is_on());
    assert!(parse("[auth.anonymous]\nsubscribe = [\"public.>\"]").unwrap().is_on());
}

#[test]
fn rights_without_anybody_who_is_asked_who_they_are_are_a_fault_and_do_not_leave_the_door_open() {
    for (text, place) in [
        ("[auth.anonymous]", "1:7"),
        ("[auth.anonymous]\nsubscribe = []", "1:7"),
        ("[auth]\nleeway = \"5s\"\n[auth.defaults]\nsubscribe = [\"a\"]", "3:7"),
        ("\n[auth.roles.staff]\nadmin = true", "2:7"),
        ("auth.anonymous.publish = []", "1:6"),
    ] {
        check_fault(text, place, "authentication is off, and everyone may do everything");
    }
    for on in [
        format!("[auth.roles.staff]\nadmin = true\n[[auth.issuer]]\nsecret = \"{SECRET}\""),
        format!("[auth.anonymous]\n[[api_key]]\nname = \"a\"\nhash = \"sha256:{}\"", "0f".repeat(32)),
        "[auth.defaults]\n[auth.anonymous]\nsubscribe = [\"public.>\"]".to_owned(),
    ] {
        assert!(parse(&on).unwrap().is_on(), "{on}");
    }
    // What is wrong with the issuer is told alone.
    let faults = parse("[auth.defaults]\n[[auth.issuer]]\nsecret = \"short\"").unwrap_err();
    assert!(!faults.contains("authentication is off"), "{faults}");
}

#[test]
fn every_fault_has_its_place_and_a_remedy() {
    let issuer = |rest: &str| format!("[[auth.issuer]]\n{rest}");
    let secret = format!("secret = \"{SECRET}\"");
    let on = issuer(&secret);
    for (text, place, what) in [
        (issuer(""), "1:1", "has no key that its tokens are verified with"),
        (issuer("secret = \"short\""), "2:10", "`secret` has 5 bytes"),
        (issuer(&format!("{secret}\njwks_file = \"x\"")), "3:13", "`jwks_file` and `secret` both say"),
        (
            issuer("public_key_file = \"/nowhere/x.pem\""),
            "2:19",
            "`public_key_file` = \"/nowhere/x.pem\" can't be read",
        ),
        (issuer("public_key_file = \"Cargo.toml\""), "2:19", "`public_key_file` is no PEM"),
        (issuer("jwks_file = \"Cargo.toml\""), "2:13", "`jwks_file` is no key set"),
        (issuer("jwks_url = \"http://id.example.com/keys\""), "2:12", "is not encrypted"),
        (issuer("jwks_url = \"id.example.com\""), "2:12", "is no URL of HTTPS"),
        (
            issuer("jwks_url = \"https://a/\"\njwks_refresh = \"1s\""),
            "3:16",
            "`jwks_refresh` = \"1s\" is not between",
        ),
        (
            issuer(&format!("{secret}\nalgorithms = [\"ES512\"]")),
            "3:15",
            "algorithm \"ES512\" is not supported",
        ),
        (
            issuer(&format!("{secret}\nalgorithms = [\"none\"]")),
            "3:15",
            "algorithm \"none\" is not supported",
        ),
        (issuer(&format!("{secret}\nalgorithms = []")), "1:1", "`algorithms` allows none"),
        (issuer(&format!("{secret}\nalgorithms = [\"ES256\"]")), "3:15", "`algorithms` names none"),
        (
            issuer(&format!("{secret}\n[[auth.issuer]]\nissuer = \"a\"\n{secret}")),
            "1:1",
            "this issuer has no `issuer`",
        ),
        (
            issuer(&format!("issuer = \"a\"\n{secret}\n[[auth.issuer]]\nissuer = \"a\"\n{secret}")),
            "5:10",
            "there is another issuer \"a\"",
        ),
        ("auth.leeway = \"1h\"".to_owned(), "1:15", "`leeway` = \"1h\" is not between"),
        (format!("[auth.defaults]\npublish = [\"a.{{\"]\n{on}"), "2:12", "pattern \"a.{\" has a brace"),
        ("[auth.anonymous]\nsubscribe = [\"{sub}\"]".to_owned(), "2:14", "names a claim"),
        (
            format!("[auth.anonymous]\nadmin = true\n{on}"),
            "2:1",
            "unknown setting `admin` in [auth.anonymous]",
        ),
        ("[[api_key]]\nname = \"a\"".to_owned(), "1:1", "this API key has no `hash`"),
        ("[[api_key]]\nname = \"a b\"\nhash = \"x\"".to_owned(), "2:8", "`name` of an API key is not"),
        ("[[api_key]]\nname = \"a\"\nhash = \"ffk_secret\"".to_owned(), "3:8", "`hash` is not `sha256:`"),
        (format!("[auth.roles]\nstaff = 7\n{on}"), "2:9", "takes a table for each role"),
        ("auth = 7".to_owned(), "1:8", "`auth` takes a table"),
    ] {
        check_fault(&text, place, what);
    }
}

#[test]
fn what_may_be_a_secret_is_never_shown_in_a_fault() {
    for text in [
        "[[auth.issuer]]\nsecret = \"hunter2\"",
        "[[api_key]]\nname = \"a\"\nhash = \"hunter2\"",
        "[[auth.issuer]]\nsecret = \"hunter2\"\njwks_file = \"x\"",
        "[[auth.issuer]]\njwks_url = \"https://a:hunter2@id.example.com/\"",
    ] {
        assert!(!parse(text).unwrap_err().contains("hunter2"));
    }
}

#[test]
fn with_authentication_the_broker_may_listen_beyond_loopback() {
    let beyond = "listen = \"0.0.0.0:7440\"\n";
    assert!(parse(beyond).unwrap_err().contains("beyond loopback, which needs authentication"));
    assert!(parse(&format!("{beyond}[[auth.issuer]]\nsecret = \"{SECRET}\"")).is_ok());
}
