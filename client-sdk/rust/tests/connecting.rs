//! How a client connects, and what it says when it can't.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

mod support;

use std::time::Duration;

use fanfare_client::{Client, Closed, Encoding, Error, Reconnect, State};
use fanfare_protocol::ClientFrame;
use support::{FakeBroker, QUIET_HEARTBEAT, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[test]
fn hello_carries_token_and_name_in_the_encoding_that_was_chosen() {
    run(async {
        for &encoding in Encoding::ALL {
            let broker = FakeBroker::start().await;
            let builder = Client::builder(broker.url()).token("secret").name("test/1").encoding(encoding);
            let serve = async {
                let mut peer = broker.accept().await;
                assert_eq!(peer.path, "/ws");
                let hello = peer.receive().await;
                let ClientFrame::Hello(hello) = hello.frame() else { panic!("not a hello") };
                assert_eq!((hello.token.as_deref(), hello.name.as_deref()), (Some("secret"), Some("test/1")));
                peer.send_welcome(QUIET_HEARTBEAT).await;
                peer
            };
            let (client, _peer) = tokio::join!(builder.connect(), serve);
            let client = client.unwrap();
            assert!(matches!(client.state(), State::Connected { session } if session == "s1"));
            assert_eq!(client.max_payload_bytes(), Some(65_536));
        }
    });
}

#[test]
fn an_address_where_nothing_listens_is_named() {
    run(async {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let error = Client::connect(&format!("ws://{free}")).await.unwrap_err();
        assert!(matches!(&error, Error::Connect { address, .. } if *address == free.to_string()), "{error}");
    });
}

#[test]
fn a_refused_handshake_shows_status_and_text() {
    run(async {
        let answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 13\r\n\r\nover capacity";
        let error = connect_to(answer).await;
        let Error::Refused { status: 503, text, .. } = &error else { panic!("{error}") };
        assert_eq!(text, "over capacity");
    });
}

#[test]
fn a_peer_that_is_no_broker_is_told_apart_from_a_refusal() {
    run(async {
        let error = connect_to("220 mail.example.org ESMTP\r\n").await;
        assert!(matches!(error, Error::Handshake { .. }), "{error}");
    });
}

#[test]
fn without_a_welcome_in_time_connecting_fails() {
    run(async {
        let broker = FakeBroker::start().await;
        let builder = Client::builder(broker.url()).connect_timeout(Duration::from_millis(50));
        let (client, _peer) = tokio::join!(builder.connect(), broker.accept());
        assert!(matches!(client, Err(Error::Closed(Closed::NoWelcome { .. }))));
    });
}

#[test]
fn a_token_that_is_not_accepted_fails_the_connection_for_good() {
    run(async {
        let broker = FakeBroker::start().await;
        let serve = async { broker.accept().await.close(4001, "token expired").await };
        let url = broker.url();
        let (client, ()) = tokio::join!(Client::connect(&url), serve);
        let Err(Error::Closed(closed)) = client else { panic!("connected") };
        assert_eq!(closed, Closed::ByBroker { code: 4001, reason: "token expired".into() });
        assert_eq!(closed.reconnect(), Reconnect::Never);
    });
}

/// Connects to a server that answers this to anything.
async fn connect_to(answer: &str) -> Error {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        assert_ne!(stream.read(&mut request).await.unwrap(), 0);
        stream.write_all(answer.as_bytes()).await.unwrap();
    };
    let (client, ()) = tokio::join!(Client::connect(&url), serve);
    client.unwrap_err()
}
