//! What was kept is tried again, all of it, each time; and the corpus is what it should be.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Outcome, TARGETS, Target};

/// All inputs that are kept, in bytes: each is tried by every run of the tests, and lies in every clone.
const CORPUS_MAX_BYTES: u64 = 1 << 20;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus")
}

/// The files of a folder in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort_unstable();
    files
}

/// Says which input it was, should it break its target.
struct Tried<'a>(&'a Target, &'a Path);

impl Drop for Tried<'_> {
    #[allow(clippy::print_stderr, reason = "a failing test says what failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "the input was {}; tests/fuzz/run {} FILE tries it alone",
                self.1.display(),
                self.0.name
            );
        }
    }
}

fn try_all(name: &str) {
    let target = Target::named(name).unwrap();
    let mut outcomes = Vec::new();
    for file in files(&corpus().join(name)) {
        let input = fs::read(&file).unwrap();
        let _tried = Tried(target, &file);
        outcomes.push(target.run(&input));
    }
    for outcome in [Outcome::Taken, Outcome::Refused] {
        assert!(outcomes.contains(&outcome), "none of {} inputs of {name} is {outcome:?}", outcomes.len());
    }
}

/// A test for each target, so that each tells by itself.
macro_rules! replayed {
    ($($test:ident: $target:literal;)*) => {
        $(
            #[test]
            fn $test() {
                try_all($target);
            }
        )*

        const REPLAYED: &[&str] = &[$($target),*];
    };
}

replayed! {
    kept_websocket_frames_are_heard_alike_however_they_are_cut: "websocket";
    kept_json_frames_come_back_or_are_refused_with_a_reason: "frames-json";
    kept_messagepack_frames_come_back_or_are_refused_with_a_reason: "frames-msgpack";
    kept_names_mean_what_the_model_says: "names";
    kept_tokens_are_accepted_only_if_signed: "tokens";
    kept_claims_grant_no_more_than_they_say: "claims";
    kept_handshakes_are_judged_alike_however_they_arrive: "handshake";
    kept_proxy_headers_name_the_address_that_they_hold: "proxy-header";
    kept_forwarded_addresses_are_told_by_trusted_proxies_alone: "forwarded-for";
    kept_requests_are_answered_and_told_as_they_are_done: "http";
    kept_saved_streams_are_refused_or_go_on_as_they_were: "saved";
    kept_revocations_are_not_understood_or_come_back: "revoked";
}

#[test]
fn every_target_is_replayed_over_a_corpus_of_its_own() {
    let targets: BTreeSet<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(REPLAYED.iter().copied().collect::<BTreeSet<_>>(), targets);
    let folders = files(&corpus());
    let folders: BTreeSet<&str> = folders.iter().map(|f| f.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(folders, targets);
}

#[test]
fn the_corpus_is_small() {
    let all: Vec<PathBuf> = files(&corpus()).iter().flat_map(|folder| files(folder)).collect();
    let bytes: u64 = all.iter().map(|file| file.metadata().unwrap().len()).sum();
    assert!(bytes < CORPUS_MAX_BYTES, "{bytes} bytes in {} files: run tests/fuzz/run --minimise", all.len());
}
