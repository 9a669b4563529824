//! The ways by which a token comes to an event stream, and what it is worth there.

use fanfare_tests::{Broker, Client, EventStream};
use serde_json::json;

use crate::auth::http::new_key;
use crate::auth::{SECRET, now, token};

/// A broker that takes tokens, also in a cookie, and in URLs those that expire within a minute.
async fn broker(more: &str) -> Broker {
    let auth = "[auth]\nleeway = \"0s\"\ncookie = \"fanfare\"\nurl_token_life = \"1m\"";
    Broker::with(&format!("{more}\n{auth}\n[[auth.issuer]]\nsecret = \"{SECRET}\"\n")).await
}

fn hearing(pattern: &str) -> String {
    token(&json!({"exp": now() + 50, "fanfare": {"subscribe": [pattern], "publish": [">"]}}))
}

/// The status and the text of the answer to who is not let in.
async fn refused(broker: &Broker, query: &str, headers: &str) -> (u16, String) {
    let answer =
        EventStream::with(broker.client(), query, headers).await.map(|stream| stream.head).unwrap_err();
    (answer.status, answer.body)
}

#[tokio::test]
async fn a_token_comes_by_header_by_cookie_or_in_the_url() {
    let broker = broker("").await;
    let token = hearing("a.>");
    for (query, headers) in [
        ("pattern=a.b".to_owned(), format!("Authorization: Bearer {token}\r\n")),
        ("pattern=a.b".to_owned(), format!("Cookie: theme=dark; fanfare={token}\r\n")),
        (format!("pattern=a.b&token={token}"), String::new()),
    ] {
        let mut stream = EventStream::with(broker.client(), &query, &headers).await.unwrap();
        let welcome = stream.expect("welcome").await;
        assert!((1..=50_000).contains(&welcome.data["expires_in_ms"].as_u64().unwrap()), "{welcome:?}");
        stream.expect("subscribed").await;
    }
}

#[tokio::test]
async fn without_a_token_or_with_a_bad_one_nobody_hears_anything_and_browsers_give_up() {
    let broker = broker("").await;
    let (status, why) = refused(&broker, "pattern=a", "").await;
    assert!(status == 401 && why.contains("`Authorization: Bearer`"), "{status} {why}");
    let expired = token(&json!({"exp": now() - 1}));
    let forged = format!("{}x", hearing(">"));
    for (bad, told) in
        [(expired.as_str(), "has expired"), (forged.as_str(), "signature"), ("x", "no JSON Web Token")]
    {
        for (query, headers) in [
            ("pattern=a".to_owned(), format!("Authorization: Bearer {bad}\r\n")),
            ("pattern=a".to_owned(), format!("Cookie: fanfare={bad}\r\n")),
            (format!("pattern=a&token={bad}"), String::new()),
        ] {
            let (status, why) = refused(&broker, &query, &headers).await;
            assert!(status == 401 && why.contains(told), "{query} {headers}: {status} {why}");
        }
    }
}

#[tokio::test]
async fn a_token_that_is_good_for_long_is_not_taken_from_a_url() {
    let broker = broker("").await;
    let long = token(&json!({"exp": now() + 3_600, "fanfare": {"subscribe": [">"]}}));
    let (status, why) = refused(&broker, &format!("pattern=a&token={long}"), "").await;
    assert!(status == 401 && why.contains("auth.url_token_life"), "{status} {why}");
    EventStream::with(broker.client(), "pattern=a", &format!("Authorization: Bearer {long}\r\n"))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_api_key_opens_a_stream_and_is_not_taken_from_a_url() {
    let (key, lines) = new_key("subscribe = [\"a\"]").await;
    let broker = Broker::with(&lines).await;
    let bearer = format!("Authorization: Bearer {key}\r\n");
    EventStream::with(broker.client(), "pattern=a", &bearer).await.unwrap().begin().await;
    assert_eq!(refused(&broker, "pattern=b", &bearer).await.0, 403);
    assert_eq!(refused(&broker, &format!("pattern=a&token={key}"), "").await.0, 401);
}

#[tokio::test]
async fn only_what_is_granted_is_heard_and_the_rest_is_refused_for_good() {
    let broker = broker("").await;
    let bearer = format!("Authorization: Bearer {}\r\n", hearing("a.*"));
    for pattern in ["a.%3E", "*.b", "%3E", "b", "$sys.stats"] {
        let (status, why) = refused(&broker, &format!("pattern={pattern}"), &bearer).await;
        assert!(status == 403 && why.contains("you may not hear"), "{pattern}: {status} {why}");
    }
    let mut stream = EventStream::with(broker.client(), "pattern=a.*", &bearer).await.unwrap();
    stream.begin().await;
    let mut publisher = Client::shake(broker.client(), fanfare_protocol::Encoding::Json).await;
    publisher.send(json!({"op": "hello", "token": hearing("b")})).await;
    publisher.expect(json!({"op": "welcome"})).await;
    for topic in ["b", "a", "a.b.c", "a.b"] {
        publisher.publish(topic, topic).await;
    }
    assert_eq!(stream.texts(1).await, ["a.b"]);
}

#[tokio::test]
async fn who_comes_without_a_token_hears_what_anonymous_sessions_may() {
    let broker = broker("[auth.anonymous]\nsubscribe = [\"public.>\"]").await;
    EventStream::open(&broker, "pattern=public.a").await.begin().await;
    assert_eq!(refused(&broker, "pattern=private.a", "").await.0, 401);
}

#[tokio::test]
async fn a_cookie_that_a_foreign_page_makes_a_browser_send_does_not_count() {
    let broker = broker("allowed_origins = [\"*\", \"https://app.example.com\"]").await;
    let cookie = format!("Cookie: fanfare={}\r\n", hearing(">"));
    for sender in [
        "Origin: https://evil.example\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
    ] {
        let (status, _) = refused(&broker, "pattern=a", &format!("{cookie}{sender}")).await;
        assert_eq!(status, 401, "{sender}");
    }
    for sender in ["Origin: https://app.example.com\r\n", "Sec-Fetch-Site: same-origin\r\n", ""] {
        EventStream::with(broker.client(), "pattern=a", &format!("{cookie}{sender}")).await.unwrap();
    }
}

#[tokio::test]
async fn streams_count_among_the_sessions_of_their_subject() {
    let broker = broker("[limits]\nmax_connections_per_subject = 1").await;
    let bearer = format!("Authorization: Bearer {}\r\n", hearing("a"));
    let mut first = EventStream::with(broker.client(), "pattern=a", &bearer).await.unwrap();
    first.begin().await;
    let mut second = EventStream::with(broker.client(), "pattern=a", &bearer).await.unwrap();
    let close = second.expect("close").await;
    assert_eq!(close.data["code"], 4104, "{close:?}");
    assert!(second.retry_ms.is_some_and(|ms| ms >= 10_000), "{:?}", second.retry_ms);
    drop(first);
    broker.closed_for("by_peer").await;
    EventStream::with(broker.client(), "pattern=a", &bearer).await.unwrap().begin().await;
}

#[tokio::test]
async fn subscriptions_that_a_token_brings_along_are_left_to_websockets() {
    let broker = broker("").await;
    let token = token(&json!({"fanfare": {"auto": ["inbox.>"], "subscribe": ["a"], "publish": [">"]}}));
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let mut stream = EventStream::with(broker.client(), "pattern=a", &bearer).await.unwrap();
    stream.begin().await;
    broker.metric_reaches("fanfare_subscriptions", &[], 1).await;
}

#[tokio::test]
async fn no_token_gets_into_the_log() {
    let broker = broker("log_level = \"trace\"").await;
    let (good, lasting) = (hearing("a"), token(&json!({"exp": now() + 3_600})));
    for token in [&good, &lasting, &format!("{good}x")] {
        let _ = EventStream::with(broker.client(), &format!("pattern=a&token={token}"), "").await;
        let _ = EventStream::with(broker.client(), &format!("pattern=a&tokn={token}"), "").await;
        let _ =
            EventStream::with(broker.client(), "pattern=a", &format!("Cookie: fanfare={token}\r\n")).await;
        let _ =
            EventStream::with(broker.client(), "pattern=b", &format!("Authorization: Bearer {token}\r\n"))
                .await;
    }
    let log = broker.logs("a connection is refused").await;
    for token in [&good, &lasting] {
        for part in token.split('.') {
            assert!(!log.contains(part), "{log}");
        }
    }
}
