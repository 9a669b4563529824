//! The binary `micro`: runs one group of microbenchmarks, and says how often each of its cases did what.

use std::error::Error;
use std::io::{self, Write};

use fanfare::micro::{GROUPS, Size};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    let Some(name) = std::env::args().nth(1) else {
        for group in GROUPS {
            writeln!(out, "{}", group.name)?;
        }
        return Ok(());
    };
    let group =
        GROUPS.iter().find(|group| group.name == name).ok_or("no such group; without one, all are named")?;
    for case in group.run(Size::FULL)? {
        writeln!(out, "{name}/{},{},{}", case.name, case.pieces, case.piece)?;
    }
    Ok(())
}
