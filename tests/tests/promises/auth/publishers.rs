//! Messages that say who published them.

use fanfare_tests::Setup;
use fanfare_tests::files::Directory;
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_message_says_who_published_it_where_its_stream_says_so_also_after_a_restart() {
    let files = Directory::new();
    let setup = || {
        Setup::default().flag("--data-dir", files.path().join("data").display()).config(&format!(
            "[[auth.issuer]]\nsecret = \"{SECRET}\"
            [[stream]]\nname = \"named\"\npatterns = [\"n.>\"]\npublisher = true
            [[stream]]\nname = \"plain\"\npatterns = [\"p.>\"]"
        ))
    };
    let all = granting(&json!({"subscribe": [">"], "publish": [">"]}));
    let broker = setup().start().await;
    for encoding in [Encoding::Json, Encoding::MsgPack] {
        let mut client = Client::shake(broker.client(), encoding).await;
        client.send(json!({"op": "hello", "token": all})).await;
        client.expect(json!({"op": "welcome"})).await;
        subscribe(&mut client, 1, ">").await;
        for (topic, by) in [("n.a", json!("alice")), ("p.a", Value::Null), ("e.a", Value::Null)] {
            client.send(json!({"op": "publish", "topic": topic, "text": "x", "headers": {"k": "v"}})).await;
            let message =
                client.expect(json!({"op": "message", "topic": topic, "headers": {"k": "v"}})).await;
            assert_eq!(message["by"], by, "{message}");
        }
    }
    broker.terminate().await;
    assert!(broker.ended().await.success());
    let broker = setup().start().await;
    let (mut client, _) = enter(&broker, &all).await;
    client.send(json!({"op": "history", "id": 1, "pattern": "*.a", "from": "start"})).await;
    let page = client.expect(json!({"op": "history", "id": 1})).await;
    let by: Vec<_> =
        page["messages"].as_array().unwrap().iter().map(|message| message["by"].as_str()).collect();
    assert_eq!(by, [Some("alice"), Some("alice"), None, None]);
}
