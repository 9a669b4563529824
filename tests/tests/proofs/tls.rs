//! What an idle session costs over TLS, beside one without it.

use fanfare_tests::files::Directory;
use fanfare_tests::tls::{Authority, config};
use fanfare_tests::{Broker, Report, Setup, handshake, masked, within};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const SESSIONS: usize = 2_000;
/// Opened before anything is measured: they bring what stays for good.
const FIRST: usize = 200;
/// Bytes that an idle session over TLS may take more than one without.
const MORE_MAX_BYTES: usize = 16 << 10;

#[tokio::test]
#[ignore = "measures memory, and wants no other test beside it: ./tests/run does it"]
async fn an_idle_session_over_tls_takes_a_bounded_amount_of_memory_more() {
    let (authority, files) = (Authority::new(), Directory::new());
    authority.sign().write(&files);
    let plain = Broker::start().await;
    let plain = each(&plain, async |broker| TcpStream::connect(broker.client()).await.unwrap()).await;
    let secure = Setup::default().config(&config("tls", &files)).start().await;
    let secure = each(&secure, async |broker| authority.connect(broker.client(), b"").await.unwrap()).await;
    let mut report = Report::new("tls", "Memory of an idle, subscribed session");
    report.row("sessions", SESSIONS);
    report.row("without TLS, in bytes", plain);
    report.row("over TLS, in bytes", secure);
    report.show();
    assert!(secure.saturating_sub(plain) < MORE_MAX_BYTES, "{secure} bytes, {plain} without TLS");
}

/// The memory that each idle, subscribed session takes, in bytes.
async fn each<S: AsyncRead + AsyncWrite + Unpin>(
    broker: &Broker,
    connect: impl AsyncFn(&Broker) -> S,
) -> usize {
    each_of(broker, async |broker| {
        let mut stream = connect(broker).await;
        subscribe(&mut stream).await;
        stream
    })
    .await
}

/// The memory that each session takes that is opened so, in bytes.
pub(crate) async fn each_of<S>(broker: &Broker, open: impl AsyncFn(&Broker) -> S) -> usize {
    let mut sessions = Vec::new();
    let mut before = 0;
    for number in 0..FIRST + SESSIONS {
        if number == FIRST {
            before = broker.resident_bytes();
        }
        sessions.push(open(broker).await);
    }
    usize::try_from(broker.resident_bytes() - before).unwrap() / SESSIONS
}

/// Opens a session with one subscription, and reads until that is confirmed.
pub(crate) async fn subscribe(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    let frames = [br#"{"op":"hello"}"#.as_slice(), br#"{"op":"subscribe","sub":1,"pattern":"a"}"#]
        .map(|frame| masked(0x81, frame));
    let bytes = [handshake("").into_bytes(), frames.concat()].concat();
    let mut answer = Vec::new();
    within("the subscription", async {
        stream.write_all(&bytes).await.unwrap();
        while !answer.windows(12).any(|bytes| bytes == br#"subscribed","#.as_slice()) {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0);
        }
    })
    .await;
}
