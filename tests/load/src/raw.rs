//! `raw.csv`: every figure of every sample, appended as it is taken, and read again by a run that is resumed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use crate::error::{Doing, LoadError};
use crate::samples::{Figure, Sample};

/// The first line.
const HEADER: &str = "row,point,subject,pair,figure,unit,value\n";
/// The last figure of each sample: without it, a sample was cut off while it was written.
const TOOK: &str = "took";

/// Which sample.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The row's name.
    pub row: String,
    /// The point of its axis.
    pub point: u32,
    /// The subject's name.
    pub subject: String,
    /// The pair, from 1.
    pub pair: u16,
}

/// The samples of a run, on disk and in memory.
#[derive(Debug)]
pub struct Raw {
    file: File,
    samples: BTreeMap<Key, Sample>,
}

impl Raw {
    /// Opens a run's file, or begins one. What a run that was cut off left of a sample is cut away.
    ///
    /// # Errors
    /// The file can't be read or written, or is none of ours.
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        let mut file =
            File::options().create(true).append(true).read(true).open(path).doing("open raw.csv")?;
        let mut text = String::new();
        file.read_to_string(&mut text).doing("read raw.csv")?;
        if text.is_empty() {
            file.write_all(HEADER.as_bytes()).doing("write raw.csv")?;
            return Ok(Self { file, samples: BTreeMap::new() });
        }
        let (samples, whole_bytes) = parse(&text)?;
        file.set_len(whole_bytes as u64).doing("cut raw.csv")?;
        Ok(Self { file, samples })
    }

    /// A sample that was taken already.
    pub fn get(&self, key: &Key) -> Option<&Sample> {
        self.samples.get(key)
    }

    /// Keeps a sample, which took so many seconds.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn keep(&mut self, key: Key, sample: Sample, seconds: f64) -> Result<(), LoadError> {
        let took = Figure::new(TOOK, "s", seconds);
        let lines: String = sample.iter().chain([&took]).map(|figure| line(&key, figure)).collect();
        self.file.write_all(lines.as_bytes()).doing("write raw.csv")?;
        self.samples.insert(key, sample);
        Ok(())
    }
}

fn line(Key { row, point, subject, pair }: &Key, figure: &Figure) -> String {
    let Figure { name, unit, value } = figure;
    // A reason for a failure may hold anything.
    let name = name.replace(',', ";").replace('\n', " ");
    format!("{row},{point},{subject},{pair},{name},{unit},{value}\n")
}

/// The whole samples, and how many bytes of the text they are with the header.
fn parse(text: &str) -> Result<(BTreeMap<Key, Sample>, usize), LoadError> {
    let Some(lines) = text.strip_prefix(HEADER) else {
        return Err(LoadError::Machine("raw.csv is of another kind: choose another directory".into()));
    };
    let (mut samples, mut sample) = (BTreeMap::new(), Vec::new());
    let (mut used, mut whole) = (HEADER.len(), HEADER.len());
    for line in lines.split_inclusive('\n') {
        let Some((key, figure)) = line.strip_suffix('\n').and_then(read_line) else { break };
        used += line.len();
        if figure.name == TOOK {
            samples.insert(key, std::mem::take(&mut sample));
            whole = used;
        } else {
            sample.push(figure);
        }
    }
    Ok((samples, whole))
}

fn read_line(line: &str) -> Option<(Key, Figure)> {
    let mut cells = line.split(',');
    let mut next = || cells.next();
    let (row, point) = (next()?.to_owned(), next()?.parse().ok()?);
    let (subject, pair) = (next()?.to_owned(), next()?.parse().ok()?);
    let (name, unit) = (next()?.to_owned(), next()?.to_owned());
    let value = next()?.parse().ok()?;
    Some((Key { row, point, subject, pair }, Figure::new(name, unit, value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(pair: u16) -> Key {
        Key { row: "row".into(), point: 0, subject: "ours".into(), pair }
    }

    fn text(pairs: &[u16]) -> String {
        let figures = [Figure::new("cost, all", "µs", 1.25), Figure::new(TOOK, "s", 4.0)];
        let lines = pairs.iter().flat_map(|&pair| figures.iter().map(move |figure| line(&key(pair), figure)));
        [HEADER.to_owned()].into_iter().chain(lines).collect()
    }

    #[test]
    fn samples_are_read_as_they_were_written() {
        let (samples, whole) = parse(&text(&[1, 2])).expect("ours");
        assert_eq!(whole, text(&[1, 2]).len());
        assert_eq!(samples.keys().cloned().collect::<Vec<_>>(), [key(1), key(2)]);
        assert_eq!(samples[&key(2)], [Figure::new("cost; all", "µs", 1.25)]);
    }

    #[test]
    fn a_sample_that_was_cut_off_anywhere_is_taken_again() {
        let (one, two) = (text(&[1]).len(), text(&[1, 2]));
        for end in (one..two.len()).filter(|&end| two.is_char_boundary(end)) {
            let (samples, whole) = parse(&two[..end]).expect("ours");
            assert_eq!((samples.len(), whole), (1, one), "cut at {end}");
        }
    }

    #[test]
    fn a_file_of_another_kind_is_left_alone() {
        assert!(parse("row,subject,pair,figure,unit,value\n").is_err());
    }

    #[test]
    fn a_run_goes_on_where_it_was() {
        let path = std::env::temp_dir().join(format!("fanfare-load-raw-{}.csv", std::process::id()));
        let sample = vec![Figure::new("cost", "µs", 2.5)];
        Raw::open(&path).expect("begins").keep(key(1), sample.clone(), 4.0).expect("keeps");
        let mut raw = Raw::open(&path).expect("goes on");
        assert_eq!((raw.get(&key(1)), raw.get(&key(2))), (Some(&sample), None));
        raw.keep(key(2), sample.clone(), 4.0).expect("keeps");
        assert_eq!(Raw::open(&path).expect("goes on").get(&key(2)), Some(&sample));
        std::fs::remove_file(path).expect("it is there");
    }
}
