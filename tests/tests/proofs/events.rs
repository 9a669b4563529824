//! What an idle event stream costs, beside a WebSocket session with the same subscription.

use fanfare_tests::{Broker, EventStream, Report};
use tokio::net::TcpStream;

use crate::tls::{SESSIONS, each_of, subscribe};

/// Bytes that an idle event stream may take more than a WebSocket session.
const MORE_MAX_BYTES: usize = 512;

#[tokio::test]
#[ignore = "measures memory, and wants no other test beside it: ./tests/run does it"]
async fn an_idle_event_stream_takes_about_what_a_websocket_session_does() {
    let websocket = Broker::start().await;
    let websocket = each_of(&websocket, async |broker| {
        let mut stream = TcpStream::connect(broker.client()).await.unwrap();
        subscribe(&mut stream).await;
        stream
    })
    .await;
    let events = Broker::start().await;
    let events = each_of(&events, async |broker| {
        let mut stream = EventStream::open(broker, "pattern=a").await;
        stream.begin().await;
        stream
    })
    .await;
    let mut report = Report::new("events", "Memory of an idle, subscribed session");
    report.row("sessions", SESSIONS);
    report.row("WebSocket, in bytes", websocket);
    report.row("server-sent events, in bytes", events);
    report.show();
    assert!(events.saturating_sub(websocket) < MORE_MAX_BYTES, "{events} bytes, {websocket} by WebSocket");
}
