//! The resolved configuration: complete, checked, and all that the broker needs to start.

use std::fs::File;
use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::auth::resolve_auth;
use super::bounds::resolve_limits;
use super::doors::{resolve_names, resolve_proxies, resolve_tls};
use super::fault::{Fault, Faults, Located, Place};
use super::files::Files;
use super::layers::Overrides;
use super::listing::Listing;
use super::presence::resolve_presence;
use super::streams::resolve_streams;
use super::table::Name;
use super::tracing::resolve_tracing;
use super::units::format_bytes;
use super::written::{self, Written};
use crate::auth::AuthSettings;
use crate::engine::StreamConfig;
use crate::hub::{MAX_SHARDS, PresenceConfig};
use crate::limits::Limits;
use crate::net::{Names, Proxies, TlsFiles, TraceSettings};

/// How lines of the log are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// As text on a terminal, as JSON elsewhere.
    #[default]
    Auto,
    /// For people.
    Text,
    /// An object a line, for programs.
    Json,
}

impl LogFormat {
    /// The format of this name; none if it names none.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Self::Auto),
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

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
    /// Where it is kept who is subscribed; no topic is in two of them.
    pub presence: Vec<PresenceConfig>,
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
    /// What is logged, as directives of [`EnvFilter`].
    pub log_level: String,
    /// How it is logged.
    pub log_format: LogFormat,
    /// Who may enter, and what they may do.
    pub auth: AuthSettings,
    /// How messages are traced, if any are.
    pub tracing: Option<TraceSettings>,
}

/// A configuration, and where each setting of it comes from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the broker needs.
    pub config: Config,
    /// Every setting with its value and origin.
    pub listing: Listing,
}

/// Where a configuration is read from, again and again.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The settings file, if there is one.
    pub file: Option<PathBuf>,
    /// What goes over it.
    pub overrides: Overrides,
}

impl Source {
    /// Reads the configuration as it is now.
    ///
    /// # Errors
    /// Every fault at once, each with its place and remedy.
    pub fn load(&self) -> Result<Loaded, Faults> {
        Loaded::load(self.file.as_deref(), &self.overrides)
    }
}

/// Where clients connect unless configured.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7440);
/// What is logged unless configured.
pub const DEFAULT_LOG_LEVEL: &str = "info";
const SHARDS: Name = Name::top("shards");
const DEFAULT_INTERNAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7441);
/// No configuration is longer; a path that never ends (a device) is not read for ever.
const FILE_BYTES_MAX: u64 = 1 << 20;

impl Config {
    /// Reads the file, if there is one, puts flags and environment over it, fills in defaults and checks all.
    ///
    /// # Errors
    /// Every fault at once, each with its place and remedy.
    pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Self, Faults> {
        Loaded::load(file, overrides).map(|loaded| loaded.config)
    }

    /// As [`Config::load`], from the text of a file that has been read.
    ///
    /// # Errors
    /// Every fault at once, each with its place and remedy.
    pub fn parse(file: &Path, text: &str, overrides: &Overrides) -> Result<Self, Faults> {
        Loaded::parse(Some(file), text, Vec::new(), overrides).map(|loaded| loaded.config)
    }

    fn resolve(written: &Written, faults: &mut Vec<Fault>) -> Self {
        let limits = resolve_limits(written, faults);
        let config = Self {
            listen: resolve_address("listen", written.listen.as_ref(), DEFAULT_LISTEN, faults),
            internal: resolve_address("internal", written.internal.as_ref(), DEFAULT_INTERNAL, faults),
            shards: resolve_shards(written.shards.as_ref(), faults),
            streams: resolve_streams(&written.streams, &limits, faults),
            presence: resolve_presence(&written.presence, faults),
            limits,
            allow_anonymous: written.allow_anonymous.as_ref().is_some_and(|allow| allow.value),
            names: resolve_names(written, faults),
            proxies: resolve_proxies(written, faults),
            tls: resolve_tls(written.tls.as_ref(), written.files, faults),
            internal_tls: resolve_tls(written.internal_tls.as_ref(), written.files, faults),
            data_dir: resolve_data_dir(written.data_dir.as_ref(), faults),
            log_level: resolve_log_level(written.log_level.as_ref(), faults),
            log_format: resolve_log_format(written.log_format.as_ref(), faults),
            auth: resolve_auth(&written.auth, written.files, faults),
            tracing: resolve_tracing(&written.tracing, faults),
        };
        config.check_doors(written, faults);
        config
    }

    /// Whether the broker may run without authentication: just this machine reaches it, or anyone is meant to.
    pub(crate) fn may_be_open(&self) -> bool {
        let local = |address: SocketAddr| address.ip().to_canonical().is_loopback();
        self.allow_anonymous || (local(self.listen) && local(self.internal))
    }

    /// Nobody listens to the world by accident, and the two ports differ.
    fn check_doors(&self, written: &Written, faults: &mut Vec<Fault>) {
        let doors =
            [("listen", self.listen, &written.listen), ("internal", self.internal, &written.internal)];
        for (name, address, place) in doors {
            // What is wrong with authentication is told already; that there is none would be false.
            let open = self.allow_anonymous || written.auth.asks_for_callers();
            if !open && !address.ip().to_canonical().is_loopback() {
                let what = format!("`{name}` = \"{address}\" is beyond loopback, which needs authentication");
                let remedy = "add an [[auth.issuer]] or [[api_key]], set allow_anonymous = true to let anyone in, or bind \
                              127.0.0.1";
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

impl Loaded {
    /// Reads the file, if there is one, puts flags and environment over it, fills in defaults and checks all.
    ///
    /// # Errors
    /// Every fault at once, each with its place and remedy.
    pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Self, Faults> {
        Self::check(file, overrides, Files::default())
    }

    /// As [`Loaded::load`], but with more or fewer of the files that it names opened.
    ///
    /// # Errors
    /// Every fault at once, each with its place and remedy.
    pub fn check(file: Option<&Path>, overrides: &Overrides, files: Files) -> Result<Self, Faults> {
        match file.map(read_file).transpose() {
            Ok(text) => Self::read(file, &text.unwrap_or_default(), Vec::new(), overrides, files),
            Err(error) => {
                let remedy = "check the path: an argument, --config or FANFARE_CONFIG gives it";
                let fault = Fault::new(Place::Whole, format!("can't be read: {error}"), remedy);
                Self::read(file, "", vec![fault], overrides, files)
            }
        }
    }

    /// As [`Loaded::load`], from the text of a file, with what was wrong with that already.
    pub(super) fn parse(
        file: Option<&Path>,
        text: &str,
        faults: Vec<Fault>,
        overrides: &Overrides,
    ) -> Result<Self, Faults> {
        Self::read(file, text, faults, overrides, Files::default())
    }

    fn read(
        file: Option<&Path>,
        text: &str,
        mut faults: Vec<Fault>,
        overrides: &Overrides,
        files: Files,
    ) -> Result<Self, Faults> {
        let (mut written, mut listing, found) = written::read(text, overrides);
        written.files = files;
        faults.extend(found);
        let config = Config::resolve(&written, &mut faults);
        if let Some(faults) = Faults::of(file.map(Path::to_owned), faults) {
            return Err(faults);
        }
        listing.fit(&config.limits);
        listing.compute(SHARDS, i64::try_from(config.shards.get()).unwrap_or(i64::MAX));
        Ok(Self { config, listing })
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

fn resolve_log_level(written: Option<&Located<String>>, faults: &mut Vec<Fault>) -> String {
    let Some(Located { value, place }) = written else { return DEFAULT_LOG_LEVEL.to_owned() };
    // A plain word that is no level would be taken for a module's name, and log nothing.
    let is_level = |word: &str| word.parse::<LevelFilter>().is_ok();
    let sound = value.split(',').all(|part| part.contains('=') || is_level(part.trim()));
    if value.trim().is_empty() || !sound || EnvFilter::try_new(value).is_err() {
        let remedy =
            "write off, error, warn, info, debug or trace, or a list like \"info,fanfare::net=debug\"";
        faults.push(Fault::new(*place, format!("`log_level` = {value:?} names no level"), remedy));
    }
    value.clone()
}

fn resolve_log_format(written: Option<&Located<String>>, faults: &mut Vec<Fault>) -> LogFormat {
    let Some(Located { value, place }) = written else { return LogFormat::default() };
    LogFormat::named(value).unwrap_or_else(|| {
        let what = format!("`log_format` = {value:?} is no format of logs");
        faults.push(Fault::new(*place, what, "write auto, text or json"));
        LogFormat::default()
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
