//! A run: takes the samples that are not there yet, one after the other.

use std::time::{Duration, Instant};

use crate::error::LoadError;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::raw::{Key, Raw};
use crate::report::{Measured, Point};
use crate::rows::Row;
use crate::samples::{Figure, Sample, Subject};
use crate::tasks::Task;

/// Takes every sample that `raw` does not hold.
///
/// # Errors
/// A sample of the floor or of Fanfare is void, now or when the run was begun. Every void one is kept as failed, with the
/// reason; those of peers end nothing.
pub fn take(tasks: &[Task<'_>], plan: &Plan, raw: &mut Raw) -> Result<(), LoadError> {
    tasks.iter().try_for_each(|task| task.was_not_void(raw))?;
    let open: Vec<&Task<'_>> = tasks.iter().filter(|task| raw.get(&task.key()).is_none()).collect();
    let mut progress = Progress::new(open.len(), estimate(open.iter().copied(), plan));
    for task in open {
        let what = task.what();
        progress.begin(&what);
        let started = Instant::now();
        let sample = match task.take(plan) {
            Ok(sample) => sample,
            Err(error) => {
                if error.is_of_the_server() {
                    // Nor does it become better by taking it again.
                    raw.keep(task.key(), failed(&error), started.elapsed().as_secs_f64())?;
                }
                return Err(error);
            }
        };
        let first = sample.first().map(|f| format!("{what}: {:.3} {} {}", f.value, f.unit, f.name));
        raw.keep(task.key(), sample, started.elapsed().as_secs_f64())?;
        progress.end(&first.unwrap_or(what), task.estimate(plan));
    }
    Ok(())
}

/// How long tasks take, about.
pub fn estimate<'a>(tasks: impl IntoIterator<Item = &'a Task<'a>>, plan: &Plan) -> Duration {
    tasks.into_iter().map(|task| task.estimate(plan)).sum()
}

/// What `raw` holds of one row's tasks.
pub fn measured<'a>(row: &'a dyn Row, tasks: &[Task<'a>], raw: &Raw) -> Measured<'a> {
    let mut points: Vec<Point> = Vec::new();
    for &x in row.axis().points {
        let mut subjects: Vec<Subject> = Vec::new();
        for task in tasks.iter().filter(|task| task.row.name() == row.name() && task.point == x) {
            let Some(sample) = raw.get(&task.key()) else { continue };
            let name = task.adapter.name();
            match subjects.iter_mut().find(|subject| subject.name == name) {
                Some(subject) => subject.samples.push(sample.clone()),
                None => subjects.push(Subject { name, samples: vec![sample.clone()] }),
            }
        }
        points.push(Point { x, subjects });
    }
    Measured { row, points }
}

fn failed(error: &LoadError) -> Sample {
    vec![Figure::new(error.to_string(), Figure::FAILED, 1.0)]
}

impl Task<'_> {
    fn key(&self) -> Key {
        let (row, subject) = (self.row.name().to_owned(), self.adapter.name().to_owned());
        Key { row, point: self.point, subject, pair: self.pair }
    }

    fn what(&self) -> String {
        let at = if self.row.axis().varies() { format!(" at {}", self.point) } else { String::new() };
        format!("{}{at} {}", self.row.name(), self.adapter.name())
    }

    fn estimate(&self, plan: &Plan) -> Duration {
        Duration::from_secs_f64(self.row.seconds(plan))
    }

    fn was_not_void(&self, raw: &Raw) -> Result<(), LoadError> {
        let sample = raw.get(&self.key()).filter(|_| self.adapter.delivers_all());
        match sample.and_then(|sample| sample.iter().find(|figure| figure.unit == Figure::FAILED)) {
            Some(figure) => Err(LoadError::Void { what: self.what(), why: figure.name.to_string() }),
            None => Ok(()),
        }
    }

    fn take(&self, plan: &Plan) -> Result<Sample, LoadError> {
        match self.row.sample(self.point, self.adapter, plan) {
            Err(error) if !self.adapter.delivers_all() => Ok(failed(&error)),
            other => {
                other.map_err(|source| LoadError::Sample { what: self.what(), source: Box::new(source) })
            }
        }
    }
}
