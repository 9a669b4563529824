//! Programs that check or use the files: run to their end, with what they said.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use fanfare_tests::workspace;
use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

/// Time for a program that works on a whole root file system.
const DEADLINE: Duration = Duration::from_mins(2);

/// Where a program or directory is that `./tests/run` installs for these tests.
pub(crate) fn installed(name: &str) -> PathBuf {
    let path = workspace().join("target/peers").join(name);
    assert!(path.exists(), "{} is not installed: run ./tests/run once", path.display());
    path
}

/// What a program said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) success: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a program in the repository.
pub(crate) async fn run<S: AsRef<OsStr>>(program: impl AsRef<Path>, arguments: &[S]) -> Said {
    let mut command = Command::new(program.as_ref());
    command.args(arguments).current_dir(workspace());
    run_command(command).await
}

/// Runs a command that was made ready.
pub(crate) async fn run_command(mut command: Command) -> Said {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(DEADLINE, command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("{command:?} takes over {DEADLINE:?}"));
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}; run ./tests/run once"));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Said { success: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
}

impl Said {
    /// What it printed; it must have succeeded.
    pub(crate) fn fine(self) -> String {
        assert!(self.success, "{}{}", self.out, self.err);
        self.out
    }

    /// All that it said; it must have failed.
    pub(crate) fn refused(self) -> String {
        assert!(!self.success, "it did not fail: {}{}", self.out, self.err);
        self.out + &self.err
    }
}

/// The documents of a YAML text.
pub(crate) async fn yaml(text: &str) -> Vec<Value> {
    const TO_JSON: &str = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.argv[1]))))";
    let python = installed("deploy/bin/python");
    let documents = run(python, &["-c", TO_JSON, text]).await.fine();
    let documents: Vec<Value> = serde_json::from_str(&documents).unwrap();
    documents.into_iter().filter(|document| !document.is_null()).collect()
}
