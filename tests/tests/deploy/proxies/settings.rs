//! The settings of proxies and broker, seen side by side.

use crate::files::{path, read};
use crate::settings::{Settings, millis};

#[tokio::test]
async fn the_brokers_settings_behind_a_proxy_have_no_fault() {
    Settings::of_file(&path("proxy/fanfare.toml")).await;
}

#[tokio::test]
async fn no_proxy_ends_a_session_before_the_broker_would() {
    let settings = Settings::defaults().await;
    let longest = settings.millis("limits.stall_timeout").max(2 * settings.millis("limits.heartbeat"));
    let timeouts = [
        ("proxy/nginx.conf", ["proxy_read_timeout ", "proxy_send_timeout ", "send_timeout "]),
        ("proxy/haproxy.cfg", ["timeout client ", "timeout server ", "timeout tunnel "]),
        ("proxy/haproxy-tcp.cfg", ["timeout client ", "timeout server ", "timeout tunnel "]),
    ];
    for (file, names) in timeouts {
        let text = read(file);
        for name in names {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(name));
            let value = line.unwrap_or_else(|| panic!("{name} in {file}")).trim_end_matches(';').trim();
            assert!(
                millis(value) > longest,
                "{name} of {file} is {value}, and the broker waits {longest} ms"
            );
        }
    }
}
