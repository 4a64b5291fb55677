//! IXOPAY's own PHP client in front of a provider of each kind: it asks, its customer pays there, and it reads the status
//! and the callback, whose signature it verifies. It is not in this repository: `IXOPAY_PHP_CLIENT` names its folder.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::ixopay::link_of;
use crate::support::merchant_client::MerchantClient;
use crate::support::receiver::{Receiver, Reply};
use crate::support::till::Till;

/// The client of a merchant.
struct Client {
    folder: String,
    shop: MerchantClient,
}

impl Client {
    /// Has it make this call: what it understood of the answer.
    #[track_caller]
    fn call(&self, call: &str, arguments: &Value) -> Value {
        let base = format!("{}/ixopay", self.shop.http.base());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ixopay/client.php");
        let mut php = Command::new("php");
        php.args([script, &self.folder, &base, &self.shop.id, &self.shop.key, &self.shop.signing_secret, call]);
        php.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut php = php.spawn().expect("PHP: apt-get install php-cli php-curl");
        let mut stdin = php.stdin.take().expect("a pipe");
        stdin.write_all(arguments.to_string().as_bytes()).expect("a client that reads");
        drop(stdin);
        let output = php.wait_with_output().expect("a client that ends");
        let (said, trouble) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(said.trim()).unwrap_or_else(|error| panic!("{call}: {error}: {said} {trouble}"))
    }
}

#[tokio::test]
#[ignore = "needs the client: scripts/test runs it where IXOPAY_PHP_CLIENT names its folder, and says so where not"]
async fn the_vendors_php_client_is_paid_at_each_kind_of_provider() {
    let folder = std::env::var("IXOPAY_PHP_CLIENT").expect("IXOPAY_PHP_CLIENT names the folder of the client");
    for till in Till::of_each_kind() {
        let gateway = TestGateway::open_own(StoreKind::Embedded, &till.file("")).await;
        let server = Receiver::answering(|_, _| Reply::Saying(200, "OK"));
        let client = Client { folder: folder.clone(), shop: gateway.merchant("Shop") };
        let order = json!({ "id": "order-7", "amount": "25.00", "currency": "EUR", "callbackUrl": server.url("/cb?own=1"),
            "successUrl": "https://shop.example/ok", "cancelUrl": "https://shop.example/no",
            "errorUrl": "https://shop.example/error" });
        let asked = client.call("debit", &order);
        assert_eq!((&asked["success"], &asked["returnType"]), (&json!(true), &json!("REDIRECT")), "{asked}");
        let (uuid, link) = (asked["uuid"].clone(), link_of(&asked));
        gateway.http.submit("/payment/pay", &[("link_id", &link)]).await.location();
        let listed = client.shop.look("/journeys?limit=1").await.json()["journeys"][0].clone();
        let way_home = till.pay(&format!("{}-1", listed["pay_id"].as_str().unwrap()));
        let home = gateway.http.get(&way_home).await.location();
        assert!(home.starts_with("https://shop.example/ok"), "{}: {home}", till.kind());
        let status = client.call("status", &json!({ "uuid": uuid }));
        assert_eq!((&status["status"], &status["id"]), (&json!("SUCCESS"), &json!("order-7")), "{status}");
        eventually("the callback has come", async || server.count() > 0).await;
        let received = server.received().pop().unwrap();
        assert_eq!(query_value(&server.url(&received.target), "own"), "1");
        let callback = json!({ "body": received.body, "target": received.target, "date": received.headers["date"],
            "signature": received.headers["x-signature"] });
        let read = client.call("callback", &callback);
        let expected = json!({ "valid": true, "altered": false, "result": "OK", "id": "order-7", "uuid": uuid });
        assert_eq!(read, expected, "{}", till.kind());
        let refund = json!({ "id": "refund-7", "of": uuid, "amount": "5.00", "currency": "EUR" });
        let refunded = client.call("refund", &refund);
        let is_possible = matches!(till, Till::Http(_) | Till::Ixopay(_));
        assert_eq!(refunded["success"], json!(is_possible), "{}: {refunded}", till.kind());
    }
}
