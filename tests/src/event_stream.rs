//! A client of server-sent events: reads them as the HTML standard says, and keeps where it would go on.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::http::Answer;
use crate::{Broker, within};

/// What ends each chunk of an answer.
const CHUNK_END: &[u8] = b"\r\n";

/// An open stream of events.
#[derive(Debug)]
pub struct EventStream {
    reader: BufReader<OwnedReadHalf>,
    /// What was read and not worked off.
    chunk: String,
    writer: OwnedWriteHalf,
    /// The head of the answer.
    pub head: Answer,
    /// What the next request would say in `Last-Event-ID`: also moved by what is no event.
    pub last_id: String,
    /// How long a browser would wait before it came again, in milliseconds, where it was told.
    pub retry_ms: Option<u64>,
}

/// An event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `message` where nothing else is said.
    pub name: String,
    /// What it holds.
    pub data: Value,
    /// Where its hearer would go on after it.
    pub last_id: String,
}

impl EventStream {
    /// Opens a stream.
    pub async fn open(broker: &Broker, query: &str) -> Self {
        Self::with(broker.client(), query, "").await.unwrap_or_else(|answer| panic!("{query}: {answer:?}"))
    }

    /// Opens a stream that goes on where another one ended, as a browser does.
    pub async fn go_on(broker: &Broker, query: &str, last_id: &str) -> Self {
        let opened = Self::with(broker.client(), query, &format!("Last-Event-ID: {last_id}\r\n")).await;
        opened.unwrap_or_else(|answer| panic!("{query} after {last_id}: {answer:?}"))
    }

    /// Opens a stream with further header lines, each with its end; or gives the whole answer.
    pub async fn with(address: SocketAddr, query: &str, headers: &str) -> Result<Self, Answer> {
        let host = if headers.contains("Host: ") { String::new() } else { format!("Host: {address}\r\n") };
        let request =
            format!("GET /sse?{query} HTTP/1.1\r\n{host}Accept: text/event-stream\r\n{headers}\r\n");
        let socket = within("a connection", TcpStream::connect(address)).await.expect("the port is open");
        let (reader, mut writer) = socket.into_split();
        writer.write_all(request.as_bytes()).await.expect("the broker reads");
        let mut reader = BufReader::new(reader);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let read =
                within("an answer", reader.read_until(b'\n', &mut head)).await.expect("the broker answers");
            assert!(read > 0, "the connection ended within a head");
        }
        let answer = Answer::parse(&head);
        if answer.status != 200 {
            within("the end of the answer", reader.read_to_end(&mut head)).await.expect("the broker closes");
            return Err(Answer::parse(&head));
        }
        assert_eq!(answer.header("content-type"), Some("text/event-stream"));
        Ok(Self {
            reader,
            chunk: String::new(),
            writer,
            head: answer,
            last_id: String::new(),
            retry_ms: None,
        })
    }

    /// The next event; none at the end of the stream.
    pub async fn next(&mut self) -> Option<Event> {
        let (mut name, mut data) = (String::new(), Vec::new());
        loop {
            let line = self.line().await?;
            match line.split_once(": ").unwrap_or((&line, "")) {
                ("", _) if data.is_empty() => name.clear(),
                ("", _) => {
                    let name = if name.is_empty() { "message".to_owned() } else { name };
                    let data = serde_json::from_str(&data.join("\n")).expect("events hold JSON");
                    return Some(Event { name, data, last_id: self.last_id.clone() });
                }
                ("event", value) => value.clone_into(&mut name),
                ("data", value) => data.push(value.to_owned()),
                ("id", value) => value.clone_into(&mut self.last_id),
                ("retry", value) => self.retry_ms = Some(value.parse().expect("a time is a number")),
                (":", _) => {}
                _ => panic!("what is this line? {line:?}"),
            }
        }
    }

    /// The next event, which must have this name.
    pub async fn expect(&mut self, name: &str) -> Event {
        let event = self.next().await.unwrap_or_else(|| panic!("the stream ended before {name}"));
        assert_eq!(event.name, name, "{event:?}");
        event
    }

    /// Reads over the first two events: who the session is, and where its subscription begins.
    pub async fn begin(&mut self) -> Event {
        self.expect("welcome").await;
        self.expect("subscribed").await
    }

    /// The texts of this many messages; nothing else may come between them but being behind and its end.
    pub async fn texts(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::new();
        while texts.len() < count {
            let event = self.next().await.expect("the stream goes on");
            match event.name.as_str() {
                "message" => texts.push(event.data["text"].as_str().expect("a text").to_owned()),
                "behind" | "live" => {}
                _ => panic!("a message was due: {event:?}"),
            }
        }
        texts
    }

    /// Reads on until a place is told that is another one, and is no event.
    pub async fn place_alone(&mut self) -> String {
        let before = self.last_id.clone();
        while self.last_id == before {
            let line = self.line().await.expect("the stream goes on");
            match line.split_once(": ").unwrap_or((&line, "")) {
                ("id", value) => value.clone_into(&mut self.last_id),
                ("" | ":", _) => {}
                _ => panic!("no event was due: {line:?}"),
            }
        }
        self.last_id.clone()
    }

    /// Sends bytes, which are none of a client's business.
    pub async fn send(&mut self, bytes: &[u8]) {
        within("room to send", self.writer.write_all(bytes)).await.expect("the broker reads");
    }

    /// The next line; none at the end of the stream, in good order or not.
    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.chunk.find('\n') {
                let line = self.chunk[..end].to_owned();
                self.chunk.drain(..=end);
                assert!(!line.contains('\r'), "a line that ends twice: {line:?}");
                return Some(line);
            }
            self.read_chunk().await?;
        }
    }

    /// Reads a chunk of the answer; none if there is no other.
    async fn read_chunk(&mut self) -> Option<()> {
        let mut size = String::new();
        within("a chunk", self.reader.read_line(&mut size)).await.ok().filter(|read| *read > 0)?;
        let size = usize::from_str_radix(size.trim_end(), 16).expect("a chunk says its size");
        let mut chunk = vec![0; size + CHUNK_END.len()];
        within("a whole chunk", self.reader.read_exact(&mut chunk)).await.ok()?;
        assert!(chunk.ends_with(CHUNK_END), "a chunk is longer than it says");
        chunk.truncate(size);
        self.chunk.push_str(std::str::from_utf8(&chunk).expect("events are UTF-8"));
        (size > 0).then_some(())
    }
}
