//! What samples give: figures, sample by sample, of each subject.

use std::borrow::Cow;

/// The name of the subject that the others are compared with.
pub const FLOOR: &str = "floor";

/// One measured value.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it is.
    pub name: Cow<'static, str>,
    /// Its unit.
    pub unit: Cow<'static, str>,
    /// How much.
    pub value: f64,
}

/// The figures of one sample: first the one that subjects are compared by.
pub type Sample = Vec<Figure>;

/// What was measured of one subject.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its name.
    pub name: &'static str,
    /// Its samples.
    pub samples: Vec<Sample>,
}

impl Figure {
    /// The unit of deliveries that went wrong.
    pub const FAULTS: &'static str = "faults";
    /// The unit of a sample that failed; its name is the reason.
    pub const FAILED: &'static str = "failed";

    /// A value of something in a unit.
    pub fn new(name: impl Into<Cow<'static, str>>, unit: impl Into<Cow<'static, str>>, value: f64) -> Self {
        Self { name: name.into(), unit: unit.into(), value }
    }
}

impl Subject {
    /// The values of the figure `name`, one a sample.
    pub fn series(&self, name: &str) -> Vec<f64> {
        self.samples.iter().flatten().filter(|figure| figure.name == name).map(|f| f.value).collect()
    }

    /// The values of the figure that subjects are compared by.
    pub fn main_series(&self) -> Vec<f64> {
        self.sound().filter_map(|sample| sample.first()).map(|figure| figure.value).collect()
    }

    /// The samples that did not fail.
    pub fn sound(&self) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(|sample| sample.iter().all(|figure| figure.unit != Figure::FAILED))
    }

    /// Why samples failed, if any did.
    pub fn failure(&self) -> Option<&str> {
        self.samples.iter().flatten().find(|figure| figure.unit == Figure::FAILED).map(|f| f.name.as_ref())
    }

    /// Whether it is Fanfare, in either encoding.
    pub fn is_ours(&self) -> bool {
        self.name.starts_with("fanfare")
    }

    /// Whether it is what the others are compared with.
    pub fn is_floor(&self) -> bool {
        self.name == FLOOR
    }
}
