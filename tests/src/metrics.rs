//! What Prometheus would read: the text format, taken apart.

use std::collections::BTreeMap;

/// A page of metrics.
#[derive(Debug, Default)]
pub struct Metrics {
    /// By name.
    pub families: BTreeMap<String, Family>,
    samples: Vec<Sample>,
}

/// What is told of a family of metrics beside its values.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Family {
    /// `# HELP`.
    pub help: Option<String>,
    /// `# TYPE`.
    pub kind: Option<String>,
}

#[derive(Debug)]
struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

impl Metrics {
    /// Reads a page; panics where it is not the text format.
    pub fn parse(page: &str) -> Self {
        let mut metrics = Self::default();
        for line in page.lines().filter(|line| !line.is_empty()) {
            match line.strip_prefix("# ").map(|comment| comment.splitn(3, ' ').collect::<Vec<_>>()) {
                None => metrics.samples.push(Sample::parse(line)),
                Some(comment) => match comment.as_slice() {
                    ["HELP", name, help] => metrics.family(name).help = Some((*help).to_owned()),
                    ["TYPE", name, kind] => metrics.family(name).kind = Some((*kind).to_owned()),
                    _ => panic!("what is this? {line}"),
                },
            }
        }
        metrics
    }

    fn family(&mut self, name: &str) -> &mut Family {
        self.families.entry(name.to_owned()).or_default()
    }

    /// The sum of the samples with this name and these labels.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let mut matching = self.samples.iter().filter(|sample| sample.is(name, labels)).peekable();
        assert!(matching.peek().is_some(), "no sample of {name} with {labels:?}");
        matching.map(|sample| sample.value).sum()
    }

    /// The same as a whole number.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are whole")]
    pub fn count(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        let value = self.value(name, labels);
        assert!(value >= 0.0 && value.fract() == 0.0, "{name} is no count: {value}");
        value as u64
    }

    /// The name of every sample.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.samples.iter().map(|sample| sample.name.as_str())
    }

    /// Every label of every sample, as name and value.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.samples
            .iter()
            .flat_map(|sample| &sample.labels)
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl Sample {
    fn parse(line: &str) -> Self {
        let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let labels = labels.strip_suffix('}').unwrap_or_else(|| panic!("no end of labels: {line}"));
        let pair = |pair: &str| {
            let (name, value) = pair.split_once("=\"").unwrap_or_else(|| panic!("no label: {line}"));
            (name.to_owned(), value.trim_end_matches('"').to_owned())
        };
        let labels = labels.split(',').filter(|pair| !pair.is_empty()).map(pair).collect();
        let value = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
        Self { name: name.to_owned(), labels, value }
    }

    fn is(&self, name: &str, labels: &[(&str, &str)]) -> bool {
        let has = |(name, value): &(&str, &str)| self.labels.iter().any(|(n, v)| n == name && v == value);
        self.name == name && labels.iter().all(has)
    }
}
