//! Server-sent events: what browsers and other clients of them hear, and who may.

mod doors;
mod ends;
mod positions;
mod readers;
mod streams;
mod tokens;

const TWO_STREAMS: &str = r#"
[[stream]]
name = "orders"
patterns = ["orders.>"]

[[stream]]
name = "prices"
patterns = ["prices.>"]
"#;

/// The position in one stream that an `id` tells: its epoch and sequence.
fn place(id: &str, stream: &str) -> (String, u64) {
    let places = id.split(',').filter_map(|place| place.split_once(':'));
    let (_, place) =
        places.into_iter().find(|(name, _)| *name == stream).unwrap_or_else(|| panic!("{stream} in {id:?}"));
    let (epoch, seq) = place.split_once(':').unwrap();
    (epoch.to_owned(), seq.parse().unwrap())
}

fn seq(id: &str, stream: &str) -> u64 {
    place(id, stream).1
}
