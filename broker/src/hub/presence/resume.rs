//! Resuming: how a session proves that it goes on for an earlier one, so that it takes that one's place on rosters.
//!
//! The proof is a code over the earlier session's number, made with a key that only this process has. So nothing is
//! remembered of any session, and nobody can take the place of a session that the broker did not give the proof to.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::engine::SessionId;
use crate::hub::HubError;

const KEY_BYTES: usize = 32;

/// Makes proofs and checks them.
#[derive(Debug)]
pub(super) struct Prover(hmac::Key);

impl Prover {
    /// One whose proofs no other accepts.
    ///
    /// # Errors
    /// The operating system gives no random numbers.
    pub(super) fn new() -> Result<Self, HubError> {
        let mut key = [0; KEY_BYTES];
        getrandom::fill(&mut key)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// What a session shows later to be known as this one.
    pub(super) fn prove(&self, session: SessionId) -> String {
        let mut proof = format!("{}.", session.0);
        URL_SAFE_NO_PAD.encode_string(hmac::sign(&self.0, &session.0.to_be_bytes()), &mut proof);
        proof
    }

    /// The session that this proof was made for; none if this broker did not make it.
    pub(super) fn check(&self, proof: &str) -> Option<SessionId> {
        let (number, code) = proof.split_once('.')?;
        let (number, code) = (number.parse::<u64>().ok()?, URL_SAFE_NO_PAD.decode(code).ok()?);
        hmac::verify(&self.0, &number.to_be_bytes(), &code).ok()?;
        Some(SessionId(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_good_for_its_session_and_its_broker_alone() {
        let (ours, other) = (Prover::new().unwrap(), Prover::new().unwrap());
        let proof = ours.prove(SessionId(7));
        assert_eq!(ours.check(&proof), Some(SessionId(7)));
        assert_eq!(other.check(&proof), None);
        assert_eq!(ours.check(&proof.replacen('7', "8", 1)), None);
        for broken in ["", ".", "7", "7.", "7.AAAA", "x.AAAA", &proof[..proof.len() - 1]] {
            assert_eq!(ours.check(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_proof_fits_a_hello() {
        let proof = Prover::new().unwrap().prove(SessionId(u64::MAX));
        assert!(proof.len() <= fanfare_protocol::limits::MAX_RESUME_BYTES);
    }
}
