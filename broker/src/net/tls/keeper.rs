//! The keeper of a port's certificate: hands out the one in force, and looks for a new one.

use std::hash::RandomState;
use std::sync::Arc;

use rustls::ServerConfig;

use super::files::{TlsError, TlsFiles};
use super::loaded::Loaded;
use crate::metrics::Metrics;
use crate::sync::Mutex;

/// A port's certificate.
#[derive(Debug)]
pub(crate) struct Keeper {
    files: TlsFiles,
    /// A word for metrics and log.
    port: &'static str,
    metrics: Arc<Metrics>,
    state: RandomState,
    current: Mutex<Arc<ServerConfig>>,
    looked: Mutex<Looked>,
}

/// What the last look found.
#[derive(Debug, PartialEq, Eq)]
enum Looked {
    /// Contents with this fingerprint, good or not.
    Contents(u64),
    /// Files that can't be read, for this reason.
    Unreadable(String),
}

impl Keeper {
    /// Reads the certificate that the broker starts with.
    ///
    /// # Errors
    /// The files can't be read, or hold nothing that can be used.
    pub(crate) fn open(files: TlsFiles, port: &'static str, metrics: Arc<Metrics>) -> Result<Self, TlsError> {
        let state = RandomState::new();
        let contents = files.read()?;
        let loaded = Loaded::of(&files, &contents)?;
        let looked = Mutex::new(Looked::Contents(contents.fingerprint(&state)));
        let current = Mutex::new(Arc::clone(&loaded.config));
        let keeper = Self { files, port, metrics, state, current, looked };
        keeper.tell(&loaded);
        Ok(keeper)
    }

    /// The certificate in force, for a handshake.
    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.lock())
    }

    /// Reads the files again. A new certificate is in force from here on, for new connections; one that can't be used
    /// changes nothing, and is told once.
    pub(crate) fn look(&self) {
        let read = self.files.read();
        let found = match &read {
            Ok(contents) => Looked::Contents(contents.fingerprint(&self.state)),
            Err(error) => Looked::Unreadable(error.to_string()),
        };
        if !self.is_new(found) {
            return;
        }
        match read.and_then(|contents| Loaded::of(&self.files, &contents)) {
            Ok(loaded) => {
                *self.current.lock() = Arc::clone(&loaded.config);
                self.metrics.listeners.certificate_reloads.count(self.port);
                self.tell(&loaded);
                tracing::info!(port = self.port, not_after = loaded.not_after, "the certificate is new");
            }
            Err(error) => {
                self.metrics.listeners.certificate_failures.count(self.port);
                tracing::warn!(port = self.port, %error, "the new certificate can't be used; the old one stays");
            }
        }
    }

    /// Whether the last look found something else; remembers what this one did.
    fn is_new(&self, found: Looked) -> bool {
        let mut looked = self.looked.lock();
        let new = *looked != found;
        *looked = found;
        new
    }

    fn tell(&self, loaded: &Loaded) {
        let not_after = u64::try_from(loaded.not_after).unwrap_or(0);
        self.metrics.listeners.certificate_not_after.set(self.port, not_after);
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::metrics::CLIENT_PORT;

    /// A directory of its own that goes with the test.
    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("fanfare-tls-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn files(&self) -> TlsFiles {
            let within = |name| self.0.join(name);
            TlsFiles { cert: within("cert.pem"), key: within("key.pem"), client_ca: None }
        }

        /// Writes a new certificate and its key.
        fn renew(&self) {
            let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
            std::fs::write(self.0.join("cert.pem"), made.cert.pem()).unwrap();
            std::fs::write(self.0.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn open(directory: &Directory) -> (Keeper, Arc<Metrics>) {
        let metrics = Arc::new(Metrics::new(1, &[]));
        (Keeper::open(directory.files(), CLIENT_PORT, Arc::clone(&metrics)).unwrap(), metrics)
    }

    fn failures(metrics: &Metrics) -> u64 {
        metrics.listeners.certificate_failures.iter().map(|(_, count)| count).sum()
    }

    #[test]
    fn a_new_certificate_is_in_force_after_the_next_look_and_the_same_one_is_not_new() {
        let directory = Directory::new("new");
        directory.renew();
        let (keeper, metrics) = open(&directory);
        let first = keeper.current();
        keeper.look();
        assert!(Arc::ptr_eq(&first, &keeper.current()));
        directory.renew();
        keeper.look();
        assert!(!Arc::ptr_eq(&first, &keeper.current()));
        assert_eq!(metrics.listeners.certificate_reloads.iter().next(), Some((CLIENT_PORT, 1)));
    }

    #[test]
    fn a_bad_certificate_changes_nothing_and_is_told_once() {
        let directory = Directory::new("bad");
        directory.renew();
        let (keeper, metrics) = open(&directory);
        let first = keeper.current();
        std::fs::write(directory.0.join("cert.pem"), "nonsense").unwrap();
        keeper.look();
        keeper.look();
        assert_eq!(failures(&metrics), 1);
        std::fs::remove_file(directory.0.join("key.pem")).unwrap();
        keeper.look();
        keeper.look();
        assert_eq!(failures(&metrics), 2);
        assert!(Arc::ptr_eq(&first, &keeper.current()));
        directory.renew();
        keeper.look();
        assert!(!Arc::ptr_eq(&first, &keeper.current()));
    }

    #[test]
    fn a_key_of_another_certificate_is_no_pair() {
        let directory = Directory::new("pair");
        directory.renew();
        let key = std::fs::read(directory.0.join("key.pem")).unwrap();
        directory.renew();
        std::fs::write(directory.0.join("key.pem"), key).unwrap();
        let error = Keeper::open(directory.files(), CLIENT_PORT, Arc::new(Metrics::new(1, &[]))).unwrap_err();
        assert!(matches!(error, TlsError::Pair { .. }), "{error}");
    }

    #[test]
    fn files_that_are_not_there_or_hold_something_else_are_named() {
        let directory = Directory::new("named");
        let open =
            |files| Keeper::open(files, CLIENT_PORT, Arc::new(Metrics::new(1, &[]))).unwrap_err().to_string();
        assert!(open(directory.files()).contains("cert.pem"));
        directory.renew();
        let files = directory.files();
        let swapped = TlsFiles { cert: files.key.clone(), key: files.cert.clone(), client_ca: None };
        let error = open(swapped);
        assert!(error.contains("key.pem") && error.contains("no certificate"), "{error}");
        let ca = TlsFiles { client_ca: Some(Path::new("no/such/ca.pem").to_owned()), ..files };
        assert!(open(ca).contains("no/such/ca.pem"));
    }
}
