//! What a long test found out, as a table for people: printed, and kept as plain text.

use std::fmt::{Display, Write};
use std::fs;

use crate::workspace;

/// A table of names and values.
#[derive(Debug)]
pub struct Report {
    name: String,
    text: String,
}

impl Report {
    /// An empty table; it is kept as `target/reports/<name>.txt`.
    pub fn new(name: &str, title: &str) -> Self {
        Self { name: name.to_owned(), text: format!("{title}\n\n") }
    }

    /// Adds a row.
    pub fn row(&mut self, name: &str, value: impl Display) {
        writeln!(self.text, "  {name:<44}{:>16}", value.to_string()).expect("a string takes all");
    }

    /// Prints the table and keeps it.
    #[allow(clippy::print_stdout, reason = "people read it")]
    pub fn show(&self) {
        let home = workspace().join("target/reports");
        fs::create_dir_all(&home).expect("target/ can be written");
        fs::write(home.join(format!("{}.txt", self.name)), &self.text).expect("a report can be written");
        println!("\n{}", self.text);
    }
}

/// A number of bytes in MiB, with one decimal.
#[allow(clippy::cast_precision_loss, reason = "one decimal is shown")]
pub fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
