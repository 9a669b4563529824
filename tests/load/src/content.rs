//! How a server's frames hold its messages, and the cutting of both.
//!
//! With most servers a frame is a message. With others, frames carry a stream of bytes: several messages in a
//! frame, or one over several frames.

use crate::error::LoadError;
use crate::frame::{FrameError, Header, Opcode, cut, write_server_head};

/// Tells the length in bytes of the message at the start of a stream, if so much can be seen of it.
pub type Length = fn(&[u8]) -> Result<Option<usize>, LoadError>;

/// How a server's frames hold its messages.
#[derive(Clone, Copy, Debug)]
pub enum Content {
    /// A frame is a message.
    Message,
    /// The payloads of frames, one behind the other, are a stream of messages of such lengths.
    Stream(Length),
}

/// What [`Content::cut`] left over: the start of a message whose rest is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// Where it starts.
    at: usize,
    /// Bytes from there to the end of its frame; 0: a frame starts there.
    of_frame: usize,
}

/// What a step through a stream came to.
enum Step {
    /// On to here.
    To(Rest),
    /// Here the rest is to come.
    Waits,
}

impl Content {
    /// Cuts the whole messages off the start of `bytes`, where a frame starts, and gives each to `take` with the
    /// opcode of its frame; control frames too.
    ///
    /// # Errors
    /// The bytes are no frames or no messages, or `take` refuses one.
    #[inline]
    pub fn cut(
        self,
        bytes: &[u8],
        mut take: impl FnMut(Opcode, &[u8]) -> Result<(), LoadError>,
    ) -> Result<Rest, LoadError> {
        match self {
            Self::Message => {
                let at = cut(bytes, |header, frame| take(header.opcode, frame))?;
                Ok(Rest::at_frame(at))
            }
            Self::Stream(length) => cut_stream(bytes, length, &mut take),
        }
    }
}

impl Rest {
    /// A frame whose rest is to come, and that starts here.
    pub fn at_frame(at: usize) -> Self {
        Self { at, of_frame: 0 }
    }

    /// Appends the rest of these `bytes` to `tail` in a way that what comes next can be put behind it: where a frame
    /// was left in its middle, with a header that says how much of it is left.
    #[inline]
    pub fn keep(self, bytes: &[u8], tail: &mut Vec<u8>) {
        if self.of_frame > 0 {
            write_server_head(Opcode::Binary, self.of_frame, tail);
        }
        tail.extend_from_slice(&bytes[self.at..]);
    }

    fn after(self, bytes: usize) -> Self {
        Self { at: self.at + bytes, of_frame: self.of_frame - bytes }
    }
}

fn cut_stream(
    bytes: &[u8],
    length: Length,
    take: &mut impl FnMut(Opcode, &[u8]) -> Result<(), LoadError>,
) -> Result<Rest, LoadError> {
    let mut place = Rest { at: 0, of_frame: 0 };
    loop {
        let step = if place.of_frame == 0 {
            enter(bytes, place.at, take)?
        } else {
            message(bytes, place, length, take)?
        };
        match step {
            Step::To(next) => place = next,
            Step::Waits => return Ok(place),
        }
    }
}

/// Goes over a header into the frame, or over a whole control frame.
fn enter(
    bytes: &[u8],
    at: usize,
    take: &mut impl FnMut(Opcode, &[u8]) -> Result<(), LoadError>,
) -> Result<Step, LoadError> {
    let Some(header) = Header::read(&bytes[at..])? else { return Ok(Step::Waits) };
    let start = at + header.head_bytes;
    if matches!(header.opcode, Opcode::Binary | Opcode::Text) {
        return Ok(Step::To(Rest { at: start, of_frame: header.payload_bytes }));
    }
    let end = at + header.frame_bytes();
    let Some(payload) = bytes.get(start..end) else { return Ok(Step::Waits) };
    take(header.opcode, payload)?;
    Ok(Step::To(Rest { at: end, of_frame: 0 }))
}

/// Takes the message at `place`, in the middle of a frame.
#[inline]
fn message(
    bytes: &[u8],
    place: Rest,
    length: Length,
    take: &mut impl FnMut(Opcode, &[u8]) -> Result<(), LoadError>,
) -> Result<Step, LoadError> {
    let here = &bytes[place.at..];
    let run = &here[..place.of_frame.min(here.len())];
    if let Some(length) = length(run)?
        && let Some(message) = run.get(..length)
    {
        take(Opcode::Binary, message)?;
        return Ok(Step::To(place.after(length)));
    }
    if run.len() < place.of_frame { Ok(Step::Waits) } else { over_frames(bytes, place, length, take) }
}

/// Takes a message that goes on in the next frame. There are few of these: it is put together aside.
#[cold]
fn over_frames(
    bytes: &[u8],
    mut place: Rest,
    length: Length,
    take: &mut impl FnMut(Opcode, &[u8]) -> Result<(), LoadError>,
) -> Result<Step, LoadError> {
    let mut message = Vec::new();
    loop {
        let here = &bytes[place.at..];
        let old = message.len();
        message.extend_from_slice(&here[..place.of_frame.min(here.len())]);
        match length(&message)? {
            Some(length) if length <= message.len() => {
                take(Opcode::Binary, &message[..length])?;
                return Ok(Step::To(place.after(length - old)));
            }
            _ if here.len() < place.of_frame => return Ok(Step::Waits),
            _ => {}
        }
        let end = place.at + place.of_frame;
        let Some(next) = next_frame(&bytes[end..])? else { return Ok(Step::Waits) };
        place = Rest { at: end + next.at, of_frame: next.of_frame };
    }
}

/// Where the payload of the next frame with a part of the stream begins; control frames before it are left out, since
/// who waits for the rest of a message comes by here again.
fn next_frame(bytes: &[u8]) -> Result<Option<Rest>, FrameError> {
    let mut at = 0;
    while let Some(header) = Header::read(&bytes[at..])? {
        if matches!(header.opcode, Opcode::Binary | Opcode::Text) {
            return Ok(Some(Rest { at: at + header.head_bytes, of_frame: header.payload_bytes }));
        }
        at += header.frame_bytes();
        if at > bytes.len() {
            break;
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::write_server;

    /// Messages that begin with their length in a byte.
    #[expect(clippy::unnecessary_wraps, reason = "others may fail")]
    fn length(stream: &[u8]) -> Result<Option<usize>, LoadError> {
        Ok(stream.first().map(|&length| usize::from(length)))
    }

    fn message(length: u8) -> Vec<u8> {
        vec![length; length.into()]
    }

    /// Frames of such sizes around a stream, with a ping behind each.
    fn frames(stream: &[u8], sizes: &[usize]) -> Vec<u8> {
        let (mut out, mut stream) = (Vec::new(), stream);
        for &size in sizes.iter().cycle() {
            let (now, later) = stream.split_at(size.min(stream.len()));
            write_server(Opcode::Binary, now, &mut out);
            write_server(Opcode::Ping, b"?", &mut out);
            if later.is_empty() {
                return out;
            }
            stream = later;
        }
        out
    }

    /// What is cut when bytes come in pieces of a size; pings by their number.
    fn cut_in_pieces(bytes: &[u8], piece: usize) -> (Vec<Vec<u8>>, usize) {
        let (mut messages, mut pings, mut tail) = (Vec::new(), 0, Vec::new());
        for piece in bytes.chunks(piece) {
            tail.extend_from_slice(piece);
            let rest = Content::Stream(length).cut(&tail, |opcode, message| {
                match opcode {
                    Opcode::Ping => pings += 1,
                    _ => messages.push(message.to_vec()),
                }
                Ok(())
            });
            let mut kept = Vec::new();
            rest.expect("this is a stream").keep(&tail, &mut kept);
            tail = kept;
        }
        assert!(tail.is_empty(), "{} bytes are left", tail.len());
        (messages, pings)
    }

    #[test]
    fn a_stream_is_cut_alike_whatever_its_frames_and_pieces() {
        let expected: Vec<_> = [1, 2, 200, 3, 127, 126, 1].map(message).into();
        let stream = expected.concat();
        for sizes in [&[stream.len()][..], &[1], &[0, 5], &[130, 1, 70], &[300]] {
            let bytes = frames(&stream, sizes);
            for piece in [1, 2, 3, 7, 100, 200, bytes.len()] {
                let (messages, _) = cut_in_pieces(&bytes, piece);
                assert_eq!(messages, expected, "frames of {sizes:?}, pieces of {piece}");
            }
        }
    }

    #[test]
    fn control_frames_between_messages_are_taken() {
        let bytes = frames(&[message(2), message(2), message(2)].concat(), &[2]);
        assert_eq!(cut_in_pieces(&bytes, 3).1, 3);
    }

    #[test]
    fn a_message_of_its_own_frame_is_the_frame() {
        let (mut bytes, mut taken) = (Vec::new(), Vec::new());
        write_server(Opcode::Text, b"one", &mut bytes);
        let whole = bytes.len();
        write_server(Opcode::Binary, b"two", &mut bytes);
        let rest = Content::Message.cut(&bytes[..=whole], |opcode, message| {
            taken.push((opcode, message.to_vec()));
            Ok(())
        });
        assert_eq!(taken, [(Opcode::Text, b"one".to_vec())]);
        assert_eq!(rest.expect("these are frames"), Rest { at: whole, of_frame: 0 });
    }

    #[test]
    fn what_is_no_frame_is_an_error() {
        let cut = Content::Stream(length).cut(&[0xff, 0], |_, _| Ok(()));
        assert!(matches!(cut, Err(LoadError::Frame(_))));
    }
}
