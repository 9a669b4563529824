//! Requests over HTTP: by hand, one a connection, or by curl.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::Command;

use crate::within;

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its head, with the status line.
    pub head: String,
    /// Its body.
    pub body: String,
}

impl Answer {
    /// Takes apart what came over the wire.
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no HTTP answer: {text:?}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status: {head:?}"));
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// What the server answers to `GET path`.
pub async fn get(address: SocketAddr, path: &str) -> Answer {
    request(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")).await
}

/// What curl gets with these arguments.
pub async fn curl(arguments: &[&str]) -> Answer {
    let mut command = Command::new("curl");
    // Without a pause for `100 Continue`, which no test is about.
    command.args(["--silent", "--include", "--max-time", "20", "--header", "Expect:"]).args(arguments);
    let output = within("curl to end", command.kill_on_drop(true).output()).await;
    Answer::parse(&output.expect("curl is not installed: run ./tests/run once").stdout)
}

/// What the server answers to a request, written out with its last empty line, before it closes the connection.
pub async fn request(address: SocketAddr, request: &str) -> Answer {
    let exchange = async {
        let mut socket = TcpStream::connect(address).await.expect("the port is open");
        socket.write_all(request.as_bytes()).await.expect("the server reads");
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.expect("the server answers and closes");
        answer
    };
    Answer::parse(&within("an HTTP answer", exchange).await)
}

/// A request whose body is written line by line, and whose answer is read so.
#[derive(Debug)]
pub struct LineStream {
    writer: OwnedWriteHalf,
    reader: Lines<BufReader<OwnedReadHalf>>,
}

impl LineStream {
    /// Begins to publish; `headers` are more lines of the head, each with its end.
    pub async fn open(address: SocketAddr, headers: &str) -> Self {
        let (reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
        let head = format!(
            "POST /v1/messages HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-ndjson\r\n\
             Transfer-Encoding: chunked\r\n{headers}\r\n"
        );
        writer.write_all(head.as_bytes()).await.unwrap();
        Self { writer, reader: BufReader::new(reader).lines() }
    }

    /// Writes a part of the body.
    pub async fn send(&mut self, text: &str) {
        let chunk = format!("{:x}\r\n{text}\r\n", text.len());
        self.writer.write_all(chunk.as_bytes()).await.unwrap();
    }

    /// Ends the body.
    pub async fn end(&mut self) {
        self.writer.write_all(b"\r\n0\r\n\r\n").await.unwrap();
    }

    /// The next line that is JSON: neither head nor the sizes of chunks are. None when the answer is whole.
    pub async fn next(&mut self) -> Option<serde_json::Value> {
        loop {
            let line = within("a result", self.reader.next_line()).await.unwrap()?;
            if line.starts_with('{') {
                return Some(serde_json::from_str(&line).unwrap());
            }
            if line == "0" {
                return None;
            }
        }
    }

    /// The next result.
    pub async fn result(&mut self) -> serde_json::Value {
        self.next().await.expect("the answer goes on")
    }
}
