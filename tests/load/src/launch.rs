//! What it takes to start a server: its program, its files, and where it is to listen.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Doing, LoadError};
use crate::listens::Listens;

/// How a server is started.
#[derive(Debug)]
pub struct Launch {
    /// The command; the process that it starts is the one that is measured.
    pub command: Command,
    /// How it becomes known where it listens.
    pub listens: Listens,
    /// Files that it needs for as long as it runs.
    pub files: Option<Files>,
}

/// A directory of its own for a server's files; dropping it removes it with all that is in it.
#[derive(Debug)]
pub struct Files(PathBuf);

impl Launch {
    /// A server that needs no files and prints its `ws://` URL.
    pub fn of(command: Command) -> Self {
        Self { command, listens: Listens::Says, files: None }
    }
}

impl Files {
    /// A directory named after this process and a `port` that only one server of it has.
    ///
    /// # Errors
    /// The kernel refuses it.
    pub fn new(port: u16) -> Result<Self, LoadError> {
        let path = std::env::temp_dir().join(format!("fanfare-load-{}-{port}", std::process::id()));
        fs::create_dir(&path).doing("make a directory for a server's files")?;
        Ok(Self(path))
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file, and gives its path.
    ///
    /// # Errors
    /// The kernel refuses it.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf, LoadError> {
        let path = self.path(name);
        fs::write(&path, text).doing("write a server's configuration")?;
        Ok(path)
    }
}

impl Drop for Files {
    /// Nothing depends on the removal: the name is never used again.
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An address on loopback that is free now. For servers that can't choose one: another program may take it before they
/// do, and then they don't start.
///
/// # Errors
/// There is none.
pub fn free_address() -> Result<SocketAddr, LoadError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing("look for a free port")?;
    listener.local_addr().doing("look for a free port")
}

/// Where programs are found that stand in no user's `PATH`, though they need no rights.
const SYSTEM_PROGRAMS: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// A program by its name, in `PATH` and the folders of system programs.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(SYSTEM_PROGRAMS.map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// Fails if a file that a peer needs is not there, and says what to install.
///
/// # Errors
/// It is not there.
pub fn require(peer: &'static str, file: &Path, install: &'static str) -> Result<(), LoadError> {
    if file.is_file() {
        return Ok(());
    }
    Err(LoadError::NotInstalled { peer, missing: file.display().to_string(), install })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_files_go_with_it() {
        let files = Files::new(free_address().expect("a port is free").port()).expect("there is room");
        let file = files.write("some.conf", "a = 1").expect("there is room");
        assert_eq!(fs::read_to_string(&file).expect("it was written"), "a = 1");
        drop(files);
        assert!(!file.exists());
    }

    #[test]
    fn what_is_not_installed_is_told_with_its_remedy() {
        let error =
            require("some", Path::new("/nowhere/some"), "apt-get install some").expect_err("it is not");
        assert_eq!(
            error.to_string(),
            "some is not installed (there is no /nowhere/some): apt-get install some, or let tests/load/run do it"
        );
    }

    #[test]
    fn programs_are_found_by_name() {
        assert!(find_program("sh").is_some());
        assert_eq!(find_program("no-such-program-of-ours"), None);
    }
}
