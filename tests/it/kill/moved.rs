//! A store that is backed up, restored or moved elsewhere, with journeys half way: they come home all the same.

use std::process::{Command, Output};

use serde_json::json;
use tempfile::TempDir;

use super::load::runtime;
use super::merchant_client::MerchantClient;
use super::story::parameter;
use crate::support::gateway_process::{GatewayProcess, PROGRAM};
use crate::support::redis::RedisServer;

/// Runs a command on this store.
pub fn handback(store: &str, arguments: &[&str]) -> Output {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(PROGRAM);
    command.env_clear().current_dir(folder.path()).env("HANDBACK_STORE", store).args(arguments);
    command.output().unwrap()
}

/// What a command that was to succeed has said.
pub fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn embedded(gateway: &GatewayProcess) -> String {
    format!("embedded:{}", gateway.data().display())
}

/// Customers of a merchant, half way.
struct HalfWay {
    /// Where one that is at the bank comes back to.
    back: String,
    /// The token of one who has paid, and whose merchant has not asked yet.
    token: String,
}

impl HalfWay {
    fn new(merchant: &MerchantClient, name: &str) -> Self {
        runtime().block_on(async {
            let at_the_bank = leave(merchant, &format!("{name}-1")).await;
            let home = merchant.browse(&leave(merchant, &format!("{name}-2")).await).await.onward();
            Self { back: at_the_bank, token: parameter(&home, "one-time-token").unwrap() }
        })
    }

    fn come_home(&self, merchant: &MerchantClient) {
        runtime().block_on(async {
            let home = merchant.browse(&self.back).await.onward();
            assert!(home.starts_with("https://shop.example/back?") && home.contains("status=success"), "{home}");
            assert_eq!(merchant.browse(&self.back).await.onward(), home, "the same return has the same end");
            for token in [self.token.clone(), parameter(&home, "one-time-token").unwrap()] {
                let granted = merchant.redeem(&token, None).await;
                assert!(granted.status == 200 && granted.body.contains("\"paid\""), "{}", granted.body);
                assert_eq!(merchant.redeem(&token, None).await.status, 410, "a token counts once");
            }
        });
    }
}

/// Opens a journey and leaves for the bank; answers where it comes back to.
async fn leave(merchant: &MerchantClient, name: &str) -> String {
    let open_request = json!({
        "amount": "25.00",
        "recipient_note": name,
        "callback_url": "https://shop.example/back",
        "one_time_token": true,
    });
    let opened = merchant.create_link(name, &open_request).await;
    let link = parameter(opened.json()["data"]["pay_link"].as_str().unwrap(), "link_id").unwrap();
    let visit = merchant.press("pay", &link).await.onward();
    let [to, state] = ["redirect_uri", "state"].map(|name| parameter(&visit, name).unwrap());
    format!("{to}?code=yes&state={state}")
}

#[test]
fn a_backup_of_a_store_that_is_served_is_gone_on_with() {
    let mut gateway = super::gateway(None);
    let merchant = MerchantClient::of(&gateway);
    let half_way = HalfWay::new(&merchant, "backed-up");
    let elsewhere = TempDir::new().unwrap();
    let [backup, folder] = ["backup", "restored"].map(|name| elsewhere.path().join(name).display().to_string());
    let (from, to) = (embedded(&gateway), format!("embedded:{folder}"));
    let said = done(&handback(&from, &["backup", &backup]));
    assert!(said.contains("2 merchants, 0 users, 2 journeys"), "{said}");
    assert!(said.contains(&format!("{}/keys", gateway.data().display())), "{said}");
    gateway.kill();

    assert!(refused(&handback(&from, &["restore", &backup])).contains("holds a store"));
    let said = done(&handback(&to, &["restore", &backup]));
    assert!(said.contains("needs the operator's keys") && said.contains("2 journeys"), "{said}");
    std::fs::copy(gateway.data().join("keys"), format!("{folder}/keys")).unwrap();
    gateway.set("STORE", &to);
    gateway.restart();
    half_way.come_home(&merchant);
}

#[test]
fn a_store_that_is_moved_is_gone_on_with() {
    let mut gateway = super::gateway(None);
    let merchant = MerchantClient::of(&gateway);
    let half_way = [0, 1, 2].map(|number| HalfWay::new(&merchant, &format!("moved-{number}")));
    let keys = std::fs::read_to_string(gateway.data().join("keys")).unwrap();
    let [first, second] = [(); 2].map(|()| RedisServer::start());
    let from = embedded(&gateway);

    let served = refused(&handback(&from, &["migrate", "--to", &first.url()]));
    assert!(served.contains("another server is running on"), "{served}");
    gateway.stop();
    let said = done(&handback(&from, &["migrate", "--to", &first.url()]));
    assert!(said.contains("6 journeys") && said.contains("HANDBACK_KEYS"), "{said}");
    // Whoever starts the old one by mistake learns where it is now.
    let old = handback(&from, &["merchant", "list"]);
    assert!(refused(&old).contains("it was moved to redis://"));
    gateway.set("STORE", &first.url());
    gateway.set("KEYS", keys.trim());
    gateway.restart();
    half_way[0].come_home(&merchant);

    // Who uses a Redis is seen by the mark that it leaves there.
    let served = refused(&handback(&first.url(), &["migrate", "--to", &second.url()]));
    assert!(served.contains("a gateway serves from redis://"), "{served}");
    gateway.stop();
    done(&handback(&second.url(), &["migrate", "--from", &first.url()]));
    let again = refused(&handback(&first.url(), &["migrate", "--to", &second.url()]));
    assert!(again.contains("was moved to redis://"), "{again}");
    gateway.set("STORE", &second.url());
    gateway.restart();
    half_way[1].come_home(&merchant);
    gateway.stop();

    // Back to where it was at first.
    let said = done(&handback(&from, &["migrate", "--from", &second.url()]));
    assert!(said.contains("6 journeys"), "{said}");
    gateway.set("STORE", &from);
    gateway.restart();
    half_way[2].come_home(&merchant);
}
