//! History: retained messages by request, page by page.

use fanfare_protocol::Encoding;
use fanfare_tests::{Broker, Client, assert_shape};
use serde_json::{Value, json};

const TWO_STREAMS: &str = "[[stream]]\nname = \"b\"\npatterns = [\"b.>\"]\nmax_messages_per_topic = 3\n\
                           [[stream]]\nname = \"a\"\npatterns = [\"a.>\"]";

fn places(page: &Value) -> Vec<(&str, u64)> {
    let messages = page["messages"].as_array().unwrap();
    messages.iter().map(|m| (m["stream"].as_str().unwrap(), m["seq"].as_u64().unwrap())).collect()
}

#[tokio::test]
async fn a_page_holds_messages_without_op_and_sub() {
    let broker = Broker::start().await;
    for encoding in Encoding::ALL {
        let mut client = Client::open(&broker, *encoding).await;
        client.publish("a", "x").await;
        let page = client.history("a", json!("last"), 10).await;
        assert_shape(
            &page,
            &json!({"more": false, "messages": [{"topic": "a", "text": "x", "stream": "recent"}]}),
        );
        let message = page["messages"][0].as_object().unwrap();
        assert!(!message.contains_key("op") && !message.contains_key("sub"), "{message:?}");
        assert!(page.get("gaps").is_none_or(|gaps| gaps == &json!([])), "{page}");
    }
}

#[tokio::test]
async fn pages_by_position_give_every_message_once_over_several_streams() {
    let broker = Broker::with(TWO_STREAMS).await;
    let mut client = Client::json(&broker).await;
    for n in 0..25 {
        client.publish("a.x", &n.to_string()).await;
        client.publish(&format!("b.{n}"), "y").await;
    }
    let mut from = json!("start");
    let mut all = Vec::new();
    loop {
        let page = client.history(">", from, 7).await;
        assert_eq!(page["position"].as_object().unwrap().len(), 2, "a position lists all streams");
        all.extend(places(&page).into_iter().map(|(stream, seq)| (stream.to_owned(), seq)));
        from = json!({"position": page["position"]});
        if page["more"] == false {
            break;
        }
        assert_eq!(page["messages"].as_array().unwrap().len(), 7);
    }
    let wanted: Vec<_> = ["a", "b"].iter().flat_map(|s| (1..=25).map(|seq| ((*s).to_owned(), seq))).collect();
    assert_eq!(all, wanted, "streams by name, each ascending");
}

#[tokio::test]
async fn more_is_false_when_the_page_ends_with_the_last_message() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    for _ in 0..4 {
        client.publish("a", "x").await;
        client.publish("noise", "x").await;
    }
    assert_eq!(client.history("a", json!("start"), 4).await["more"], false);
    assert_eq!(client.history("a", json!("start"), 3).await["more"], true);
    let last = client.history("a", json!("start"), 3).await;
    let rest = client.history("a", json!({"position": last["position"]}), 3).await;
    assert_eq!(places(&rest), [("recent", 7)]);
    assert_eq!(rest["more"], false);
}

#[tokio::test]
async fn pages_after_last_give_the_newest_of_each_topic_once() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    for round in 0..3 {
        for topic in ["a", "b", "c", "d", "e"] {
            client.publish(&format!("t.{topic}"), &format!("{topic}{round}")).await;
        }
    }
    let first = client.history("t.*", json!("last"), 3).await;
    assert_eq!(
        (places(&first), &first["more"]),
        (vec![("recent", 11), ("recent", 12), ("recent", 13)], &json!(true))
    );
    let second = client.history("t.*", json!({"last": first["position"]}), 3).await;
    assert_eq!((places(&second), &second["more"]), (vec![("recent", 14), ("recent", 15)], &json!(false)));
}

#[tokio::test]
async fn a_history_from_now_is_empty_and_tells_the_position() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.publish("a", "x").await;
    let page = client.history(">", json!("now"), 10).await;
    assert_shape(&page, &json!({"messages": [], "more": false, "position": {"recent": {"seq": 1}}}));
    client.publish("a", "y").await;
    let next = client.history(">", json!({"position": page["position"]}), 10).await;
    assert_eq!(places(&next), [("recent", 2)]);
}

#[tokio::test]
async fn a_history_by_time_begins_there() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.publish("a", "x").await;
    assert_eq!(places(&client.history("a", json!({"time": 0}), 10).await), [("recent", 1)]);
    assert_eq!(places(&client.history("a", json!({"time": 4_000_000_000_000_u64}), 10).await), []);
}

#[tokio::test]
async fn without_a_limit_a_page_has_a_hundred_messages() {
    let broker = Broker::start().await;
    let mut client = Client::msgpack(&broker).await;
    client.publish_all("a", (0..150).map(|n| n.to_string())).await;
    let page = client.request(json!({"op": "history", "pattern": "a", "from": "start"}), "history").await;
    assert_eq!(places(&page).len(), 100);
    assert_eq!(page["more"], true);
}

#[tokio::test]
async fn a_page_is_cut_where_the_frame_would_be_too_large() {
    let broker = Broker::start().await;
    for encoding in Encoding::ALL {
        let mut client = Client::open(&broker, *encoding).await;
        let topic = format!("large.{}", encoding.as_str());
        client.publish_all(&topic, (0..20).map(|_| "x".repeat(60_000))).await;
        let page = client.history(&topic, json!("start"), 1_000).await;
        let count = places(&page).len();
        assert!((1..=4).contains(&count), "{count} messages of 60,000 bytes in 256 KiB");
        assert_eq!(page["more"], true);
        let rest = client.history(&topic, json!({"position": page["position"]}), 1_000).await;
        assert_eq!(places(&rest)[0].1, places(&page)[count - 1].1 + 1);
    }
}

#[tokio::test]
async fn a_position_behind_retention_gives_a_gap() {
    let broker = Broker::with(TWO_STREAMS).await;
    let mut client = Client::json(&broker).await;
    let first = client.publish("b.x", "1").await;
    for text in ["2", "3", "4", "5"] {
        client.publish("b.x", text).await;
    }
    let after_first = json!({"position": {"b": {"epoch": first["epoch"], "seq": 1}}});
    let page = client.history("b.x", after_first, 10).await;
    assert_eq!(places(&page), [("b", 3), ("b", 4), ("b", 5)]);
    assert_shape(&page, &json!({"gaps": [{"reason": "expired", "stream": "b", "from": 2, "to": 2}]}));
}

#[tokio::test]
async fn a_position_of_another_epoch_or_from_the_future_gives_a_reset_and_all_that_is_retained() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    let published = client.publish("a", "x").await;
    let places_from = [
        json!({"position": {"recent": {"epoch": "another", "seq": 1}}}),
        json!({"position": {"recent": {"epoch": published["epoch"], "seq": 99}}}),
    ];
    for from in places_from {
        let page = client.history("a", from, 10).await;
        assert_eq!(places(&page), [("recent", 1)]);
        let epoch = &published["epoch"];
        let gap = json!({"reason": "reset", "stream": "recent", "position": {"recent": {"epoch": epoch, "seq": 0}}});
        assert_shape(&page, &json!({"gaps": [gap]}));
    }
}

#[tokio::test]
async fn a_position_that_names_an_unknown_stream_gives_a_reset_of_it() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    client.publish("a", "x").await;
    let page = client.history("a", json!({"position": {"gone": {"epoch": "e", "seq": 7}}}), 10).await;
    assert_shape(&page, &json!({"gaps": [{"reason": "reset", "stream": "gone"}]}));
    assert_eq!(places(&page), [("recent", 1)], "a stream that the position lacks counts as 0");
}

#[tokio::test]
async fn a_history_of_ephemeral_topics_is_empty() {
    let broker = Broker::with(TWO_STREAMS).await;
    let mut client = Client::json(&broker).await;
    client.publish("fleeting", "x").await;
    let page = client.history("fleeting", json!("start"), 10).await;
    assert_shape(&page, &json!({"messages": [], "position": {}, "more": false}));
}

#[tokio::test]
async fn a_rare_match_behind_much_else_is_found_by_going_on() {
    let broker = Broker::start().await;
    let mut client = Client::msgpack(&broker).await;
    for _ in 0..2 {
        client.publish_all("noise", (0..80_000).map(|_| "")).await;
        client.publish("rare.match", "x").await;
    }
    let (mut from, mut found, mut pages) = (json!("start"), 0, 0);
    loop {
        let page = client.history("rare.*", from, 10).await;
        (found, pages) = (found + places(&page).len(), pages + 1);
        if page["more"] == false {
            break;
        }
        assert!(pages < 20, "each page goes on");
        from = json!({"position": page["position"]});
    }
    assert_eq!(found, 2);
}
