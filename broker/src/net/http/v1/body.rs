//! Bodies of requests: read within a size and a time, and thrown away within both when they are not wanted.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody as _};
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout, timeout_at};

use super::problem::{Kind, Place, Problem};

/// What is read and thrown away of a body that is too large, so that its sender gets to read the answer, in bytes and
/// time. Whoever sends more sees the connection end.
const DISCARDED_BYTES_MAX: usize = 4 << 20;
const DISCARD_TIMEOUT: Duration = Duration::from_secs(1);

/// The most that a body may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    /// In bytes.
    pub(super) bytes: usize,
    /// The limit that says so.
    pub(super) name: &'static str,
    /// Time for the whole of it.
    pub(super) timeout: Duration,
}

/// Reads a whole body.
///
/// # Errors
/// It is larger or slower than it may be, or the connection broke.
pub(super) async fn read(body: Body, bound: Bound) -> Result<Vec<u8>, Problem> {
    let announced = body.size_hint().lower();
    if announced > bound.bytes as u64 {
        if !body.is_end_stream() && announced <= DISCARDED_BYTES_MAX as u64 {
            discard(body.into_data_stream()).await;
        }
        return Err(too_large(bound));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
    let mut parts = body.into_data_stream();
    let deadline = Instant::now() + bound.timeout;
    loop {
        let part = timeout_at(deadline, parts.next()).await.map_err(|_| slow(bound.timeout))?;
        let Some(part) = part else { return Ok(bytes) };
        let part = part.map_err(|error| broken(&error))?;
        if bytes.len() + part.len() > bound.bytes {
            discard(parts).await;
            return Err(too_large(bound));
        }
        bytes.extend_from_slice(&part);
    }
}

/// The next part of a body that is worked off as it comes; none at its end.
///
/// # Errors
/// Nothing came for so long, or the connection broke.
pub(super) async fn next(parts: &mut BodyDataStream, patience: Duration) -> Result<Option<Bytes>, Problem> {
    let part = timeout(patience, parts.next()).await.map_err(|_| slow(patience))?;
    part.transpose().map_err(|error| broken(&error))
}

async fn discard(mut parts: BodyDataStream) {
    let mut left = DISCARDED_BYTES_MAX;
    let reading = async {
        while let Some(Ok(part)) = parts.next().await {
            left = left.saturating_sub(part.len());
            if left == 0 {
                return;
            }
        }
    };
    // What is left of it then ends with the connection.
    let _ = timeout(DISCARD_TIMEOUT, reading).await;
}

fn too_large(bound: Bound) -> Problem {
    let Bound { bytes, name, .. } = bound;
    Problem::part(
        Kind::TooLarge,
        Place::Body,
        "",
        format!("the body may have {bytes} bytes at most ({name}); send less"),
    )
}

fn slow(patience: Duration) -> Problem {
    let detail =
        format!("the body did not come within {patience:?} (http_body_timeout); send it faster, or in parts");
    Problem::part(Kind::Timeout, Place::Body, "", detail)
}

fn broken(error: &axum::Error) -> Problem {
    Problem::part(Kind::InvalidRequest, Place::Body, "", format!("the body can't be read: {error}"))
}

/// Refuses a body that is compressed or otherwise encoded.
///
/// # Errors
/// It is.
pub(super) fn check_plain(headers: &HeaderMap) -> Result<(), Problem> {
    let encodings = headers.get_all(header::CONTENT_ENCODING);
    if encodings.iter().all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    Err(Problem::part(
        Kind::UnsupportedMediaType,
        Place::Header,
        "Content-Encoding",
        "bodies are taken as they are only; send it without Content-Encoding",
    ))
}
