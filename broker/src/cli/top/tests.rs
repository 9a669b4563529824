//! What a terminal shows, as text: events and keys go in, the screen comes out.

use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::chronicle::Turn;
use super::draw::{Palette, draw};
use super::event::{Action, Event, Order, Step};
use super::model::{Asked, Model};
use super::snapshot;
use super::told::{
    HistoryPage, LastError, Latency, Queues, Sampled, Session, SessionTold, SessionsPage, Stats,
    StreamSettings, StreamStats, StreamsPage,
};
use super::view::View;
use crate::clock::{Moment, Now};

const SERVER: &str = "ws://127.0.0.1:7440";
/// 08:26:40 on a day in November.
const WALL_MS: u64 = 1_763_800_000_000;

fn at(seconds: u64) -> Now {
    Now { moment: Moment::after_start(Duration::from_secs(seconds)), wall_ms: WALL_MS + seconds * 1_000 }
}

fn counts(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
    pairs.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect()
}

/// A second in which `published` messages came, and as many are in the stream by its end as there are seconds.
fn stats(second: u64, published: u64) -> Stats {
    Stats {
        interval_ms: 1_000,
        connections: counts(&[("json", 2), ("msgpack", 1_000)]),
        opened: 3,
        closed: 1,
        subscriptions: 1_002,
        behind: 1,
        fell_behind: 1,
        published,
        delivered: published * 1_000,
        received_bytes: published * 180,
        sent_bytes: published * 180_000,
        writes: published * 100,
        publish_to_socket_ms: Latency { p50: Some(0.5), p99: Some(2.5) },
        gaps: counts(&[("dropped", 4)]),
        errors: counts(&[("forbidden", 1)]),
        queues: Queues { messages: 9, bytes: 5 << 20, largest_bytes: 4 << 20, oldest_ms: 250 },
        streams: vec![StreamStats {
            name: "recent".into(),
            messages: published * second,
            bytes: 12 << 20,
            topics: 4,
            last_seq: published * second,
        }],
        shards: 2,
        cpu_ms: 730,
        ..Stats::default()
    }
}

fn session(number: u64, behind: u64) -> Session {
    Session {
        session: format!("5d3f0a91-{number}"),
        address: "192.0.2.7".into(),
        name: Some("fanfare-cli/0.1.0".into()),
        encoding: "msgpack".into(),
        age_ms: 61_000 * number,
        queued_bytes: behind << 22,
        subscription_count: 1,
        behind,
        last_error: (number == 2).then(|| LastError { code: "forbidden".into(), time: WALL_MS }),
        ..Session::default()
    }
}

fn sample() -> HistoryPage {
    let topics = [("orders.eu", 12), ("orders.us", 6), ("chat.room.1", 2)];
    let each = topics.iter().flat_map(|(topic, n)| std::iter::repeat_n(*topic, *n));
    let messages =
        each.zip(0..).map(|(topic, n)| Sampled { topic: topic.to_owned(), time: WALL_MS + 10 * n });
    HistoryPage { messages: messages.collect() }
}

/// A broker that was watched for some seconds.
fn watched() -> Model {
    let mut model = Model::default();
    for second in 1..=20 {
        model.hear(Event::Stats(Box::new(stats(second, 100 + 10 * (second % 5)))), at(second));
    }
    let settings = StreamSettings {
        name: "recent".into(),
        max_age_ms: 120_000,
        max_bytes: 64 << 20,
        oldest_time: Some(WALL_MS),
    };
    let told =
        SessionTold { session: "5d3f0a91-1".into(), name: Some("slow".into()), ..SessionTold::default() };
    for event in [
        Event::Sessions(Ok(SessionsPage {
            sessions: vec![session(1, 1), session(2, 0)],
            next: Some("…".into()),
        })),
        Event::Streams(Ok(StreamsPage { streams: vec![settings] })),
        Event::Sample(Ok(sample())),
        Event::Session(Turn::Behind, told),
        Event::Stats(Box::new(stats(21, 120))),
    ] {
        model.hear(event, at(21));
    }
    model
}

/// The screen, line by line, without what is blank at their ends.
fn screen(model: &mut Model, (width, height): (u16, u16), seconds: u64) -> Vec<String> {
    let view = View::of(model, SERVER, ">", at(seconds));
    model.bound(view.rows());
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, &view, Palette::new(false))).unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(|y| line(y).trim_end().to_owned()).collect()
}

fn has(screen: &[String], words: &str) -> bool {
    screen.iter().any(|line| line.contains(words))
}

#[test]
fn eighty_by_twenty_four_shows_everything_at_once() {
    let screen = screen(&mut watched(), (80, 24), 21);
    let expected = include_str!("tests/80x24.txt");
    assert_eq!(screen.join("\n"), expected.trim_end(), "\n{}", screen.join("\n"));
}

#[test]
fn a_narrow_terminal_shows_one_panel_and_tab_the_next() {
    let mut model = watched();
    let narrow = screen(&mut model, (40, 20), 21);
    let expected = include_str!("tests/40x20.txt");
    assert_eq!(narrow.join("\n"), expected.trim_end(), "\n{}", narrow.join("\n"));
    assert!(!has(&narrow, "Topics"));
    model.act(Action::Focus(Step::Forth));
    assert!(has(&screen(&mut model, (40, 20), 21), "▸2 Topics"));
}

#[test]
fn names_are_whole_at_eighty_by_twenty_four_and_one_panel_names_the_others() {
    let mut model = watched();
    let all = screen(&mut model, (80, 24), 21);
    for name in ["5d3f0a91-1", "fanfare-cli/0.1.0", "chat.room.1", "fell behind: 5d3f0a91-1 (slow)"] {
        assert!(has(&all, name), "{name} is cut: {all:#?}");
    }
    assert!(has(&screen(&mut model, (64, 20), 21), "── 2 Topics  3 Streams"));
    assert!(has(&screen(&mut model, (70, 20), 21), "── 2 Topics  3 Streams  4 Events"));
}

#[test]
fn what_is_cut_is_marked() {
    let mut model = watched();
    let long = SessionTold { name: Some("a-program-with-a-long-name".into()), ..SessionTold::default() };
    model.hear(Event::Session(Turn::Behind, SessionTold { session: "5d3f0a91-1".into(), ..long }), at(22));
    model.hear(Event::Stats(Box::new(stats(22, 5))), at(22));
    let screen = screen(&mut model, (80, 24), 22);
    assert!(has(&screen, "fell behind: 5d3f0a91-1 (a-program-…"), "{screen:#?}");
}

#[test]
fn a_broker_with_nothing_to_tell_is_said_to_have_nothing() {
    let mut model = Model::default();
    for event in [
        Event::Stats(Box::new(Stats { interval_ms: 1_000, ..Stats::default() })),
        Event::Sessions(Ok(SessionsPage::default())),
        Event::Sample(Ok(HistoryPage::default())),
    ] {
        model.hear(event, at(1));
    }
    let screen = screen(&mut model, (80, 24), 1);
    for words in ["no session", "no message is retained", "no stream: nothing", "Nothing since you began"] {
        assert!(has(&screen, words), "{words} is missing: {screen:#?}");
    }
}

#[test]
fn every_size_can_be_drawn() {
    let mut model = watched();
    for help in [false, true] {
        for (width, height) in
            (1..130).step_by(7).flat_map(|width| (1..50).step_by(3).map(move |height| (width, height)))
        {
            assert_eq!(screen(&mut model, (width, height), 21).len(), usize::from(height));
        }
        if !help {
            model.act(Action::Help);
        }
    }
}

#[test]
fn a_lost_connection_is_told_and_so_is_that_it_came_back() {
    let mut model = watched();
    model.hear(Event::Lost("connection lost (end of file); reconnecting".into()), at(22));
    let lost = screen(&mut model, (80, 24), 30);
    assert!(lost[0].ends_with("connection lost, last heard 9s ago; reconnecting"), "{}", lost[0]);
    assert!(has(&lost, "connection lost (end of file)"), "the reason stands among what happened: {lost:#?}");
    model.hear(Event::Back(Some(Duration::from_millis(1_500))), at(31));
    model.hear(Event::Stats(Box::new(stats(1, 5))), at(32));
    let screen = screen(&mut model, (120, 40), 32);
    assert!(screen[0].ends_with("live"), "{}", screen[0]);
    assert!(has(&screen, "connected again after 1.5 s") && has(&screen, "·"), "{screen:#?}");
}

#[test]
fn a_broker_that_tells_nothing_is_told_to_be_silent() {
    let screen = screen(&mut watched(), (80, 24), 27);
    assert!(screen[0].ends_with("nothing heard for 6s"), "{}", screen[0]);
}

#[test]
fn what_is_not_permitted_is_said_in_its_place_and_the_rest_is_shown() {
    let mut model = watched();
    let why = "forbidden: this needs a token or key with admin";
    model.hear(Event::Sessions(Err(why.into())), at(21));
    let screen = screen(&mut model, (120, 40), 21);
    assert!(has(&screen, why) && has(&screen, "orders.eu"), "{screen:#?}");
}

#[test]
fn sessions_are_asked_for_in_another_order_and_scrolled_to_the_top() {
    let mut model = watched();
    model.act(Action::Scroll(Step::Forth));
    let orders: Vec<_> = (0..3).map(|_| model.act(Action::Order)).collect();
    assert_eq!(orders, [Order::Behind, Order::Age, Order::Queue].map(Asked::Sessions));
    assert_eq!(model.shown().1.from[0], 0);
}

#[test]
fn scrolling_ends_with_the_rows() {
    let mut model = watched();
    (0..50).for_each(|_| assert_eq!(model.act(Action::ScrollPage(Step::Forth)), Asked::Nothing));
    let screen = screen(&mut model, (80, 24), 21);
    assert!(has(&screen, "5d3f0a91-2"), "the last rows stay in sight: {screen:#?}");
    assert_eq!(model.shown().1.from[0], 1);
    model.act(Action::Top);
    assert_eq!(model.shown().1.from[0], 0);
}

#[test]
fn what_is_held_stays_as_it_was_and_the_broker_is_heard_all_the_same() {
    let mut model = watched();
    model.act(Action::Pause);
    let before = screen(&mut model, (80, 24), 21);
    assert!(before[0].ends_with("held: p goes on"));
    model.hear(Event::Stats(Box::new(stats(22, 9_999))), at(22));
    assert_eq!(screen(&mut model, (80, 24), 22), before);
    model.act(Action::Pause);
    assert!(has(&screen(&mut model, (80, 24), 22), "10.0k/s"));
}

#[test]
fn one_panel_can_have_the_whole_screen() {
    let mut model = watched();
    model.act(Action::Panel(3));
    model.act(Action::Zoom);
    let zoomed = screen(&mut model, (80, 24), 21);
    assert!(has(&zoomed, "▸4 What happened") && !has(&zoomed, "published"));
    assert!(has(&zoomed, "08:27:01 fell behind: 5d3f0a91-1 (slow)"), "{zoomed:#?}");
    model.act(Action::Back);
    assert!(has(&screen(&mut model, (80, 24), 21), "published"));
}

#[test]
fn help_lies_over_the_rest_until_it_is_left() {
    let mut model = watched();
    model.act(Action::Help);
    assert!(has(&screen(&mut model, (80, 24), 21), "help"));
    model.act(Action::Back);
    assert!(!has(&screen(&mut model, (80, 24), 21), "fanfare top: help"));
}

#[test]
fn without_colours_no_cell_has_one() {
    let view = View::of(&watched(), SERVER, ">", at(21));
    for (coloured, found) in [(false, false), (true, true)] {
        let mut terminal = Terminal::new(TestBackend::new(100, 30)).unwrap();
        terminal.draw(|frame| draw(frame, &view, Palette::new(coloured))).unwrap();
        let cells = &terminal.backend().buffer().content;
        assert_eq!(cells.iter().any(|cell| cell.fg != ratatui::style::Color::Reset), found);
    }
}

#[test]
fn a_topics_rate_is_its_share_of_what_the_streams_took_in() {
    let screen = screen(&mut watched(), (120, 40), 21);
    // 60 % of 100 + 10 · 21 mod 5 … of this second: the stream took in 120 · 21 − 100 · 20 = 520.
    assert!(has(&screen, "orders.eu") && has(&screen, "312/s 60.0 %"), "{screen:#?}");
}

#[test]
fn a_snapshot_waits_until_all_is_known_and_tells_scripts_what_stands_where() {
    assert!(!snapshot::is_whole(Model::default().known()));
    let model = watched();
    assert!(snapshot::is_whole(model.known()));
    let object = snapshot::json(model.known(), SERVER, ">", WALL_MS);
    assert_eq!((&object["stats"]["delivered"], &object["stats"]["behind"]), (&120_000.into(), &1.into()));
    assert_eq!(object["sessions"][0]["session"], "5d3f0a91-1");
    assert_eq!(
        (&object["topics"][0]["topic"], &object["topics"][0]["share"]),
        (&"orders.eu".into(), &0.6.into())
    );
    assert_eq!(object["topics_sample"]["messages"], 20);
    assert_eq!(object["streams"][0]["settings"]["max_bytes"], 64 << 20);
}

#[test]
fn a_snapshot_as_text_has_every_figure_and_panel() {
    let text = snapshot::text(&View::of(&watched(), SERVER, ">", at(21)));
    for words in [
        "published",
        "120/s",
        "5d3f0a91-1",
        "orders.eu",
        "recent",
        "fell behind: 5d3f0a91-1",
        "forbidden 21s ago",
    ] {
        assert!(text.contains(words), "{words} is missing:\n{text}");
    }
    assert!(text.lines().all(|line| line == line.trim_end()));
}
