//! What says who may connect from where.

use super::*;

#[test]
fn beyond_loopback_one_must_allow_anyone_in() {
    let remedy = "add an [[auth.issuer]] or [[api_key]], set allow_anonymous = true to let anyone in, or bind 127.0.0.1";
    check_faults(
        "listen = \"0.0.0.0:7440\"\ninternal = \"[::]:7441\"",
        &format!(
            "fanfare.toml:1:10: `listen` = \"0.0.0.0:7440\" is beyond loopback, which needs authentication\n    {remedy}\n\
             fanfare.toml:2:12: `internal` = \"[::]:7441\" is beyond loopback, which needs authentication\n    {remedy}"
        ),
    );
    assert!(parse("listen = \"0.0.0.0:7440\"\nallow_anonymous = true").is_ok());
    assert!(parse("listen = \"127.8.8.8:7440\"\ninternal = \"[::ffff:127.0.0.1]:7441\"").is_ok());
}

#[test]
fn a_fault_of_authentication_does_not_make_it_seem_to_be_off() {
    for text in [
        "[[auth.issuer]]\nsecret_file = \"no/such/file\"",
        "[[api_key]]\nname = \"a\"\nhash = \"sha256:abc\"",
        "[auth.issuer]\nsecret = \"a secret of at least thirty-two bytes\"",
        "[auth.anonymous]\nsubscribe = [\"a..b\"]",
    ] {
        let faults = parse(&format!("listen = \"0.0.0.0:7440\"\n{text}")).unwrap_err();
        assert!(!faults.contains("allow_anonymous") && faults.lines().count() == 2, "{text}\n{faults}");
    }
    for off in ["api_key = []", "auth = { issuer = [] }", "auth = { leeway = \"1s\" }"] {
        let faults = parse(&format!("listen = \"0.0.0.0:7440\"\n{off}")).unwrap_err();
        assert!(faults.contains("beyond loopback"), "{off}: {faults}");
    }
}

#[test]
fn only_what_is_on_loopback_or_said_to_be_open_may_do_without_authentication() {
    for (text, may) in [
        ("", true),
        ("internal = \"0.0.0.0:7441\"\n[[api_key]]\nname = \"a\"\nhash = \"sha256:KEY\"", false),
        ("listen = \"0.0.0.0:7440\"\nallow_anonymous = true", true),
    ] {
        let config = parse(&text.replace("KEY", &"a".repeat(64))).unwrap();
        assert_eq!(config.may_be_open(), may, "{text}");
    }
}

#[test]
fn the_two_ports_must_differ_unless_the_system_chooses_them() {
    let fault = "fanfare.toml:1:10: `listen` and `internal` are both \"127.0.0.1:7441\"\n    \
                 give them different ports, such as 7440 and 7441";
    check_faults("listen = \"127.0.0.1:7441\"", fault);
    assert!(parse("listen = \"127.0.0.1:0\"\ninternal = \"127.0.0.1:0\"").is_ok());
}

#[test]
fn origins_hosts_and_proxies_are_read_as_browsers_and_proxies_write_them() {
    let config = parse(
        r#"
        allowed_origins = ["https://App.Example.com:443", "http://localhost:3000", "tauri://localhost"]
        allowed_hosts = ["Push.Example.com", "[2001:DB8::1]", "192.0.2.1"]
        trusted_proxies = ["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"]
        proxy_protocol = true
        "#,
    )
    .unwrap();
    assert_eq!(
        config.names.origins,
        ["https://app.example.com", "http://localhost:3000", "tauri://localhost"]
    );
    assert_eq!(config.names.hosts, ["push.example.com", "[2001:db8::1]", "192.0.2.1"]);
    assert!(!config.names.any_origin && config.proxies.protocol);
    assert_eq!(config.proxies.networks[2].to_string(), "192.0.2.7/32");
    assert!(parse("allowed_origins = [\"*\"]").unwrap().names.any_origin);
}

#[test]
fn an_origin_is_no_url_and_a_host_no_origin() {
    for origin in
        ["https://app.example.com/", "app.example.com", "https://*.example.com", "null", "https://", ""]
    {
        let faults = parse(&format!("allowed_origins = [{origin:?}]")).unwrap_err();
        assert!(faults.starts_with("fanfare.toml:1:20: `allowed_origins`: "), "{faults}");
    }
    for host in ["https://push.example.com", "push.example.com:443", "2001:db8::1", "*", ""] {
        let faults = parse(&format!("allowed_hosts = [{host:?}]")).unwrap_err();
        assert!(faults.starts_with("fanfare.toml:1:18: `allowed_hosts`: "), "{faults}");
    }
    check_faults(
        "trusted_proxies = [\"10.0.0.0/33\"]",
        "fanfare.toml:1:20: `trusted_proxies`: \"10.0.0.0/33\" is no network\n    \
         write an address, or a network like \"10.0.0.0/8\"",
    );
}

#[test]
fn the_proxy_protocol_needs_a_proxy_that_is_trusted() {
    check_faults(
        "proxy_protocol = true",
        "fanfare.toml:1:18: `proxy_protocol` = true, but no proxy is trusted to say whom it speaks for\n    \
         add trusted_proxies = [\"10.0.0.0/8\"], with their networks",
    );
}

#[test]
fn a_certificate_has_a_key() {
    let tls = parse("[tls]\ncert = \"c.pem\"\nkey = \"k.pem\"").unwrap().tls.unwrap();
    assert_eq!((tls.cert.to_str(), tls.key.to_str(), tls.client_ca), (Some("c.pem"), Some("k.pem"), None));
    check_faults(
        "[internal_tls]\ncert = \"c.pem\"\nca = \"\"",
        "fanfare.toml:1:1: [internal_tls] has no `key`\n    add key = \"/etc/fanfare/key.pem\"\n\
         fanfare.toml:3:1: unknown setting `ca` in [internal_tls]\n    remove it; known here: cert, key, client_ca",
    );
}
