//! What an operator may rely on when writing a configuration.

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::table::{SECTIONS, single_rows};
use super::units::{format_bytes, format_duration};
use super::{Config, Loaded, Name, Overrides, example_file, reference_page};
use crate::limits::{Limits, TABLE, Unit};

const FILE: &str = "fanfare.toml";
const EXAMPLE: &str = include_str!("../../../deploy/config.example.toml");

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(Path::new(FILE), text, &Overrides::default()).map_err(|faults| faults.to_string())
}

/// Checks the faults of a text, two lines each.
fn check_faults(text: &str, expected: &str) {
    assert_eq!(parse(text).unwrap_err(), expected.trim(), "in:\n{text}");
}

#[test]
fn nothing_written_means_defaults() {
    let config = Config::load(None, &Overrides::default()).unwrap();
    assert_eq!(config, parse("").unwrap());
    assert_eq!(config.listen.to_string(), "127.0.0.1:7440");
    assert_eq!(config.internal.to_string(), "127.0.0.1:7441");
    assert_eq!(config.limits, Limits::default());
    assert!(!config.allow_anonymous);
    assert_eq!(config.data_dir, None);
}

#[test]
fn without_a_stream_there_is_one_over_everything() {
    let streams = parse("").unwrap().streams;
    assert_eq!(streams.len(), 1);
    let stream = &streams[0];
    assert_eq!(stream.name.as_str(), "recent");
    assert_eq!(stream.patterns.iter().map(ToString::to_string).collect::<Vec<_>>(), [">"]);
    assert_eq!((stream.max_age, stream.max_bytes), (Duration::from_mins(2), 64 << 20));
    assert_eq!(stream.max_messages_per_topic, None);
}

#[test]
fn every_setting_is_read() {
    let config = parse(
        r#"
        listen = "0.0.0.0:80"
        internal = "[::1]:81"
        shards = 3
        allow_anonymous = true
        data_dir = "/var/lib/fanfare"
        [limits]
        heartbeat = "500ms"
        max_payload_bytes = "1KiB"
        max_connections = 1_000
        [[stream]]
        name = "orders"
        patterns = ["orders.>", "refunds"]
        max_age = "1d"
        max_bytes = "1GB"
        max_messages_per_topic = 7
        "#,
    )
    .unwrap();
    assert_eq!((config.listen.port(), config.internal.port(), config.shards.get()), (80, 81, 3));
    assert_eq!(config.data_dir.as_deref(), Some(Path::new("/var/lib/fanfare")));
    assert_eq!(config.limits.heartbeat, Duration::from_millis(500));
    assert_eq!((config.limits.max_payload_bytes, config.limits.max_connections), (1024, 1000));
    let stream = &config.streams[0];
    assert_eq!((stream.patterns.len(), stream.max_bytes), (2, 1_000_000_000));
    assert_eq!(stream.max_messages_per_topic.map(u32::from), Some(7));
}

#[test]
fn every_limit_can_be_written_as_the_table_shows_it() {
    for limit in TABLE {
        let shown = match limit.unit {
            Unit::Count | Unit::PerSecond => limit.default.to_string(),
            Unit::Bytes => format_bytes(limit.default),
            Unit::Time => format_duration(Duration::from_millis(limit.default)),
        };
        assert_eq!(limit.default_text, shown, "{}", limit.name);
        let text = if shown.bytes().all(|b| b.is_ascii_digit()) { shown } else { format!("{shown:?}") };
        let config = parse(&format!("[limits]\n{} = {text}", limit.name)).unwrap();
        assert_eq!((limit.get)(&config.limits), limit.default, "{}", limit.name);
    }
}

/// What these variables and flags say.
fn overrides(variables: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Overrides {
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
    let (mut overrides, unknown) = Overrides::from_environment(variables);
    assert_eq!(unknown, []);
    for (key, value) in flags {
        overrides.flag(Name::top(key), value);
    }
    overrides
}

#[test]
fn environment_goes_over_the_file_and_flags_over_the_environment() {
    let text =
        "listen = \"10.0.0.1:9\"\ninternal = \"bad\"\nshards = 0\nallow_anonymous = false\ndata_dir = \"\"";
    let variables = [
        ("FANFARE_LISTEN", "127.0.0.1:3"),
        ("FANFARE_INTERNAL", "127.0.0.1:2"),
        ("FANFARE_ALLOW_ANONYMOUS", "true"),
        ("FANFARE_DATA_DIR", "/variable"),
        ("FANFARE_LIMITS_HEARTBEAT", "7s"),
        ("FANFARE_LIMITS_MAX_CONNECTIONS", "1_000"),
    ];
    let mut overrides = overrides(&variables, &[("listen", "127.0.0.1:1"), ("shards", "5")]);
    overrides.set("limits.max_connections = 17").unwrap();
    let config = Config::parse(Path::new(FILE), text, &overrides).unwrap();
    assert_eq!((config.listen.port(), config.internal.port(), config.shards.get()), (1, 2, 5));
    assert!(config.allow_anonymous);
    assert_eq!(config.data_dir.as_deref(), Some(Path::new("/variable")));
    assert_eq!((config.limits.heartbeat, config.limits.max_connections), (Duration::from_secs(7), 17));
}

#[test]
fn an_empty_variable_says_nothing() {
    let config = Config::load(None, &overrides(&[("FANFARE_LISTEN", " "), ("FANFARE_SHARDS", "")], &[]));
    assert_eq!(config, Config::load(None, &Overrides::default()));
}

#[test]
fn a_faulty_flag_or_variable_is_named() {
    let variables = [("FANFARE_SHARDS", "many"), ("FANFARE_LIMITS_HEARTBEAT", "25")];
    let faults = Config::load(None, &overrides(&variables, &[("listen", "7440")])).unwrap_err().to_string();
    for fault in [
        "--listen: `listen` = \"7440\" is no IP address with a port\n    write it like \"127.0.0.1:7440\"",
        "FANFARE_SHARDS: `shards` takes a whole number from 0, not text\n    write FANFARE_SHARDS=2",
        "FANFARE_LIMITS_HEARTBEAT: `heartbeat` has no unit\n    write it like \"25s\"",
    ] {
        assert!(faults.contains(fault), "{fault}\nis not in\n{faults}");
    }
}

#[test]
fn a_file_that_is_not_toml_hides_no_fault_of_the_environment() {
    let overrides = overrides(&[("FANFARE_SHARDS", "0")], &[]);
    let faults = Config::parse(Path::new(FILE), "listen =", &overrides).unwrap_err().to_string();
    assert!(faults.contains("not TOML") && faults.contains("FANFARE_SHARDS: `shards` = 0"), "{faults}");
}

#[test]
fn a_variable_that_is_no_setting_is_told_with_the_one_that_is_meant() {
    let variables = ["FANFARE_LIMITS_HEARTBEET", "FANFARE_COLOUR", "FANFARE_TOKEN", "PATH"];
    let kubernetes = ["FANFARE_PORT", "FANFARE_SERVICE_HOST", "FANFARE_PORT_7440_TCP_ADDR"];
    let all = variables.iter().chain(&kubernetes).map(|name| (name.into(), "1".into()));
    let (overrides, unknown) = Overrides::from_environment(all);
    assert_eq!(overrides, Overrides::default());
    let told: Vec<_> = unknown.iter().map(|fault| format!("{}; {}", fault.what, fault.remedy)).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("the environment variable FANFARE_COLOUR is no setting; remove it"),
        "{told:?}"
    );
    assert!(told[1].ends_with("did you mean FANFARE_LIMITS_HEARTBEAT?"), "{told:?}");
}

#[test]
fn set_takes_any_single_setting_and_says_which_is_meant() {
    let mut overrides = Overrides::default();
    for (assignment, told) in [
        ("limits.heartbeat", "has no `=`; write it like --set limits.heartbeat=25s"),
        ("limits.hartbeat=5s", "there is no such setting; did you mean `limits.heartbeat`?"),
        ("stream.name=x", "there is no such setting; "),
    ] {
        let fault = overrides.set(assignment).unwrap_err();
        let shown = format!("{}; {}", fault.what, fault.remedy);
        assert!(shown.contains(told), "{shown}");
    }
    overrides.set("limits.heartbeat=0s").unwrap();
    let faults = Config::load(None, &overrides).unwrap_err().to_string();
    assert!(faults.starts_with("--set limits.heartbeat: `heartbeat` = \"0s\" is not between"), "{faults}");
}

#[test]
fn what_is_printed_can_be_fed_back() {
    let text = "shards = 3\nlog_level = \"debug\"\n[limits]\nheartbeat = \"500ms\"\n\
                [[stream]]\nname = \"a\"\npatterns = [\"a.>\", 'b']\n[[stream]]\nname = \"c\"\npatterns = [\"c\"]\nmax_bytes = \"1GB\"";
    for text in ["", text] {
        let path = Path::new(FILE);
        let loaded = Loaded::parse(Some(path), text, Vec::new(), &Overrides::default()).unwrap();
        let printed = loaded.listing.to_toml(Some(path));
        assert_eq!(parse(&printed).unwrap(), loaded.config, "{printed}");
    }
}

#[test]
fn every_fault_is_reported_at_once_in_the_order_of_the_file() {
    check_faults(
        r#"listen = 7440
shard = 2
heartbeat = "25s"

[limits]
heartbeat = 25
hello_timeuot = "1s"
max_connections = "many"
stall_timeout = "5 weeks"
max_head_bytes = "1B"
"#,
        r#"
fanfare.toml:1:10: `listen` takes text, not a number
    write listen = "127.0.0.1:7440"
fanfare.toml:2:1: unknown setting `shard` at the top
    did you mean `shards`?
fanfare.toml:3:1: unknown setting `heartbeat` at the top
    `heartbeat` belongs under [limits]
fanfare.toml:6:13: `heartbeat` takes text with a unit, such as "25s"
    write heartbeat = "25s"
fanfare.toml:7:1: unknown setting `hello_timeuot` in [limits]
    did you mean `hello_timeout`?
fanfare.toml:8:19: `max_connections` takes a whole number from 0, not text
    write max_connections = 100000
fanfare.toml:9:17: `stall_timeout` has the unknown unit "weeks"
    units are ms s m h d, as in "25s"
fanfare.toml:10:18: `max_head_bytes` = "1B" is not between "512B" and "1MiB"
    the default is "8KiB"
"#,
    );
}

#[test]
fn streams_are_checked_each_and_against_each_other() {
    check_faults(
        r#"[[stream]]
name = "a b"
patterns = ["x..y", "$sys.>", 3]
[[stream]]
name = "orders"
patterns = ["orders.*"]
max_bytes = "1KiB"
max_age = "0s"
[[stream]]
name = "orders"
patterns = ["orders.eu", "*.x"]
max_messages_per_topic = 0
[[stream]]
patterns = []
colour = "red"
"#,
        r#"
fanfare.toml:2:8: `name` "a b" is not 1 to 64 characters of A-Z a-z 0-9 _ -
    rename the stream, like "orders"
fanfare.toml:3:13: pattern "x..y" has an empty segment; remove the extra `.`
    write segments joined by dots, like "orders.*.>"
fanfare.toml:3:21: pattern "$sys.>" is over topics of the broker itself (`$`)
    remove it; no stream is over them
fanfare.toml:3:31: `patterns` takes a list of texts, not a number
    write patterns = ["orders.>"]
fanfare.toml:7:13: `max_bytes` = "1KiB" is less than one payload may have (`max_payload_bytes`)
    set at least "64KiB"
fanfare.toml:8:11: `max_age` is nothing
    write it like "2m"
fanfare.toml:10:8: there is another stream named "orders"
    rename one, or give one stream the patterns of both
fanfare.toml:11:13: pattern "orders.eu" of stream "orders" meets topics of "orders.*" of stream "orders"
    a topic is in one stream at most: narrow one of the two
fanfare.toml:11:26: pattern "*.x" of stream "orders" meets topics of "orders.*" of stream "orders"
    a topic is in one stream at most: narrow one of the two
fanfare.toml:12:26: `max_messages_per_topic` = 0 is not between 1 and 4294967295
    leave it out for no such limit
fanfare.toml:13:1: this stream has no `name`
    add name = "orders"
fanfare.toml:13:1: this stream has no patterns
    add one, like "orders.>"
fanfare.toml:15:1: unknown setting `colour` in [[stream]]
    remove it; known here: name, patterns, max_age, max_bytes, max_messages_per_topic, publisher
"#,
    );
}

#[test]
fn neighbouring_limits_are_checked_against_each_other() {
    check_faults(
        "[limits]\nmax_payload_bytes = \"1MiB\"\nqueue_bytes = \"64KiB\"",
        r#"
fanfare.toml:2:21: `max_frame_bytes` is too small beside `max_payload_bytes`: a payload in base64 must fit a frame
    set max_frame_bytes = "1386KiB" or more, or lower max_payload_bytes
fanfare.toml:3:15: `queue_bytes` is too small beside `max_frame_bytes`: a frame must fit the queue
    set queue_bytes = "256KiB" or more, or lower max_frame_bytes
"#,
    );
}

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
fn a_data_dir_has_a_name() {
    check_faults(
        "data_dir = \"\"",
        "fanfare.toml:1:12: `data_dir` is empty\n    leave it out if nothing is to be saved",
    );
    check_faults(
        "data_dir = true",
        "fanfare.toml:1:12: `data_dir` takes text, not true or false\n    write data_dir = \"/var/lib/fanfare\"",
    );
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

#[test]
fn what_is_not_toml_is_reported_line_by_line() {
    let faults = parse("listen = 127.0.0.1:7440\nshards = 2\n[limits]\nheartbeat = 25s\n").unwrap_err();
    let places: Vec<_> = faults.lines().filter(|line| !line.starts_with(' ')).collect();
    let lines: Vec<_> = places.iter().filter_map(|line| line.split(':').nth(1)).collect();
    assert_eq!(lines, ["1", "4"], "{faults}");
}

#[test]
fn columns_count_characters() {
    check_faults(
        "stream = [{ name = \"ä ö\", patterns = [\"a\"] }]",
        "fanfare.toml:1:20: `name` \"ä ö\" is not 1 to 64 characters of A-Z a-z 0-9 _ -\n    \
         rename the stream, like \"orders\"",
    );
}

#[test]
fn a_file_that_is_not_there_is_a_fault() {
    let faults = Config::load(Some(Path::new("no/such/file.toml")), &Overrides::default()).unwrap_err();
    assert!(faults.to_string().starts_with("no/such/file.toml: can't be read: "), "{faults}");
    assert_eq!(faults.iter().len(), 1);
}

#[test]
fn presence_is_checked_each_and_against_each_other() {
    let text = "[[presence]]\npatterns = [\"rooms.>\", \"$sys.>\"]\nby = \"user\"\nlinger = \"5\"\n\
                [[presence]]\npatterns = [\"*.1\"]\nlinger = \"2h\"\nannounce = \"yes\"\n[[presence]]\ncolour = 1";
    let expected = r#"
fanfare.toml:2:24: pattern "$sys.>" is over topics of the broker itself (`$`)
    remove it; no presence is over them
fanfare.toml:3:6: `by` = "user" is neither "session" nor "subject"
    write by = "session", or leave it out
fanfare.toml:4:10: `linger` has no unit; write it like "25s"
fanfare.toml:6:13: pattern "*.1" meets topics of "rooms.>" in another [[presence]]
    presence is kept in one way: narrow one of the two
fanfare.toml:7:10: `linger` = "2h" is over an hour
    write it like "5s"; that is the default
fanfare.toml:8:12: `announce` takes true or false, not text
    write announce = true
fanfare.toml:9:1: this presence has no `patterns`
    add patterns = ["rooms.>"]
fanfare.toml:10:1: unknown setting `colour` in [[presence]]
    remove it; known here: patterns, by, linger, announce
"#;
    check_faults(text, &expected.replace("has no unit; write", "has no unit\n    write"));
}

#[test]
fn the_example_file_shows_every_default() {
    // Settings have no space after the `#`, remarks have one.
    let uncomment = |line| str::strip_prefix(line, "#").filter(|rest| !rest.starts_with(' ')).unwrap_or(line);
    // Who may enter has no default: everyone.
    let (before, auth) = EXAMPLE.split_once("#[auth]").unwrap();
    let text = before.lines().map(uncomment).collect::<Vec<_>>().join("\n");
    // Of the five sources of keys one is enough.
    let several = ["#secret", "#public_key_file", "#jwks_file"];
    let one = auth.lines().filter(|line| !several.iter().any(|other| line.starts_with(other)));
    let auth = parse(&format!("[auth]{}", one.map(uncomment).collect::<Vec<_>>().join("\n"))).unwrap().auth;
    assert_eq!((auth.issuers.len(), auth.roles.len(), auth.api_keys.len()), (1, 1, 1));
    let mut config = parse(&text).unwrap();
    let default = parse(EXAMPLE).unwrap();
    assert_eq!(default, Config::load(None, &Overrides::default()).unwrap());
    // The number of processors is not a matter of the file, and only an example shows the limit that is not there.
    config.shards = default.shards;
    assert_eq!(config.streams[0].max_messages_per_topic.take().map(u32::from), Some(100));
    // Nor do a data_dir, names and proxies.
    assert_eq!(std::mem::take(&mut config.names).hosts, ["push.example.com"]);
    assert_eq!(std::mem::take(&mut config.proxies).networks.len(), 1);
    assert!(config.tls.take().is_some_and(|tls| tls.client_ca.is_some()));
    assert!(config.internal_tls.take().is_some());
    assert_eq!(config.data_dir.take().as_deref(), Some(Path::new("/var/lib/fanfare")));
    // Nor is anything traced by default; what stands beside the endpoint is what is meant where nothing does.
    let tracing = parse("[tracing]\nendpoint = \"http://127.0.0.1:4318\"").unwrap().tracing;
    assert!(tracing.is_some());
    assert_eq!(config.tracing.take(), tracing);
    // Nor is presence kept by default; what stands beside its patterns is what is meant where nothing does.
    let presence = std::mem::take(&mut config.presence);
    assert_eq!(presence, parse("[[presence]]\npatterns = [\"rooms.>\"]").unwrap().presence);
    assert_eq!(config, default);
}

#[test]
fn the_example_file_and_the_reference_page_are_those_of_this_build() {
    let page = include_str!("../../../deploy/CONFIGURATION.md");
    for (kept, made, file, flag) in [
        (EXAMPLE, example_file(), "config.example.toml", "--example"),
        (page, reference_page(), "CONFIGURATION.md", "--reference"),
    ] {
        assert_eq!(kept, made, "\nrun `cargo run -- check {flag} > deploy/{file}`");
    }
}

#[test]
fn the_reader_and_the_table_know_the_same_settings() {
    for section in SECTIONS {
        let header = section.header().unwrap_or_default();
        let faults = parse(&format!("{header}\nzzzzzzzzzzzzzzzzzzzzzz = 1")).unwrap_err();
        let known =
            faults.lines().find_map(|line| line.trim().strip_prefix("remove it; known here: ")).unwrap();
        let is_section = |name: &&str| {
            let within =
                if section.name.is_empty() { (*name).to_owned() } else { format!("{}.{name}", section.name) };
            SECTIONS.iter().any(|section| section.name == within)
        };
        let mut known: Vec<_> = known.split(", ").filter(|name| !is_section(name)).collect();
        let mut rows: Vec<_> = section.rows.iter().map(|row| row.key).collect();
        known.sort_unstable();
        rows.sort_unstable();
        assert_eq!(known, rows, "{header}");
    }
}

#[test]
fn a_log_level_is_a_level() {
    for level in ["info", "off", "warn,fanfare::net=debug", "fanfare=trace"] {
        assert_eq!(parse(&format!("log_level = {level:?}")).unwrap().log_level, level);
    }
    for level in ["", "chatty", "info,loud", "fanfare=loud"] {
        let faults = parse(&format!("log_level = {level:?}")).unwrap_err();
        assert!(faults.contains("names no level\n    write off, error,"), "{faults}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text: String) {
        let _ = parse(&text);
    }

    #[test]
    fn any_variable_is_read_or_refused(text: String, number in 0..single_rows().count()) {
        let variable = single_rows().nth(number).map(|(name, _)| name.variable()).unwrap_or_default();
        let (overrides, unknown) = Overrides::from_environment([(variable.into(), text.into())]);
        prop_assert_eq!(unknown, []);
        let _ = Config::load(None, &overrides);
    }

    #[test]
    fn any_assignment_is_taken_or_refused(name: String, value: String) {
        let _ = Overrides::default().set(&format!("{name}={value}"));
        let mut overrides = Overrides::default();
        overrides.set(&format!("limits.heartbeat={value}")).unwrap();
        let _ = Config::load(None, &overrides);
    }

    #[test]
    fn anything_like_a_configuration_is_read_or_refused(
        words in proptest::collection::vec(prop_oneof![
            Just("[limits]\n"), Just("[[stream]]\n"), Just("name"), Just("patterns"), Just(" = "), Just("["), Just("]"),
            Just("\""), Just("heartbeat"), Just("25s"), Just("\n"), Just("{"), Just("}"), Just(","), Just("orders.>"),
            Just("-1"), Just("0x7fffffffffffffff"), Just("1e999"), Just("1979-05-27"), Just("é"), Just("'''"),
        ], 0..40)
    ) {
        let _ = parse(&words.concat());
    }

    #[test]
    fn any_number_is_read_or_refused(number: i128, key in prop::sample::select(vec!["shards", "limits.max_connections"])) {
        let _ = parse(&format!("{key} = {number}"));
    }
}
