//! A subscription as its client follows it on the wire, checked against the reference at every frame.

use fanfare_protocol::frame::{Gap, Message, Subscribed};
use fanfare_protocol::{GapReason, Position, StreamName};

use super::ephemeral::Ephemeral;
use super::names::{TOPICS, matches};
use super::pace::{Between, Pace};
use super::reading::{Begin, FirstGap, Reading};
use super::truth::{Audience, Truth};
use super::violation::{Check, Checked, Violation, ensure};

/// How far a subscription has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// `subscribed` is still to come.
    Asked,
    Behind,
    Live,
}

/// One subscription of one session.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) who: Audience,
    pub(super) stage: Stage,
    /// Whether `unsubscribe` was sent.
    pub(super) ending: bool,
    /// One for each stream that the pattern meets.
    pub(super) readings: Vec<Reading>,
    ephemeral: Ephemeral,
    /// If its rate is bounded.
    pace: Option<Pace>,
    /// Streams that the position named and the pattern does not meet: each is told.
    unmet: Vec<String>,
    named_unmet: bool,
    /// Whether it asked for a position; and what the broker said of it.
    asked_position: bool,
    recovered: Option<bool>,
}

impl Subscriber {
    /// What a subscription has to hear that is opened now.
    pub(super) fn new(
        truth: &Truth,
        who: Audience,
        latest: bool,
        pace: Option<Pace>,
        begins: Vec<(usize, Begin)>,
    ) -> Self {
        let reading = |(log, begin)| Reading::new(&truth.logs[log], log, begin, latest, &who);
        let readings = begins.into_iter().map(reading).collect();
        Self {
            who,
            stage: Stage::Asked,
            ending: false,
            readings,
            ephemeral: Ephemeral::from_now(truth, latest),
            pace,
            unmet: Vec::new(),
            named_unmet: false,
            asked_position: false,
            recovered: None,
        }
    }

    /// Notes that it asked for a position, and which streams of it the pattern does not meet.
    pub(super) fn resumes(&mut self, unmet: Vec<String>) {
        self.asked_position = true;
        self.named_unmet = !unmet.is_empty();
        self.unmet = unmet;
    }

    pub(super) fn subscribed(&mut self, truth: &Truth, frame: &Subscribed) -> Checked {
        ensure(self.stage == Stage::Asked, Check::Opened, || "`subscribed` came twice".into())?;
        ensure(frame.recovered.is_some() == self.asked_position, Check::Recovered, || {
            format!("`recovered` is {:?} (a position was given: {})", frame.recovered, self.asked_position)
        })?;
        self.stage = if frame.live { Stage::Live } else { Stage::Behind };
        self.recovered = frame.recovered;
        self.is_whole(truth, &frame.position)?;
        let homeless = |topic: &&&str| truth.log_of(topic).is_none() && matches(self.who.pattern, topic);
        let in_none = TOPICS.iter().find(homeless);
        ensure(frame.ephemeral || in_none.is_none(), Check::Count, || {
            format!("said to be in streams alone, and {in_none:?} is in none")
        })?;
        for reading in &mut self.readings {
            let log = &truth.logs[reading.log];
            if let Some(place) = frame.position.get(log.name) {
                reading.opened(log, place, &self.who)?;
            }
        }
        self.recovered_is_right()
    }

    fn recovered_is_right(&self) -> Checked {
        let Some(recovered) = self.recovered else { return Ok(()) };
        let of_streams = self.readings.iter().map(|reading| reading.first_gap).max();
        let first_gap =
            if self.named_unmet { FirstGap::Always } else { of_streams.unwrap_or(FirstGap::Never) };
        let right = first_gap == if recovered { FirstGap::Never } else { FirstGap::Always };
        ensure(right || first_gap == FirstGap::Maybe, Check::Recovered, || {
            format!("`recovered` is {recovered}, a gap starts the replay: {first_gap:?}")
        })
    }

    /// A message came that was queued between two moments.
    pub(super) fn message(&mut self, truth: &Truth, message: &Message<'_>, queued: Between) -> Checked {
        self.is_open()?;
        if let Some(pace) = &mut self.pace {
            pace.note(message.topic.as_str(), queued)?;
        }
        let Some(place) = &message.sequenced else {
            return self.ephemeral.message(truth, message, &self.who);
        };
        let name = place.stream.as_str();
        let reading = self.readings.iter_mut().find(|reading| truth.logs[reading.log].name == name);
        let reading = reading.ok_or_else(|| {
            Violation::new(Check::Content, format!("{name} is not met, yet a message of it came"))
        })?;
        reading.message(&truth.logs[reading.log], message, place, &self.who)
    }

    pub(super) fn gap(&mut self, truth: &Truth, gap: &Gap) -> Checked {
        self.is_open()?;
        match gap.reason {
            GapReason::Dropped => self.ephemeral.gap(truth, gap, &self.who),
            GapReason::Expired => self.expired(truth, gap),
            GapReason::Reset => self.reset(truth, gap),
            _ => Err(Violation::new(Check::Frames, "a gap for no known reason")),
        }
    }

    fn expired(&mut self, truth: &Truth, gap: &Gap) -> Checked {
        let name = gap.stream.as_ref().map_or("", |name| name.as_str());
        let reading = self.readings.iter_mut().find(|reading| truth.logs[reading.log].name == name);
        let not_met = || Violation::new(Check::FalseGap, format!("a gap in {name:?}, which is not met"));
        let reading = reading.ok_or_else(not_met)?;
        let told_twice = self.stage == Stage::Live && reading.knows(gap);
        ensure(!told_twice, Check::FalseGap, || format!("told again, and live: {gap:?}"))?;
        reading.expired(&truth.logs[reading.log], gap, &self.who, self.recovered)?;
        match &gap.position {
            Some(position) => self.stand(truth, position),
            None => Ok(()),
        }
    }

    fn reset(&mut self, truth: &Truth, gap: &Gap) -> Checked {
        let name = gap.stream.as_ref().map_or("", |name| name.as_str());
        if let Some(at) = self.unmet.iter().position(|unmet| unmet == name) {
            self.unmet.remove(at);
            return gap.position.as_ref().map_or(Ok(()), |position| self.stand(truth, position));
        }
        let reading = self.readings.iter_mut().find(|reading| truth.logs[reading.log].name == name);
        let reading = reading.filter(|reading| reading.reset_is_due());
        let reading = reading.ok_or_else(|| {
            Violation::new(Check::Reset, format!("{name:?} was reset, and there was no reason"))
        })?;
        let position = gap.position.as_ref();
        let place = position.and_then(|position| position.get(name));
        let place =
            place.ok_or_else(|| Violation::new(Check::Reset, "a reset without its stream's new position"))?;
        reading.was_reset(&truth.logs[reading.log], place, &self.who)?;
        position.map_or(Ok(()), |position| self.stand(truth, position))
    }

    pub(super) fn behind(&mut self) -> Checked {
        ensure(self.stage == Stage::Live, Check::Stage, || format!("`behind` came while {:?}", self.stage))?;
        ensure(!self.readings.is_empty(), Check::Stage, || "`behind` came, and it meets no stream".into())?;
        self.stage = Stage::Behind;
        Ok(())
    }

    pub(super) fn live(&mut self, truth: &Truth, position: &Position) -> Checked {
        ensure(self.stage == Stage::Behind, Check::Stage, || format!("`live` came while {:?}", self.stage))?;
        self.stage = Stage::Live;
        self.stand(truth, position)?;
        self.began_as_told()
    }

    /// A ping advances live subscriptions, per stream and epoch and never backwards.
    pub(super) fn ping(
        &mut self,
        truth: &Truth,
        position: &Position,
        except: &[u32],
        number: u32,
    ) -> Checked {
        if self.stage != Stage::Live || except.contains(&number) {
            return Ok(());
        }
        for reading in &mut self.readings {
            let log = &truth.logs[reading.log];
            if let Some(place) = position.get(log.name) {
                reading.pinged(log, place, &self.who)?;
            }
        }
        Ok(())
    }

    /// With everything delivered and a ping taken in: live, with nothing left out, at the head.
    pub(super) fn is_at_rest(&self, truth: &Truth) -> Checked {
        ensure(self.stage == Stage::Live, Check::Rest, || format!("still {:?} with all quiet", self.stage))?;
        for reading in &self.readings {
            let head = truth.logs[reading.log].head();
            ensure(reading.place == head, Check::Rest, || {
                format!("stands at {} of {}, the head is {head}", reading.place, truth.logs[reading.log].name)
            })?;
        }
        self.began_as_told()
    }

    /// With publishers quiet and queues empty: nothing is still to come.
    pub(super) fn has_everything(&mut self, truth: &Truth) -> Checked {
        for reading in &self.readings {
            let log = &truth.logs[reading.log];
            reading.may_pass(log, log.head(), &self.who, Check::Rest)?;
        }
        self.ephemeral.is_complete(truth, &self.who)
    }

    fn began_as_told(&self) -> Checked {
        let began_with_gap = self.readings.iter().any(|reading| reading.began_with_gap == Some(true));
        ensure(
            self.recovered != Some(false) || began_with_gap || self.named_unmet,
            Check::Recovered,
            || "`recovered` was false, and no gap started the replay".into(),
        )?;
        let untold = self.readings.iter().any(Reading::reset_is_due) || !self.unmet.is_empty();
        ensure(!untold, Check::Reset, || "a reset was due, and was not told".into())
    }

    fn is_open(&self) -> Checked {
        ensure(self.stage != Stage::Asked, Check::Opened, || "something came before `subscribed`".into())
    }

    /// A position lists just the streams that the pattern meets.
    fn is_whole(&self, truth: &Truth, position: &Position) -> Checked {
        let mut met: Vec<&str> = self.readings.iter().map(|reading| truth.logs[reading.log].name).collect();
        met.sort_unstable();
        let told: Vec<&str> = position.0.keys().map(StreamName::as_str).collect();
        ensure(met == told, Check::Position, || format!("a position of {told:?}; the pattern meets {met:?}"))
    }

    /// Takes over a position that replaces the client's.
    fn stand(&mut self, truth: &Truth, position: &Position) -> Checked {
        self.is_whole(truth, position)?;
        for reading in &mut self.readings {
            let log = &truth.logs[reading.log];
            if let Some(place) = position.get(log.name) {
                reading.stands(log, place, &self.who)?;
            }
        }
        Ok(())
    }
}
