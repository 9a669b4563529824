//! What a finished run leaves beside `raw.csv`: the summary, a plot of each row, and the sizing page.

use std::fs;
use std::path::Path;

use crate::drawing::draw;
use crate::error::{Doing, LoadError};
use crate::report::{Measured, section};
use crate::sizing;

/// Notes that someone wrote by hand, profiles for instance: the summary links to them.
const NOTES: &str = "notes.md";
/// What was measured on which machine; the script writes it.
const MACHINE: &str = "machine.txt";

/// Writes the results of all rows into a directory, and gives the summary's text.
///
/// # Errors
/// A file can't be written.
pub fn write(rows: &[Measured<'_>], directory: &Path) -> Result<String, LoadError> {
    let mut sections = vec![links(directory, sizing_page(rows, directory)?)];
    for measured in rows {
        let plot = format!("{}.svg", measured.row.name());
        let drawing = draw(measured);
        if let Some(drawing) = &drawing {
            fs::write(directory.join(&plot), drawing).doing("write a plot")?;
        }
        sections.push(section(measured, drawing.map(|_| plot.as_str())));
    }
    let text = sections.join("\n");
    fs::write(directory.join("summary.md"), &text).doing("write the summary")?;
    Ok(text)
}

fn sizing_page(rows: &[Measured<'_>], directory: &Path) -> Result<bool, LoadError> {
    let Some(page) = sizing::page(rows) else { return Ok(false) };
    fs::write(directory.join("sizing.md"), page).doing("write the sizing page")?;
    Ok(true)
}

/// The summary's head.
fn links(directory: &Path, sizing: bool) -> String {
    let mut links =
        vec![format!("[machine, versions and commands]({MACHINE})"), "[every figure](raw.csv)".into()];
    if sizing {
        links.push("[sizing](sizing.md)".into());
    }
    if directory.join(NOTES).exists() {
        links.push(format!("[notes and profiles]({NOTES})"));
    }
    format!("# What was measured\n\n{}. What each row measures: tests/load/README.md.\n", links.join(" · "))
}
