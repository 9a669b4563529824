//! `fanfare check`: what an operator learns of a configuration before a broker runs with it.

use std::path::Path;
use std::process::Output;

use fanfare_tests::files::Directory;
use fanfare_tests::tls::Authority;
use fanfare_tests::{Setup, command, within};
use serde_json::Value;

async fn check(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = command();
    command.arg("check").args(arguments).envs(variables.iter().copied());
    within("the check to end", command.output()).await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn every_fault_of_file_environment_and_flags_is_reported_at_once_with_its_remedy() {
    let files = Directory::new();
    let file = files.write("broken.toml", "hearbeat = 1\n[limits]\nmax_payload_bytes = 5\n");
    let output =
        check(&[path(&file), "--set", "limits.hello_timeout=9"], &[("FANFARE_SHARDS", "many")]).await;
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    for fault in [
        "broken.toml:1:1: unknown setting `hearbeat`",
        "did you mean `heartbeat`? It belongs under [limits]",
        "broken.toml:3:21: `max_payload_bytes` takes text with a unit",
        "FANFARE_SHARDS: `shards` takes a whole number from 0, not text\n    write FANFARE_SHARDS=2",
        "--set limits.hello_timeout: `hello_timeout` has no unit\n    write it like \"25s\"",
        "4 faults",
    ] {
        assert!(told.contains(fault), "{fault}\nis not in\n{told}");
    }
}

#[tokio::test]
async fn a_sound_file_ends_with_success() {
    let files = Directory::new();
    let file = files.write("sound.toml", "shards = 1\n");
    let output = check(&[path(&file)], &[]).await;
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("sound.toml: no fault"), "{output:?}");
}

#[tokio::test]
async fn faults_are_told_to_programs_as_json() {
    let files = Directory::new();
    let file = files.write("broken.toml", "\nshards = \"x\"\n");
    let output = check(&["--json", path(&file)], &[("FANFARE_LISTENN", "x")]).await;
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], false, "{report}");
    assert_eq!((&report["faults"][0]["line"], &report["faults"][0]["column"]), (&2.into(), &10.into()));
    assert_eq!(report["warnings"][0]["remedy"], "did you mean FANFARE_LISTEN?");
}

#[tokio::test]
async fn print_shows_where_each_setting_comes_from_and_can_be_fed_back() {
    let files = Directory::new();
    let file =
        files.write("own.toml", "shards = 3\n\n[limits]\nheartbeat = \"5s\"\nstall_timeout = \"1m\"\n");
    let variables = [("FANFARE_LIMITS_HEARTBEAT", "6s"), ("FANFARE_LIMITS_HELLO_TIMEOUT", "7s")];
    let output = check(&["--print", path(&file), "--set", "limits.hello_timeout=8s"], &variables).await;
    assert!(output.status.success(), "{output:?}");
    let printed = text(&output.stdout);
    let origin = |setting: &str| {
        let line = printed.lines().find(|line| line.starts_with(setting)).expect(setting);
        line.split_once('#').unwrap().1.trim().to_owned()
    };
    assert_eq!(origin("heartbeat = \"6s\""), "FANFARE_LIMITS_HEARTBEAT");
    assert_eq!(origin("hello_timeout = \"8s\""), "--set limits.hello_timeout");
    assert_eq!(origin("stall_timeout = \"1m\""), format!("{}:5", path(&file)));
    assert_eq!(origin("listen = \"127.0.0.1:7440\""), "default");

    let again = files.write("again.toml", &printed);
    let output = check(&["--print", path(&again)], &[]).await;
    assert!(output.status.success(), "{output:?}");
    let settings = |text: &str| {
        text.lines().map(|line| line.split(" # ").next().unwrap().trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(settings(&text(&output.stdout)), settings(&printed));
}

#[tokio::test]
async fn the_example_it_prints_is_a_sound_file() {
    let files = Directory::new();
    let example = text(&check(&["--example"], &[]).await.stdout);
    let file = files.write("fanfare.toml", &example);
    assert!(check(&[path(&file)], &[]).await.status.success());
}

#[tokio::test]
async fn any_setting_can_come_from_the_environment_and_a_mistyped_one_is_told() {
    let broker = Setup::default()
        .variable("FANFARE_LIMITS_MAX_CONNECTIONS", 1)
        .variable("FANFARE_LIMITS_HEARTBEET", "5s")
        .start()
        .await;
    let log = broker.log();
    assert!(log.contains("did you mean FANFARE_LIMITS_HEARTBEAT?"), "{log}");
    let _first = fanfare_tests::Client::json(&broker).await;
    let mut second = fanfare_tests::Raw::shake(broker.client()).await;
    assert_eq!(second.expect_close().await, 4100);
}

#[tokio::test]
async fn rights_that_would_leave_authentication_off_are_a_fault_and_no_broker_starts_with_them() {
    let files = Directory::new();
    let file =
        files.write("open.toml", "[auth.anonymous]\nsubscribe = []\n[auth.roles.staff]\nadmin = true\n");
    let told = text(&check(&[path(&file)], &[]).await.stderr);
    for fault in ["open.toml:1:7: [auth.anonymous] says", "open.toml:3:7: [auth.roles] says", "2 faults"] {
        assert!(told.contains(fault), "{fault}\nis not in\n{told}");
    }
    let mut serve = command();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--internal", "127.0.0.1:0", "--config", path(&file)]);
    let started = within("it to end", serve.output()).await.unwrap();
    assert!(!started.status.success() && text(&started.stderr).contains("everyone may do everything"));
}

#[tokio::test]
async fn certificates_that_cannot_be_used_are_faults_with_their_line_and_remedy() {
    let files = Directory::new();
    let (first, second) = (Authority::new().sign(), Authority::new().sign());
    let cert = files.write("cert.pem", &first.cert);
    let (key, other) = (files.write("key.pem", &first.key), files.write("other.pem", &second.key));
    let tls = |cert: &Path, key: &Path| format!("[tls]\ncert = {cert:?}\nkey = {key:?}\n");
    let told = async |config: &str, flags: &[&str]| {
        let file = files.write("fanfare.toml", config);
        let output = check(&[&[path(&file)], flags].concat(), &[]).await;
        (output.status.success(), text(&output.stderr))
    };
    assert_eq!(told(&tls(&cert, &key), &[]).await, (true, String::new()));

    let (sound, faults) = told(&tls(&cert, &other), &[]).await;
    assert!(
        !sound && faults.contains(":3:7: `key` = ") && faults.contains("does not go with `cert`"),
        "{faults}"
    );
    assert!(faults.contains("give the key that the certificate was made for"), "{faults}");

    let all = format!(
        "{}client_ca = {key:?}\n[internal_tls]\ncert = {key:?}\nkey = \"/no/such.pem\"\n",
        tls(&key, &cert)
    );
    let (_, faults) = told(&all, &[]).await;
    for fault in [
        ":2:8: `cert` = ",
        ":3:7: `key` = ",
        ":4:13: `client_ca` = ",
        ":6:8: `cert` = ",
        ":7:7: `key` = \"/no/such.pem\" can't be read",
        "--no-files",
        "5 faults",
    ] {
        assert!(faults.contains(fault), "{fault}\nis not in\n{faults}");
    }
    assert!(told(&all, &["--no-files"]).await.0, "the files are on another machine");
    let keys = "[[auth.issuer]]\njwks_file = \"/no/such.json\"\nalgorithms = [\"ES256\"]\n";
    assert!(told(keys, &[]).await.1.contains("`jwks_file` = \"/no/such.json\" can't be read"));
    assert!(told(keys, &["--no-files"]).await.0);
}
