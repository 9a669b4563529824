//! A track: where the one subscription of an event stream stands, so that every event can say it whole.

use fanfare_protocol::{Position, StreamName, StreamPosition};

use super::run::Run;
use crate::engine::StreamIndex;
use crate::notation;

/// The position at a place among the events: that of the next one to be laid out, or to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Track(Box<[Place]>);

/// Where it stands in one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) index: StreamIndex,
    pub(crate) stream: StreamName,
    pub(crate) at: StreamPosition,
}

impl FromIterator<Place> for Track {
    /// A track through these streams, which are sorted as those of a [`Position`] are.
    fn from_iter<I: IntoIterator<Item = Place>>(places: I) -> Self {
        let mut places: Vec<Place> = places.into_iter().collect();
        places.sort_unstable_by(|a, b| a.stream.cmp(&b.stream));
        Self(places.into_boxed_slice())
    }
}

impl Track {
    /// Goes on to this message of a stream.
    pub(super) fn go_to(&mut self, index: StreamIndex, seq: u64) {
        if let Some(place) = self.0.iter_mut().find(|place| place.index == index) {
            place.at.seq = seq;
        }
    }

    /// Goes on behind the first `len` messages of a run.
    pub(super) fn go_behind(&mut self, run: &Run, len: usize) {
        let last = run.bodies().take(len).last().and_then(|body| body.message().place());
        if let Some(place) = last {
            self.go_to(place.index, place.seq);
        }
    }

    /// Goes on to a position; a stream that it lacks stays where it is.
    pub(super) fn go_on(&mut self, position: &Position) {
        for place in &mut self.0 {
            if let Some(at) = position.get(place.stream.as_str()) {
                place.at = at.clone();
            }
        }
    }

    /// The whole position as text; empty where there is no stream.
    pub(super) fn write(&self, text: &mut String) {
        for place in &self.0 {
            notation::write(&place.stream, &place.at, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use fanfare_protocol::Epoch;

    use super::*;

    fn place(index: u16, stream: &str, seq: u64) -> Place {
        let at = StreamPosition { epoch: Epoch::new("e").unwrap(), seq };
        Place { index: StreamIndex(index), stream: StreamName::new(stream).unwrap(), at }
    }

    fn text(track: &Track) -> String {
        let mut text = String::new();
        track.write(&mut text);
        text
    }

    #[test]
    fn a_position_is_whole_wherever_the_track_stands() {
        let mut track: Track = [place(0, "b", 7), place(1, "a", 0)].into_iter().collect();
        assert_eq!(text(&track), "a:e:0,b:e:7");
        track.go_to(StreamIndex(1), 3);
        assert_eq!(text(&track), "a:e:3,b:e:7");
        track.go_on(&notation::position("b:f:9,c:f:1").unwrap());
        assert_eq!(text(&track), "a:e:3,b:f:9");
        assert_eq!(notation::written(&notation::position(&text(&track)).unwrap()), text(&track));
    }

    #[test]
    fn a_subscription_that_meets_no_stream_has_no_position() {
        assert_eq!(text(&Track::default()), "");
    }
}
