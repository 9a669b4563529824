//! What an operator may rely on when writing a configuration.

mod any;
mod doors;
mod faults;
mod overrides;
mod reference;

use std::path::Path;
use std::time::Duration;

use super::table::{SECTIONS, single_rows};
use super::units::{format_bytes, format_duration};
use super::{Config, Loaded, Name, Overrides, example_file, reference_page};
use crate::limits::{Limits, TABLE, Unit};

const FILE: &str = "fanfare.toml";

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
fn whoever_lowers_a_total_alone_leaves_shares_to_the_others_and_sees_them() {
    let path = Path::new(FILE);
    let load = |text| Loaded::parse(Some(path), text, Vec::new(), &Overrides::default()).unwrap();
    let loaded = load("[limits]\nmax_connections = 1000\nkey_bytes = \"4MiB\"");
    let limits = &loaded.config.limits;
    assert_eq!((limits.max_connections_per_address, limits.max_connections_per_subject), (500, 500));
    let printed = loaded.listing.to_toml(Some(path));
    for (setting, remark) in [
        ("max_connections_per_address = 500 ", "# default: half of max_connections\n"),
        ("key_bytes_per_publisher = \"2MiB\" ", "# default: half of key_bytes\n"),
        ("max_handshakes_per_address = 1024 ", "# default\n"),
    ] {
        let line = printed.split_inclusive('\n').find(|line| line.starts_with(setting));
        assert!(line.is_some_and(|line| line.ends_with(remark)), "{setting} in {printed}");
    }
    assert_eq!(parse(&printed).unwrap(), loaded.config, "{printed}");
    // As many as all: the operator wants no share, as behind a balancer that hides where clients are.
    let limits = load("[limits]\nmax_connections = 1000\nmax_connections_per_address = 1000").config.limits;
    assert_eq!(limits.max_connections_per_address, 1_000);
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
