//! Which subjects and rows there are.

use std::path::{Path, PathBuf};

use fanfare_protocol::Encoding;

use crate::adapter::Adapter;
use crate::adapter::fanfare::Fanfare;
use crate::adapter::floor::Floor;
use crate::rows::Row;
use crate::rows::idle_memory::IdleMemory;
use crate::rows::one_in_flight::OneInFlight;
use crate::rows::saturated::Saturated;

/// Every subject that can be measured; the floor, which the others are compared with, comes first.
///
/// Servers are looked for beside the running program, unless the environment names them.
pub fn adapters(programs: &Path) -> Vec<Box<dyn Adapter>> {
    let at = |variable, name| std::env::var_os(variable).map_or_else(|| programs.join(name), PathBuf::from);
    let fanfare = at("FANFARE_BIN", "fanfare");
    vec![
        Box::new(Floor::new(at("FLOOR_BIN", "floor"))),
        Box::new(Fanfare::new(fanfare.clone(), Encoding::MsgPack)),
        Box::new(Fanfare::new(fanfare, Encoding::Json)),
    ]
}

/// Every row, in the order in which they run.
pub fn rows() -> Vec<Box<dyn Row>> {
    vec![Box::new(Saturated), Box::new(OneInFlight), Box::new(IdleMemory)]
}
