//! Keys: what each of them asks for.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::event::{Action, Step};
use super::model::PANELS;

/// What a key asks for, if anything.
pub(super) fn action(key: KeyEvent) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return matches!(key.code, KeyCode::Char('c' | 'd')).then_some(Action::Quit);
    }
    Some(match key.code {
        KeyCode::Char('q') => Action::Quit,
        KeyCode::Esc => Action::Back,
        KeyCode::Char('?' | 'h') | KeyCode::F(1) => Action::Help,
        KeyCode::Tab | KeyCode::Right => Action::Focus(Step::Forth),
        KeyCode::BackTab | KeyCode::Left => Action::Focus(Step::Back),
        KeyCode::Char(digit @ '1'..='4') => Action::Panel(digit as usize - '1' as usize),
        KeyCode::Char('z') | KeyCode::Enter => Action::Zoom,
        KeyCode::Char('s') => Action::Order,
        KeyCode::Char('p' | ' ') => Action::Pause,
        KeyCode::Down | KeyCode::Char('j') => Action::Scroll(Step::Forth),
        KeyCode::Up | KeyCode::Char('k') => Action::Scroll(Step::Back),
        KeyCode::PageDown => Action::ScrollPage(Step::Forth),
        KeyCode::PageUp => Action::ScrollPage(Step::Back),
        KeyCode::Home | KeyCode::Char('g') => Action::Top,
        _ => return None,
    })
}

/// What the panels are about, in the order of their numbers.
pub(super) const PANEL_NAMES: [&str; PANELS] = ["Sessions", "Topics", "Streams", "Events"];

/// The keys in the footer, the most useful first: what has no room is left out.
pub(super) const FOOTER: &[(&str, &str)] = &[
    ("q", "quit"),
    ("?", "help"),
    ("Tab", "panel"),
    ("z", "zoom"),
    ("s", "sort sessions"),
    ("↑↓", "scroll"),
    ("p", "pause"),
];

/// What help says.
pub(super) const HELP: &[&str] = &[
    "Tab, 1-4   the next panel, or one by its number",
    "z, Enter   the whole screen for it, and back",
    "↑ ↓        scroll it; PgUp, PgDn and Home, too",
    "s          sort sessions: queue, behind, age",
    "p          hold what is shown, and go on",
    "q, Ctrl-C  quit",
    "",
    "behind: the socket takes less than is published,",
    "so the broker reads from the stream for it.",
    "gaps: messages that subscribers were told are",
    "missing. Latency runs from a message's arrival to",
    "the write that took it to sockets; it is a bound.",
    "Topics are counted by nobody: shares are those of",
    "the newest retained messages, looked at every two",
    "seconds, older looks fading. Times are UTC.",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_that_help_names_does_something() {
        let plain = |code| action(KeyEvent::new(code, KeyModifiers::NONE));
        for key in "qz?sp1234gjkh ".chars() {
            assert!(plain(KeyCode::Char(key)).is_some(), "{key}");
        }
        assert_eq!(plain(KeyCode::Char('3')), Some(Action::Panel(2)));
        assert_eq!(plain(KeyCode::Char('5')), None);
        assert_eq!(action(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)), Some(Action::Quit));
        assert_eq!(action(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::CONTROL)), None);
    }

    #[test]
    fn a_key_that_is_let_go_asks_for_nothing_more() {
        let mut key = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
        key.kind = KeyEventKind::Release;
        assert_eq!(action(key), None);
    }
}
