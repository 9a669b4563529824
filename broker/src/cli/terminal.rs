//! What the commands share of the terminal: how they run, stop, speak, and fail.

use std::fmt::{self, Display};
use std::future::pending;
use std::io::{self, IsTerminal};
use std::process::{self, ExitCode};
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Style};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::timeout;

use super::advice;

/// Time that a command has to end after Ctrl-C: longer than its session needs for a close in good order.
const GRACE: Duration = Duration::from_secs(6);

/// For what is beside the point.
pub(super) const DIM: Style = Style::new().dimmed();
/// For what tells lines apart.
pub(super) const NAME: Style = AnsiColor::Cyan.on_default();
/// For what went wrong.
pub(super) const FAULT: Style = AnsiColor::Red.on_default().bold();

/// Why a command ends early.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// The broker can't be reached, refuses, or has gone.
    #[error("{}", advice::of(.0))]
    Client(#[from] fanfare_client::Error),
    /// What the person gave can't be used; the text says what to do.
    #[error("{0}")]
    Input(String),
    /// The operating system refuses.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the operating system says.
        source: io::Error,
    },
    /// Nobody reads the output any more (`… | head`): that is no fault.
    #[error("nobody reads the output any more")]
    NobodyReads,
}

impl CommandError {
    /// Tells a reader that has gone from a fault of the output.
    pub(super) fn output(source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::Io { what: "can't write to standard output", source },
        }
    }
}

/// Whether Ctrl-C or SIGTERM has come. Signals are the process's, and so is this; once true it stays so, whoever asks
/// late is told all the same.
static INTERRUPTED: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

/// Runs a command to its end.
///
/// The runtime has a thread of its own, so a command that waits for a pager or a file keeps its session alive.
pub(super) fn run(command: impl Future<Output = Result<(), CommandError>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    // The handlers stand before the command begins, so that no signal falls between.
    let signals = match runtime.block_on(async { Signals::listen() }) {
        Ok(signals) => signals,
        Err(error) => return fail(&error),
    };
    let handle = runtime.handle().clone();
    thread::spawn(move || runtime.block_on(end_if_stuck(signals)));
    match handle.block_on(command) {
        Ok(()) | Err(CommandError::NobodyReads) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Ctrl-C and SIGTERM.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Tells the command of a signal, and ends the process if the command does not, because it waits for its output, say; a
/// second signal ends it at once.
async fn end_if_stuck(mut signals: Signals) {
    signals.next().await;
    INTERRUPTED.send_replace(true);
    // Either outcome means that it has not ended by itself.
    let _ = timeout(GRACE, signals.next()).await;
    process::exit(1);
}

/// Waits for Ctrl-C or SIGTERM.
pub(super) async fn interrupted() {
    if INTERRUPTED.subscribe().wait_for(|interrupted| *interrupted).await.is_err() {
        // The sender is static and never goes.
        pending::<()>().await;
    }
}

/// Whether to colour what goes to this stream: it is a terminal, and nobody objects (<https://no-color.org>).
pub(super) fn coloured(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Tells the person something beside the output.
#[allow(clippy::print_stderr, reason = "the command line speaks to a person here")]
pub(super) fn notice(text: impl Display) {
    eprintln!("{}", styled(DIM, text, coloured(&io::stderr())));
}

/// Text in a style, or plain.
pub(super) fn styled(style: Style, text: impl Display, coloured: bool) -> impl Display {
    let style = if coloured { style } else { Style::new() };
    fmt::from_fn(move |f| write!(f, "{style}{text}{style:#}"))
}

#[allow(clippy::print_stderr, reason = "the command line speaks to a person here")]
fn fail(error: &dyn Display) -> ExitCode {
    eprintln!("{} {error}", styled(FAULT, "fanfare:", coloured(&io::stderr())));
    ExitCode::FAILURE
}
