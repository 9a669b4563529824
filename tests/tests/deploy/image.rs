//! The image: the broker in its root file system, as its recipe starts it, without an engine for containers.

use std::fs;
use std::os::unix::fs::chown;
use std::path::PathBuf;

use fanfare_tests::files::Directory;
use fanfare_tests::{Broker, Client, Setup, assert_shape};
use serde_json::json;
use tokio::process::Command;

use crate::compose::image_variables;
use crate::files::read;
use crate::tools::{installed, run_command};

/// The user of the recipe's `USER`.
const USER: u32 = 65_532;

/// Where the container's volume would be: empty, and the user's.
fn volume(files: &Directory) -> PathBuf {
    let data = files.path().join("data");
    fs::create_dir(&data).unwrap();
    chown(&data, Some(USER), Some(USER)).expect("the image's file system needs root");
    data
}

fn contained(data: &std::path::Path) -> Setup {
    let (program, root) =
        (fanfare_tests::workspace().join("tests/deploy/as-image"), installed("roots/image"));
    let under = [program.to_str().unwrap(), root.to_str().unwrap(), data.to_str().unwrap()];
    let setup = Setup::default().under(&under).config("allow_anonymous = true");
    // Harness and image both say where it listens; the flags of the harness win.
    image_variables().iter().fold(setup, |setup, (name, value)| setup.variable(name, value))
}

/// A line of `/proc/PID/status`.
fn status(broker: &Broker, name: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{}/status", broker.process())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(&format!("{name}:"))).unwrap();
    line.split_whitespace().next().unwrap().to_owned()
}

/// A file in the root that the broker sees.
fn inside(broker: &Broker, path: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{}/root{path}", broker.process()))
}

#[tokio::test]
async fn it_runs_without_root_or_any_privilege_in_a_root_without_a_shell_that_it_cannot_write_to() {
    let files = Directory::new();
    let broker = contained(&volume(&files)).start().await;
    assert_eq!((status(&broker, "Uid"), status(&broker, "Gid")), (USER.to_string(), USER.to_string()));
    assert!(read("Dockerfile").contains(&format!("\nUSER {USER}:{USER}\n")));
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(u64::from_str_radix(&status(&broker, set), 16).unwrap(), 0, "{set}");
    }
    assert_eq!(status(&broker, "NoNewPrivs"), "1");
    let mounts = fs::read_to_string(format!("/proc/{}/mounts", broker.process())).unwrap();
    let writable: Vec<_> = mounts
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .filter(|mount| !mount[1].starts_with("/dev") && !mount[1].starts_with("/proc"))
        .filter(|mount| !mount[3].split(',').any(|option| option == "ro"))
        .map(|mount| mount[1].to_owned())
        .collect();
    assert_eq!(writable, ["/var/lib/fanfare"], "{mounts}");
    for absent in ["/bin/sh", "/usr/bin/sh", "/usr/bin/dpkg", "/usr/bin/env"] {
        assert!(fs::symlink_metadata(inside(&broker, absent)).is_err(), "{absent} is there");
    }
    let mut client = Client::msgpack(&broker).await;
    client.subscribe(1, "a").await;
    client.publish("a", "hello").await;
    client.expect(json!({"op": "message", "text": "hello"})).await;
}

#[tokio::test]
async fn a_planned_restart_goes_on_with_what_the_volume_holds() {
    let files = Directory::new();
    let data = volume(&files);
    let broker = contained(&data).start().await;
    let mut client = Client::json(&broker).await;
    let first = client.publish("a", "before").await;
    broker.terminate().await;
    drop(client);
    let (status, log) = broker.last_words().await;
    assert!(status.success(), "{log}");
    let broker = contained(&data).start().await;
    let second = Client::json(&broker).await.publish("a", "after").await;
    assert_shape(&second, &json!({"epoch": first["epoch"], "seq": 2}));
}

#[tokio::test]
async fn its_health_check_is_a_program_of_the_image_and_tells_whether_it_works() {
    let recipe = read("Dockerfile");
    let check = recipe.lines().find_map(|line| line.split_once("HEALTHCHECK ")).unwrap().1;
    let words: Vec<String> = serde_json::from_str(check.split_once("CMD ").unwrap().1).unwrap();
    assert_eq!(words, ["/usr/bin/fanfare", "ready"]);
    let files = Directory::new();
    let broker = contained(&volume(&files)).start().await;
    let ask = async |address: &str| {
        let mut inside = Command::new("nsenter");
        inside.args(["--mount", "--root", "--target", &broker.process().to_string(), "--"]);
        inside.args(&words).env_clear().env("FANFARE_INTERNAL", address);
        run_command(inside).await
    };
    ask(&broker.internal().to_string()).await.fine();
    let refused = ask("127.0.0.1:1").await.refused();
    assert!(refused.contains("can't be reached"), "{refused}");
}

#[tokio::test]
async fn key_sets_over_https_find_their_root_certificates() {
    let files = Directory::new();
    let config =
        "[[auth.issuer]]\njwks_url = \"https://127.0.0.1:1/keys\"\n[auth.anonymous]\nsubscribe = [\">\"]";
    let broker = contained(&volume(&files)).config(config).start().await;
    let log = broker.logs("a key set was not fetched").await;
    assert!(log.contains("can't be reached") && !log.contains("root certificates"), "{log}");
}
