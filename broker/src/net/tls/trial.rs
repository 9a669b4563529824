//! A trial of a port's certificate: all that is wrong with its files, and what clients have to know of it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

use super::files::{TlsError, TlsFiles};
use super::loaded::{Loaded, certificates, private_key, verifier};

const UNREADABLE: &str =
    "check the path and who may read it; `fanfare check --no-files` looks at the settings alone";
const CERT: &str =
    "give a PEM file with the certificate first, then those of the authorities between it and the root";
const KEY: &str = "give a PEM file with the certificate's private key";
const CLIENT_CA: &str = "give a PEM file with the authorities whose clients may connect";
const PAIR: &str = "give the key that the certificate was made for, or make both anew";
const EXPIRED: &str = "renew it; clients refuse it as it is";
const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// Something that is wrong with a file of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFault {
    /// The setting that names the file.
    pub setting: &'static str,
    /// What is wrong; the file goes before it.
    pub what: String,
    /// What to do.
    pub remedy: &'static str,
}

/// What a client has to know to connect to this port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// A name of a host that the certificate is for.
    pub(crate) name: Option<String>,
    /// No authority stands behind it, so clients are to trust it itself.
    pub(crate) self_signed: bool,
}

impl TlsFiles {
    /// All that is wrong with the files at this time, in seconds since 1970.
    pub fn faults(&self, seconds: i64) -> Vec<TlsFault> {
        let files =
            [("cert", Some(&self.cert)), ("key", Some(&self.key)), ("client_ca", self.client_ca.as_ref())];
        let tried = files.into_iter().filter_map(|(setting, path)| try_one(setting, path?).err());
        let faults: Vec<_> = tried.collect();
        if faults.is_empty() { self.try_together(seconds).err().into_iter().collect() } else { faults }
    }

    /// What clients have to know of the certificate, as far as it can be read.
    pub(crate) fn shown(&self) -> Shown {
        let chain = fs::read(&self.cert).ok().and_then(|pem| certificates(&self.cert, &pem).ok());
        let first = chain.as_ref().and_then(|chain| chain.first());
        let parsed = first.and_then(|first| x509_parser::parse_x509_certificate(first).ok());
        parsed.map_or_else(Shown::default, |(_, parsed)| shown(&parsed))
    }

    fn try_together(&self, seconds: i64) -> Result<(), TlsFault> {
        let loaded =
            self.read().and_then(|contents| Loaded::of(self, &contents)).map_err(|error| match error {
                TlsError::Pair { error, .. } => {
                    fault("key", format!("does not go with `cert`: {error}"), PAIR)
                }
                other => fault("cert", format!("can't be used: {other}"), CERT),
            })?;
        let days = (seconds - loaded.not_after) / SECONDS_A_DAY;
        if loaded.not_after < seconds {
            return Err(fault("cert", format!("expired {days} days ago"), EXPIRED));
        }
        Ok(())
    }
}

fn try_one(setting: &'static str, path: &Path) -> Result<(), TlsFault> {
    let pem =
        fs::read(path).map_err(|error| fault(setting, format!("can't be read: {error}"), UNREADABLE))?;
    let (tried, remedy) = match setting {
        "key" => (private_key(path, &pem).map(drop), KEY),
        "client_ca" => (verifier(path, &pem, Arc::new(aws_lc_rs::default_provider())).map(drop), CLIENT_CA),
        _ => (certificates(path, &pem).map(drop), CERT),
    };
    tried.map_err(|error| match error {
        TlsError::Content { what, .. } => fault(setting, format!("can't be used: {what}"), remedy),
        other => fault(setting, format!("can't be used: {other}"), remedy),
    })
}

fn fault(setting: &'static str, what: String, remedy: &'static str) -> TlsFault {
    TlsFault { setting, what, remedy }
}

fn shown(certificate: &X509Certificate<'_>) -> Shown {
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.map(|names| names.value.general_names.as_slice()).unwrap_or_default();
    let host = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) if !name.contains('*') => Some((*name).to_owned()),
        _ => None,
    };
    Shown { name: names.iter().find_map(host), self_signed: certificate.subject() == certificate.issuer() }
}
