//! `/metrics`, at an address of its own: what the courier did is counted, and nobody is named.

use std::time::Duration;

use serde_json::json;

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::gateway_process::quiet_port;
use crate::support::receiver::{Receiver, Reply};

#[tokio::test]
async fn what_the_courier_did_is_counted_beside_the_embedded_store() {
    what_the_courier_did_is_counted(StoreKind::Embedded).await;
}

#[tokio::test]
async fn what_the_courier_did_is_counted_beside_redis() {
    what_the_courier_did_is_counted(StoreKind::Redis).await;
}

async fn what_the_courier_did_is_counted(store: StoreKind) {
    let listen = format!("127.0.0.1:{}", quiet_port());
    let gateway = TestGateway::open_with(store, &[("HANDBACK_METRICS_LISTEN", &listen)]).await;
    let merchant = gateway.merchant("Shop");
    let receiver = Receiver::answering(|_, received| match received.target.as_bytes()[1] {
        b'w' => Reply::Status(204),
        b'g' => Reply::Status(410),
        b'h' => Reply::Hangup,
        _ => Reply::Status(500),
    });
    let told = ["well", "gone", "hangs-up", "broken"].map(|path| receiver.url(&format!("/{path}")));
    let nobody = format!("http://127.0.0.1:{}/nobody", quiet_port());
    let mut list = vec!["https://shop.example/cb".to_owned(), nobody];
    list.extend(told);
    let link = merchant.link(json!({ "callback_url": list })).await;
    gateway.http.pay(&link.text, "code=ok").await.location();
    eventually("each was tried once", || async {
        let journey = merchant.journey(&link.id).await;
        journey["deliveries"].as_array().unwrap().iter().all(|delivery| delivery["tries"] == 1)
    })
    .await;
    let page = format!("http://{listen}/metrics");
    let read = || async { gateway.http.get(&page).await.is(200).text() };
    for (line, count) in [
        ("handback_delivery_attempts_total{result=\"2xx\"}", 1),
        ("handback_delivery_attempts_total{result=\"4xx\"}", 1),
        ("handback_delivery_attempts_total{result=\"5xx\"}", 1),
        ("handback_delivery_attempts_total{result=\"refused\"}", 0),
        ("handback_delivery_attempts_total{result=\"unreachable\"}", 1),
        ("handback_delivery_attempts_total{result=\"unanswered\"}", 1),
        ("handback_deliveries_total{result=\"delivered\"}", 1),
        ("handback_deliveries_total{result=\"put_off\"}", 3),
        ("handback_deliveries_total{result=\"gone\"}", 1),
        ("handback_deliveries_total{result=\"dead\"}", 0),
    ] {
        // A try is counted beside the answer of the store, which the journey has shown already.
        let wanted = format!("{line} {count}");
        eventually(&wanted, || async { read().await.lines().any(|line| line == wanted) }).await;
    }
    let under_way = "handback_deliveries_under_way 0";
    eventually(under_way, || async { read().await.lines().any(|line| line == under_way) }).await;
    let text = read().await;
    for secret in [&merchant.id, "127.0.0.1", "/well", "Shop"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(text.lines().all(|line| line.starts_with('#') || line.contains("handback_")), "{text}");
    // The retry after 5 s fails again, at once: the counters go on.
    gateway.wait(Duration::from_secs(6));
    let again = "handback_delivery_attempts_total{result=\"5xx\"} 2";
    eventually(again, || async { read().await.lines().any(|line| line == again) }).await;
}

#[tokio::test]
async fn on_loopback_the_counters_answer_to_this_machines_names_alone() {
    let port = quiet_port();
    let listen = format!("127.0.0.1:{port}");
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_METRICS_LISTEN", &listen)]).await;
    let page = format!("http://{listen}/metrics");
    for own in [listen.clone(), format!("localhost:{port}"), "localhost".into(), "[::1]".into(), "127.0.0.2:1".into()] {
        gateway.http.get_with(&page, &[("host", &own)]).await.is(200).says("handback_");
    }
    for foreign in ["attacker.example", "attacker.example:80", "localhost.attacker.example", "10.0.0.1", ""] {
        gateway.http.get_with(&page, &[("host", foreign)]).await.is(421).never_says("handback_");
    }
}

#[tokio::test]
async fn elsewhere_the_counters_answer_to_whatever_name_the_operator_gave_them() {
    let port = quiet_port();
    let gateway =
        TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_METRICS_LISTEN", &format!("0.0.0.0:{port}"))]).await;
    let page = format!("http://127.0.0.1:{port}/metrics");
    gateway.http.get_with(&page, &[("host", "handback.internal.example")]).await.is(200).says("handback_");
}
