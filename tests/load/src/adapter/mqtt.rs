//! MQTT 3.1.1 over WebSocket with `QoS` 0: a `mosquitto` as Debian has it.
//!
//! A topic's segments are parted by `/` there; the patterns `*` and `>` are `+` and `#`.

use std::path::PathBuf;
use std::process::Command;

use super::{Adapter, Kind, Verdict};
use crate::content::Content;
use crate::error::LoadError;
use crate::frame::{Opcode, write_client};
use crate::launch::{Files, Launch, free_address, require};
use crate::listens::Listens;

/// Protocol level 4, a clean session, no keep-alive, no client identifier.
const CONNECT: &[u8] = &[0x10, 12, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 0, 0, 0];
const PUBLISH: u8 = 0x30;
const SUBSCRIBE: u8 = 0x82;
/// Of all subscriptions: which of them an answer is to does not matter.
const PACKET_ID: [u8; 2] = [0, 1];
const QOS: u8 = 0;
/// Keeps a thousand connections within seconds.
const CONNECT_AT_ONCE: u32 = 100;
/// Most bytes that a packet's length has.
const LENGTH_MAX_BYTES: usize = 4;

/// A Mosquitto broker.
#[derive(Debug)]
pub struct Mqtt {
    program: PathBuf,
}

impl Mqtt {
    /// Mosquitto as this program.
    pub fn new(program: PathBuf) -> Self {
        Self { program }
    }
}

impl Adapter for Mqtt {
    fn name(&self) -> &'static str {
        "mosquitto"
    }

    fn kind(&self) -> Kind {
        Kind::Peer
    }

    fn launch(&self) -> Result<Launch, LoadError> {
        require("mosquitto", &self.program, "apt-get install mosquitto")?;
        let address = free_address()?;
        let files = Files::new(address.port())?;
        let socket = files.path("unused.socket").display().to_string();
        let path = files.write("mosquitto.conf", &configuration(address.port(), &socket))?;
        let mut command = Command::new(&self.program);
        command.arg("-c").arg(path);
        Ok(Launch { command, listens: Listens::At(address), files: Some(files) })
    }

    fn subprotocol(&self) -> Option<&'static str> {
        Some("mqtt")
    }

    fn content(&self) -> Content {
        Content::Stream(length)
    }

    /// It looks for new connections every 100 ms, and at each two or three times until it is ready.
    fn connect_at_once(&self) -> u32 {
        CONNECT_AT_ONCE
    }

    fn subscribe(&self, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError> {
        self.introduce_publisher(out);
        self.subscribe_more(1, topic, out)
    }

    fn subscribe_more(&self, _index: u32, topic: &str, out: &mut Vec<u8>) -> Result<(), LoadError> {
        let mut packet = Vec::new();
        let body = [&PACKET_ID, text(topic)?.as_slice(), &[QOS]].concat();
        write_packet(SUBSCRIBE, &body, &mut packet)?;
        write_client(Opcode::Binary, &packet, out);
        Ok(())
    }

    fn wildcards(&self) -> bool {
        true
    }

    fn introduce_publisher(&self, out: &mut Vec<u8>) {
        write_client(Opcode::Binary, CONNECT, out);
    }

    fn publish(&self, topic: &str, payload: &[u8], out: &mut Vec<u8>) -> Result<(), LoadError> {
        let mut packet = Vec::new();
        write_packet(PUBLISH, &[&text(topic)?, payload].concat(), &mut packet)?;
        write_client(Opcode::Binary, &packet, out);
        Ok(())
    }

    fn judge(&self, opcode: Opcode, message: &[u8]) -> Verdict {
        match (opcode, message) {
            // CONNACK: accepted.
            (Opcode::Ping | Opcode::Pong, _) | (Opcode::Binary, [0x20, 2, _, 0]) => Verdict::Harmless,
            // SUBACK: granted as asked for.
            (Opcode::Binary, [0x90, 3, _, _, QOS]) => Verdict::Subscribed,
            _ => Verdict::Fault(format!("{opcode:?}: {message:02x?}")),
        }
    }
}

/// At its best: nothing on disk, no bound on what waits for a client, no statistics, no Nagle.
///
/// The size named after headers is that of the buffer for all that its WebSocket reads, and this the largest that it takes:
/// what does not fit waits for the next look, 100 ms later.
///
/// Unless kept to IPv4, its WebSocket listens on every address, whatever it is told. It doesn't start without a listener for plain MQTT: that gets a socket that nobody uses. Started as root it would
/// become another user, who may not make that socket.
fn configuration(port: u16, socket: &str) -> String {
    format!(
        "listener {port} 127.0.0.1\n\
         protocol websockets\n\
         socket_domain ipv4\n\
         listener 0 {socket}\n\
         user root\n\
         allow_anonymous true\n\
         persistence false\n\
         max_queued_messages 0\n\
         max_queued_bytes 0\n\
         set_tcp_nodelay true\n\
         sys_interval 0\n\
         websockets_headers_size 65535\n\
         log_dest stderr\n\
         log_type error\n\
         log_type warning\n"
    )
}

/// A topic as MQTT writes it, with its length before it.
fn text(topic: &str) -> Result<Vec<u8>, LoadError> {
    let length = u16::try_from(topic.len());
    let length = length.map_err(|_| LoadError::Protocol(format!("{topic} has more than 65,535 bytes")))?;
    let segments = topic.split('.').map(|segment| match segment {
        "*" => "+",
        ">" => "#",
        other => other,
    });
    let topic = segments.collect::<Vec<_>>().join("/");
    Ok([&length.to_be_bytes(), topic.as_bytes()].concat())
}

/// Appends a packet: its kind, its length seven bits a byte from the lowest on, its body.
fn write_packet(kind: u8, body: &[u8], out: &mut Vec<u8>) -> Result<(), LoadError> {
    out.push(kind);
    let length = u32::try_from(body.len()).ok().filter(|&length| length < 1 << 28);
    let wrong = || LoadError::Protocol("a packet of 256 MiB or more".into());
    let mut length = length.ok_or_else(wrong)?;
    while length >= 0x80 {
        out.push(0x80 | length.to_le_bytes()[0]);
        length >>= 7;
    }
    out.push(length.to_le_bytes()[0]);
    out.extend_from_slice(body);
    Ok(())
}

/// The length of a packet.
#[inline]
fn length(stream: &[u8]) -> Result<Option<usize>, LoadError> {
    let mut body = 0;
    for (place, &byte) in stream.iter().skip(1).take(LENGTH_MAX_BYTES).enumerate() {
        body |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(Some(2 + place + body));
        }
    }
    if stream.len() > LENGTH_MAX_BYTES {
        return Err(LoadError::Protocol(format!("MQTT: {:02x?}", &stream[..=LENGTH_MAX_BYTES])));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packets_length_is_read_as_written_as_soon_as_it_is_there() {
        for bytes in [0, 1, 127, 128, 16_383, 16_384, 2_097_152] {
            let mut packet = Vec::new();
            write_packet(PUBLISH, &vec![0xff; bytes], &mut packet).expect("it is small enough");
            let head = packet.len() - bytes;
            assert_eq!(length(&packet).expect("this is MQTT"), Some(packet.len()));
            assert_eq!(length(&packet[..head]).expect("this is MQTT"), Some(packet.len()));
            assert_eq!(length(&packet[..head - 1]).expect("this is MQTT"), None);
        }
    }

    #[test]
    fn a_length_of_five_bytes_is_an_error() {
        assert!(length(&[PUBLISH, 0x80, 0x80, 0x80, 0x80]).is_err());
    }

    #[test]
    fn patterns_are_written_as_mqtt_has_them() {
        assert_eq!(text("a.*.>").expect("a good topic"), b"\x00\x05a/+/#");
    }

    #[test]
    fn refusals_are_faults() {
        let mqtt = Mqtt::new(PathBuf::new());
        assert_eq!(mqtt.judge(Opcode::Binary, &[0x20, 2, 0, 0]), Verdict::Harmless);
        assert_eq!(mqtt.judge(Opcode::Binary, &[0x90, 3, 0, 1, 0]), Verdict::Subscribed);
        for refusal in [&[0x20, 2, 0, 5], [0x90, 3, 0, 1, 0x80].as_slice()] {
            assert!(matches!(mqtt.judge(Opcode::Binary, refusal), Verdict::Fault(_)), "{refusal:?}");
        }
    }
}
