//! The resolved configuration: complete, checked, and all that the broker needs to start.

use std::fs::File;
use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use super::bounds::resolve_limits;
use super::doors::{resolve_names, resolve_proxies, resolve_tls};
use super::fault::{Fault, Faults, Located, Place};
use super::streams::resolve_streams;
use super::units::format_bytes;
use super::written::{self, Written};
use crate::engine::StreamConfig;
use crate::hub::MAX_SHARDS;
use crate::limits::Limits;
use crate::net::{Names, Proxies, TlsFiles};

/// What the broker needs to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where clients connect.
    pub listen: SocketAddr,
    /// Where metrics, health and the page are.
    pub internal: SocketAddr,
    /// Threads that own sessions; at most [`MAX_SHARDS`], and one a processor unless configured.
    pub shards: NonZeroUsize,
    /// Every bound.
    pub limits: Limits,
    /// What is retained; no two streams overlap.
    pub streams: Vec<StreamConfig>,
    /// Whether anyone may connect from beyond this machine.
    pub allow_anonymous: bool,
    /// Under which names both ports may be reached, and which web pages may connect.
    pub names: Names,
    /// Whose word about a client's address is taken.
    pub proxies: Proxies,
    /// The certificate of the client port, if it speaks TLS.
    pub tls: Option<TlsFiles>,
    /// The certificate of the internal port, if it speaks TLS.
    pub internal_tls: Option<TlsFiles>,
    /// Where streams outlive a planned restart; if nowhere, each start begins anew.
    pub data_dir: Option<PathBuf>,
}

/// What flags and environment variables say instead of the file; the command line has sorted out the two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--listen`, `FANFARE_LISTEN`.
    pub listen: Option<String>,
    /// `--internal`, `FANFARE_INTERNAL`.
    pub internal: Option<String>,
    /// `--shards`, `FANFARE_SHARDS`.
    pub shards: Option<u64>,
    /// `--allow-anonymous`, `FANFARE_ALLOW_ANONYMOUS`.
    pub allow_anonymous: Option<bool>,
    /// `--data-dir`, `FANFARE_DATA_DIR`.
    pub data_dir: Option<PathBuf>,
}

/// Where clients connect unless configured.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7440);
const DEFAULT_INTERNAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7441);
/// No configuration is longer; a path that never ends (a device) is not read for ever.
const FILE_BYTES_MAX: u64 = 1 << 20;

impl Config {
    /// Reads the file, if there is one, puts flags and environment over it, fills in defaults and checks all.
    ///
    /// # Errors
    /// Every fault at once, each with its place and remedy.
    pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Self, Faults> {
        let Some(path) = file else {
            return Self::resolve(None, Written::default(), Vec::new(), overrides);
        };
        match read_file(path) {
            Ok(text) => Self::parse(path, &text, overrides),
            Err(error) => {
                let remedy = "check the path that --config or FANFARE_CONFIG gives";
                let fault = Fault::new(Place::Whole, format!("can't be read: {error}"), remedy);
                Self::resolve(Some(path), Written::default(), vec![fault], overrides)
            }
        }
    }

    /// As [`Config::load`], from the text of a file that has been read.
    ///
    /// # Errors
    /// Every fault at once, each with its place and remedy.
    pub fn parse(file: &Path, text: &str, overrides: &Overrides) -> Result<Self, Faults> {
        let (written, faults) = written::read(text);
        Self::resolve(Some(file), written, faults, overrides)
    }

    fn resolve(
        file: Option<&Path>,
        mut written: Written,
        mut faults: Vec<Fault>,
        overrides: &Overrides,
    ) -> Result<Self, Faults> {
        overrides.apply(&mut written);
        let limits = resolve_limits(&written, &mut faults);
        let config = Self {
            listen: resolve_address("listen", written.listen.as_ref(), DEFAULT_LISTEN, &mut faults),
            internal: resolve_address("internal", written.internal.as_ref(), DEFAULT_INTERNAL, &mut faults),
            shards: resolve_shards(written.shards.as_ref(), &mut faults),
            streams: resolve_streams(&written.streams, &limits, &mut faults),
            limits,
            allow_anonymous: written.allow_anonymous.as_ref().is_some_and(|allow| allow.value),
            names: resolve_names(&written, &mut faults),
            proxies: resolve_proxies(&written, &mut faults),
            tls: resolve_tls(written.tls.as_ref(), &mut faults),
            internal_tls: resolve_tls(written.internal_tls.as_ref(), &mut faults),
            data_dir: resolve_data_dir(written.data_dir.as_ref(), &mut faults),
        };
        config.check_doors(&written, &mut faults);
        Faults::of(file.map(Path::to_owned), faults).map_or(Ok(config), Err)
    }

    /// Nobody listens to the world by accident, and the two ports differ.
    fn check_doors(&self, written: &Written, faults: &mut Vec<Fault>) {
        let doors =
            [("listen", self.listen, &written.listen), ("internal", self.internal, &written.internal)];
        for (name, address, place) in doors {
            if !self.allow_anonymous && !address.ip().to_canonical().is_loopback() {
                let what = format!("`{name}` = \"{address}\" is beyond loopback, which needs authentication");
                let remedy =
                    "this version has none: set allow_anonymous = true to let anyone in, or bind 127.0.0.1";
                faults.push(Fault::new(place_of(place.as_ref()), what, remedy));
            }
        }
        if self.listen == self.internal && self.listen.port() != 0 {
            let place = place_of(written.internal.as_ref().or(written.listen.as_ref()));
            let what = format!("`listen` and `internal` are both \"{}\"", self.listen);
            faults.push(Fault::new(place, what, "give them different ports, such as 7440 and 7441"));
        }
    }
}

impl Overrides {
    fn apply(&self, written: &mut Written) {
        fn put<T: Clone>(over: Option<&T>, flag: &'static str, written: &mut Option<Located<T>>) {
            if let Some(value) = over {
                *written = Some(Located { value: value.clone(), place: Place::Flag(flag) });
            }
        }
        put(self.listen.as_ref(), "--listen or FANFARE_LISTEN", &mut written.listen);
        put(self.internal.as_ref(), "--internal or FANFARE_INTERNAL", &mut written.internal);
        put(self.shards.as_ref(), "--shards or FANFARE_SHARDS", &mut written.shards);
        let allow = "--allow-anonymous or FANFARE_ALLOW_ANONYMOUS";
        put(self.allow_anonymous.as_ref(), allow, &mut written.allow_anonymous);
        put(self.data_dir.as_ref(), "--data-dir or FANFARE_DATA_DIR", &mut written.data_dir);
    }
}

fn read_file(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if u64::try_from(read).is_ok_and(|read| read > FILE_BYTES_MAX) {
        return Err(io::Error::other(format!("it is longer than {}", format_bytes(FILE_BYTES_MAX))));
    }
    Ok(text)
}

fn place_of<T>(written: Option<&Located<T>>) -> Place {
    written.map_or(Place::Whole, |located| located.place)
}

fn resolve_address(
    name: &str,
    written: Option<&Located<String>>,
    default: SocketAddr,
    faults: &mut Vec<Fault>,
) -> SocketAddr {
    let Some(Located { value, place }) = written else { return default };
    value.trim().parse().unwrap_or_else(|_| {
        let what = format!("`{name}` = {value:?} is no IP address with a port");
        faults.push(Fault::new(
            *place,
            what,
            format!("write it like \"{default}\" or \"[::1]:{}\"", default.port()),
        ));
        default
    })
}

fn resolve_shards(written: Option<&Located<u64>>, faults: &mut Vec<Fault>) -> NonZeroUsize {
    let processors = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let default = NonZeroUsize::new(MAX_SHARDS).map_or(processors, |max| processors.min(max));
    let Some(Located { value, place }) = written else { return default };
    let shards =
        usize::try_from(*value).ok().filter(|shards| *shards <= MAX_SHARDS).and_then(NonZeroUsize::new);
    shards.unwrap_or_else(|| {
        let what = format!("`shards` = {value} is not between 1 and {MAX_SHARDS}");
        faults.push(Fault::new(*place, what, format!("leave it out for one a processor ({default} here)")));
        default
    })
}

/// Whether the directory can be used shows when it is opened.
fn resolve_data_dir(written: Option<&Located<PathBuf>>, faults: &mut Vec<Fault>) -> Option<PathBuf> {
    let Located { value, place } = written?;
    if value.as_os_str().is_empty() {
        faults.push(Fault::new(*place, "`data_dir` is empty", "leave it out if nothing is to be saved"));
    }
    Some(value.clone())
}
