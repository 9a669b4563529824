//! Which subjects and rows there are.

use std::path::{Path, PathBuf};

use fanfare_protocol::Encoding;

use crate::adapter::fanfare::Fanfare;
use crate::adapter::fanfare_http::FanfareHttp;
use crate::adapter::floor::Floor;
use crate::adapter::mqtt::Mqtt;
use crate::adapter::nats::Nats;
use crate::adapter::script::Folder;
use crate::adapter::socket_io::SocketIo;
use crate::adapter::topic_script::TopicScript;
use crate::adapter::{Adapter, Kind};
use crate::error::LoadError;
use crate::launch::find_program;
use crate::rows::Row;
use crate::rows::fanouts::{self, FanoutRow};
use crate::rows::http_publish::HttpPublish;
use crate::rows::idle_memory::IdleMemory;
use crate::rows::jitter::Jitter;
use crate::rows::resume_storm::ResumeStorm;
use crate::rows::slow_readers::SlowReaders;
use crate::rows::storm::{Churn, ConnectStorm};
use crate::samples::FLOOR;

/// Stands for every row.
const ALL: &str = "all";
/// Stands for every peer.
const PEERS: &str = "peers";

/// Every subject that can be measured; the floor, which the others are compared with, comes first.
///
/// Our servers are looked for beside the running program and the scripts of peers in `peers-load` beside its folder, unless
/// the environment names them; Debian's where programs are. Nothing has to be there: whoever measures one that is
/// not is told.
pub fn adapters(programs: &Path) -> Vec<Box<dyn Adapter>> {
    let at = |variable, name| std::env::var_os(variable).map_or_else(|| programs.join(name), PathBuf::from);
    let (fanfare, floor) = (at("FANFARE_BIN", "fanfare"), at("FLOOR_BIN", "floor"));
    let folder = Folder::new(at("LOAD_PEERS", "../peers-load"));
    let installed = |name: &str| find_program(name).unwrap_or_else(|| PathBuf::from(name));
    vec![
        Box::new(Floor::coalescing(floor.clone())),
        Box::new(Floor::direct(floor)),
        Box::new(Fanfare::new(fanfare.clone(), Encoding::MsgPack)),
        Box::new(Fanfare::new(fanfare.clone(), Encoding::Json)),
        Box::new(FanfareHttp::requests(fanfare.clone())),
        Box::new(FanfareHttp::lines(fanfare)),
        Box::new(TopicScript::bun(folder.clone())),
        Box::new(TopicScript::ws(folder.clone())),
        Box::new(SocketIo::new(folder)),
        Box::new(Nats::new(installed("nats-server"))),
        Box::new(Mqtt::new(installed("mosquitto"))),
    ]
}

/// Whether a subject is measured without being named: the floor that others are compared with, and Fanfare.
fn is_usual(adapter: &dyn Adapter) -> bool {
    adapter.kind() == Kind::Ours || adapter.name() == FLOOR
}

/// Every row, in the order in which they run.
pub fn rows(idle_connections: u32) -> Vec<Box<dyn Row>> {
    fn boxed(row: FanoutRow) -> Box<dyn Row> {
        Box::new(row)
    }
    let mut rows: Vec<Box<dyn Row>> = fanouts::FIGURES.into_iter().map(boxed).collect();
    rows.push(Box::new(SlowReaders));
    rows.push(Box::new(IdleMemory { connections: idle_connections }));
    rows.push(Box::new(Jitter));
    rows.extend(fanouts::EDGES.into_iter().map(boxed));
    rows.push(Box::new(Churn));
    rows.push(Box::new(ConnectStorm));
    rows.push(Box::new(ResumeStorm));
    rows.push(Box::new(HttpPublish));
    rows.extend(fanouts::SIZING.into_iter().map(boxed));
    rows
}

/// The rows of a list of names with commas between them; all of them if `all` is among the names.
///
/// # Errors
/// There is none of a name.
pub fn chosen_rows(rows: Vec<Box<dyn Row>>, list: &str) -> Result<Vec<Box<dyn Row>>, LoadError> {
    let names: Vec<&str> = list.split(',').collect();
    let is_known = |name: &str| name == ALL || rows.iter().any(|row| row.name() == name);
    if let Some(&unknown) = names.iter().find(|name| !is_known(name)) {
        return Err(LoadError::Unknown(unknown.to_owned()));
    }
    let wanted = |name: &str| names.contains(&ALL) || names.contains(&name);
    Ok(rows.into_iter().filter(|row| wanted(row.name())).collect())
}

/// Whom to measure.
pub struct Choice<'a> {
    adapters: Vec<&'a dyn Adapter>,
    /// Whether every one was asked for by its name: then it is measured in every row.
    by_name: bool,
}

impl<'a> Choice<'a> {
    /// Just these `subjects` if any are named; else the floor, Fanfare and these peers.
    ///
    /// # Errors
    /// There is none of a name.
    pub fn new(
        all: &'a [Box<dyn Adapter>],
        peers: Option<&str>,
        subjects: &[String],
    ) -> Result<Self, LoadError> {
        let peers: Vec<&str> = peers.iter().flat_map(|peers| peers.split(',')).collect();
        let is_known = |name: &str| name == PEERS || all.iter().any(|adapter| adapter.name() == name);
        if let Some(&unknown) = peers.iter().find(|name| !is_known(name)) {
            return Err(LoadError::Unknown(unknown.to_owned()));
        }
        if let Some(unknown) = subjects.iter().find(|name| !is_known(name)) {
            return Err(LoadError::Unknown(unknown.clone()));
        }
        let named = |adapter: &dyn Adapter| subjects.iter().any(|name| name == adapter.name());
        let unasked = |adapter: &dyn Adapter| {
            let is_peer = adapter.kind() == Kind::Peer;
            is_usual(adapter) || is_peer && peers.contains(&PEERS) || peers.contains(&adapter.name())
        };
        let by_name = !subjects.is_empty();
        let wanted = |adapter: &&dyn Adapter| if by_name { named(*adapter) } else { unasked(*adapter) };
        Ok(Self { adapters: all.iter().map(AsRef::as_ref).filter(wanted).collect(), by_name })
    }

    /// Whom to measure in a row: JSON only where it matters, unless it was asked for.
    pub fn of_row(&self, row: &dyn Row) -> Vec<&'a dyn Adapter> {
        let json_is_wanted = self.by_name || row.with_json();
        let wanted = |adapter: &&&dyn Adapter| {
            row.suits(**adapter) && (json_is_wanted || adapter.fanfare() != Some(Encoding::Json))
        };
        self.adapters.iter().filter(wanted).copied().collect()
    }
}
