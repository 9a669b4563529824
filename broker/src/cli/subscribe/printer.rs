//! Events as lines: readable, as JSON, or payloads alone.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

use fanfare_client::{Encoding, Event, Message, Missing, Pattern, PayloadKind};
use fanfare_protocol::ServerFrame;

use crate::cli::terminal::{DIM, NAME, notice, styled};

/// Written at a time, so that a million lines are not a million system calls.
const BUFFER_BYTES: usize = 64 * 1024;
/// Bytes of a payload of bytes that the readable form shows.
const SHOWN_BYTES: usize = 64;
/// The number that all messages carry in the JSON form: here the pattern says what they belong to.
const SUB: u32 = 1;

/// How events are written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// For people: time, topic, payload.
    Readable {
        /// Whether to colour it.
        coloured: bool,
    },
    /// The wire's own JSON objects, and the pattern.
    Json,
    /// Payloads alone.
    Raw,
}

/// Writes events to an output.
pub(super) struct Printer<W: Write> {
    output: BufWriter<W>,
    form: Form,
}

impl<W: Write> Printer<W> {
    pub(super) fn new(output: W, form: Form) -> Self {
        Self { output: BufWriter::with_capacity(BUFFER_BYTES, output), form }
    }

    /// Writes an event, or tells it beside the output.
    pub(super) fn print(&mut self, pattern: &Pattern, event: &Event) -> io::Result<()> {
        match (event, self.form) {
            (Event::Message(message), Form::Readable { coloured }) => self.readable(message, coloured),
            (Event::Message(message), Form::Raw) => {
                self.output.write_all(message.bytes())?;
                self.output.write_all(b"\n")
            }
            (Event::Message(message), Form::Json) => {
                let mut line = Vec::with_capacity(256 + message.bytes().len());
                Encoding::Json.message_prefix(SUB, &mut line);
                Encoding::Json.message_body(message.as_frame(), &mut line);
                self.json(line, pattern)
            }
            (Event::Gap(gap), Form::Json) => {
                let mut line = Vec::new();
                let frame = ServerFrame::Gap { sub: SUB, gap: gap.clone() };
                Encoding::Json.encode_server(&frame, &mut line);
                self.json(line, pattern)
            }
            (Event::Gap(gap), _) => self.tell(&format!("{pattern}: {}", Missing(gap.clone()))),
            (Event::Behind, _) => self.tell(&format!("{pattern}: behind, reading from the stream")),
            (Event::Live(_), _) => self.tell(&format!("{pattern}: caught up")),
            // It is told when all that is followed goes on.
            (Event::Resumed(_), _) => Ok(()),
        }
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    /// Tells it after what was printed before.
    pub(super) fn tell(&mut self, text: &str) -> io::Result<()> {
        self.flush()?;
        notice(text);
        Ok(())
    }

    fn readable(&mut self, message: &Message, coloured: bool) -> io::Result<()> {
        let time = styled(DIM, time_of_day(message.time_ms()), coloured);
        let topic = styled(NAME, message.topic(), coloured);
        writeln!(self.output, "{time} {topic} {}", shown(message))
    }

    /// Writes a JSON object with the pattern as its last field, on one line.
    fn json(&mut self, mut line: Vec<u8>, pattern: &Pattern) -> io::Result<()> {
        // Outside of strings a line end is white space, and inside it stands as an escape.
        line.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
        line.pop();
        self.output.write_all(&line)?;
        self.output.write_all(b",\"pattern\":")?;
        serde_json::to_writer(&mut self.output, pattern.as_str())?;
        self.output.write_all(b"}\n")
    }
}

/// Hours, minutes, seconds and milliseconds in UTC.
fn time_of_day(time_ms: u64) -> String {
    let (seconds, millis) = (time_ms / 1_000, time_ms % 1_000);
    let (minutes, hours) = (seconds / 60, seconds / 3_600);
    format!("{:02}:{:02}:{:02}.{millis:03}", hours % 24, minutes % 60, seconds % 60)
}

/// The payload on one line, harmless to a terminal.
fn shown(message: &Message) -> String {
    if message.kind() == PayloadKind::Bytes {
        return hexadecimal(message.bytes());
    }
    let text = message.text().unwrap_or_default();
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() && character != '\t' {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut line = format!("{} bytes ", bytes.len());
    for byte in bytes.iter().take(SHOWN_BYTES) {
        // Writing to a string can't fail.
        let _ = write!(line, "{byte:02x}");
    }
    if bytes.len() > SHOWN_BYTES {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use fanfare_client::{GapReason, Payload, Topic};
    use fanfare_protocol::frame;

    use super::*;

    fn message(payload: Payload<'static>) -> Event {
        Event::Message(Message::from(frame::Message {
            topic: Topic::new("orders.eu").unwrap(),
            payload,
            time_ms: 1_763_800_000_042,
            sequenced: None,
            by: None,
            headers: None,
        }))
    }

    fn printed(form: Form, event: &Event) -> String {
        let mut out = Vec::new();
        let mut printer = Printer::new(&mut out, form);
        printer.print(&Pattern::new("orders.>").unwrap(), event).unwrap();
        printer.flush().unwrap();
        drop(printer);
        String::from_utf8(out).unwrap()
    }

    const READABLE: Form = Form::Readable { coloured: false };

    #[test]
    fn the_readable_form_shows_time_topic_and_payload() {
        let line = printed(READABLE, &message(Payload::text("two pens")));
        assert_eq!(line, "08:26:40.042 orders.eu two pens\n");
    }

    #[test]
    fn the_readable_form_is_one_harmless_line_whatever_the_payload() {
        let line = printed(READABLE, &message(Payload::text("a\n\u{1b}[2Jb")));
        assert_eq!(line, "08:26:40.042 orders.eu a\\n\\u{1b}[2Jb\n");
        let line = printed(READABLE, &message(Payload::bytes(vec![0, 255])));
        assert_eq!(line, "08:26:40.042 orders.eu 2 bytes 00ff\n");
    }

    #[test]
    fn the_json_form_is_one_object_a_line_with_the_pattern_and_verbatim_data() {
        let line = printed(Form::Json, &message(Payload::json("{\"a\":\n1.50}").unwrap()));
        assert_eq!(line.matches('\n').count(), 1);
        assert!(line.contains("\"data\":{\"a\": 1.50}"), "{line}");
        let object: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(object["op"], "message");
        assert_eq!(object["pattern"], "orders.>");
    }

    #[test]
    fn the_json_form_has_gaps_too() {
        let gap = fanfare_client::Gap {
            reason: GapReason::Expired,
            stream: None,
            from: None,
            to: None,
            count: Some(3),
            position: None,
        };
        let object: serde_json::Value = serde_json::from_str(&printed(Form::Json, &Event::Gap(gap))).unwrap();
        assert_eq!((&object["op"], &object["count"]), (&"gap".into(), &3.into()));
    }

    #[test]
    fn the_raw_form_is_the_payload_and_a_line_end() {
        assert_eq!(printed(Form::Raw, &message(Payload::text("a\tb"))), "a\tb\n");
    }
}
