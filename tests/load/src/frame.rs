//! WebSocket frames, cut and written without looking inside.

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// A message of UTF-8.
    Text,
    /// A message of bytes.
    Binary,
    /// The end of the connection.
    Close,
    /// Asks for a pong.
    Ping,
    /// Answers a ping.
    Pong,
}

/// The start of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the frame is.
    pub opcode: Opcode,
    /// The mask of a client's frame.
    pub mask: Option<[u8; 4]>,
    /// Bytes before the payload.
    pub head_bytes: usize,
    /// Bytes of payload.
    pub payload_bytes: usize,
}

/// Bytes that are no frame that a load generator deals with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Compression was never negotiated, and nothing here sends fragments.
    #[error("a fragment, or a frame with reserved bits (first byte {0:#04x})")]
    Unexpected(u8),
    /// More than [`PAYLOAD_MAX_BYTES`].
    #[error("a frame of {0} bytes")]
    TooLarge(u64),
}

/// Largest payload that is believed, in bytes. A server of streams may put all that waits for a client into one frame.
pub const PAYLOAD_MAX_BYTES: usize = 64 << 20;

/// Every client frame is masked with this: what is measured does not depend on chance.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

impl Opcode {
    fn number(self) -> u8 {
        match self {
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }

    fn of_final_frame(byte: u8) -> Option<Self> {
        match byte {
            0x81 => Some(Self::Text),
            0x82 => Some(Self::Binary),
            0x88 => Some(Self::Close),
            0x89 => Some(Self::Ping),
            0x8a => Some(Self::Pong),
            _ => None,
        }
    }
}

impl Header {
    /// Reads the header at the start of `bytes`; none if it is not whole yet.
    ///
    /// # Errors
    /// The bytes are no frame that we deal with.
    #[inline]
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, FrameError> {
        let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
        let opcode = Opcode::of_final_frame(first).ok_or(FrameError::Unexpected(first))?;
        let (length, length_bytes) = match second & 0x7f {
            0x7e => (rest.first_chunk().map(|bytes| u64::from(u16::from_be_bytes(*bytes))), 2),
            0x7f => (rest.first_chunk().map(|bytes| u64::from_be_bytes(*bytes)), 8),
            short => (Some(u64::from(short)), 0),
        };
        let Some(length) = length else { return Ok(None) };
        let payload_bytes = usize::try_from(length)
            .ok()
            .filter(|&bytes| bytes <= PAYLOAD_MAX_BYTES)
            .ok_or(FrameError::TooLarge(length))?;
        if second & 0x80 == 0 {
            return Ok(Some(Self { opcode, mask: None, head_bytes: 2 + length_bytes, payload_bytes }));
        }
        let mask = rest.get(length_bytes..length_bytes + 4).and_then(|mask| mask.try_into().ok());
        let header = |mask| Self { opcode, mask: Some(mask), head_bytes: 6 + length_bytes, payload_bytes };
        Ok(mask.map(header))
    }

    /// Bytes of the whole frame.
    #[inline]
    pub fn frame_bytes(&self) -> usize {
        self.head_bytes + self.payload_bytes
    }
}

/// Cuts the whole frames off the start of `bytes`, gives each to `take` with its payload as it came (masked, if
/// it is a client's), and returns how many bytes they were.
///
/// # Errors
/// The bytes are no frames, or `take` refuses one.
#[inline]
pub fn cut<E: From<FrameError>>(
    bytes: &[u8],
    mut take: impl FnMut(&Header, &[u8]) -> Result<(), E>,
) -> Result<usize, E> {
    let mut used = 0;
    while let Some(header) = Header::read(&bytes[used..])? {
        let end = used + header.frame_bytes();
        let Some(payload) = bytes.get(used + header.head_bytes..end) else { break };
        take(&header, payload)?;
        used = end;
    }
    Ok(used)
}

/// Appends a server's frame to `out`: not masked.
pub fn write_server(opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
    write_server_head(opcode, payload.len(), out);
    out.extend_from_slice(payload);
}

/// Appends a client's frame to `out`: masked.
pub fn write_client(opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
    write_head(opcode, payload.len(), 0x80, out);
    out.extend_from_slice(&MASK);
    append_masked(payload, MASK, out);
}

/// Appends `bytes` to `out`, masked or unmasked with `mask`: the two are the same.
pub fn append_masked(bytes: &[u8], mask: [u8; 4], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(bytes);
    // Four bytes at a time, of which the compiler makes the widest that the machine has.
    let (fours, rest) = out[start..].as_chunks_mut();
    for four in fours {
        *four = (u32::from_ne_bytes(*four) ^ u32::from_ne_bytes(mask)).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

/// Appends the header of a server's frame to `out`; its payload is to follow.
pub fn write_server_head(opcode: Opcode, payload_bytes: usize, out: &mut Vec<u8>) {
    write_head(opcode, payload_bytes, 0, out);
}

#[expect(clippy::cast_possible_truncation, reason = "each arm is guarded by its size")]
fn write_head(opcode: Opcode, payload_bytes: usize, mask_bit: u8, out: &mut Vec<u8>) {
    out.push(0x80 | opcode.number());
    match payload_bytes {
        short @ ..126 => out.push(mask_bit | short as u8),
        medium @ ..0x1_0000 => {
            out.push(mask_bit | 0x7e);
            out.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            out.push(mask_bit | 0x7f);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [usize; 9] = [0, 1, 125, 126, 127, 0xffff, 0x1_0000, 100_000, 1 << 20];

    fn payload(size: usize) -> Vec<u8> {
        (0..size).map(|i| u8::try_from(i % 251).expect("under 251")).collect()
    }

    fn collect(bytes: &[u8]) -> (Vec<Vec<u8>>, usize) {
        let mut frames = Vec::new();
        let used = cut(bytes, |header, payload| {
            let mut plain = Vec::new();
            append_masked(payload, header.mask.unwrap_or_default(), &mut plain);
            frames.push(plain);
            Ok::<(), FrameError>(())
        });
        (frames, used.expect("these are frames"))
    }

    #[test]
    fn frames_of_every_length_form_are_cut_as_written() {
        for write in [write_server, write_client] {
            let mut bytes = Vec::new();
            for size in SIZES {
                write(Opcode::Binary, &payload(size), &mut bytes);
            }
            let (frames, used) = collect(&bytes);
            assert_eq!(frames, SIZES.map(payload));
            assert_eq!(used, bytes.len());
        }
    }

    #[test]
    fn a_frame_that_is_not_whole_is_left_for_later() {
        let mut bytes = Vec::new();
        write_client(Opcode::Text, &payload(3), &mut bytes);
        let first = bytes.len();
        write_client(Opcode::Text, &payload(200), &mut bytes);
        for end in first..bytes.len() {
            let (frames, used) = collect(&bytes[..end]);
            assert_eq!((frames.len(), used), (1, first), "cut at {end}");
        }
    }

    #[test]
    fn fragments_and_compressed_frames_are_refused() {
        for first in [0x01, 0x02, 0x80, 0xc1, 0x83] {
            assert_eq!(Header::read(&[first, 0]), Err(FrameError::Unexpected(first)));
        }
    }

    #[test]
    fn a_length_beyond_belief_is_refused() {
        let bytes = [0x82, 127, 0xff, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(Header::read(&bytes), Err(FrameError::TooLarge(0xff << 56)));
    }
}
