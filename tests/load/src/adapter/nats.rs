//! NATS over WebSocket, without `JetStream`: a `nats-server` as Debian has it.
//!
//! Its protocol is lines, a `MSG` line with a payload after it, in a stream that frames carry.

use std::path::PathBuf;
use std::process::Command;

use super::{Adapter, Kind, Verdict};
use crate::content::Content;
use crate::error::LoadError;
use crate::frame::{Opcode, write_client};
use crate::launch::{Files, Launch, free_address, require};
use crate::listens::Listens;

const CONNECT: &str =
    "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"fanfare-load\",\"version\":\"1\"}\r\n";
/// The end of a line, and of a payload.
const END: &[u8] = b"\r\n";

/// A NATS server.
#[derive(Debug)]
pub struct Nats {
    program: PathBuf,
}

impl Nats {
    /// NATS as this program.
    pub fn new(program: PathBuf) -> Self {
        Self { program }
    }
}

impl Adapter for Nats {
    fn name(&self) -> &'static str {
        "nats"
    }

    fn kind(&self) -> Kind {
        Kind::Peer
    }

    fn launch(&self) -> Result<Launch, LoadError> {
        require("nats-server", &self.program, "apt-get install nats-server")?;
        let address = free_address()?;
        let files = Files::new(address.port())?;
        let configuration = files.write("nats.conf", &configuration(&address.to_string()))?;
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(configuration);
        Ok(Launch { command, listens: Listens::At(address), files: Some(files) })
    }

    fn content(&self) -> Content {
        Content::Stream(length)
    }

    fn subscribe(&self, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError> {
        self.introduce_publisher(out);
        self.subscribe_more(1, topic, out)
    }

    /// Its number has always as many digits, so that payloads stand always in the same place. The pong to the ping
    /// says that it is done.
    fn subscribe_more(&self, index: u32, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError> {
        let lines = format!("SUB {} {index:06}\r\nPING\r\n", subject(topic)?);
        write_client(Opcode::Binary, lines.as_bytes(), out);
        Ok(())
    }

    fn wildcards(&self) -> bool {
        true
    }

    fn introduce_publisher(&self, out: &mut Vec<u8>) {
        write_client(Opcode::Binary, CONNECT.as_bytes(), out);
    }

    fn publish(&self, topic: &str, payload: &[u8], out: &mut Vec<u8>) -> Result<(), LoadError> {
        let line = format!("PUB {} {}\r\n", subject(topic)?, payload.len());
        write_client(Opcode::Binary, &[line.as_bytes(), payload, END].concat(), out);
        Ok(())
    }

    fn judge(&self, opcode: Opcode, message: &[u8]) -> Verdict {
        let harmless = |start: &&str| message.starts_with(start.as_bytes());
        match opcode {
            Opcode::Ping | Opcode::Pong => Verdict::Harmless,
            Opcode::Binary if message.starts_with(b"PONG") => Verdict::Subscribed,
            Opcode::Binary if ["INFO ", "PING", "+OK"].iter().any(harmless) => Verdict::Harmless,
            _ => Verdict::Fault(format!("{opcode:?}: {}", String::from_utf8_lossy(message))),
        }
    }
}

/// Only loopback, any port for those clients that don't come, and no heartbeat in an hour, since the generator answers
/// none.
fn configuration(address: &str) -> String {
    format!(
        "listen: \"127.0.0.1:-1\"\n\
         websocket {{ listen: \"{address}\", no_tls: true, compression: false }}\n\
         ping_interval: \"1h\"\n"
    )
}

/// A topic that is a subject as it stands, as Fanfare's are.
fn subject(topic: &str) -> Result<&str, LoadError> {
    if topic.is_empty() || topic.contains(char::is_whitespace) {
        return Err(LoadError::Protocol(format!("{topic:?} is no subject")));
    }
    Ok(topic)
}

/// The length of a line; of a message's, with the payload.
#[inline]
fn length(stream: &[u8]) -> Result<Option<usize>, LoadError> {
    let Some(end) = stream.iter().position(|&byte| byte == b'\n') else { return Ok(None) };
    let line = &stream[..end];
    if !line.starts_with(b"MSG ") {
        return Ok(Some(end + 1));
    }
    let digits = line.trim_ascii_end().rsplit(|&byte| byte == b' ').next().unwrap_or_default();
    let payload = digits.iter().try_fold(0_usize, |number, &digit| {
        let digit = digit.is_ascii_digit().then_some(digit - b'0')?;
        number.checked_mul(10)?.checked_add(digit.into())
    });
    let wrong = || LoadError::Protocol(format!("NATS: {}", String::from_utf8_lossy(line)));
    let whole = payload.and_then(|payload| payload.checked_add(end + 1 + END.len()));
    whole.map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stream: &str, expected: Option<usize>) {
        assert_eq!(length(stream.as_bytes()).expect("this is NATS"), expected, "{stream:?}");
    }

    #[test]
    fn a_line_is_a_message_and_a_payload_belongs_to_its_line() {
        check("PONG\r\nMSG", Some(6));
        check("INFO {}\r\n", Some(9));
        check("MSG load.a 1 5\r\nhello\r\n+OK\r\n", Some(23));
        check("MSG load.a 1 reply.to 12\r\n", Some(26 + 12 + 2));
    }

    #[test]
    fn a_line_that_is_not_whole_has_no_length() {
        check("", None);
        check("MSG load.a 1 128\r", None);
    }

    #[test]
    fn a_message_without_size_is_an_error() {
        for stream in ["MSG load.a 1 many\r\n", "MSG load.a 1 99999999999999999999999\r\n", "MSG \r\n"] {
            assert!(length(stream.as_bytes()).is_err(), "{stream:?}");
        }
    }

    #[test]
    fn an_error_of_the_server_is_a_fault() {
        let nats = Nats::new(PathBuf::new());
        assert!(matches!(nats.judge(Opcode::Binary, b"-ERR 'Stale Connection'\r\n"), Verdict::Fault(_)));
        assert_eq!(nats.judge(Opcode::Binary, b"PONG\r\n"), Verdict::Subscribed);
        assert_eq!(nats.judge(Opcode::Binary, b"INFO {}\r\n"), Verdict::Harmless);
    }

    #[test]
    fn a_topic_with_white_space_is_refused() {
        assert!(nats_publish("a b").is_err());
        assert!(nats_publish("a.b").is_ok());
    }

    fn nats_publish(topic: &str) -> Result<(), LoadError> {
        Nats::new(PathBuf::new()).publish(topic, b"x", &mut Vec::new())
    }
}
