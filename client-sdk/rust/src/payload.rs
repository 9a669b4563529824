//! What may be given as the payload of a message.

use fanfare_protocol::Payload;
use serde::Serialize;
use serde_json::value::to_raw_value;

use crate::error::Error;

/// What can be published: text (`&str`, `String`), bytes (`&[u8]`, `Vec<u8>`), JSON ([`Json`],
/// [`serde_json::Value`]), or a [`Payload`] that was made before.
pub trait IntoPayload {
    /// The payload, with its kind.
    ///
    /// # Errors
    /// The value can't be written as JSON.
    fn into_payload(self) -> Result<Payload<'static>, Error>;
}

/// Publishes any serde value as JSON: `client.publish("orders.eu", Json(&order))`.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(
    /// The value.
    pub T,
);

impl<T: Serialize> IntoPayload for Json<T> {
    fn into_payload(self) -> Result<Payload<'static>, Error> {
        let raw = to_raw_value(&self.0)
            .map_err(|e| Error::Invalid(format!("the payload can't be written as JSON: {e}")))?;
        Ok(Payload::raw_json(&raw).into_owned())
    }
}

impl IntoPayload for serde_json::Value {
    fn into_payload(self) -> Result<Payload<'static>, Error> {
        Json(self).into_payload()
    }
}

impl IntoPayload for Payload<'_> {
    fn into_payload(self) -> Result<Payload<'static>, Error> {
        Ok(self.into_owned())
    }
}

impl IntoPayload for &str {
    fn into_payload(self) -> Result<Payload<'static>, Error> {
        Ok(Payload::text(self.to_owned()))
    }
}

impl IntoPayload for &String {
    fn into_payload(self) -> Result<Payload<'static>, Error> {
        Ok(Payload::text(self.clone()))
    }
}

impl IntoPayload for String {
    fn into_payload(self) -> Result<Payload<'static>, Error> {
        Ok(Payload::text(self))
    }
}

impl IntoPayload for &[u8] {
    fn into_payload(self) -> Result<Payload<'static>, Error> {
        Ok(Payload::bytes(self.to_vec()))
    }
}

impl<const N: usize> IntoPayload for &[u8; N] {
    fn into_payload(self) -> Result<Payload<'static>, Error> {
        Ok(Payload::bytes(self.to_vec()))
    }
}

impl IntoPayload for Vec<u8> {
    fn into_payload(self) -> Result<Payload<'static>, Error> {
        Ok(Payload::bytes(self))
    }
}

#[cfg(test)]
mod tests {
    use fanfare_protocol::PayloadKind;

    use super::*;

    #[test]
    fn each_rust_type_has_the_kind_that_one_would_guess() {
        let text = "hi".into_payload().unwrap();
        assert_eq!((text.kind(), text.as_bytes()), (PayloadKind::Text, &b"hi"[..]));
        let bytes = vec![0_u8, 255].into_payload().unwrap();
        assert_eq!((bytes.kind(), bytes.as_bytes()), (PayloadKind::Bytes, &[0, 255][..]));
        let json = Json([1, 2]).into_payload().unwrap();
        assert_eq!((json.kind(), json.as_bytes()), (PayloadKind::Json, &b"[1,2]"[..]));
    }
}
