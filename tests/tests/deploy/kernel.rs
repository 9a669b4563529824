//! `90-fanfare.conf`: settings of the kernel that exist, and that fit what the broker asks for.

use crate::files::read;
use crate::settings::Settings;

/// Each setting with its value; a `-` before it is kept.
fn settings() -> Vec<(String, String)> {
    let text = read("systemd/90-fanfare.conf");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(" = ").unwrap()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

fn value(name: &str) -> u64 {
    let settings = settings();
    let (_, value) = settings.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("{name}"));
    value.parse().unwrap()
}

#[test]
fn the_kernel_knows_every_setting_and_each_has_as_many_numbers_as_it_takes() {
    for (name, wanted) in settings() {
        let path = format!("/proc/sys/{}", name.trim_start_matches('-').replace('.', "/"));
        let Ok(now) = std::fs::read_to_string(&path) else {
            assert!(name.starts_with('-'), "{path} is not there");
            continue;
        };
        if !wanted.contains(',') {
            assert_eq!(now.split_whitespace().count(), wanted.split_whitespace().count(), "{name} is {now}");
        }
    }
}

#[test]
fn every_setting_has_its_reason_above_it() {
    let text = read("systemd/90-fanfare.conf");
    let mut reason = false;
    for line in text.lines() {
        match line {
            "" => reason = false,
            line if line.starts_with('#') => reason = true,
            line => assert!(reason, "{line}"),
        }
    }
}

#[tokio::test]
async fn they_are_enough_for_what_the_broker_asks_for() {
    let broker = Settings::defaults().await;
    let count = |name: &str| broker.get(name).as_u64().unwrap();
    assert!(value("net.core.somaxconn") >= count("limits.listen_backlog"));
    assert_eq!(broker.get("limits.send_buffer_bytes"), "256KiB");
    assert_eq!(value("net.core.wmem_max"), 256 << 10);
    // A socket a session, twice over where a proxy is on the same machine.
    assert!(value("fs.nr_open") > 2 * count("limits.max_connections"));
    assert!(value("fs.file-max") > value("fs.nr_open"));
}
