//! The terminal: draws what is known when something changes, and takes keys, until the person has seen enough.

use std::io;
use std::thread;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self as terminal_event, Event as Input};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use super::draw::{Palette, draw};
use super::event::{Event, Order};
use super::keys;
use super::model::{Asked, Model};
use super::view::View;
use crate::cli::terminal::{CommandError, interrupted};
use crate::clock;

/// Ages that are shown grow although nothing happens.
const REDRAW_EVERY: Duration = Duration::from_secs(1);
/// Events that are taken in before the screen is drawn again.
const EVENTS_AT_ONCE: usize = 256;
/// Keys that wait.
const KEYS: usize = 64;

/// What is watched.
pub(super) struct Watched {
    pub(super) server: String,
    /// Topics that are sampled.
    pub(super) pattern: String,
    pub(super) events: mpsc::Receiver<Event>,
    pub(super) order: watch::Sender<Order>,
}

/// Draws until the person quits, or until `ended` says why there is nothing more to see.
///
/// # Errors
/// There is nothing more to see, or the terminal can't be used.
pub(super) async fn run(
    mut watched: Watched,
    palette: Palette,
    ended: impl Future<Output = String>,
) -> Result<(), CommandError> {
    let failed = |source: io::Error| CommandError::Io { what: "can't use this terminal", source };
    let mut screen = Screen::open().map_err(failed)?;
    let mut inputs = listen();
    let mut model = Model::default();
    let mut tick = interval(REDRAW_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(ended);
    loop {
        let view = View::of(&model, &watched.server, &watched.pattern, clock::read());
        model.bound(view.rows());
        screen.0.draw(|frame| draw(frame, &view, palette)).map_err(failed)?;
        tokio::select! {
            biased;
            () = interrupted() => return Ok(()),
            input = inputs.recv() => match input {
                Some(input) if act(&mut model, &input, &watched.order) => {}
                // The person has seen enough, or the terminal is gone.
                _ => return Ok(()),
            },
            Some(event) = watched.events.recv() => take_in(&mut model, event, &mut watched.events),
            why = &mut ended => return Err(CommandError::Input(why)),
            _ = tick.tick() => {}
        }
    }
}

/// Does what an input asks for; false if that is to quit.
fn act(model: &mut Model, input: &Input, order: &watch::Sender<Order>) -> bool {
    let Input::Key(key) = input else { return true };
    let Some(action) = keys::action(*key) else { return true };
    match model.act(action) {
        Asked::Nothing => {}
        Asked::Quit => return false,
        Asked::Sessions(wanted) => drop(order.send_replace(wanted)),
    }
    true
}

/// Takes in an event, and those that wait behind it.
fn take_in(model: &mut Model, event: Event, waiting: &mut mpsc::Receiver<Event>) {
    let now = clock::read();
    model.hear(event, now);
    for event in std::iter::from_fn(|| waiting.try_recv().ok()).take(EVENTS_AT_ONCE) {
        model.hear(event, now);
    }
}

/// Reads keys and changes of size, on a thread of its own: it ends with the process.
fn listen() -> mpsc::Receiver<Input> {
    let (sender, inputs) = mpsc::channel(KEYS);
    thread::spawn(move || {
        while let Ok(input) = terminal_event::read() {
            if sender.blocking_send(input).is_err() {
                break;
            }
        }
    });
    inputs
}

/// The terminal, which is as it was when this is dropped.
struct Screen(DefaultTerminal);

impl Screen {
    fn open() -> io::Result<Self> {
        ratatui::try_init().map(Self)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}
