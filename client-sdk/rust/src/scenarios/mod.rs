//! Plays the scripted sessions of `tests/vectors/scenarios`, which every SDK runs, and notes what passed.
//!
//! - `stage`: a session that is played;
//! - `reconnect`: pauses between connections.

mod reconnect;
mod stage;

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct SessionScenario {
    name: String,
    begin: String,
    #[serde(default)]
    needs: Vec<String>,
    steps: Vec<Value>,
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn load<T: DeserializeOwned>(file: &str) -> Vec<T> {
    let path = repository().join("tests/vectors/scenarios").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Keeps the names of what passed, for the table of `scripts/conformance.mjs`.
fn note(kind: &str, passed: &[String]) {
    let home = repository().join("target/reports/conformance");
    fs::create_dir_all(&home).unwrap();
    fs::write(home.join(format!("rust-{kind}.json")), json!(passed).to_string()).unwrap();
}

#[test]
fn every_scripted_session_goes_as_its_script_says() {
    let mut passed = Vec::new();
    for scenario in load::<SessionScenario>("session.json") {
        stage::play(&scenario);
        passed.push(scenario.name);
    }
    note("session", &passed);
}

#[test]
fn every_scripted_break_is_followed_by_the_pause_that_its_script_says() {
    let mut passed = Vec::new();
    for scenario in load::<reconnect::Scenario>("reconnect.json") {
        reconnect::play(&scenario);
        passed.push(scenario.name);
    }
    note("reconnect", &passed);
}
