//! Sharding: however many threads there are, every session sees the same order.

use fanfare_protocol::Encoding;
use fanfare_tests::{Broker, Client, Setup};
use serde_json::json;

const SUBSCRIBERS: usize = 12;
const PUBLISHERS: usize = 4;
const EACH: usize = 500;

async fn sees_one_order(broker: &Broker) {
    let mut hearing = Vec::new();
    for place in 0..SUBSCRIBERS {
        let encoding = Encoding::ALL[place % 2];
        let mut subscriber = Client::open(broker, encoding).await;
        subscriber.subscribe(1, if place % 3 == 0 { ">" } else { "order.*" }).await;
        hearing.push(tokio::spawn(async move {
            let (mut order, mut ends) = (Vec::new(), 0);
            while ends < PUBLISHERS {
                let message = subscriber.expect(json!({"op": "message"})).await;
                let text = message["text"].as_str().unwrap();
                assert_eq!(message["seq"], order.len() + 1);
                ends += usize::from(text == "the last");
                order.push((message["topic"].to_string(), text.to_owned()));
            }
            order
        }));
    }
    for number in 0..PUBLISHERS {
        let mut publisher = Client::open(broker, Encoding::ALL[number % 2]).await;
        tokio::spawn(async move {
            publisher.publish_all(&format!("order.{number}"), (0..EACH).map(|n| n.to_string())).await;
        });
    }
    let mut orders = Vec::new();
    for hearing in hearing {
        orders.push(hearing.await.unwrap());
    }
    assert!(orders.windows(2).all(|pair| pair[0] == pair[1]), "all see the same order");
    for number in 0..PUBLISHERS {
        let topic = format!("\"order.{number}\"");
        let own =
            orders[0].iter().filter(|(of, text)| *of == topic && text != "the last").map(|(_, text)| text);
        assert!(
            own.eq((0..EACH).map(|n| n.to_string()).collect::<Vec<_>>().iter()),
            "each publisher's own order"
        );
    }
}

#[tokio::test]
async fn with_one_shard_all_sessions_see_the_same_order() {
    sees_one_order(&Setup::default().flag("--shards", 1).start().await).await;
}

#[tokio::test]
async fn with_two_shards_all_sessions_see_the_same_order() {
    sees_one_order(&Setup::default().flag("--shards", 2).start().await).await;
}

#[tokio::test]
async fn with_four_shards_all_sessions_see_the_same_order() {
    let broker = Setup::default().flag("--shards", 4).start().await;
    assert_eq!(broker.metrics().await.count("fanfare_shards", &[]), 4);
    sees_one_order(&broker).await;
}

#[tokio::test]
async fn a_session_hears_its_own_publishes_and_those_of_other_shards() {
    let broker = Setup::default().flag("--shards", 3).start().await;
    let mut clients = Vec::new();
    for _ in 0..6 {
        let mut client = Client::json(&broker).await;
        client.subscribe(1, "shared").await;
        clients.push(client);
    }
    for publisher in 0..clients.len() {
        clients[publisher].publish("shared", &publisher.to_string()).await;
        for client in &mut clients {
            client.expect(json!({"op": "message", "text": publisher.to_string()})).await;
        }
    }
}
