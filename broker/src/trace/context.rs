//! Which trace a message belongs to, as `traceparent` tells it (<https://www.w3.org/TR/trace-context/>).

use super::span::{SpanId, TraceId};

/// The header of messages, and of requests over HTTP, that tells it.
pub(crate) const TRACEPARENT: &str = "traceparent";
/// The length of one of the version that is known: `00-`, 32 digits, `-`, 16 digits, `-`, 2 digits.
const LEN: usize = 55;
const SAMPLED: u8 = 1;

/// A place in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceContext {
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    /// Whether whoever began the trace wants it recorded.
    pub(crate) sampled: bool,
}

impl TraceContext {
    /// Reads a `traceparent`; nothing if it is none. A later version may have more at its end.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (head, more) = text.split_at_checked(LEN)?;
        let mut parts = head.split('-');
        let version = hexadecimal::<1>(parts.next()?)?[0];
        let trace = TraceId(hexadecimal(parts.next()?)?);
        let span = SpanId(hexadecimal(parts.next()?)?);
        let flags = hexadecimal::<1>(parts.next()?)?[0];
        let well_formed = match version {
            0 => more.is_empty(),
            0xFF => false,
            _ => more.is_empty() || more.starts_with('-'),
        };
        let named = trace.0 != [0; 16] && span.0 != [0; 8];
        (well_formed && named).then_some(Self { trace, span, sampled: flags & SAMPLED != 0 })
    }
}

/// So many bytes in lower-case hexadecimal digits.
fn hexadecimal<const BYTES: usize>(text: &str) -> Option<[u8; BYTES]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let text = text.as_bytes();
    if text.len() != 2 * BYTES {
        return None;
    }
    let mut bytes = [0; BYTES];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_traceparent_names_its_trace_and_says_whether_it_is_recorded() {
        let context = TraceContext::parse(PARENT).unwrap();
        assert_eq!(context.trace.0[..4], [0x0a, 0xf7, 0x65, 0x19]);
        assert_eq!((context.span.0[0], context.sampled), (0xb7, true));
        assert!(!TraceContext::parse(&PARENT.replace("-01", "-00")).unwrap().sampled);
        assert!(
            TraceContext::parse(&PARENT.replace("-01", "-03")).unwrap().sampled,
            "other flags are of no interest"
        );
    }

    #[test]
    fn what_is_no_traceparent_names_none() {
        let upper = PARENT.to_ascii_uppercase();
        let no_trace = PARENT.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32));
        let no_span = PARENT.replace("b7ad6b7169203331", &"0".repeat(16));
        let longer = format!("{PARENT}-00");
        let version = PARENT.replacen("00", "ff", 1);
        let split = format!("{}ü", &PARENT[..54]);
        for text in ["", "00", &PARENT[..54], &upper, &no_trace, &no_span, &longer, &version, &split] {
            assert_eq!(TraceContext::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let later = PARENT.replacen("00", "01", 1);
        for text in [later.clone(), format!("{later}-more")] {
            assert!(TraceContext::parse(&text).is_some(), "{text}");
        }
        assert_eq!(TraceContext::parse(&format!("{later}more")), None);
    }
}
