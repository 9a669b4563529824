//! What the driver does where a socket fails it.

use std::time::Duration;

use fanfare_protocol::frame::{Publish, Welcome};
use fanfare_protocol::{Encoding, Payload, ServerFrame, Topic};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::start::prepare;
use super::*;
use crate::address::Address;
use crate::backoff::Backoff;
use crate::reconnect::Policy;
use crate::token::Tokens;

async fn accept(listener: &TcpListener) -> WebSocketStream<TcpStream> {
    #[allow(clippy::result_large_err, clippy::unnecessary_wraps, reason = "the type is tungstenite's")]
    fn agree(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
        let name = "Sec-WebSocket-Protocol";
        response.headers_mut().insert(name, request.headers().get(name).unwrap().clone());
        Ok(response)
    }
    accept_hdr_async(listener.accept().await.unwrap().0, agree).await.unwrap()
}

/// A driver whose broker has let it in, and the broker's end of the connection.
async fn connected() -> (Driver, WebSocketStream<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let limits = Limits::default();
    let connector = Connector {
        address: Address::parse(&format!("ws://{}", listener.local_addr().unwrap())).unwrap(),
        tls: None,
        encoding: Encoding::MsgPack,
        name: None,
        tokens: Tokens::None,
        timeout: Duration::from_secs(10),
        max_incoming_bytes: limits.max_incoming_bytes,
    };
    let (connection, peer) = tokio::join!(connector.clone().connect(), accept(&listener));
    let backoff = Backoff { first: Duration::from_secs(1), max: Duration::from_secs(1) };
    let policy = Policy { at_first: false, later: true, renews_token: false, backoff, give_up_after: None };
    let plan = Plan { connector, policy, limits, on_error: None, on_auto: None };
    let (mut driver, _) = prepare(Some(connection.unwrap()), plan);
    let welcome = Welcome {
        session: "s".into(),
        heartbeat_ms: 25_000,
        max_payload_bytes: 65_536,
        expires_in_ms: None,
        key_window_ms: None,
        resume: None,
    };
    driver.session.receive(now(), ServerFrame::Welcome(welcome));
    (driver, peer)
}

#[test]
fn a_message_that_a_broken_socket_does_not_take_leaves_its_room_to_another() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut driver, peer) = connected().await;
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(driver.write(&mut cx, now()), "hello is out");
        // A reset is there at once, on the same machine.
        peer.get_ref().set_zero_linger().unwrap();
        drop(peer);
        let room = driver.signals.unsent.available_permits();
        driver.signals.unsent.acquire().await.unwrap().forget();
        driver.session.send(fanfare_protocol::ClientFrame::Publish(Publish {
            id: None,
            topic: Topic::new("a").unwrap(),
            payload: Payload::text("x".repeat(1_000_000)),
            key: None,
            expect: None,
            echo: true,
            headers: None,
        }));
        assert!(driver.write(&mut cx, now()));
        assert!(driver.link.transport().is_none(), "the socket took nothing");
        assert_eq!(driver.signals.unsent.available_permits(), room);
    });
}
