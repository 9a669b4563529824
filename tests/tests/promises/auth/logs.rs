//! The log: what it tells of sessions and requests, and what it never tells.

use fanfare_tests::http::{Answer, LineStream, curl};
use fanfare_tests::{EventStream, Raw, Setup, masked};
use serde_json::json;

use super::http::{ask, new_key, revoke};
use super::*;

/// Stands in whatever must not be told.
const MARK: &str = "hush-4711";

/// A broker that logs everything, an administrator's key, and what the broker was configured with.
async fn chatty(more: &str) -> (Broker, String) {
    let (key, lines) = new_key("admin = true\npublish = [\">\"]\nsubscribe = [\">\"]").await;
    let config = format!(
        "log_level = \"trace\"\n{more}\n[auth]\nleeway = \"0s\"\ncookie = \"fanfare\"\n\
         url_token_life = \"2m\"\n[[auth.issuer]]\nsecret = \"{SECRET}\"\n{lines}"
    );
    (Setup::default().config(&config).start().await, key)
}

/// The lines of the log, each an object with the fields that every line has.
fn lines(log: &str) -> Vec<Value> {
    let parse = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for field in ["timestamp", "level", "message", "target"] {
            assert!(line[field].is_string(), "{field}: {line}");
        }
        line
    };
    log.lines().map(parse).collect()
}

/// The first line with this message and these fields, once it is there.
async fn line(broker: &Broker, message: &str, fields: &Value) -> Value {
    let wanted = |line: &Value| line["message"] == message && fanfare_tests::has_shape(line, fields);
    let look = async || lines(&whole_lines(&broker.log())).into_iter().find(wanted);
    fanfare_tests::eventually(format!("a line {message:?} with {fields}"), look).await
}

/// A line may be half written yet.
fn whole_lines(log: &str) -> String {
    log.rfind('\n').map_or_else(String::new, |end| log[..=end].to_owned())
}

/// What must not be told of whoever uses the broker.
struct Hushed {
    key: String,
    /// A good token, and one that is signed by somebody else.
    alice: String,
    forged: String,
    /// More than a payload may have.
    long: String,
}

impl Hushed {
    fn new(key: String) -> Self {
        Self {
            key,
            alice: granting(&json!({"subscribe": ["a.>"], "publish": ["a.>"]})),
            forged: sign(Algorithm::HS256, None, &json!({"who": MARK}), &EncodingKey::from_secret(&[7; 32])),
            long: MARK.repeat(200),
        }
    }

    /// Brings all of it over WebSocket, in frames that are taken and in frames that are not.
    async fn over_websocket(&self, broker: &Broker) {
        let Self { key, alice, forged, long } = self;
        let (mut client, _) = enter(broker, alice).await;
        client.subscribe(1, "a.>").await;
        for publish in [
            json!({"op": "publish", "topic": "a.b", "text": MARK, "headers": {"h": MARK}, "key": MARK}),
            json!({"op": "publish", "topic": "a.b", "data": {"x": MARK}}),
        ] {
            client.request(publish, "published").await;
        }
        for refused in [
            json!({"op": "publish", "id": 90, "topic": "b", "text": MARK}),
            json!({"op": "publish", "id": 91, "topic": "a.b", "text": long}),
            json!({"op": "publish", "id": 92, "topic": "a.b", "text": {"no": MARK}}),
            json!({"op": MARK, "id": 93}),
            json!({"op": "refresh", "id": 94, "token": forged}),
        ] {
            let id = refused["id"].clone();
            client.send(refused).await;
            client.answer(json!({"op": "error", "id": id})).await;
        }
        client.request(json!({"op": "refresh", "token": alice}), "ok").await;
        client.history("a.>", json!("start"), 10).await;
        assert_eq!(turned_away(broker, forged).await.0, 4001);
        assert_eq!(turned_away(broker, &format!("{key}{MARK}")).await.0, 4001);
        let headers = [("Authorization", &*format!("Bearer {forged}"))];
        let mut bearer = Client::shake_with(broker.client(), Encoding::Json, &headers).await;
        bearer.send(json!({"op": "hello", "token": forged})).await;
        bearer.expect_close().await;
        let mut socket = Raw::shake(broker.client()).await;
        socket.write(&masked(0xB1, MARK.as_bytes())).await;
        socket.expect_close().await;
    }

    /// Tokens by every way that there is to an event stream, and a query that is not understood.
    async fn over_event_streams(&self, broker: &Broker) {
        let Self { alice, forged, .. } = self;
        for (token, entered) in [(alice, true), (forged, false)] {
            for (query, headers) in [
                ("pattern=a.b".to_owned(), format!("Authorization: Bearer {token}\r\n")),
                ("pattern=a.b".to_owned(), format!("Cookie: fanfare={token}\r\n")),
                (format!("pattern=a.b&token={token}"), String::new()),
            ] {
                let opened = EventStream::with(broker.client(), &query, &headers).await;
                assert_eq!(opened.is_ok(), entered, "{query} {headers}");
            }
        }
        let strange = format!("pattern=a.b&{MARK}={MARK}");
        drop(EventStream::with(broker.client(), &strange, &format!("Last-Event-ID: {MARK}\r\n")).await);
    }

    /// The same over HTTP.
    async fn over_http(&self, broker: &Broker) {
        let Self { key, alice, forged, long } = self;
        let (header, query) = (format!("Fanfare-Header-H: {MARK}"), format!("/v1/streams?{MARK}={MARK}"));
        let publish = "/v1/topics/a.b/messages";
        let json = "Content-Type: application/json";
        let many = json!([{"topic": "a.b", "text": MARK}, {MARK: 1}]).to_string();
        let revocation = json!({"subject": 5, MARK: 7}).to_string();
        for (bearer, path, more) in [
            (key, publish, vec!["-H", &header, "-d", MARK]),
            (key, publish, vec!["-H", json, "-d", MARK]),
            (key, publish, vec!["-d", long]),
            (key, "/v1/messages", vec!["-H", json, "-d", &many]),
            (key, "/v1/revocations", vec!["-H", json, "-d", &revocation]),
            (key, &query, vec![]),
            (alice, "/v1/topics/b/messages", vec!["-d", MARK]),
            (alice, "/v1/history?pattern=a.b", vec![]),
            (forged, "/v1/streams", vec![]),
        ] {
            ask(broker, bearer, path, &more).await;
        }
        let head = format!("Authorization: Bearer {key}\r\n");
        let mut stream = LineStream::open(broker.internal(), &head).await;
        for topic in ["a.b", ".."] {
            stream.send(&format!("{}\n", json!({"topic": topic, "text": MARK}))).await;
            stream.result().await;
        }
        stream.end().await;
    }
}

#[tokio::test]
async fn no_payload_token_key_or_secret_is_logged_even_at_trace() {
    let (broker, key) = chatty("[limits]\nmax_payload_bytes = \"1KiB\"").await;
    let hushed = Hushed::new(key);
    hushed.over_websocket(&broker).await;
    hushed.over_event_streams(&broker).await;
    hushed.over_http(&broker).await;
    revoke(&broker, &hushed.key, r#"{"subject":"carol"}"#).await;
    line(&broker, "access is revoked", &json!({"subject": "carol"})).await;

    let text = whole_lines(&broker.log());
    for told in ["session opened", "answered a request", "a request is refused", "a session is sent away"] {
        assert!(text.contains(told), "{told:?} is to be there, or this shows nothing:\n{text}");
    }
    lines(&text);
    let Hushed { key, alice, forged, .. } = &hushed;
    let signature = |token: &str| token.rsplit('.').next().unwrap().to_owned();
    for secret in [MARK, SECRET, key, alice, forged, &signature(alice), &signature(forged), "eyJ"] {
        assert!(!text.contains(secret), "{secret}\nis in\n{text}");
    }
}

#[tokio::test]
async fn a_session_has_one_name_on_the_wire_over_http_and_in_the_log() {
    let (broker, key) = chatty("").await;
    let (mut client, welcome) = enter(&broker, &granting(&json!({"publish": ["a"]}))).await;
    let session = json!({"session": welcome["session"]});
    line(&broker, "session opened", &session).await;
    client.send(json!({"op": "publish", "id": 7, "topic": "b", "text": ""})).await;
    client.expect(json!({"op": "error", "code": "forbidden"})).await;
    let refused = line(&broker, "a request is refused", &session).await;
    assert_eq!((&refused["code"], &refused["request"]), (&json!("forbidden"), &json!(7)));
    let path = format!("/v1/sessions/{}", welcome["session"].as_str().unwrap());
    assert_eq!(ask(&broker, &key, &path, &["-X", "DELETE", "-H", "X-Request-Id: me-1"]).await.status, 204);
    let closed = line(&broker, "a session is closed", &session).await;
    assert_eq!((&closed["by"], &closed["request"]), (&json!("key:backend"), &json!("me-1")));
    let ended = line(&broker, "session ended", &session).await;
    assert_eq!(ended["reason"], "forbidden");
    line(&broker, "a session is sent away", &session).await;
}

#[tokio::test]
async fn a_request_over_http_has_one_id_in_its_answer_its_problem_and_the_log() {
    let (broker, _) = chatty("").await;
    let url = format!("http://{}/v1/streams", broker.internal());
    let id_of = |answer: &Answer| answer.header("X-Request-Id").unwrap().to_owned();
    let given = curl(&[&url, "-H", "X-Request-Id: Root=1-67891233-abc"]).await;
    assert_eq!((given.status, id_of(&given).as_str()), (401, "Root=1-67891233-abc"));
    assert_eq!(given.json()["request_id"], "Root=1-67891233-abc");
    let wanted = json!({"request": "Root=1-67891233-abc", "route": "/v1/streams"});
    let refused = line(&broker, "a request is refused", &wanted).await;
    assert_eq!(refused["code"], "unauthenticated");
    let answered = line(&broker, "answered a request", &wanted).await;
    assert_eq!((&answered["status"], &answered["method"]), (&json!(401), &json!("GET")));

    let mut made = Vec::new();
    for strange in ["X-Request-Id: a b", "X-Request-Id: \"};drop", "X-Other: 1"] {
        let answer = curl(&[&url, "-H", strange]).await;
        assert_eq!(answer.json()["request_id"], id_of(&answer));
        made.push(id_of(&answer));
    }
    for path in ["/healthz", "/metrics", "/nowhere"] {
        made.push(id_of(&curl(&[&format!("http://{}{path}", broker.internal())]).await));
    }
    let different: std::collections::BTreeSet<_> = made.iter().collect();
    assert_eq!(different.len(), made.len(), "{made:?}");
    assert!(!whole_lines(&broker.log()).contains("};drop"));
}

#[tokio::test]
async fn the_format_is_text_or_json_as_it_is_configured() {
    let told = |log: &str| log.lines().find(|line| line.contains("session opened")).map(str::to_owned);
    for (format, is_json) in [("text", false), ("json", true), ("auto", true)] {
        let setup = Setup::default().flag("--log-format", format).flag("--log-level", "debug");
        let broker = setup.start().await;
        let client = Client::json(&broker).await;
        let log = broker.logs("session opened").await;
        let line = told(&log).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&line).is_ok(), is_json, "a file is no terminal: {line}");
        assert!(line.contains(client.session()) && !line.contains('\u{1b}'), "{line}");
    }
    let mut strange = fanfare_tests::command();
    strange.args(["serve", "--listen", "127.0.0.1:0"]).env("FANFARE_LOG_FORMAT", "xml");
    let ended = fanfare_tests::within("the broker to refuse", strange.output()).await.unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(!ended.status.success());
    assert!(told.contains("FANFARE_LOG_FORMAT") && told.contains("auto, text or json"), "{told}");
}
