//! Restarts: with a `data_dir` a planned one leaves no gap, and whatever else happens is told as a new epoch.

use std::fs;

use fanfare_protocol::Encoding;
use fanfare_tests::files::Directory;
use fanfare_tests::{Broker, Client, Setup, assert_shape, command, within};
use serde_json::{Value, json};

fn setup(files: &Directory) -> Setup {
    Setup::default().config(&format!("data_dir = \"{}\"", files.path().join("data").display()))
}

/// Stops a broker as planned. Whoever leaves before has not to be waited for.
async fn stop(broker: Broker, leaving: impl Sized) {
    drop(leaving);
    broker.terminate().await;
    let (status, log) = broker.last_words().await;
    assert!(status.success(), "{status}: {log}");
}

async fn epoch_of(client: &mut Client) -> String {
    let page = client.history("epoch", json!("start"), 1).await;
    page["position"]["recent"]["epoch"].as_str().unwrap().to_owned()
}

async fn everything(client: &mut Client) -> Vec<Value> {
    let (mut messages, mut from) = (Vec::new(), json!("start"));
    loop {
        let page = client.history(">", from, 1_000).await;
        assert!(page.get("gaps").is_none(), "{page}");
        messages.extend(page["messages"].as_array().unwrap().iter().cloned());
        if page["more"] == false {
            return messages;
        }
        from = json!({"position": page["position"]});
    }
}

#[tokio::test]
async fn a_planned_restart_changes_nothing_that_can_be_read() {
    for encoding in Encoding::ALL {
        let files = Directory::new();
        let broker = setup(&files).start().await;
        let mut client = Client::open(&broker, *encoding).await;
        for (topic, payload) in [
            ("a", json!({"data": {"n": 1.50, "deep": [null, "ü"]}})),
            ("b.c", json!({"text": "two\nlines", "headers": {"trace": "1f"}})),
            ("a", json!({"data_b64": "AP8="})),
            ("größe", json!({"text": "", "echo": false})),
        ] {
            let mut frame = json!({"op": "publish", "topic": topic});
            frame.as_object_mut().unwrap().extend(payload.as_object().unwrap().clone());
            client.request(frame, "published").await;
        }
        let (before, epoch) = (everything(&mut client).await, epoch_of(&mut client).await);
        assert_eq!(before.len(), 4);
        stop(broker, client).await;

        let broker = setup(&files).start().await;
        let mut client = Client::open(&broker, *encoding).await;
        assert_eq!(everything(&mut client).await, before);
        let next = json!({"op": "publish", "topic": "a", "text": "next", "expect": 3});
        let published = client.request(next, "published").await;
        assert_shape(&published, &json!({"seq": 5, "epoch": epoch}));
        let page = client.history("a", json!("last"), 10).await;
        assert_shape(&page["messages"], &json!([{"text": "next", "seq": 5, "prev": 3}]));
        stop(broker, client).await;

        let broker = setup(&files).start().await;
        let mut client = Client::open(&broker, *encoding).await;
        assert_eq!((everything(&mut client).await.len(), epoch_of(&mut client).await), (5, epoch));
    }
}

#[tokio::test]
async fn a_subscriber_goes_on_where_it_was_without_a_gap() {
    let files = Directory::new();
    let broker = setup(&files).start().await;
    let mut client = Client::msgpack(&broker).await;
    client.subscribe(1, "a").await;
    client.publish_all("a", (1..100).map(|n| n.to_string())).await;
    let heard = client.expect(json!({"op": "message", "sub": 1, "seq": 1})).await;
    let epoch = epoch_of(&mut client).await;
    stop(broker, client).await;

    let broker = setup(&files).start().await;
    let mut client = Client::msgpack(&broker).await;
    let position = json!({"position": {"recent": {"epoch": epoch, "seq": heard["seq"]}}});
    let subscribed = client.subscribe_from(1, "a", position).await;
    assert_shape(&subscribed, &json!({"recovered": true}));
    client.publish("a", "after the restart").await;
    for seq in 2..=101 {
        loop {
            let frame = client.next().await;
            if frame["op"] != "live" {
                assert_shape(&frame, &json!({"op": "message", "sub": 1, "seq": seq}));
                break;
            }
        }
    }
}

#[tokio::test]
async fn whatever_was_acknowledged_is_there_and_a_retry_doubles_nothing() {
    const PUBLISHERS: usize = 4;
    let files = Directory::new();
    let broker = setup(&files).start().await;
    let mut publishers = Vec::new();
    for number in 0..PUBLISHERS {
        let client = Client::open(&broker, Encoding::ALL[number % 2]).await;
        publishers.push(tokio::spawn(publish_until_sent_away(client, number)));
    }
    fanfare_tests::eventually("publishing to be well under way", async || {
        let metrics = broker.metrics().await;
        (metrics.count("fanfare_messages_received_total", &[]) > 2_000).then_some(())
    })
    .await;
    stop(broker, ()).await;
    let mut sent = Vec::new();
    for publisher in publishers {
        sent.extend(publisher.await.unwrap());
    }

    let broker = setup(&files).start().await;
    let mut client = Client::json(&broker).await;
    let kept = everything(&mut client).await;
    for (text, seq) in &sent {
        let Some(seq) = seq else { continue };
        let index = usize::try_from(*seq).unwrap() - 1;
        assert_shape(&kept[index], &json!({"seq": seq, "text": text}));
    }
    // Whoever got no answer can't know, and retries with the same key.
    for (text, _) in sent.iter().filter(|(_, seq)| seq.is_none()) {
        client.request(json!({"op": "publish", "topic": "a", "text": text, "key": text}), "published").await;
    }
    let mut texts: Vec<_> =
        everything(&mut client).await.iter().map(|message| message["text"].to_string()).collect();
    texts.sort();
    let mut wanted: Vec<_> = sent.iter().map(|(text, _)| json!(text).to_string()).collect();
    wanted.sort();
    assert_eq!(texts, wanted, "each once");
}

/// Publishes with keys, some at a time, until the broker ends the session. Returns each text with its sequence, if it
/// was acknowledged.
async fn publish_until_sent_away(mut client: Client, number: usize) -> Vec<(String, Option<u64>)> {
    const AT_ONCE: usize = 20;
    let (mut sent, mut answered) = (Vec::new(), 0);
    loop {
        while sent.len() < answered + AT_ONCE {
            let (id, text) = (sent.len(), format!("{number}.{}", sent.len()));
            let frame = json!({"op": "publish", "id": id, "topic": "a", "text": text, "key": text});
            sent.push((text, None));
            if client.try_send(frame).await.is_err() {
                // What was answered before can still be read.
                break;
            }
        }
        let Some(answer) = client.next_unless_ended().await else { return sent };
        let id = answer["id"].as_u64().and_then(|id| usize::try_from(id).ok());
        match (answer["op"].as_str().unwrap(), id) {
            ("published", Some(id)) => sent[id].1 = answer["seq"].as_u64(),
            ("error", Some(_)) => assert_shape(&answer, &json!({"code": "unavailable"})),
            ("ping" | "goaway", None) => continue,
            _ => panic!("{answer}"),
        }
        answered += 1;
    }
}

#[tokio::test]
async fn a_crash_is_a_new_epoch_and_every_position_is_told() {
    let files = Directory::new();
    let broker = setup(&files).start().await;
    let mut client = Client::json(&broker).await;
    client.publish("a", "saved").await;
    stop(broker, client).await;

    // It has gone on with a saved stream, and yet that is no longer true when it is killed.
    let broker = setup(&files).start().await;
    let mut client = Client::json(&broker).await;
    let published = client.publish("a", "lost").await;
    assert_eq!(published["seq"], 2);
    broker.signal("KILL").await;
    broker.ended().await;

    let broker = setup(&files).start().await;
    assert!(broker.log().contains("new epoch"), "{}", broker.log());
    let mut client = Client::json(&broker).await;
    let position = json!({"position": {"recent": {"epoch": published["epoch"], "seq": 1}}});
    let subscribed = client.subscribe_from(1, "a", position).await;
    assert_eq!(subscribed["recovered"], false, "{subscribed}");
    assert_shape(
        &client.next().await,
        &json!({"op": "gap", "sub": 1, "reason": "reset", "stream": "recent"}),
    );
    assert_ne!(client.publish("a", "x").await["epoch"], published["epoch"]);
}

#[tokio::test]
async fn without_a_data_dir_a_restart_is_a_new_epoch() {
    let mut epochs = Vec::new();
    for _ in 0..2 {
        let broker = Broker::start().await;
        let mut client = Client::json(&broker).await;
        epochs.push(epoch_of(&mut client).await);
        stop(broker, client).await;
    }
    assert_ne!(epochs[0], epochs[1]);
}

#[tokio::test]
async fn a_file_that_is_not_whole_or_not_the_last_is_refused_with_the_reason() {
    let files = Directory::new();
    let saved = files.path().join("data/streams.saved");
    let broker = setup(&files).start().await;
    let mut client = Client::json(&broker).await;
    let epoch = client.publish("a", "x").await["epoch"].clone();
    stop(broker, client).await;
    let backup = fs::read(&saved).unwrap();

    for (content, reason) in
        [(&backup[..backup.len() / 2], "cut short or damaged"), (&backup, "the last run did not save it")]
    {
        fs::write(&saved, content).unwrap();
        let broker = setup(&files).start().await;
        let log = broker.log();
        assert!(log.contains(reason) && log.contains("streams.refused"), "{log}");
        let mut client = Client::json(&broker).await;
        assert_eq!(everything(&mut client).await.len(), 0);
        assert_eq!(fs::read(files.path().join("data/streams.refused")).unwrap(), content);
        assert_ne!(json!(epoch_of(&mut client).await), epoch);
        broker.signal("KILL").await;
        broker.ended().await;
    }
}

#[tokio::test]
async fn a_stream_that_is_configured_otherwise_begins_anew_and_its_neighbour_goes_on() {
    let files = Directory::new();
    let streams = |patterns: &str| {
        let streams = format!(
            "[[stream]]\nname = \"same\"\npatterns = [\"s.>\"]\n[[stream]]\nname = \"other\"\npatterns = [{patterns}]"
        );
        setup(&files).config(&streams)
    };
    let broker = streams("\"o.>\"").start().await;
    let mut client = Client::json(&broker).await;
    let same = client.publish("s.1", "x").await;
    let other = client.publish("o.1", "x").await;
    stop(broker, client).await;

    let broker = streams("\"o.>\", \"p\"").start().await;
    let log = broker.log();
    assert!(log.contains("other") && log.contains("its patterns are others now"), "{log}");
    let mut client = Client::json(&broker).await;
    assert_shape(&client.publish("s.1", "x").await, &json!({"seq": 2, "epoch": same["epoch"]}));
    let anew = client.publish("o.1", "x").await;
    assert_eq!(anew["seq"], 1);
    assert_ne!(anew["epoch"], other["epoch"]);
}

#[tokio::test]
async fn a_data_dir_in_use_is_refused_and_its_broker_is_not_disturbed() {
    let files = Directory::new();
    let broker = setup(&files).start().await;
    let data = files.path().join("data");
    let error = refusal(data.to_str().unwrap(), "127.0.0.1:0").await;
    assert!(error.contains("in use by another broker") && error.contains("data_dir"), "{error}");
    Client::json(&broker).await.publish("a", "x").await;
    stop(broker, ()).await;
    let broker = setup(&files).start().await;
    assert_eq!(everything(&mut Client::json(&broker).await).await.len(), 1);
}

#[tokio::test]
async fn a_data_dir_that_cannot_be_used_is_told_at_the_start() {
    let files = Directory::new();
    let file = files.write("file", "");
    let error = refusal(file.to_str().unwrap(), "127.0.0.1:0").await;
    assert!(error.contains(file.to_str().unwrap()) && error.contains("data_dir"), "{error}");
}

#[tokio::test]
async fn a_start_that_fails_uses_nothing_up() {
    let files = Directory::new();
    let broker = setup(&files).start().await;
    Client::json(&broker).await.publish("a", "x").await;
    stop(broker, ()).await;
    let other = Broker::start().await;
    let data = files.path().join("data");
    let error = refusal(data.to_str().unwrap(), &other.client().to_string()).await;
    assert!(error.contains("listen"), "{error}");
    let broker = setup(&files).start().await;
    assert_eq!(everything(&mut Client::json(&broker).await).await.len(), 1);
}

#[tokio::test]
async fn streams_that_cannot_be_saved_are_told_by_the_exit() {
    let files = Directory::new();
    let broker = setup(&files).start().await;
    Client::json(&broker).await.publish("a", "x").await;
    fs::remove_dir_all(files.path().join("data")).unwrap();
    broker.terminate().await;
    let (status, log) = broker.last_words().await;
    assert!(!status.success(), "{log}");
    assert!(log.contains("the streams are not saved") && log.contains("new epochs"), "{log}");
}

/// What a broker with this `data_dir` and client port says on standard error before it ends with failure.
async fn refusal(data_dir: &str, listen: &str) -> String {
    let arguments = ["serve", "--data-dir", data_dir, "--listen", listen, "--internal", "127.0.0.1:0"];
    let output = within("the command to end", command().args(arguments).output()).await.unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && !error.contains("panicked"), "{error}");
    error
}
