//! Makes families in the form that the `prometheus` crate writes out.

use prometheus::proto::{Counter as CounterValue, Gauge, LabelPair, Metric, MetricFamily, MetricType};

use super::counters::{Labelled, Metrics, ShardCounters};

/// One value with its labels.
pub(super) type Sample = (Vec<(&'static str, String)>, f64);

pub(super) fn by(
    metrics: &Metrics,
    label: &'static str,
    figure: fn(&ShardCounters) -> &Labelled,
) -> Vec<Sample> {
    labelled_by(label, metrics.sum_labelled(figure).into_iter())
}

pub(super) fn labelled_by(
    label: &'static str,
    sums: impl Iterator<Item = (&'static str, u64)>,
) -> Vec<Sample> {
    sums.map(|(value, n)| (vec![(label, value.to_owned())], real(n))).collect()
}

#[allow(clippy::cast_precision_loss, reason = "Prometheus knows only floating point")]
pub(super) fn real(n: u64) -> f64 {
    n as f64
}

pub(super) fn seconds(ms: u64) -> Vec<Sample> {
    vec![(Vec::new(), real(ms) / 1_000.0)]
}

pub(super) fn one(n: u64) -> Vec<Sample> {
    vec![(Vec::new(), real(n))]
}

pub(super) fn gauge(name: &str, help: &str, samples: Vec<Sample>) -> MetricFamily {
    plain(name, help, MetricType::GAUGE, samples, |metric, value| {
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        metric.set_gauge(gauge);
    })
}

pub(super) fn counter(name: &str, help: &str, samples: Vec<Sample>) -> MetricFamily {
    plain(name, help, MetricType::COUNTER, samples, |metric, value| {
        let mut counter = CounterValue::default();
        counter.set_value(value);
        metric.set_counter(counter);
    })
}

/// A family of which each sample is one number.
fn plain(
    name: &str,
    help: &str,
    kind: MetricType,
    samples: Vec<Sample>,
    set: fn(&mut Metric, f64),
) -> MetricFamily {
    let metrics = samples.into_iter().map(|(labels, value)| {
        let mut metric = labelled(labels);
        set(&mut metric, value);
        metric
    });
    family(name, help, kind, metrics.collect())
}

fn labelled(labels: Vec<(&'static str, String)>) -> Metric {
    let pairs = labels.into_iter().map(|(name, value)| {
        let mut pair = LabelPair::default();
        pair.set_name(name.to_owned());
        pair.set_value(value);
        pair
    });
    let mut metric = Metric::default();
    metric.set_label(pairs.collect());
    metric
}

pub(super) fn family(name: &str, help: &str, kind: MetricType, metrics: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family.set_metric(metrics);
    family
}
