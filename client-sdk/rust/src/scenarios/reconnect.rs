//! Pauses between connections, as scripts say.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::backoff::Backoff;
use crate::closed::Closed;
use crate::error::Error;
use crate::random::Random;
use crate::reconnect::{Next, Policy, Reconnector};
use crate::scenarios::stage::kind_of;

#[derive(Deserialize)]
pub(super) struct Scenario {
    pub(super) name: String,
    policy: ScriptedPolicy,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct ScriptedPolicy {
    at_first: bool,
    later: bool,
    renews_token: bool,
    give_up_after_ms: Option<u64>,
}

#[derive(Deserialize)]
struct Step {
    #[serde(default)]
    welcomed: bool,
    #[serde(default)]
    pass_ms: u64,
    failed: Option<Cause>,
    return_in_ms: Option<u64>,
    next: Option<Expected>,
}

#[derive(Deserialize)]
struct Cause {
    code: Option<u16>,
    status: Option<u16>,
    #[serde(default)]
    lost: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Expected {
    InMs(u64),
    WithinMs([u64; 2]),
    End(String),
}

pub(super) fn play(scenario: &Scenario) {
    let mut reconnector = Reconnector::new(policy(&scenario.policy), Random::seeded(7));
    let mut now = Instant::now();
    for step in &scenario.steps {
        if step.welcomed {
            reconnector.welcomed(now);
        }
        now += Duration::from_millis(step.pass_ms);
        if let Some(cause) = &step.failed {
            let return_at = step.return_in_ms.map(|time| now + Duration::from_millis(time));
            let next = reconnector.failed(now, &error(cause), return_at);
            check(&scenario.name, now, &next, step.next.as_ref());
        }
    }
}

fn check(name: &str, now: Instant, next: &Next, expected: Option<&Expected>) {
    let fits = match (next, expected) {
        (Next::End(why), Some(Expected::End(kind))) => kind_of(why) == kind,
        (Next::TryAt(at), Some(Expected::InMs(time))) => *at - now == Duration::from_millis(*time),
        (Next::TryAt(at), Some(Expected::WithinMs([least, most]))) => {
            (Duration::from_millis(*least)..=Duration::from_millis(*most)).contains(&(*at - now))
        }
        _ => false,
    };
    assert!(fits, "{name}: {next:?} after {now:?}, and not {expected:?}");
}

fn policy(scripted: &ScriptedPolicy) -> Policy {
    Policy {
        at_first: scripted.at_first,
        later: scripted.later,
        renews_token: scripted.renews_token,
        backoff: Backoff { first: Duration::from_millis(100), max: Duration::from_secs(30) },
        give_up_after: scripted.give_up_after_ms.map(Duration::from_millis),
    }
}

fn error(cause: &Cause) -> Error {
    match cause {
        Cause { code: Some(code), .. } => Closed::ByBroker { code: *code, reason: String::new() }.into(),
        Cause { status: Some(status), .. } => {
            Error::Refused { address: "a".into(), status: *status, text: String::new() }
        }
        Cause { lost: true, .. } => Closed::Lost { detail: "cut".into() }.into(),
        Cause { .. } => {
            let source = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            Error::Connect { address: "a".into(), source: Arc::new(source) }
        }
    }
}
