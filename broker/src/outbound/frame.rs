//! WebSocket framing of what the broker sends: unmasked, unfragmented, never compressed (RFC 6455, 5.2).

use fanfare_protocol::{CloseCode, Encoding};

/// The longest header of a frame from a server, in bytes.
pub(super) const MAX_HEADER_BYTES: usize = 10;

const FINAL: u8 = 0x80;
const OPCODE_TEXT: u8 = 0x1;
const OPCODE_BINARY: u8 = 0x2;
const OPCODE_CLOSE: u8 = 0x8;
/// Most payload bytes in a control frame.
const MAX_CONTROL_BYTES: usize = 125;

/// Appends the header of a data frame with `len` payload bytes.
pub(super) fn data_header(encoding: Encoding, len: usize, out: &mut Vec<u8>) {
    let opcode = match encoding {
        Encoding::Json => OPCODE_TEXT,
        Encoding::MsgPack => OPCODE_BINARY,
    };
    header(opcode, len, out);
}

/// A whole close frame. A reason that is too long is cut at a character.
pub(super) fn close(code: CloseCode, reason: &str) -> Vec<u8> {
    let room = MAX_CONTROL_BYTES - size_of::<u16>();
    let reason = &reason[..reason.floor_char_boundary(room.min(reason.len()))];
    let mut out = Vec::with_capacity(MAX_HEADER_BYTES + MAX_CONTROL_BYTES);
    header(OPCODE_CLOSE, size_of::<u16>() + reason.len(), &mut out);
    out.extend_from_slice(&code.number().to_be_bytes());
    out.extend_from_slice(reason.as_bytes());
    out
}

#[allow(clippy::cast_possible_truncation, reason = "each arm holds just the lengths that fit")]
fn header(opcode: u8, len: usize, out: &mut Vec<u8>) {
    out.push(FINAL | opcode);
    match len {
        0..=125 => out.push(len as u8),
        126..=0xFFFF => {
            out.push(126);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_shortest_form() {
        for (len, header) in [
            (125, vec![0x82, 125]),
            (126, vec![0x82, 126, 0, 126]),
            (0xFFFF, vec![0x82, 126, 0xFF, 0xFF]),
            (0x1_0000, vec![0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let mut out = Vec::new();
            data_header(Encoding::MsgPack, len, &mut out);
            assert_eq!(out, header);
        }
    }

    #[test]
    fn a_long_close_reason_is_cut_at_a_character() {
        let frame = close(CloseCode::Protocol, &"ä".repeat(100));
        assert!(usize::from(frame[1]) <= MAX_CONTROL_BYTES);
        assert!(std::str::from_utf8(&frame[4..]).is_ok());
    }
}
