//! Whole frames: a data message that came in one frame and one piece is unmasked where it lies.
//!
//! Nearly all messages are such. Everything else (fragments, control frames, what is not complete, what breaks the rules)
//! is left to tungstenite.

/// Final, without reserved bits, text.
const TEXT: u8 = 0x81;
/// The same, binary.
const BINARY: u8 = 0x82;
const MASKED: u8 = 0x80;
const MASK_BYTES: usize = 4;

/// A message that lies whole in the bytes that were read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Whole<'a> {
    pub(super) is_text: bool,
    pub(super) payload: &'a mut [u8],
}

/// Takes a message of at most `max_bytes` off the bytes; gives it and the bytes behind it.
///
/// # Errors
/// The bytes as they are, if they do not begin with a whole one.
pub(super) fn take(bytes: &mut [u8], max_bytes: usize) -> Result<(Whole<'_>, &mut [u8]), &mut [u8]> {
    let Some(Measured { is_text, head, len }) = measure(bytes).filter(|whole| whole.len <= max_bytes) else {
        return Err(bytes);
    };
    let Some(mask) = bytes.get(head..).and_then(|bytes| bytes.first_chunk().copied()) else {
        return Err(bytes);
    };
    let from = head + MASK_BYTES;
    let to = from.saturating_add(len);
    if bytes.len() < to {
        return Err(bytes);
    }
    let (frame, rest) = bytes.split_at_mut(to);
    let payload = frame.get_mut(from..).unwrap_or_default();
    unmask(payload, mask);
    Ok((Whole { is_text, payload }, rest))
}

/// What the header of a frame says.
struct Measured {
    is_text: bool,
    /// Bytes of the header before the mask.
    head: usize,
    /// Bytes of the payload.
    len: usize,
}

/// Reads the header before the mask; none if it is not of a kind that we read, or not whole.
fn measure(bytes: &[u8]) -> Option<Measured> {
    let [first @ (TEXT | BINARY), second, ..] = *bytes else { return None };
    let (head, len) = match second.checked_sub(MASKED)? {
        126 => (4, usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?),
        len => (2, usize::from(len)),
    };
    Some(Measured { is_text: first == TEXT, head, len })
}

/// Takes the mask off, eight bytes at a time.
fn unmask(payload: &mut [u8], mask: [u8; MASK_BYTES]) {
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, tail) = payload.as_chunks_mut();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in tail.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: [u8; 4] = [0xA1, 0x52, 0x0F, 0xFF];

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match payload.len() {
            len @ 0..126 => frame.push(MASKED + u8::try_from(len).unwrap()),
            len @ 126..=0xFFFF => {
                frame.push(MASKED + 126);
                frame.extend_from_slice(&u16::try_from(len).unwrap().to_be_bytes());
            }
            len => {
                frame.push(MASKED + 127);
                frame.extend_from_slice(&(len as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(&MASK);
        frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        frame
    }

    #[test]
    fn messages_of_every_length_are_taken_one_after_the_other() {
        for len in (0..300).chain([0xFFFF, 0x1_0000, 70_000]) {
            let payload: Vec<u8> = (0..len).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let mut bytes = [frame(BINARY, &payload), frame(TEXT, b"next")].concat();
            let (first, rest) = take(&mut bytes, 70_000).unwrap();
            assert_eq!((first.is_text, &*first.payload), (false, &payload[..]), "{len} bytes");
            let (next, rest) = take(rest, 70_000).unwrap();
            assert_eq!((next.is_text, &*next.payload), (true, &b"next"[..]));
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn what_is_cut_anywhere_stays_as_it_is() {
        let whole = frame(BINARY, &[7; 200]);
        for len in 0..whole.len() {
            let mut bytes = whole[..len].to_vec();
            assert_eq!(take(&mut bytes, 1_000).unwrap_err(), &whole[..len]);
        }
    }

    #[test]
    fn fragments_control_frames_and_broken_rules_are_left_alone() {
        let unmasked = vec![BINARY, 1, 7];
        let others =
            [0x01, 0x02, 0x00, 0x80, 0x88, 0x89, 0x8A, 0xC2, 0x92, 0x83].map(|first| frame(first, b"x"));
        for mut bytes in others.into_iter().chain([unmasked]) {
            let before = bytes.clone();
            assert_eq!(take(&mut bytes, 1_000).unwrap_err(), &before);
        }
    }

    #[test]
    fn what_is_too_large_is_left_alone() {
        let mut bytes = frame(BINARY, &[7; 200]);
        assert!(take(&mut bytes, 199).is_err());
        assert!(take(&mut bytes, 200).is_ok());
    }

    #[test]
    fn the_longest_length_that_can_be_written_is_no_fault() {
        let mut bytes = [&[BINARY, MASKED + 127][..], &[0xFF; 8], &[0; 20]].concat();
        assert!(take(&mut bytes, usize::MAX).is_err());
    }
}
