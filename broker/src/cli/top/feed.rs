//! Where events come from: the broker's own topics, and looks at its HTTP API now and then.

use std::time::Duration;

use fanfare_client::{End, Event as Heard, Message, Subscription};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use super::chronicle::Turn;
use super::event::{Event, Order};
use super::reach::Api;
use crate::cli::breaks::{self, Breaks};

/// What is heard.
pub(super) const PATTERN: &str = "$sys.>";
/// How often the HTTP API is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Messages of a sample: most that a page can have.
const SAMPLED: usize = 1_000;
/// Sessions that are looked at.
const SESSIONS: usize = 200;
/// Why there are no sessions and no topics.
const NO_API: &str = "not known: say where the broker's internal port is, with --http http://HOST:7441";

/// Hears the broker's own events and what becomes of the connection, until the subscription ends; says why it did.
pub(super) async fn hear(
    mut subscription: Subscription,
    mut breaks: Breaks,
    events: mpsc::Sender<Event>,
) -> String {
    loop {
        let event = tokio::select! {
            biased;
            Some(turn) = breaks.next() => Some(match turn {
                breaks::Turn::Lost(cause) => Event::Lost(breaks::lost(&cause)),
                breaks::Turn::Back(after) => Event::Back(Some(after)),
            }),
            heard = subscription.next() => match heard {
                Some(Heard::Message(message)) => read(&message),
                Some(Heard::Gap(gap)) => Some(Event::Missed(gap.count)),
                Some(_) => None,
                None => {
                    let end = subscription.end().unwrap_or(End::Unsubscribed(None));
                    return format!("{PATTERN} can't be heard any more: {end}");
                }
            },
        };
        if let Some(event) = event
            && events.send(event).await.is_err()
        {
            return "nobody looks any more".to_owned();
        }
    }
}

/// What an event of the broker says; nothing if it is of no interest, or of a later version.
fn read(message: &Message) -> Option<Event> {
    let turn = match message.topic().as_str() {
        "$sys.stats" => return message.json().ok().map(Box::new).map(Event::Stats),
        "$sys.session.opened" => Turn::Opened,
        "$sys.session.closed" => Turn::Closed,
        "$sys.session.behind" => Turn::Behind,
        "$sys.session.live" => Turn::Live,
        "$sys.stream.gap" => return message.json().ok().map(Event::Gap),
        _ => return None,
    };
    message.json().ok().map(|told| Event::Session(turn, told))
}

/// Looks at sessions, streams and the newest messages of a pattern, again and again, and at once when sessions are wanted in
/// another order.
pub(super) async fn look(
    api: Option<Api>,
    pattern: String,
    mut order: watch::Receiver<Order>,
    events: mpsc::Sender<Event>,
) {
    let Some(api) = api else {
        for event in [Event::Sessions(Err(NO_API.to_owned())), Event::Sample(Err(NO_API.to_owned()))] {
            // Whoever is gone needs no events.
            let _ = events.send(event).await;
        }
        return;
    };
    let pattern = utf8_percent_encode(&pattern, NON_ALPHANUMERIC).to_string();
    let mut due = interval(LOOK_EVERY);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let everything = tokio::select! {
            _ = due.tick() => true,
            changed = order.changed() => match changed {
                Ok(()) => false,
                Err(_) => return,
            },
        };
        let query = order.borrow_and_update().query();
        let mut found =
            vec![Event::Sessions(api.get(&format!("/v1/sessions?{query}&limit={SESSIONS}")).await)];
        if everything {
            found.push(Event::Streams(api.get("/v1/streams").await));
            let newest = format!("/v1/history?pattern={pattern}&before=end&limit={SAMPLED}");
            found.push(Event::Sample(api.get(&newest).await));
        }
        for event in found {
            if events.send(event).await.is_err() {
                return;
            }
        }
    }
}
