//! A session that is played: steps go in, and what it sends and tells is compared with the script.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fanfare_protocol::frame::{Gap, Hello, ServerFrame};
use fanfare_protocol::{ClientFrame, Encoding};
use serde_json::{Map, Value, json};

use super::SessionScenario;
use crate::backoff::Backoff;
use crate::closed::Closed;
use crate::error::Error;
use crate::event::Event;
use crate::limits::Limits;
use crate::place::Place;
use crate::random::Random;
use crate::session::{Answer, Call, Output, Session};

const LIMITS: Limits = Limits {
    buffer_messages: 1,
    buffer_bytes: 1,
    max_buffered_bytes: 1,
    max_in_flight: 1,
    max_incoming_bytes: 1,
    connect_timeout: Duration::from_secs(10),
    request_timeout: Duration::from_secs(100),
    key_window: Duration::from_secs(80),
    backoff: Backoff { first: Duration::from_millis(100), max: Duration::from_secs(30) },
};
const WELCOME: &str = r#"{"op":"welcome","session":"s1","heartbeat_ms":25000,"max_payload_bytes":65536}"#;

struct Stage {
    session: Session<String>,
    now: Instant,
    /// What stands for a number in the script, such as `@p`.
    names: HashMap<String, Value>,
}

pub(super) fn play(scenario: &SessionScenario) {
    let renews_token = scenario.needs.iter().any(|need| need == "refresh");
    let session = Session::begin(&LIMITS, Random::seeded(1), renews_token);
    let mut stage = Stage { session, now: Instant::now(), names: HashMap::new() };
    if scenario.begin == "open" {
        stage.connect();
        stage.receive(WELCOME);
        stage.frames();
        stage.outputs();
    }
    for (at, step) in scenario.steps.iter().enumerate() {
        let place = format!("{}, step {}", scenario.name, at + 1);
        stage.step(step.as_object().unwrap(), &place);
    }
}

impl Stage {
    fn step(&mut self, step: &Map<String, Value>, place: &str) {
        if let Some(frame) = step.get("broker") {
            let frame = self.numbered(frame).to_string();
            self.receive(&frame);
        } else if let Some(time) = step.get("pass_ms") {
            self.now += Duration::from_millis(time.as_u64().unwrap());
            self.session.tick(self.now);
        } else if let Some(expected) = step.get("sent") {
            self.assert_sent(expected.as_array().unwrap(), place);
        } else if let Some(expected) = step.get("seen") {
            assert_eq!(&Value::Array(self.outputs()), expected, "{place}");
        } else if let Some(expected) = step.get("due_ms") {
            let due = self.session.due().map(|due| u64::try_from((due - self.now).as_millis()).unwrap());
            assert_eq!(&json!(due), expected, "{place}");
        } else {
            self.deed(step, place);
        }
    }

    fn deed(&mut self, step: &Map<String, Value>, place: &str) {
        let sub = || u32::try_from(step["sub"].as_u64().unwrap()).unwrap();
        let ticket = step.get("as").map(|name| name.as_str().unwrap().to_owned());
        match (step["do"].as_str().unwrap(), ticket) {
            ("connect", _) => self.connect(),
            ("lose", _) => self.session.disconnected(end_of(step)),
            ("end", _) => self.session.end(end_of(step)),
            ("close", _) => self.session.close(self.now),
            ("unreadable", _) => self.session.unreadable(self.now, "no op".into()),
            ("unsubscribe", _) => self.session.unsubscribe(sub()),
            ("unpause", _) => self.session.unpause(sub()),
            ("ignore", _) => self.session.ignore(sub()),
            ("check", _) => self.session.check(self.now),
            ("token", _) => self.session.renew(self.now, step["token"].as_str().unwrap().to_owned()),
            ("no_token", _) => {
                self.session.renew_failed(self.now, Error::Token(Arc::new(std::io::Error::other("none"))));
            }
            ("pause", _) => {
                self.session.pause(sub(), Place::at(step["at"].to_string().parse().unwrap()));
            }
            ("ping", Some(ticket)) => self.session.ping(self.now, ticket),
            (_, ticket) => self.ask(frame_of(step), ticket, place),
        }
    }

    fn ask(&mut self, frame: ClientFrame<'static>, ticket: Option<String>, place: &str) {
        let (session, now) = (&mut self.session, self.now);
        match (frame, ticket) {
            (ClientFrame::Subscribe(subscribe), Some(ticket)) => session.subscribe(now, subscribe, ticket),
            (ClientFrame::Publish(publish), Some(ticket)) => {
                session.call(now, Call::Publish(publish), ticket);
            }
            (ClientFrame::History(history), Some(ticket)) => {
                session.call(now, Call::History(history), ticket);
            }
            (ClientFrame::Presence(presence), Some(ticket)) => {
                session.call(now, Call::Presence(presence), ticket);
            }
            (publish @ ClientFrame::Publish(_), None) => session.send(publish),
            (other, _) => panic!("{place}: {other:?}"),
        }
    }

    fn connect(&mut self) {
        self.session.connected(self.now, Hello::default(), self.now + LIMITS.connect_timeout);
    }

    fn receive(&mut self, text: &str) {
        match Encoding::Json.decode_server(text.as_bytes()).unwrap() {
            Some(frame) => self.session.receive(self.now, frame),
            None => self.session.heard(self.now),
        }
    }

    fn frames(&mut self) -> Vec<Value> {
        let frames = std::iter::from_fn(|| self.session.next_frame(self.now));
        frames.map(|frame| plain(&frame)).collect()
    }

    /// Compares what was sent with the script; a name that is new there stands for the number that was sent.
    fn assert_sent(&mut self, expected: &[Value], place: &str) {
        let frames = self.frames();
        for (expected, sent) in expected.iter().zip(&frames) {
            if let (Some(Value::String(name)), Some(id)) = (expected.get("id"), sent.get("id")) {
                self.names.entry(name.clone()).or_insert_with(|| id.clone());
            }
        }
        let expected: Vec<Value> = expected.iter().map(|frame| self.numbered(frame)).collect();
        assert_eq!(frames, expected, "{place}");
    }

    fn numbered(&self, frame: &Value) -> Value {
        let mut frame = frame.clone();
        if let Some(id) = frame.get("id").and_then(Value::as_str).and_then(|name| self.names.get(name)) {
            frame["id"] = id.clone();
        }
        frame
    }

    fn outputs(&mut self) -> Vec<Value> {
        let outputs: Vec<_> = std::iter::from_fn(|| self.session.next_output()).collect();
        outputs.into_iter().map(|output| self.told(output)).collect()
    }

    /// What the session tells, as the script writes it.
    fn told(&self, output: Output<String>) -> Value {
        match output {
            Output::Welcomed(welcome) => json!({"welcomed": welcome.session}),
            Output::Answer(ticket, Ok(answer)) => json!({"answered": ticket, "with": op_of(&answer)}),
            Output::Answer(ticket, Err(error)) => {
                let told = json!({"failed": ticket, "with": cause_of(&error)});
                coded(told, error.code().map(|code| code.to_string()))
            }
            Output::Granted(subscribed, place) => {
                let pattern = subscribed.pattern.unwrap().to_string();
                json!({"granted": subscribed.sub, "pattern": pattern, "position": parsed(place.position())})
            }
            Output::TokenWanted => json!({"token_wanted": true}),
            Output::Begin(sub, place) => json!({"begun": sub, "position": parsed(place.position())}),
            Output::Deliver(sub, event) => event_told(sub, event),
            Output::Advance(sub, _) => json!({"advanced": sub}),
            Output::Unsubscribed(sub, code) => {
                coded(json!({"unsubscribed": sub}), code.map(|code| code.to_string()))
            }
            Output::NotResumed(sub, error) => {
                coded(json!({"not_resumed": sub}), Some(error.code.to_string()))
            }
            Output::Complaint(error) => {
                json!({"complaint": error.code().map_or_else(|| cause_of(&error).into(), |code| code.to_string())})
            }
            Output::SayGoodbye(code) => json!({"goodbye": code.number()}),
            Output::Disconnected { why, return_at: None } => json!({"disconnected": kind_of(&why)}),
            Output::Disconnected { why, return_at: Some(at) } => {
                let back = u64::try_from((at - self.now).as_millis()).unwrap();
                json!({"disconnected": kind_of(&why), "back_in_ms": back})
            }
            Output::Ended(why) => json!({"ended": kind_of(&why)}),
        }
    }
}

/// What a step asks for, as the client's frame of that name.
fn frame_of(step: &Map<String, Value>) -> ClientFrame<'static> {
    let mut fields = step.clone();
    let op = fields.remove("do").unwrap();
    fields.remove("as");
    if op != "publish" && op != "subscribe" {
        fields.insert("id".into(), json!(0));
    }
    fields.insert("op".into(), op);
    let text = Value::Object(fields).to_string();
    match Encoding::Json.decode_client(text.as_bytes()).unwrap() {
        ClientFrame::Subscribe(subscribe) => ClientFrame::Subscribe(subscribe),
        ClientFrame::History(history) => ClientFrame::History(history),
        ClientFrame::Presence(presence) => ClientFrame::Presence(presence),
        ClientFrame::Publish(publish) => ClientFrame::Publish(fanfare_protocol::frame::Publish {
            payload: publish.payload.into_owned(),
            key: publish.key.map(|key| key.into_owned().into()),
            ..publish
        }),
        other => panic!("{other:?}"),
    }
}

fn event_told(sub: u32, event: Event) -> Value {
    match event {
        Event::Message(message) => match message.seq() {
            Some(seq) => json!({"event": "message", "sub": sub, "seq": seq}),
            None => json!({"event": "message", "sub": sub}),
        },
        Event::Gap(gap) => gap_told(sub, &gap),
        Event::Behind => json!({"event": "behind", "sub": sub}),
        Event::Live(position) => json!({"event": "live", "sub": sub, "position": parsed(&position)}),
        Event::Resumed(subscribed) => {
            json!({"event": "resumed", "sub": sub, "recovered": subscribed.recovered != Some(false)})
        }
    }
}

/// A gap has the fields of its frame.
fn gap_told(sub: u32, gap: &Gap) -> Value {
    let mut bytes = Vec::new();
    Encoding::Json.encode_server(&ServerFrame::Gap { sub, gap: gap.clone() }, &mut bytes);
    let mut told: Value = serde_json::from_slice(&bytes).unwrap();
    let fields = told.as_object_mut().unwrap();
    fields.remove("op");
    fields.insert("event".into(), json!("gap"));
    told
}

fn plain(frame: &ClientFrame<'_>) -> Value {
    let mut bytes = Vec::new();
    Encoding::Json.encode_client(frame, &mut bytes);
    serde_json::from_slice(&bytes).unwrap()
}

fn parsed(position: &fanfare_protocol::Position) -> Value {
    serde_json::from_str(&position.to_string()).unwrap()
}

fn coded(mut told: Value, code: Option<String>) -> Value {
    if let Some(code) = code {
        told["code"] = json!(code);
    }
    told
}

fn op_of(answer: &Answer) -> &'static str {
    match answer {
        Answer::Published(_) => "published",
        Answer::Subscribed(_) => "subscribed",
        Answer::History(_) => "history",
        Answer::Presence(_) => "presence",
        Answer::Pong => "pong",
    }
}

fn cause_of(error: &Error) -> &'static str {
    match error {
        Error::Closed(_) => "closed",
        Error::Interrupted { .. } => "interrupted",
        Error::Request(_) => "request",
        Error::Timeout { .. } => "timeout",
        Error::NotSent { .. } => "not_sent",
        Error::Token(_) => "token",
        other => panic!("{other}"),
    }
}

/// The kind of an end, as scripts write it.
pub(super) fn kind_of(closed: &Closed) -> &'static str {
    match closed {
        Closed::ByClient => "by_client",
        Closed::ByBroker { .. } => "by_broker",
        Closed::Lost { .. } => "lost",
        Closed::Silent { .. } => "silent",
        Closed::NoWelcome { .. } => "no_welcome",
        Closed::Unreadable { .. } => "unreadable",
        Closed::Refused { .. } => "refused",
        Closed::TooLarge { .. } => "too_large",
        Closed::GaveUp { .. } => "gave_up",
    }
}

/// How a connection ends: with a close code, or without.
fn end_of(step: &Map<String, Value>) -> Closed {
    step.get("code").map_or_else(
        || Closed::Lost { detail: "cut".into() },
        |code| Closed::ByBroker {
            code: u16::try_from(code.as_u64().unwrap()).unwrap(),
            reason: String::new(),
        },
    )
}
