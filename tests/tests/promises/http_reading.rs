//! Reading over HTTP: history both ways, topics and streams, page by page.

use fanfare_tests::{Broker, Client, assert_shape, http};
use serde_json::{Value, json};

const TWO_STREAMS: &str = "[[stream]]\nname = \"b\"\npatterns = [\"b.>\"]\n\
                           [[stream]]\nname = \"a\"\npatterns = [\"a.>\"]\nmax_messages_per_topic = 5";

async fn get(broker: &Broker, path: &str) -> Value {
    let answer = http::get(broker.internal(), path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Every page from this one on, by their `next`.
async fn pages(broker: &Broker, first: &str) -> Vec<Value> {
    let mut pages = vec![get(broker, first).await];
    while let Some(next) = pages.last().and_then(|page| page.get("next")) {
        let next = next.as_str().unwrap().to_owned();
        pages.push(get(broker, &next).await);
    }
    pages
}

fn texts(pages: &[Value]) -> Vec<&str> {
    let messages = pages.iter().flat_map(|page| page["messages"].as_array().unwrap());
    messages.map(|message| message["text"].as_str().unwrap()).collect()
}

/// Publishes these numbers to topics of two streams in turn.
async fn publish(client: &mut Client, numbers: impl IntoIterator<Item = u32>) {
    for n in numbers {
        let topic = if n % 2 == 0 { format!("a.{}", n % 10) } else { "b.x".to_owned() };
        client.publish(&topic, &n.to_string()).await;
    }
}

#[tokio::test]
async fn forwards_the_links_lead_through_every_message_once() {
    let broker = Broker::with(TWO_STREAMS).await;
    publish(&mut Client::json(&broker).await, 0..20).await;
    let pages = pages(&broker, "/v1/history?limit=3").await;
    let wanted = (0..20).step_by(2).chain((1..20).step_by(2)).map(|n| n.to_string()).collect::<Vec<_>>();
    assert_eq!(texts(&pages), wanted, "streams by name, each ascending");
    assert_eq!(pages.len(), 7);
}

#[tokio::test]
async fn backwards_the_links_lead_through_every_message_once_newest_first() {
    let broker = Broker::with(TWO_STREAMS).await;
    publish(&mut Client::json(&broker).await, 0..20).await;
    let pages = pages(&broker, "/v1/history?limit=3&before=end").await;
    let messages: Vec<_> = pages.iter().flat_map(|page| page["messages"].as_array().unwrap()).collect();
    assert!(messages.is_sorted_by(|a, b| a["time"].as_u64() >= b["time"].as_u64()), "newest first");
    for stream in ["a", "b"] {
        let seqs = messages.iter().filter(|message| message["stream"] == stream);
        let seqs: Vec<_> = seqs.map(|message| message["seq"].as_u64().unwrap()).collect();
        assert_eq!(seqs, (1..=10).rev().collect::<Vec<_>>(), "of {stream}");
    }
}

#[tokio::test]
async fn what_is_published_while_one_pages_backwards_changes_no_page() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    for n in 0..4 {
        client.publish("a", &n.to_string()).await;
    }
    let first = get(&broker, "/v1/history?limit=2&before=end").await;
    client.publish("a", "4").await;
    let second = get(&broker, first["next"].as_str().unwrap()).await;
    assert_eq!((texts(&[first]), texts(&[second])), (vec!["3", "2"], vec!["1", "0"]));
}

#[tokio::test]
async fn a_subscription_from_the_position_of_a_page_backwards_misses_nothing() {
    let broker = Broker::with(TWO_STREAMS).await;
    let mut client = Client::json(&broker).await;
    publish(&mut client, 0..10).await;
    let page = get(&broker, "/v1/history?limit=4&before=end").await;
    publish(&mut client, 10..12).await;
    let from = json!({"position": page["position"]});
    let subscribed = client.subscribe_from(1, ">", from).await;
    assert_eq!(subscribed["recovered"], true);
    let mut heard = Vec::new();
    while heard.len() < 2 {
        let frame = client.next().await;
        heard.extend(frame["text"].as_str().map(str::to_owned));
    }
    heard.sort();
    assert_eq!(heard, ["10", "11"]);
}

#[tokio::test]
async fn a_page_backwards_ends_where_it_is_told_to() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    for n in 1..=5 {
        client.publish("a", &n.to_string()).await;
    }
    let page = get(&broker, "/v1/history?limit=1").await;
    let epoch = page["position"]["recent"]["epoch"].as_str().unwrap();
    let page = get(&broker, &format!("/v1/history?from=recent:{epoch}:2&before=recent:{epoch}:5")).await;
    assert_eq!(page["more"], false);
    assert_eq!(texts(&[page]), ["4", "3"]);
}

#[tokio::test]
async fn a_place_of_another_epoch_is_told_as_reset_in_both_directions() {
    let broker = Broker::start().await;
    Client::json(&broker).await.publish("a", "x").await;
    let forwards = get(&broker, "/v1/history?from=recent:gone:7").await;
    assert_shape(
        &forwards,
        &json!({"gaps": [{"reason": "reset", "stream": "recent"}], "messages": [{"text": "x"}]}),
    );
    let backwards = get(&broker, "/v1/history?before=recent:gone:7").await;
    assert_shape(&backwards, &json!({"gaps": [{"reason": "reset", "stream": "recent"}], "messages": []}));
}

#[tokio::test]
async fn the_newest_of_each_topic_can_be_read_page_by_page() {
    let broker = Broker::start().await;
    let mut client = Client::json(&broker).await;
    for n in 0..6 {
        client.publish(&format!("a.{}", n % 3), &n.to_string()).await;
    }
    assert_eq!(texts(&pages(&broker, "/v1/history?from=last&limit=2").await), ["3", "4", "5"]);
    assert_eq!(texts(&pages(&broker, "/v1/history?from=last&limit=2&before=end").await), ["5", "4", "3"]);
}

#[tokio::test]
async fn topics_are_listed_by_name_with_their_messages_and_subscribers() {
    let broker = Broker::with("shards = 2").await;
    let mut clients = [Client::json(&broker).await, Client::msgpack(&broker).await];
    for client in &mut clients {
        client.subscribe(1, "a.>").await;
    }
    clients[0].subscribe(2, "a.quiet").await;
    for n in 0..5 {
        clients[0].publish(&format!("a.{}", n % 4), "x").await;
    }
    let pages = pages(&broker, "/v1/topics?pattern=a.*&limit=2").await;
    let topics: Vec<_> = pages.iter().flat_map(|page| page["topics"].as_array().unwrap()).collect();
    let names: Vec<_> = topics.iter().map(|topic| topic["topic"].as_str().unwrap()).collect();
    assert_eq!(names, ["a.0", "a.1", "a.2", "a.3", "a.quiet"]);
    assert_shape(topics[0], &json!({"subscribers": 2, "messages": 2, "stream": "recent", "last": 5}));
    assert_shape(topics[4], &json!({"subscribers": 3, "messages": 0}));
    assert!(topics[4].get("stream").is_none());
}

#[tokio::test]
async fn streams_tell_their_settings_and_what_they_hold() {
    let broker = Broker::with(TWO_STREAMS).await;
    let mut client = Client::json(&broker).await;
    for n in 0..7 {
        client.publish("a.x", &n.to_string()).await;
    }
    let all = get(&broker, "/v1/streams").await;
    assert_shape(&all, &json!({"streams": [{"name": "b", "head": 0}, {"name": "a", "head": 7}]}));
    let one = get(&broker, "/v1/streams/a").await;
    let wanted = json!({
        "patterns": ["a.>"], "max_age_ms": 120_000, "max_messages_per_topic": 5, "oldest": 3, "messages": 5, "topics": 1
    });
    assert_shape(&one, &wanted);
    assert_eq!(http::get(broker.internal(), "/v1/streams/none").await.status, 404);
}

#[tokio::test]
async fn topics_with_subscriptions_alone_are_all_listed_once_though_they_are_many() {
    let broker = Broker::start().await;
    let mut clients = Vec::new();
    // More than a shard looks at in one go.
    for part in 0..10 {
        let mut client = Client::msgpack(&broker).await;
        let frame =
            |n: u32| json!({"op": "subscribe", "sub": n + 1, "pattern": format!("t.{:05}", part * 900 + n)});
        client.pipeline((0..900).map(frame)).await;
        client.answer(json!({"op": "subscribed", "sub": 900})).await;
        clients.push(client);
    }
    let pages = pages(&broker, "/v1/topics?pattern=t.*&limit=1000").await;
    let topics = pages.iter().flat_map(|page| page["topics"].as_array().unwrap());
    let names: Vec<_> = topics.map(|topic| topic["topic"].as_str().unwrap()).collect();
    assert_eq!(names, (0..9_000).map(|n| format!("t.{n:05}")).collect::<Vec<_>>());
}
