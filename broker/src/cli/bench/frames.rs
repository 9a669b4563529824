//! WebSocket frames of a client that sends no fragments and gets none: cut from what was read, and masked.

/// A whole message of UTF-8.
pub(super) const TEXT: u8 = 1;
/// A whole message of bytes.
pub(super) const BINARY: u8 = 2;
/// The end of the connection.
pub(super) const CLOSE: u8 = 8;
/// Asks for a pong.
pub(super) const PING: u8 = 9;
/// Answers a ping.
pub(super) const PONG: u8 = 10;

/// The only frames that a server sends which neither compresses nor fragments: final, without reserved bits.
const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
/// Stands for a length in the next two bytes.
const MEDIUM: u8 = 0x7E;
/// Stands for a length in the next eight bytes.
const LONG: u8 = 0x7F;

/// A frame, whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) opcode: u8,
    pub(super) payload: &'a [u8],
    /// Bytes of the frame, its header included.
    pub(super) bytes: usize,
}

/// Bytes that the bench can't follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server sent a frame that this bench does not understand (it begins with {0:#04x} {1:#04x})")]
pub(super) struct Strange(u8, u8);

/// The frame at the start of `bytes`; none if it is not whole yet.
///
/// # Errors
/// It is a fragment, compressed, or masked.
pub(super) fn first(bytes: &[u8]) -> Result<Option<Frame<'_>>, Strange> {
    let &[head, length, ref rest @ ..] = bytes else { return Ok(None) };
    if head & 0xF0 != FINAL || length & MASKED != 0 {
        return Err(Strange(head, length));
    }
    let (length, length_bytes): (Option<u64>, usize) = match length {
        MEDIUM => (rest.first_chunk().map(|bytes| u64::from(u16::from_be_bytes(*bytes))), 2),
        LONG => (rest.first_chunk().map(|bytes| u64::from_be_bytes(*bytes)), 8),
        short => (Some(u64::from(short)), 0),
    };
    let end = length.and_then(|length| length_bytes.checked_add(usize::try_from(length).ok()?));
    let payload = end.and_then(|end| rest.get(length_bytes..end));
    Ok(payload.map(|payload| Frame { opcode: head & 0x0F, payload, bytes: 2 + length_bytes + payload.len() }))
}

/// Appends a frame with this payload, masked with `key`.
pub(super) fn append(opcode: u8, payload: &[u8], key: [u8; 4], out: &mut Vec<u8>) {
    out.push(FINAL | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ ..MEDIUM), _) => out.push(MASKED | short),
        (_, Ok(medium)) => {
            out.push(MASKED | MEDIUM);
            out.extend(medium.to_be_bytes());
        }
        _ => {
            out.push(MASKED | LONG);
            out.extend((payload.len() as u64).to_be_bytes());
        }
    }
    out.extend(key);
    out.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server's frame.
    fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        append(head, payload, [0; 4], &mut out);
        let header = out.len() - payload.len() - 4;
        out.drain(header..header + 4);
        out[1] &= !MASKED;
        out
    }

    #[test]
    fn a_frame_is_cut_when_it_is_whole() {
        for size in [0, 1, 125, 126, 65_535, 65_536] {
            let payload = vec![7; size];
            let mut bytes = frame(BINARY, &payload);
            let whole = bytes.len();
            assert_eq!(first(&bytes[..whole - 1]), Ok(None), "{size}");
            bytes.extend(b"more");
            let cut = first(&bytes).unwrap().unwrap();
            assert_eq!((cut.opcode, cut.payload, cut.bytes), (BINARY, &payload[..], whole));
        }
    }

    #[test]
    fn what_was_never_agreed_on_is_refused() {
        for [head, length] in [[0x02, 0], [0x80 | 0x40 | 1, 0], [0x82, 0x81]] {
            assert_eq!(first(&[head, length]), Err(Strange(head, length)));
        }
    }

    #[test]
    fn a_length_beyond_all_memory_is_no_frame_yet() {
        let mut bytes = vec![0x82, 127];
        bytes.extend([0xFF; 8]);
        assert_eq!(first(&bytes), Ok(None));
    }

    #[test]
    fn what_is_sent_is_masked() {
        let mut out = Vec::new();
        append(TEXT, b"abc", [1, 2, 3, 4], &mut out);
        assert_eq!(out, [0x81, 0x83, 1, 2, 3, 4, b'a' ^ 1, b'b' ^ 2, b'c' ^ 3]);
    }
}
