//! How often a return asks its store: twice, and a replay once.

use serde_json::json;

use crate::support::gateway::{StoreKind, TestGateway};

/// The gateway sweeps every second over the same proxy, so a single count may be too high, never too low.
const COUNTS: usize = 12;

#[tokio::test]
async fn a_return_takes_two_round_trips_and_its_replay_one() {
    let gateway = TestGateway::open_with(StoreKind::Proxied, &[("HANDBACK_WORKERS", "1")]).await;
    let merchant = gateway.merchant("Shop");
    // Nothing is delivered in the background: the courier would ask the same store meanwhile. That deliveries cost a
    // final outcome no round trip of their own, the store's own tests count.
    let open_request = json!({ "callback_url": "https://shop.example/cb", "one_time_token": true });
    for answer in ["code=ok", "error=access_denied", "error=server_error", "code=fail:server_error"] {
        let (mut first, mut replay) = (usize::MAX, usize::MAX);
        for _ in 0..COUNTS {
            let link = merchant.link(open_request.clone()).await;
            let sent_out = gateway.http.leave(&link.text).await;
            let query = sent_out.with(answer);
            let before = gateway.proxy().round_trips();
            gateway.http.back(&query).await.location();
            let between = gateway.proxy().round_trips();
            gateway.http.back(&query).await.location();
            first = first.min(between - before);
            replay = replay.min(gateway.proxy().round_trips() - between);
        }
        assert_eq!((first, replay), (2, 1), "{answer}");
    }
}
