//! IXOPAY, when the bank is late: `successUrl` is where a customer goes while nothing is certain, and the callback
//! tells.

use serde_json::json;

use super::ixopay::{acknowledging, body, callbacks, played};
use crate::support::gateway::TestGateway;
use crate::support::ixopay::{Client, link_of};
use crate::support::on_every_store;

on_every_store![with &[("HANDBACK_RETURN_BUDGET", "100ms")];
    a_customer_goes_home_before_a_late_bank_and_the_callback_tells,
];

async fn a_customer_goes_home_before_a_late_bank_and_the_callback_tells(gateway: TestGateway) {
    let (client, receiver) = (Client::of(&gateway), acknowledging());
    for (number, (word, result, status)) in
        [("redirectPendingSuccess", "OK", "SUCCESS"), ("redirectPendingError", "ERROR", "ERROR")]
            .into_iter()
            .enumerate()
    {
        let opened = client.begin("debit", &played(word, &receiver.url("/cb"))).await;
        let home = gateway.http.pay(&link_of(&opened), "code=ok").await.location();
        assert_eq!(home, "https://m.example/ok?own=1", "on success, or while nothing is certain");
        assert_eq!(client.status(&opened["uuid"]).await["transactionStatus"], "PENDING");
        let told: Vec<_> = callbacks(&receiver, 2 * number + 2).await[2 * number..].iter().map(body).collect();
        assert_eq!((&told[0]["result"], &told[1]["result"]), (&json!("PENDING"), &json!(result)), "{word}");
        assert!(told.iter().all(|told| told["uuid"] == opened["uuid"]));
        assert_eq!(client.status(&opened["uuid"]).await["transactionStatus"], status);
    }
}
