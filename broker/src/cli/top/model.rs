//! The model: what is known of a broker, and what of it is looked at. Pure: events and actions in, a view out; the time is
//! handed in.

use std::collections::BTreeMap;
use std::time::Duration;

use super::amounts::per_second;
use super::chronicle::Chronicle;
use super::event::{Action, Event, Order, Step};
use super::figures::{self, FIGURES};
use super::past::Past;
use super::tally::Tally;
use super::told::{SessionsPage, Stats, StreamsPage};
use crate::clock::{Moment, Now};

/// Panels, in their order: sessions, topics, streams, events.
pub(super) const PANELS: usize = 4;
/// Lines that a page scrolls by.
const PAGE: usize = 10;

/// What is known of a broker.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Why there is no connection, while there is none.
    pub(super) lost: Option<String>,
    /// When the broker was heard last.
    pub(super) heard: Option<Moment>,
    pub(super) stats: Option<Box<Stats>>,
    pub(super) pasts: [Past; FIGURES],
    /// Messages a second that each stream took in.
    pub(super) stream_rates: BTreeMap<String, f64>,
    pub(super) sessions: Looked<SessionsPage>,
    pub(super) streams: Looked<StreamsPage>,
    pub(super) tally: Tally,
    /// Whether messages were sampled yet.
    pub(super) sampled: bool,
    /// Why there is no sample of messages.
    pub(super) no_sample: Option<String>,
    pub(super) chronicle: Chronicle,
}

/// What was found at the last look, and why the one after that failed.
#[derive(Clone, Debug, Default)]
pub(super) struct Looked<T> {
    pub(super) found: T,
    pub(super) trouble: Option<String>,
    /// Whether there was any look yet.
    pub(super) done: bool,
}

/// What is looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    pub(super) focus: usize,
    pub(super) zoomed: bool,
    pub(super) help: bool,
    pub(super) order: Order,
    /// The first row that is shown of each panel.
    pub(super) from: [usize; PANELS],
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    known: Known,
    /// What was known when it was last held.
    held: Option<Box<Known>>,
    look: Look,
}

/// What has to happen beyond the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Nothing,
    Quit,
    /// Sessions in another order.
    Sessions(Order),
}

impl Model {
    /// Takes in what comes from the broker.
    pub(super) fn hear(&mut self, event: Event, now: Now) {
        self.known.hear(event, now);
    }

    /// What is known now, whether it is shown or not.
    pub(super) fn known(&self) -> &Known {
        &self.known
    }

    /// What is to be shown of what is known, and whether that is held.
    pub(super) fn shown(&self) -> (&Known, &Look, bool) {
        (self.held.as_deref().unwrap_or(&self.known), &self.look, self.held.is_some())
    }

    /// Does what the person wants.
    pub(super) fn act(&mut self, action: Action) -> Asked {
        let look = &mut self.look;
        let from = &mut look.from[look.focus % PANELS];
        match action {
            Action::Quit => return Asked::Quit,
            Action::Back if look.help => look.help = false,
            Action::Back => look.zoomed = false,
            Action::Help => look.help = !look.help,
            Action::Focus(Step::Forth) => look.focus = (look.focus + 1) % PANELS,
            Action::Focus(Step::Back) => look.focus = (look.focus + PANELS - 1) % PANELS,
            Action::Panel(panel) => look.focus = panel % PANELS,
            Action::Zoom => look.zoomed = !look.zoomed,
            Action::Order => {
                look.order = look.order.next();
                look.from[0] = 0;
                return Asked::Sessions(look.order);
            }
            Action::Pause => {
                self.held = if self.held.is_some() { None } else { Some(Box::new(self.known.clone())) };
            }
            Action::Scroll(Step::Forth) => *from += 1,
            Action::Scroll(Step::Back) => *from = from.saturating_sub(1),
            Action::ScrollPage(Step::Forth) => *from += PAGE,
            Action::ScrollPage(Step::Back) => *from = from.saturating_sub(PAGE),
            Action::Top => *from = 0,
        }
        Asked::Nothing
    }

    /// Keeps what is scrolled to within what there is: so many rows in each panel.
    pub(super) fn bound(&mut self, rows: [usize; PANELS]) {
        for (from, rows) in self.look.from.iter_mut().zip(rows) {
            *from = (*from).min(rows.saturating_sub(1));
        }
    }
}

impl Known {
    fn hear(&mut self, event: Event, now: Now) {
        match event {
            Event::Stats(stats) => self.second(stats, now),
            Event::Session(turn, told) => self.chronicle.session(turn, &told),
            Event::Gap(told) => self.chronicle.gap(&told),
            Event::Missed(count) => {
                let many = count.map_or_else(|| "some".to_owned(), |count| count.to_string());
                self.chronicle.tell(now.wall_ms, format!("{many} events did not reach this terminal"), true);
            }
            Event::Lost(why) => {
                self.chronicle.tell(now.wall_ms, why.clone(), true);
                self.lost = Some(why);
                self.pasts.iter_mut().for_each(|past| past.note(None));
            }
            Event::Back(after) => {
                self.lost = None;
                // What is heard next is of this connection.
                self.heard = None;
                let after =
                    after.map_or_else(String::new, |after| format!(" after {:.1} s", after.as_secs_f64()));
                self.chronicle.tell(now.wall_ms, format!("connected again{after}"), false);
            }
            Event::Sessions(looked) => self.sessions.take(looked),
            Event::Streams(looked) => self.streams.take(looked),
            Event::Sample(Ok(page)) => {
                self.no_sample = None;
                self.sampled = true;
                self.tally.take(page.messages);
            }
            Event::Sample(Err(trouble)) => self.no_sample = Some(trouble),
        }
    }

    fn second(&mut self, stats: Box<Stats>, now: Now) {
        self.lost = None;
        self.heard = Some(now.moment);
        let interval = Duration::from_millis(stats.interval_ms);
        self.stream_rates = stats
            .streams
            .iter()
            .filter_map(|stream| {
                let before = self.stats.as_ref()?.streams.iter().find(|before| before.name == stream.name)?;
                let grown = stream.last_seq.saturating_sub(before.last_seq);
                Some((stream.name.clone(), per_second(grown, interval)))
            })
            .collect();
        for (past, figure) in self.pasts.iter_mut().zip(figures::of(&stats)) {
            past.note(Some(figure.bar));
        }
        self.chronicle.second(&stats, now.wall_ms);
        self.stats = Some(stats);
    }

    /// Messages a second that all streams took in.
    pub(super) fn stream_rate(&self) -> f64 {
        self.stream_rates.values().sum()
    }
}

impl<T> Looked<T> {
    fn take(&mut self, looked: Result<T, String>) {
        self.done = true;
        match looked {
            Ok(found) => {
                self.found = found;
                self.trouble = None;
            }
            Err(trouble) => self.trouble = Some(trouble),
        }
    }
}
