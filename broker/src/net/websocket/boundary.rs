//! Frame boundaries: where the read bytes stand, and how many frames among them carry no message of their own.
//!
//! tungstenite keeps both to itself, and both are needed: a session between two messages can do without a context, and
//! a flood of pings or fragments never shows as a message.

/// The longest frame header, in bytes.
const MAX_HEADER_BYTES: usize = 14;
/// How many of its bytes tell how long it is.
const LEN_KNOWN_BYTES: u8 = 2;

/// Opcodes from here on are those of control frames.
const CONTROL: u8 = 8;

/// Where a stream of WebSocket frames stands.
#[derive(Debug, Default)]
pub(super) struct Boundary {
    header: [u8; MAX_HEADER_BYTES],
    /// Bytes of `header` that have come.
    have: u8,
    /// Payload bytes of the frame that are still to come.
    left: u64,
    /// Whether a fragment has come that was not the last.
    within_message: bool,
}

impl Boundary {
    /// Follows bytes up to the end of the frame that they are in, or begin; returns how many bytes that is, and whether
    /// a control frame or a fragment begins in them.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut rest = bytes;
        let mut overhead = false;
        while self.left == 0 {
            if let Some(header) = rest.first_chunk().filter(|_| self.have == 0) {
                // Whatever its length, the whole header is here.
                self.header = *header;
                let len = header_len(header, LEN_KNOWN_BYTES);
                rest = rest.get(len..).unwrap_or_default();
                overhead = self.begin_frame();
                break;
            }
            let Some((byte, behind)) = rest.split_first() else { break };
            rest = behind;
            if let Some(slot) = self.header.get_mut(usize::from(self.have)) {
                *slot = *byte;
            }
            self.have += 1;
            if usize::from(self.have) == header_len(&self.header, self.have) {
                overhead = self.begin_frame();
                break;
            }
        }
        let skipped = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest.len());
        self.left -= skipped as u64;
        (bytes.len() - rest.len() + skipped, overhead)
    }

    /// Whether the frame that the last byte belongs to is a control frame, as far as its header has come.
    pub(super) fn is_control(&self) -> bool {
        self.header[0] & 0x0F >= CONTROL
    }

    /// Whether the last byte was the last of a message, or of a control frame between messages.
    pub(super) fn is_between_messages(&self) -> bool {
        self.have == 0 && self.left == 0 && !self.within_message
    }

    /// A header is complete; returns whether its frame carries no message of its own.
    fn begin_frame(&mut self) -> bool {
        let [first, second, ..] = self.header;
        let (is_final, opcode) = (first & 0x80 != 0, first & 0x0F);
        self.left = payload_len(&self.header, second & 0x7F);
        self.have = 0;
        if opcode >= CONTROL {
            return true;
        }
        self.within_message = !is_final;
        !is_final || opcode == 0
    }
}

/// The length of the header that begins so, as far as `have` bytes tell.
fn header_len(header: &[u8; MAX_HEADER_BYTES], have: u8) -> usize {
    if have < LEN_KNOWN_BYTES {
        return MAX_HEADER_BYTES;
    }
    let mask = if header[1] & 0x80 == 0 { 0 } else { 4 };
    mask + match header[1] & 0x7F {
        126 => 4,
        127 => 10,
        _ => 2,
    }
}

fn payload_len(header: &[u8; MAX_HEADER_BYTES], short: u8) -> u64 {
    let long = |bytes: &[u8]| bytes.iter().fold(0, |len: u64, byte| len << 8 | u64::from(*byte));
    match short {
        126 => long(&header[2..4]),
        127 => long(&header[2..10]),
        len => u64::from(len),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, len: usize) -> Vec<u8> {
        let mut frame = vec![first];
        match u8::try_from(len) {
            Ok(len) if len < 126 => frame.push(0x80 | len),
            _ => {
                frame.push(0x80 | 0x7E);
                frame.extend_from_slice(&u16::try_from(len).unwrap().to_be_bytes());
            }
        }
        frame.extend_from_slice(&[1, 2, 3, 4]);
        frame.resize(frame.len() + len, 0);
        frame
    }

    fn advance_all(boundary: &mut Boundary, mut bytes: &[u8]) -> u32 {
        let mut count = 0;
        while !bytes.is_empty() {
            let (len, overhead) = boundary.advance(bytes);
            count += u32::from(overhead);
            bytes = &bytes[len..];
        }
        count
    }

    /// The overhead counted, and whether the end is between messages; the same for every way to split the bytes.
    fn follow(bytes: &[u8]) -> (u32, bool) {
        let mut whole = Boundary::default();
        let result = (advance_all(&mut whole, bytes), whole.is_between_messages());
        let mut single = Boundary::default();
        let overhead: u32 = bytes.chunks(1).map(|byte| advance_all(&mut single, byte)).sum();
        assert_eq!((overhead, single.is_between_messages()), result);
        result
    }

    #[test]
    fn bytes_are_followed_a_frame_at_a_time() {
        let frames = [frame(0x82, 0), frame(0x01, 300), frame(0x89, 4)];
        let bytes = frames.concat();
        let (mut boundary, mut at) = (Boundary::default(), 0);
        for frame in frames {
            let (len, _) = boundary.advance(&bytes[at..]);
            assert_eq!(len, frame.len());
            at += len;
        }
        assert_eq!(boundary.advance(&bytes[at..]), (0, false));
    }

    #[test]
    fn whole_messages_are_no_overhead() {
        assert_eq!(follow(&[frame(0x82, 0), frame(0x81, 5), frame(0x82, 300)].concat()), (0, true));
    }

    #[test]
    fn control_frames_and_fragments_are_counted() {
        let bytes = [frame(0x89, 4), frame(0x01, 3), frame(0x8A, 0), frame(0x00, 0), frame(0x80, 2)].concat();
        assert_eq!(follow(&bytes), (5, true));
    }

    #[test]
    fn a_message_that_is_not_complete_is_not_between_messages() {
        assert_eq!(follow(&frame(0x01, 3)), (1, false));
        let cut = frame(0x82, 300);
        assert_eq!(follow(&cut[..cut.len() - 1]), (0, false));
        assert_eq!(follow(&cut[..1]), (0, false));
    }
}
