//! Another machine, with systemd: a small Debian in namespaces of its own. It goes when dropped, with all that was done to it.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use fanfare_tests::files::Directory;
use fanfare_tests::{eventually, workspace};
use tokio::process::{Child, Command};

use crate::tools::{Said, installed, run_command};

/// A machine that is up.
#[derive(Debug)]
pub(crate) struct Machine {
    child: Child,
    /// Its first process, as this machine counts.
    init: String,
    _files: Directory,
}

impl Machine {
    /// Boots one.
    pub(crate) async fn boot() -> Self {
        let files = Directory::new();
        let mut command = Command::new(workspace().join("tests/deploy/machine"));
        command.arg(installed("roots/debian")).arg(files.path()).kill_on_drop(true);
        let log = fs::File::create(files.path().join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn().unwrap();
        let process = child.id().unwrap();
        let children = format!("/proc/{process}/task/{process}/children");
        let init = eventually("systemd to be the machine's first process", async || {
            // Before that, others make the machine.
            let children = fs::read_to_string(&children).ok()?;
            let is_init = |child: &&str| {
                fs::read_to_string(format!("/proc/{child}/comm")).is_ok_and(|name| name == "systemd\n")
            };
            children.split_whitespace().find(is_init).map(str::to_owned)
        })
        .await;
        let machine = Self { child, init, _files: files };
        eventually("the machine to be up", async || {
            let state = machine.run(&["systemctl", "is-system-running"]).await;
            (state.out.trim() == "running").then_some(())
        })
        .await;
        machine
    }

    /// Runs a program there, as root, to its end.
    pub(crate) async fn run(&self, words: &[&str]) -> Said {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.init, "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]);
        command.args(["--root", "--wd", "--"]).args(words).env_clear();
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("DEBIAN_FRONTEND", "noninteractive");
        run_command(command).await
    }

    /// Runs lines of shell there, each of which must succeed; gives what they print.
    pub(crate) async fn shell(&self, lines: &str) -> String {
        self.run(&["sh", "-euc", lines]).await.fine()
    }

    /// Puts a file there.
    pub(crate) fn put(&self, from: &Path, to: &str) {
        fs::copy(from, format!("/proc/{}/root{to}", self.init)).unwrap();
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let process = self.child.id().unwrap_or_default().to_string();
        let _ = self.child.start_kill();
        let clean = workspace().join("tests/deploy/machine");
        let _ = std::process::Command::new(clean).args(["--clean", &process]).status();
    }
}
