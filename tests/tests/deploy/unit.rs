//! The unit of systemd: checked by its own tools, and beside the broker's settings. `debian.rs` runs it.

use std::fs;

use fanfare_tests::files::Directory;

use crate::files::{path, read};
use crate::settings::{Settings, millis};
use crate::tools::{Said, run};

/// What `systemd-analyze verify` says of a unit in a root that has nothing but the broker.
async fn verify(unit: &str) -> Said {
    let root = Directory::new();
    for directory in ["usr/bin", "bin", "usr/lib/systemd/system"] {
        fs::create_dir_all(root.path().join(directory)).unwrap();
    }
    for program in ["usr/bin/fanfare", "bin/sh"] {
        fs::copy("/bin/true", root.path().join(program)).unwrap();
    }
    root.write("usr/lib/systemd/system/fanfare.service", unit);
    let root = format!("--root={}", root.path().display());
    run("systemd-analyze", &["verify", "--man=no", "--recursive-errors=no", &root, "fanfare.service"]).await
}

/// The value of a setting of the unit, which must be there once.
fn setting(name: &str) -> String {
    let text = read("systemd/fanfare.service");
    let mut values = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let value = values.next().unwrap_or_else(|| panic!("{name}"));
    assert_eq!(values.next(), None, "{name}");
    value.to_owned()
}

#[tokio::test]
async fn systemd_finds_nothing_to_say_against_it() {
    let unit = read("systemd/fanfare.service");
    let said = verify(&unit).await;
    assert_eq!((said.success, said.out.as_str(), said.err.as_str()), (true, "", ""));
    let broken = verify(&unit.replace("ProtectHome=yes", "ProtectHom=yes")).await;
    assert!(broken.err.contains("ProtectHom"), "it would say so: {broken:?}");
}

#[tokio::test]
async fn it_is_exposed_as_little_as_a_server_can_be() {
    // In tenths: what is left is the network, IP at large, and the resolver's socket.
    let unit = path("systemd/fanfare.service").display().to_string();
    let arguments = ["security", "--offline=true", "--no-pager", "--threshold=12", &unit];
    let said = run("systemd-analyze", &arguments).await.fine();
    assert!(said.contains("Overall exposure level for fanfare.service: 1."), "{said}");
}

#[tokio::test]
async fn it_gives_the_broker_the_time_the_files_and_the_place_that_its_settings_ask_for() {
    let settings = Settings::of_file(&path("systemd/fanfare.toml")).await;
    let stop = millis(&format!("{}s", setting("TimeoutStopSec")));
    assert!(stop >= settings.drain_millis() + 30_000, "{stop} ms");
    let files: u64 = setting("LimitNOFILE").parse().unwrap();
    assert!(files > 2 * settings.get("limits.max_connections").as_u64().unwrap());
    assert!(read("systemd/90-fanfare.conf").contains(&format!("fs.nr_open = {files}\n")));
    assert_eq!(*settings.get("data_dir"), format!("/var/lib/{}", setting("StateDirectory")));
    assert!(setting("ExecStart").ends_with("--config /etc/fanfare/fanfare.toml"));
}
