//! Numbered payloads, and where a server's message frames carry them.
//!
//! A payload is 128 or more characters that no encoding needs to escape: the message's number, a filler, and padding
//! up to its size. So the same payload is text in JSON, bytes in `MessagePack`, and found in any frame by its filler.

/// Bytes of the shortest payload.
pub const PAYLOAD_BYTES: usize = 128;
const NUMBER_BYTES: usize = 8;
const FILLER: &[u8; PAYLOAD_BYTES - NUMBER_BYTES] = b"\
    .the.filler.of.a.numbered.payload:abcdefghijklmnopqrstuvwxyz\
    .ABCDEFGHIJKLMNOPQRSTUVWXYZ.0123456789.and.this.is.its.end..";

/// What follows the filler in longer payloads: in no frame does it follow a payload.
const PADDING: u8 = b'~';

/// The letter that stands for the half byte 0; the others follow it in the alphabet.
const ZERO: u8 = b'a';

/// The payload of message after message, in one buffer.
#[derive(Debug)]
pub struct Numbered(Vec<u8>);

impl Numbered {
    /// Payloads of so many bytes, at least [`PAYLOAD_BYTES`].
    pub fn new(bytes: usize) -> Self {
        let mut payload = numbered(0).to_vec();
        payload.resize(bytes.max(PAYLOAD_BYTES), PADDING);
        Self(payload)
    }

    /// The payload of message `number`.
    pub fn of(&mut self, number: u32) -> &[u8] {
        self.0[..NUMBER_BYTES].copy_from_slice(&letters(number));
        &self.0
    }
}

/// The shortest payload of message `number`.
pub fn numbered(number: u32) -> [u8; PAYLOAD_BYTES] {
    let mut payload = [0; PAYLOAD_BYTES];
    payload[..NUMBER_BYTES].copy_from_slice(&letters(number));
    payload[NUMBER_BYTES..].copy_from_slice(FILLER);
    payload
}

fn letters(number: u32) -> [u8; NUMBER_BYTES] {
    std::array::from_fn(|i| {
        let half_byte = (number >> (28 - 4 * i)) & 0xf;
        ZERO + half_byte.to_le_bytes()[0]
    })
}

/// The number that eight letters stand for, if they do: eight half bytes are moved together three times.
#[inline]
fn number(letters: [u8; NUMBER_BYTES]) -> Option<u32> {
    let bits = u64::from_be_bytes(letters).wrapping_sub(u64::from_ne_bytes([ZERO; 8]));
    if bits & 0xf0f0_f0f0_f0f0_f0f0 != 0 {
        return None;
    }
    let bytes = (bits | bits >> 4) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    u32::try_from((pairs | pairs >> 16) & 0xffff_ffff).ok()
}

/// Where the payload stands in the message frames of one topic, or of topics with names of one length: always at the
/// same place, and always as long.
///
/// Learned from the first message, so that the others need not be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    payload_at: usize,
    payload_bytes: usize,
}

impl Layout {
    /// Learns from a frame, if it carries a numbered payload.
    pub fn learn(frame: &[u8]) -> Option<Self> {
        let filler_at = frame.windows(FILLER.len()).position(|window| window == FILLER)?;
        let padding = frame[filler_at + FILLER.len()..].iter().take_while(|&&byte| byte == PADDING).count();
        let payload_at = filler_at.checked_sub(NUMBER_BYTES)?;
        Some(Self { payload_at, payload_bytes: PAYLOAD_BYTES + padding })
    }

    /// The number in a frame of this layout; none if the frame is too short for the payload, or has no number in
    /// its place.
    #[inline]
    pub fn number(self, frame: &[u8]) -> Option<u32> {
        let payload = frame.get(self.payload_at..self.payload_at + self.payload_bytes)?;
        number(*payload.first_chunk()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_learned_layout_reads_every_number() {
        let frame = |n| [b"prefix 7".as_slice(), &numbered(n), b" seq 1"].concat();
        let layout = Layout::learn(&frame(0)).expect("there is a payload");
        for n in [0, 1, 15, 16, 0xabcd, 0x0123_4567, 0x89ab_cdef, u32::MAX] {
            assert_eq!(layout.number(&frame(n)), Some(n));
        }
    }

    #[test]
    fn a_longer_payload_is_read_only_where_all_of_it_is_there() {
        let frame = |n| [b"prefix".as_slice(), Numbered::new(1000).of(n), b" seq 1"].concat();
        let layout = Layout::learn(&frame(7)).expect("there is a payload");
        assert_eq!(layout.number(&frame(8)), Some(8));
        assert_eq!(layout.number(&frame(8)[..1000]), None);
    }

    #[test]
    fn other_frames_have_no_number() {
        let layout = Layout::learn(&[b"p".as_slice(), &numbered(1)].concat()).expect("there is a payload");
        assert_eq!(layout.number(b"q"), None);
        assert_eq!(layout.number(&[b"two".as_slice(), &numbered(1)].concat()), None);
        assert_eq!(layout.number(&[b"p".as_slice(), &numbered(1)[1..]].concat()), None);
        assert_eq!(
            layout.number(&[b"p".as_slice(), &[b'q'; 200]].concat()),
            None,
            "letters beyond the sixteenth"
        );
    }

    #[test]
    fn a_frame_without_payload_teaches_nothing() {
        assert_eq!(Layout::learn(b"{\"op\":\"ping\"}"), None);
        assert_eq!(Layout::learn(FILLER), None);
    }
}
