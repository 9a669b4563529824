//! How an event stream ends: what its client is told, and what it comes to when it comes again by itself.

use std::time::{Duration, Instant};

use fanfare_tests::files::Directory;
use fanfare_tests::http::curl;
use fanfare_tests::{Broker, Client, EventStream, Setup, assert_shape};
use serde_json::json;

use crate::auth::{SECRET, broker, now, token};

/// What a browser is answered that goes on after `last_id`.
async fn comes_again(broker: &Broker, query: &str, headers: &str, last_id: &str) -> u16 {
    let headers = format!("{headers}Last-Event-ID: {last_id}\r\n");
    EventStream::with(broker.client(), query, &headers)
        .await
        .map_or_else(|no| no.status, |yes| yes.head.status)
}

#[tokio::test]
async fn when_its_token_expires_a_stream_ends_and_the_same_token_does_not_open_it_again() {
    let broker = Broker::with(&format!(
        "[auth]\nleeway = \"0s\"\ncookie = \"fanfare\"\n[[auth.issuer]]\nsecret = \"{SECRET}\"\n"
    ))
    .await;
    let may = json!({"subscribe": ["a"], "publish": ["a"]});
    let token = |seconds| token(&json!({"exp": now() + seconds, "fanfare": may}));
    let old = format!("Cookie: fanfare={}\r\n", token(3));
    let mut stream = EventStream::with(broker.client(), "pattern=a", &old).await.unwrap();
    let begun = stream.begin().await;
    let close = stream.expect("close").await;
    assert_shape(&close.data, &json!({"code": 4002}));
    assert_eq!((stream.next().await, &close.last_id), (None, &begun.last_id), "where to go on stays known");
    broker.closed_for("token_expired").await;
    assert_eq!(comes_again(&broker, "pattern=a", &old, &close.last_id).await, 401);
    // A page that got itself a new cookie meanwhile goes on where it stood, without a line of code.
    let new = format!("Cookie: fanfare={}\r\n", token(60));
    assert_eq!(comes_again(&broker, "pattern=a", &new, &close.last_id).await, 200);
}

#[tokio::test]
async fn who_is_shut_out_is_told_so_and_a_browser_that_comes_again_by_itself_gives_up() {
    let broker = broker("[auth.roles.ops]\nadmin = true\n").await;
    let bearer = |claims| format!("Authorization: Bearer {}", token(&claims));
    let ops = bearer(json!({"sub": "ops", "fanfare": {"roles": ["ops"]}}));
    let alice = bearer(json!({"sub": "alice", "fanfare": {"subscribe": ["a"]}})) + "\r\n";
    let api = format!("http://{}/v1", broker.internal());

    // By the session's name: the token stays good, and yet the stream does not come back.
    let mut stream = EventStream::with(broker.client(), "pattern=a", &alice).await.unwrap();
    let welcome = stream.expect("welcome").await;
    stream.expect("subscribed").await;
    let url = format!("{api}/sessions/{}", welcome.data["session"].as_str().unwrap());
    assert_eq!(curl(&["-X", "DELETE", &url, "-H", &ops]).await.status, 204);
    let close = stream.expect("close").await;
    assert_shape(&close.data, &json!({"code": 4003}));
    assert_eq!(comes_again(&broker, "pattern=a", &alice, &close.last_id).await, 204);

    // By the subject: nobody with that token gets in any more.
    let mut stream = EventStream::with(broker.client(), "pattern=a", &alice).await.unwrap();
    stream.begin().await;
    let revoke = ["-H", &ops, "-H", "Content-Type: application/json", "-d", r#"{"subject":"alice"}"#];
    let answer = curl(&[&[&*format!("{api}/revocations")], &revoke[..]].concat()).await;
    assert!(answer.status < 300, "{answer:?}");
    let close = stream.expect("close").await;
    assert_shape(&close.data, &json!({"code": 4003, "reason": "access was revoked"}));
    assert_eq!(comes_again(&broker, "pattern=a", &alice, &close.last_id).await, 204);
    assert_eq!(EventStream::with(broker.client(), "pattern=a", &alice).await.unwrap_err().status, 403);
}

#[tokio::test]
async fn a_broker_that_stops_sends_each_stream_away_at_its_own_time_and_the_next_one_takes_it_up() {
    const STREAMS: usize = 40;
    let files = Directory::new();
    let data = files.path().join("data");
    let setup = || Setup::default().config(&format!("data_dir = \"{}\"", data.display()));
    let broker = setup().config("[limits]\ndrain_window = \"400ms\"").start().await;
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        let mut stream = EventStream::open(&broker, "pattern=a").await;
        stream.begin().await;
        streams.push(stream);
    }
    let mut publisher = Client::msgpack(&broker).await;
    publisher.publish("a", "1").await;
    for stream in &mut streams {
        assert_eq!(stream.texts(1).await, ["1"]);
    }
    let begun = Instant::now();
    broker.terminate().await;
    let mut slots = Vec::new();
    let mut places = Vec::new();
    for mut stream in streams {
        let goaway = stream.expect("goaway").await;
        slots.push(goaway.data["reconnect_after_ms"].as_u64().unwrap());
        let close = stream.expect("close").await;
        assert_shape(&close.data, &json!({"code": 4200}));
        assert!(
            begun.elapsed() >= Duration::from_millis(*slots.last().unwrap()),
            "sent away before its time"
        );
        assert!((500..1_000).contains(&stream.retry_ms.unwrap()), "{:?}", stream.retry_ms);
        assert_eq!(stream.next().await, None);
        places.push(close.last_id);
    }
    assert!(slots.iter().max() > slots.iter().min(), "all at once: {slots:?}");
    drop(publisher);
    assert!(broker.ended().await.success());

    let broker = setup().start().await;
    let mut publisher = Client::msgpack(&broker).await;
    publisher.publish("a", "2").await;
    for last_id in places {
        let mut stream = EventStream::go_on(&broker, "pattern=a", &last_id).await;
        assert_eq!(stream.begin().await.data["recovered"], true);
        assert_eq!(stream.texts(1).await, ["2"]);
    }
}

#[tokio::test]
async fn a_stream_that_may_not_subscribe_now_ends_and_its_client_comes_again_later() {
    let broker = Broker::with("[limits]\nmax_subscriptions_total = 1\n").await;
    let mut first = Client::json(&broker).await;
    first.subscribe(1, "a").await;
    let mut stream = EventStream::open(&broker, "pattern=b").await;
    let close = stream.expect("close").await;
    assert_shape(&close.data, &json!({"code": 4100}));
    assert_eq!(stream.next().await, None);
    first.send(json!({"op": "unsubscribe", "sub": 1})).await;
    first.expect(json!({"op": "unsubscribed", "sub": 1})).await;
    EventStream::open(&broker, "pattern=b").await.begin().await;
}
