//! What a directory keeps from one run to the next, and what it never gives twice.

use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fanfare_protocol::frame::Publish;
use fanfare_protocol::{Pattern, Payload, StreamName, Topic};

use super::*;
use crate::clock::Now;
use crate::engine::append::Conditions;
use crate::engine::memory::Stream;
use crate::engine::message::{Draft, SessionId, StreamIndex};
use crate::engine::settings::KeyLimits;

/// A place for a directory, removed with all that is in it when dropped.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("fanfare-data-dir-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    fn open(&self) -> DataDir {
        DataDir::open(&self.0).unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names of all files, sorted.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn config(name: &str) -> StreamConfig {
    StreamConfig {
        name: StreamName::new(name).unwrap(),
        patterns: vec![Pattern::new(">").unwrap()],
        max_age: Duration::from_mins(1),
        max_bytes: 1 << 20,
        max_messages_per_topic: None,
    }
}

fn saved_stream() -> SavedStream {
    let stream = Stream::new(StreamIndex(0), &config("s"), KeyLimits::default()).unwrap();
    let topic = Topic::new("a").unwrap();
    let publish = Publish {
        id: None,
        topic,
        payload: Payload::text("x"),
        key: None,
        expect: None,
        echo: true,
        headers: None,
    };
    let draft = Draft::new(publish, SessionId(1), Moment::default());
    stream.append(draft, Conditions::default(), Now::default(), |_, _| ()).unwrap();
    stream.save(Now::default())
}

/// What is loaded, in a few words.
fn found(dir: &DataDir) -> String {
    match dir.load(&[config("s")], Moment::default()).unwrap() {
        LastRun::None => "none".to_owned(),
        LastRun::Unsaved => "unsaved".to_owned(),
        LastRun::Refused(refusal) => format!("{refusal:?}"),
        LastRun::Saved { content, .. } => {
            format!("{} streams, {} left out", content.streams.len(), content.left_out.len())
        }
    }
}

#[test]
fn what_a_run_saves_is_good_for_one_start() {
    let place = Place::new();
    let dir = place.open();
    assert_eq!(found(&dir), "none");
    dir.begin_run(false).unwrap().save(&[saved_stream()]).unwrap();
    assert_eq!(place.files(), ["lock", "run", "streams.saved"]);

    // A start that fails before it begins a run has used up nothing.
    assert_eq!(found(&place.open()), "1 streams, 0 left out");
    let dir = place.open();
    assert_eq!(found(&dir), "1 streams, 0 left out");
    drop(dir.begin_run(false).unwrap());
    assert_eq!(place.files(), ["lock", "run"]);
    assert_eq!(found(&place.open()), "unsaved", "that run crashed");
}

#[test]
fn a_file_that_comes_back_after_a_later_run_is_stale_and_kept_aside() {
    let place = Place::new();
    place.open().begin_run(false).unwrap().save(&[saved_stream()]).unwrap();
    let backup = fs::read(place.file(SAVED)).unwrap();
    drop(place.open().begin_run(false).unwrap());
    for content in [backup.as_slice(), b"something else"] {
        fs::write(place.file(SAVED), content).unwrap();
        let dir = place.open();
        let refusal = if content == backup { "Stale" } else { "Foreign" };
        assert_eq!(found(&dir), refusal);
        drop(dir.begin_run(true).unwrap());
        assert_eq!(place.files(), ["lock", "run", "streams.refused"]);
        assert_eq!(fs::read(place.file(REFUSED)).unwrap(), content, "the last one refused is kept");
    }
}

#[test]
fn a_run_file_that_cannot_be_understood_names_no_run() {
    for content in [&b""[..], b"\xff\xfe", b"not a number\n", b"0123456789abcdef0\n"] {
        let place = Place::new();
        place.open().begin_run(false).unwrap().save(&[saved_stream()]).unwrap();
        fs::write(place.file(RUN), content).unwrap();
        assert_eq!(found(&place.open()), "Stale", "{content:?}");
    }
}

#[test]
fn a_directory_is_for_one_broker_at_a_time() {
    let place = Place::new();
    let run = place.open().begin_run(false).unwrap();
    let refused = DataDir::open(&place.0).unwrap_err();
    assert!(matches!(&refused, DataDirError::InUse(path) if *path == place.0), "{refused}");
    drop(run);
    place.open();
}

#[test]
fn a_directory_is_made_for_nobody_else_to_read() {
    let place = Place::new();
    let nested = place.0.join("deep/down");
    DataDir::open(&nested).unwrap().begin_run(false).unwrap().save(&[saved_stream()]).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&nested), 0o700);
    assert_eq!(mode(&nested.join(SAVED)), 0o600);
}

#[test]
fn what_is_no_directory_is_told() {
    let place = Place::new();
    fs::write(&place.0, "a file").unwrap();
    let error = DataDir::open(&place.0).unwrap_err().to_string();
    assert!(error.contains(place.0.to_str().unwrap()) && error.contains("data_dir"), "{error}");
    fs::remove_file(&place.0).unwrap();
}

#[test]
fn a_save_that_fails_leaves_nothing_half_done() {
    let place = Place::new();
    let run = place.open().begin_run(false).unwrap();
    // A directory in the place of the file: it can be written beside it, and not take its name.
    fs::create_dir(place.file(SAVED)).unwrap();
    fs::write(place.file(SAVED).join("in the way"), "").unwrap();
    let error = run.save(&[saved_stream()]).unwrap_err().to_string();
    assert!(error.contains("streams.saved"), "{error}");
    assert_eq!(place.files(), ["lock", "run", "streams.saved"], "no temporary file is left");
}

#[test]
fn what_a_crash_left_half_written_is_written_over() {
    let place = Place::new();
    drop(place.open());
    fs::write(place.file("streams.saved.tmp"), "half").unwrap();
    place.open().begin_run(false).unwrap().save(&[saved_stream()]).unwrap();
    assert_eq!(place.files(), ["lock", "run", "streams.saved"]);
    assert_eq!(found(&place.open()), "1 streams, 0 left out");
}
