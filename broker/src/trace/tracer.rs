//! The tracer: decides which messages are traced, and puts what is to be told of them into a bounded queue.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::chance::hits;
use super::context::TraceContext;
use super::pace::Pace;
use super::span::{Span, SpanId, TraceId, What};
use crate::clock::{self, Moment};
use crate::limits::LiveLimits;
use crate::metrics::{Metrics, SPAN_QUEUE_FULL, SPAN_TOO_MANY};

/// Traces a few messages.
#[derive(Debug)]
pub(crate) struct Tracer {
    /// Of a million messages that bring no `traceparent`, so many are traced.
    parts: u32,
    pace: Pace,
    /// That of the deliveries to subscriptions that are behind: each of them reads the same messages.
    behind: Pace,
    limits: Arc<LiveLimits>,
    spans: mpsc::Sender<Span>,
    metrics: Arc<Metrics>,
}

/// A publish that is traced.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    /// That of the publish itself, for those that follow it.
    pub(crate) context: TraceContext,
    parent: Option<SpanId>,
}

impl Tracer {
    /// A tracer, and the end of its queue.
    pub(crate) fn new(
        parts: u32,
        limits: Arc<LiveLimits>,
        metrics: Arc<Metrics>,
    ) -> (Self, mpsc::Receiver<Span>) {
        let (spans, queued) = mpsc::channel(limits.trace_queue_spans());
        (Self { parts, pace: Pace::default(), behind: Pace::default(), limits, spans, metrics }, queued)
    }

    /// Decides whether a message is traced that has this `traceparent`.
    pub(crate) fn begin(&self, traceparent: Option<&str>, now: Moment) -> Option<Begun> {
        let parent = traceparent.and_then(TraceContext::parse);
        if !parent.map_or_else(|| hits(self.parts), |parent| parent.sampled) {
            return None;
        }
        if !self.pace.allows(self.limits.traces_per_second(), now) {
            self.metrics.spans_dropped.count(SPAN_TOO_MANY);
            return None;
        }
        let trace = match parent {
            Some(parent) => parent.trace,
            None => TraceId(random()?),
        };
        let context = TraceContext { trace, span: SpanId(random()?), sampled: true };
        Some(Begun { context, parent: parent.map(|parent| parent.span) })
    }

    /// A publish is over that arrived at this moment.
    pub(crate) fn published(&self, begun: Begun, arrived: Moment, what: What) {
        self.put(begun.context, begun.parent, arrived, what);
    }

    /// A shard has delivered a message of this context; it began at this moment.
    pub(crate) fn delivered(&self, message: &TraceContext, began: Moment, shard: usize) {
        self.deliver(message, began, What::Deliver { shard, behind: false });
    }

    /// The same to a subscription that is behind, which read it at this moment.
    pub(crate) fn caught_up(&self, message: &TraceContext, began: Moment, shard: usize) {
        if self.behind.allows(self.limits.traces_per_second(), began) {
            self.deliver(message, began, What::Deliver { shard, behind: true });
        } else {
            self.metrics.spans_dropped.count(SPAN_TOO_MANY);
        }
    }

    fn deliver(&self, message: &TraceContext, began: Moment, what: What) {
        if let Some(span) = random().map(SpanId) {
            let context = TraceContext { span, ..*message };
            self.put(context, Some(message.span), began, what);
        }
    }

    fn put(&self, context: TraceContext, parent: Option<SpanId>, began: Moment, what: What) {
        let end = clock::wall();
        let start = end.saturating_sub(clock::now().since(began));
        let span = Span { context, parent, start_ns: nanos(start), end_ns: nanos(end), what };
        if self.spans.try_send(span).is_err() {
            self.metrics.spans_dropped.count(SPAN_QUEUE_FULL);
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Random bytes; without any, nothing is traced.
fn random<const BYTES: usize>() -> Option<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    const SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const PARTS: u32 = 1_000_000;

    fn tracer(parts: u32, limits: &Limits) -> (Tracer, mpsc::Receiver<Span>, Arc<Metrics>) {
        let metrics = Arc::new(Metrics::new(1, &[]));
        let (tracer, queue) = Tracer::new(parts, Arc::new(LiveLimits::new(limits)), Arc::clone(&metrics));
        (tracer, queue, metrics)
    }

    fn dropped(metrics: &Metrics, reason: &str) -> u64 {
        metrics.spans_dropped.iter().find(|(label, _)| *label == reason).map_or(0, |(_, n)| n)
    }

    #[test]
    fn whoever_began_the_trace_decides_and_else_chance_does() {
        let (always, ..) = tracer(PARTS, &Limits::default());
        let (never, ..) = tracer(0, &Limits::default());
        let unsampled = SAMPLED.replace("-01", "-00");
        let now = Moment::default();
        assert!(never.begin(Some(SAMPLED), now).is_some() && never.begin(None, now).is_none());
        assert!(always.begin(Some(&unsampled), now).is_none() && always.begin(None, now).is_some());
        assert!(never.begin(Some("nonsense"), now).is_none(), "what is no traceparent is as good as none");
    }

    #[test]
    fn both_steps_are_of_the_trace_that_was_given_and_one_follows_the_other() {
        let (tracer, mut queue, _) = tracer(0, &Limits::default());
        let begun = tracer.begin(Some(SAMPLED), Moment::default()).unwrap();
        tracer.published(begun, clock::now(), What::Deliver { shard: 9, behind: false });
        tracer.delivered(&begun.context, clock::now(), 3);
        let (publish, deliver) = (queue.try_recv().unwrap(), queue.try_recv().unwrap());
        let given = TraceContext::parse(SAMPLED).unwrap();
        assert_eq!((publish.context.trace, publish.parent), (given.trace, Some(given.span)));
        assert_eq!((deliver.context.trace, deliver.parent), (given.trace, Some(publish.context.span)));
        assert_ne!(deliver.context.span, publish.context.span);
        assert!(
            deliver.start_ns <= deliver.end_ns && deliver.what == What::Deliver { shard: 3, behind: false }
        );
    }

    #[test]
    fn what_is_too_many_or_finds_no_room_is_counted_and_nothing_waits() {
        let limits = Limits { trace_queue_spans: 2, traces_per_second: 3, ..Limits::default() };
        let (tracer, mut queue, metrics) = tracer(0, &limits);
        let begun: Vec<_> = (0..10).filter_map(|_| tracer.begin(Some(SAMPLED), Moment::default())).collect();
        assert_eq!((begun.len(), dropped(&metrics, SPAN_TOO_MANY)), (3, 7));
        for begun in begun {
            tracer.published(begun, Moment::default(), What::Deliver { shard: 0, behind: false });
        }
        assert_eq!(dropped(&metrics, SPAN_QUEUE_FULL), 1);
        assert_eq!(std::iter::from_fn(|| queue.try_recv().ok()).count(), 2);
    }
}
