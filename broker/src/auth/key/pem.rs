//! What a PEM file is, before its content is read: people mix up keys, halves of keys and certificates.

/// Why a file is no public key in PEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// There is no PEM in it.
    #[error("is no PEM: it has no line `-----BEGIN PUBLIC KEY-----`")]
    NotPem,
    /// The half that only the issuer should have.
    #[error(
        "is a private key, which only the issuer should have; make its public half with `openssl pkey -pubout`"
    )]
    Private,
    /// A certificate.
    #[error("is a certificate; make its public key with `openssl x509 -pubkey -noout`")]
    Certificate,
    /// More than one.
    #[error("holds several keys; give one, or a `jwks_file`")]
    Several,
    /// A key of another kind.
    #[error("is no public key of RSA, P-256, P-384 or Ed25519")]
    Kind,
}

/// Whether the text is PEM with one public key.
pub(super) fn check(text: &[u8]) -> Result<(), PemError> {
    let text = str::from_utf8(text).map_err(|_| PemError::NotPem)?;
    let mut labels = text.lines().filter_map(|line| line.trim().strip_prefix("-----BEGIN "));
    let label = labels.next().and_then(|label| label.strip_suffix("-----")).ok_or(PemError::NotPem)?;
    if labels.next().is_some() {
        return Err(PemError::Several);
    }
    match label {
        "PUBLIC KEY" | "RSA PUBLIC KEY" => Ok(()),
        "CERTIFICATE" => Err(PemError::Certificate),
        label if label.ends_with("PRIVATE KEY") => Err(PemError::Private),
        _ => Err(PemError::Kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_public_key_is_told_apart() {
        let pem = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        assert_eq!(check(pem("PUBLIC KEY").as_bytes()), Ok(()));
        for label in ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
            assert_eq!(check(pem(label).as_bytes()), Err(PemError::Private));
        }
        assert_eq!(check(pem("CERTIFICATE").as_bytes()), Err(PemError::Certificate));
        assert_eq!(check(pem("DSA PUBLIC KEY").as_bytes()), Err(PemError::Kind));
        assert_eq!(check(pem("PUBLIC KEY").repeat(2).as_bytes()), Err(PemError::Several));
        assert_eq!(check(b"secret"), Err(PemError::NotPem));
        assert_eq!(check(b"\xff\xfe"), Err(PemError::NotPem));
    }
}
