//! The Debian package: made, installed on a machine with systemd, used, upgraded, removed. The unit runs there as it is.

use std::path::{Path, PathBuf};

use fanfare_tests::files::Directory;
use fanfare_tests::{binary, eventually, workspace};
use tokio::process::Command;

use crate::files::path;
use crate::machine::Machine;
use crate::tools::{run, run_command};

/// Makes a package of the binary under test, whose debugging information is left out: that takes long to pack.
async fn package(files: &Directory) -> PathBuf {
    let stripped = files.path().join("fanfare");
    run("strip", &["-o".as_ref(), stripped.as_os_str(), binary().as_os_str()]).await.fine();
    build(&stripped, files.path()).await
}

async fn build(binary: &Path, into: &Path) -> PathBuf {
    let mut build = Command::new(path("debian/build"));
    build.arg(binary).arg(into).current_dir(workspace());
    build.env("DPKG_DEB_COMPRESSOR_TYPE", "gzip").env("DPKG_DEB_COMPRESSOR_LEVEL", "1");
    PathBuf::from(run_command(build).await.fine().trim())
}

/// A machine on which it was installed, and its path there.
async fn installed() -> (Machine, &'static str) {
    const THERE: &str = "/root/fanfare.deb";
    let files = Directory::new();
    let (package, machine) = tokio::join!(package(&files), Machine::boot());
    machine.put(&package, THERE);
    machine.run(&["dpkg", "--install", THERE]).await.fine();
    (machine, THERE)
}

#[tokio::test]
async fn the_package_is_the_same_each_time_and_knows_what_it_needs() {
    let files = Directory::new();
    let first = package(&files).await;
    let again = files.path().join("again");
    let second = build(&files.path().join("fanfare"), &again).await;
    assert_eq!(first.file_name(), second.file_name());
    assert!(std::fs::read(&first).unwrap() == std::fs::read(&second).unwrap(), "two builds differ");
    let field = async |name: &str| {
        run("dpkg-deb", &["--field".as_ref(), first.as_os_str(), name.as_ref()])
            .await
            .fine()
            .trim()
            .to_owned()
    };
    assert_eq!(field("Version").await, concat!(env!("CARGO_PKG_VERSION"), "-1"));
    let needs = field("Depends").await;
    assert!(needs.contains("libc6 (>= 2.") && !needs.contains('@') && !needs.contains("libssl"), "{needs}");
}

#[tokio::test]
async fn installed_it_works_at_once_as_a_user_of_its_own_with_no_privilege() {
    let (machine, _) = installed().await;
    assert_eq!(
        machine.shell("systemctl is-active fanfare; systemctl is-enabled fanfare").await,
        "active\nenabled\n"
    );
    machine.shell("fanfare ready").await;
    let owners = machine
        .shell("stat --format '%A %U:%G %n' /etc/fanfare /etc/fanfare/fanfare.toml /var/lib/fanfare")
        .await;
    let wanted = "drwxr-x--- root:fanfare /etc/fanfare\n-rw-r----- root:fanfare /etc/fanfare/fanfare.toml\n\
                  drwx------ fanfare:fanfare /var/lib/fanfare\n";
    assert_eq!(owners, wanted);
    let status = machine.shell("cat /proc/$(systemctl show --value --property MainPID fanfare)/status").await;
    let line = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{name} in {status}")).split_whitespace().next().unwrap()
    };
    assert_ne!(line("Uid:"), "0");
    for none in ["CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
        assert_eq!(line(none).trim_start_matches('0'), "", "{none}");
    }
    // 2: system calls are filtered.
    assert_eq!((line("NoNewPrivs:"), line("Seccomp:")), ("1", "2"));
    let told = machine.shell("fanfare pub greetings hello; fanfare pub greetings again; fanfare check /etc/fanfare/fanfare.toml").await;
    assert!(told.contains("no fault found"), "{told}");
    let denied = machine.shell("journalctl --no-pager --output cat --unit fanfare").await;
    assert!(!denied.contains("ERROR") && !denied.contains("not permitted"), "{denied}");
}

#[tokio::test]
async fn reload_takes_a_sound_file_and_fails_with_the_faults_of_another() {
    let (machine, _) = installed().await;
    machine.shell("printf '[limits]\\nmax_conections = 7\\n' >> /etc/fanfare/fanfare.toml").await;
    machine.run(&["systemctl", "reload", "fanfare"]).await.refused();
    let log = machine.shell("journalctl --no-pager --output cat --unit fanfare").await;
    assert!(log.contains("did you mean `max_connections`?"), "{log}");
    machine
        .shell("sed -i s/max_conections/max_connections/ /etc/fanfare/fanfare.toml; systemctl reload fanfare")
        .await;
    eventually("the broker to have taken it", async || {
        let log = machine.shell("journalctl --no-pager --output cat --unit fanfare").await;
        (log.contains("limits.max_connections") && log.contains('7')).then_some(())
    })
    .await;
    machine.shell("fanfare ready").await;
}

#[tokio::test]
async fn an_upgrade_is_a_planned_restart_and_a_crash_is_answered_by_a_start() {
    let (machine, package) = installed().await;
    let process = async || machine.shell("systemctl show --value --property MainPID fanfare").await;
    machine.shell("fanfare pub a kept; echo '# mine' >> /etc/fanfare/fanfare.toml").await;
    let before = process().await;
    machine.run(&["dpkg", "--install", package]).await.fine();
    assert_ne!(process().await, before);
    let log = machine
        .shell("journalctl --no-pager --output cat --unit fanfare; tail -1 /etc/fanfare/fanfare.toml")
        .await;
    assert!(log.contains("going on with the streams that the last run saved"), "{log}");
    assert!(log.ends_with("# mine\n"), "the settings stay as they were: {log}");

    let before = process().await;
    machine.shell("systemctl kill --signal KILL fanfare").await;
    eventually("another broker to be ready", async || {
        let after = process().await;
        (after != before && after != "0\n" && machine.run(&["fanfare", "ready"]).await.success).then_some(())
    })
    .await;
}

#[tokio::test]
async fn removed_it_leaves_settings_and_data_and_purged_nothing_but_its_user() {
    let (machine, package) = installed().await;
    machine.shell("rm /root/fanfare.deb; fanfare pub a kept").await;
    assert_eq!(package, "/root/fanfare.deb");
    machine.run(&["dpkg", "--remove", "fanfare"]).await.fine();
    machine.shell("test ! -e /usr/bin/fanfare; test -e /etc/fanfare/fanfare.toml; test -e /var/lib/fanfare/streams.saved").await;
    assert!(!machine.run(&["systemctl", "is-active", "fanfare"]).await.success);
    machine.run(&["dpkg", "--purge", "fanfare"]).await.fine();
    let left = machine.shell("find / -xdev -name '*fanfare*' -not -path '/proc/*' -not -path '/sys/*'").await;
    assert_eq!(left, "");
    machine
        .shell("getent passwd fanfare; test -z \"$(systemctl list-unit-files --no-legend 'fanfare*')\"")
        .await;
}
