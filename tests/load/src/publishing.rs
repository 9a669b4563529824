//! Publishes that are acknowledged, in the forms that there are: how they are written, and their answers read.

use fanfare_protocol::frame::{ClientFrame, Publish, Published, ServerFrame};
use fanfare_protocol::{Encoding, Payload, PayloadKind, Topic};

use crate::adapter::{Adapter, Publishing};
use crate::error::LoadError;
use crate::frame::{self, Opcode, write_client};
use crate::http;
use crate::payload::Numbered;

/// What stands before a sequence in every result over HTTP.
const SEQ: &str = "\"seq\":";

/// One connection's publishes, as bytes.
pub struct Form<'a> {
    adapter: &'a dyn Adapter,
    how: Publishing,
    topic: Topic,
    payload: Numbered,
    /// The number of the next publish.
    next: u32,
    /// Of lines: whether the head of the answer has come.
    is_answered: bool,
}

impl<'a> Form<'a> {
    /// Publishes of this adapter's form to a topic.
    ///
    /// # Errors
    /// The adapter has none that are acknowledged, or the topic is none.
    pub fn new(adapter: &'a dyn Adapter, topic: &str, payload_bytes: usize) -> Result<Self, LoadError> {
        let how = adapter.publishing().ok_or(LoadError::Unsupported("acknowledged publishes"))?;
        let topic = Topic::new(topic).map_err(|error| LoadError::Protocol(error.to_string()))?;
        Ok(Self { adapter, how, topic, payload: Numbered::new(payload_bytes), next: 0, is_answered: false })
    }

    /// How it is done.
    pub fn how(&self) -> Publishing {
        self.how
    }

    /// Appends what a new connection sends before it publishes.
    pub fn introduce(&self, out: &mut Vec<u8>) {
        match self.how {
            Publishing::Frames(_) => self.adapter.introduce_publisher(out),
            Publishing::Requests => {}
            Publishing::Lines => out.extend_from_slice(
                b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n\
                  Transfer-Encoding: chunked\r\n\r\n",
            ),
        }
    }

    /// Appends so many publishes.
    ///
    /// # Errors
    /// The topic is none for this server.
    pub fn write(&mut self, count: u32, out: &mut Vec<u8>) -> Result<(), LoadError> {
        match self.how {
            Publishing::Frames(encoding) => (0..count).try_for_each(|_| self.write_frame(encoding, out)),
            Publishing::Requests if count == 1 => {
                self.write_request(out);
                Ok(())
            }
            Publishing::Requests => {
                let mut body = b"[".to_vec();
                self.write_items(count, b",", &mut body);
                body.push(b']');
                http::write_post("/v1/messages", "application/json", &body, out);
                Ok(())
            }
            Publishing::Lines => {
                let mut lines = Vec::new();
                self.write_items(count, b"\n", &mut lines);
                lines.push(b'\n');
                out.extend_from_slice(format!("{:x}\r\n", lines.len()).as_bytes());
                out.extend_from_slice(&lines);
                out.extend_from_slice(b"\r\n");
                Ok(())
            }
        }
    }

    /// Gives `take` the sequence of each publish that the start of `bytes` acknowledges; how many bytes that was.
    ///
    /// # Errors
    /// A publish failed, or the bytes are no answer.
    pub fn read(&mut self, bytes: &[u8], take: &mut dyn FnMut(u64)) -> Result<usize, LoadError> {
        match self.how {
            Publishing::Frames(encoding) => read_frames(encoding, bytes, take),
            Publishing::Requests => read_answers(bytes, take),
            Publishing::Lines => self.read_lines(bytes, take),
        }
    }

    fn write_frame(&mut self, encoding: Encoding, out: &mut Vec<u8>) -> Result<(), LoadError> {
        let (kind, opcode) = match encoding {
            Encoding::Json => (PayloadKind::Text, Opcode::Text),
            Encoding::MsgPack => (PayloadKind::Bytes, Opcode::Binary),
        };
        let (id, topic) = (Some(self.next.into()), self.topic.clone());
        let payload = Payload::of_kind(kind, self.payload.of(self.next));
        let payload = payload.map_err(|error| LoadError::Protocol(error.to_string()))?;
        let publish = Publish { id, topic, payload, key: None, expect: None, echo: true, headers: None };
        let mut encoded = Vec::new();
        encoding.encode_client(&ClientFrame::Publish(publish), &mut encoded);
        write_client(opcode, &encoded, out);
        self.next = self.next.wrapping_add(1);
        Ok(())
    }

    fn write_request(&mut self, out: &mut Vec<u8>) {
        let path = format!("/v1/topics/{}/messages", self.topic);
        http::write_post(&path, "application/octet-stream", self.payload.of(self.next), out);
        self.next = self.next.wrapping_add(1);
    }

    /// Appends messages as JSON. Neither the topic nor a numbered payload holds anything to escape.
    fn write_items(&mut self, count: u32, between: &[u8], out: &mut Vec<u8>) {
        for item in 0..count {
            if item > 0 {
                out.extend_from_slice(between);
            }
            out.extend_from_slice(format!("{{\"topic\":\"{}\",\"text\":\"", self.topic).as_bytes());
            out.extend_from_slice(self.payload.of(self.next));
            out.extend_from_slice(b"\"}");
            self.next = self.next.wrapping_add(1);
        }
    }

    fn read_lines(&mut self, bytes: &[u8], take: &mut dyn FnMut(u64)) -> Result<usize, LoadError> {
        let mut used = 0;
        if !self.is_answered {
            let Some(head) = http::check_head(bytes)? else { return Ok(0) };
            (used, self.is_answered) = (head, true);
        }
        let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else { return Ok(used) };
        let Some(whole) = bytes.get(used..=end) else { return Ok(used) };
        let text = str::from_utf8(whole).map_err(|error| LoadError::Protocol(error.to_string()))?;
        // Between the results stand the sizes of chunks.
        for line in text.lines().filter(|line| line.starts_with('{')) {
            read_results(line, take)?;
        }
        Ok(end + 1)
    }
}

fn read_frames(encoding: Encoding, bytes: &[u8], take: &mut dyn FnMut(u64)) -> Result<usize, LoadError> {
    frame::cut(bytes, |header, payload| {
        let frame = match header.opcode {
            Opcode::Text | Opcode::Binary => encoding.decode_server(payload),
            Opcode::Ping | Opcode::Pong => return Ok(()),
            Opcode::Close => {
                return Err(LoadError::Protocol(format!("closed: {}", String::from_utf8_lossy(payload))));
            }
        };
        match frame.map_err(|error| LoadError::Protocol(error.to_string()))? {
            Some(ServerFrame::Published(Published { at: Some(at), .. })) => take(at.seq),
            None | Some(ServerFrame::Welcome(_) | ServerFrame::Ping { .. } | ServerFrame::Pong) => {}
            Some(frame) => return Err(LoadError::Protocol(format!("{frame:?}"))),
        }
        Ok(())
    })
}

fn read_answers(bytes: &[u8], take: &mut dyn FnMut(u64)) -> Result<usize, LoadError> {
    let mut used = 0;
    while let Some(answer) = http::cut(&bytes[used..])? {
        read_results(answer.body, take)?;
        used += answer.bytes;
    }
    Ok(used)
}

/// The sequences in a text of results.
fn read_results(text: &str, take: &mut dyn FnMut(u64)) -> Result<(), LoadError> {
    if text.contains("\"error\"") {
        return Err(LoadError::Protocol(format!("a publish failed: {text}")));
    }
    for (at, _) in text.match_indices(SEQ) {
        let digits = text[at + SEQ.len()..].bytes().take_while(u8::is_ascii_digit);
        take(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::adapter::fanfare_http::FanfareHttp;

    fn form(adapter: &FanfareHttp) -> Form<'_> {
        Form::new(adapter, "a.b", 128).expect("it publishes")
    }

    fn written(form: &mut Form<'_>, count: u32) -> String {
        let mut out = Vec::new();
        form.write(count, &mut out).expect("a good topic");
        String::from_utf8(out).expect("text")
    }

    fn read(form: &mut Form<'_>, bytes: &str) -> (Vec<u64>, usize) {
        let mut seqs = Vec::new();
        let used = form.read(bytes.as_bytes(), &mut |seq| seqs.push(seq)).expect("answers");
        (seqs, used)
    }

    #[test]
    fn one_publish_is_a_request_of_its_own_and_several_are_an_array() {
        let requests = FanfareHttp::requests(PathBuf::new());
        let mut form = form(&requests);
        let one = written(&mut form, 1);
        assert!(one.starts_with("POST /v1/topics/a.b/messages ") && one.contains("Content-Length: 128\r\n"));
        let (_, body) = written(&mut form, 3)
            .split_once("\r\n\r\n")
            .map(|(a, b)| (a.len(), b.to_owned()))
            .expect("a body");
        assert_eq!(body.matches("\"topic\":\"a.b\"").count(), 3);
        assert!(body.starts_with("[{") && body.ends_with("\"}]"), "{body}");
    }

    #[test]
    fn lines_go_out_as_a_chunk() {
        let lines = FanfareHttp::lines(PathBuf::new());
        let chunk = written(&mut form(&lines), 2);
        let (size, rest) = chunk.split_once("\r\n").expect("a size");
        assert_eq!(usize::from_str_radix(size, 16).expect("a number") + 2, rest.len());
        assert_eq!(rest.lines().filter(|line| line.starts_with('{') && line.ends_with('}')).count(), 2);
    }

    #[test]
    fn results_are_read_from_answers_and_from_lines_however_they_are_cut() {
        let requests = FanfareHttp::requests(PathBuf::new());
        let body = r#"{"failed":0,"results":[{"seq":7,"duplicate":false},{"seq":8,"duplicate":false}]}"#;
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        assert_eq!(read(&mut form(&requests), &answer[..answer.len() - 1]), (vec![], 0));
        assert_eq!(read(&mut form(&requests), &answer), (vec![7, 8], answer.len()));
        let lines = FanfareHttp::lines(PathBuf::new());
        let text = "HTTP/1.1 200 OK\r\n\r\n11\r\n{\"seq\":1}\n{\"seq\":2}\n\r\n";
        for cut in 0..text.len() {
            let mut form = form(&lines);
            let (mut seqs, used) = read(&mut form, &text[..cut]);
            seqs.extend(read(&mut form, &text[used..]).0);
            assert_eq!(seqs, [1, 2], "cut at {cut}");
        }
    }

    #[test]
    fn a_publish_that_failed_is_an_error() {
        assert!(read_results(r#"{"error":{"code":"conflict","seq":3}}"#, &mut |_| ()).is_err());
    }
}
