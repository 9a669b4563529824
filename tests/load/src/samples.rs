//! What samples give: figures, sample by sample, of each subject.

/// The name of the subject that the others are compared with.
pub const FLOOR: &str = "floor";

/// One measured value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// What it is.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// How much.
    pub value: f64,
}

/// What was measured of one subject.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its name.
    pub name: &'static str,
    /// The figures of each of its samples.
    pub samples: Vec<Vec<Figure>>,
}

impl Subject {
    /// The values of the `index`th figure, one a sample.
    pub fn series(&self, index: usize) -> Vec<f64> {
        self.samples.iter().filter_map(|sample| sample.get(index)).map(|figure| figure.value).collect()
    }

    /// Whether it is what the others are compared with.
    pub fn is_floor(&self) -> bool {
        self.name == FLOOR
    }
}
