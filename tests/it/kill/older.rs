//! Stores that older versions have made: today's program brings them up to date, and their journeys go on.
//!
//! `older/layout_N.sql` is what the program of that layout had written when a merchant had opened three journeys: one that
//! nobody has looked at, one whose customer is at the bank, and one that is paid, whose token is spent and whose delivery is
//! not received. They last for eight years.

use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::load::runtime;
use super::merchant_client::MerchantClient;
use super::moved::{done, handback};
use super::story::parameter;
use crate::support::gateway_process::GatewayProcess;

/// What a store that is tried was made with, and what its merchant and its customers know.
struct Older {
    layout: u32,
    dump: &'static str,
    api_key: &'static str,
    opened: (u64, &'static str),
    back: &'static str,
    paid: u64,
    token: &'static str,
}

const KEYS: &str = "old:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

const STORES: [Older; 2] = [
    Older {
        layout: 7,
        dump: include_str!("older/layout_7.sql"),
        api_key: "hbk_1xb0q5frht3q234yj6b1k1nqre2w1y",
        opened: (5_015_586_848_609_017, "278qck3jibsg4f3lrpp0avco4fq4cok14kdra"),
        back: "/return/sandbox?code=yes&state=15e3naihv7k00u3epg95q9gs64uosnshd2uj5go",
        paid: 6_980_801_486_685_287,
        token: "ott_336g106sghjgmaaalvfcrp9ml6j3l7ufel47o",
    },
    Older {
        layout: 12,
        dump: include_str!("older/layout_12.sql"),
        api_key: "hbt_vm1y9jha6dcq3n419raa041132webz",
        opened: (4_011_046_945_648_286, "1p00d92vdqf7b0ukc1qktahbtcco5dtrhqa9k"),
        back: "/return/sandbox?code=yes&state=2caco056ubdg0ke2rkbqig1np2l2ilcu58h19i0",
        paid: 8_638_765_654_258_322,
        token: "ott_3qoeinguma962juarrtih951lffejmrbq4tnm",
    },
];

#[test]
fn a_store_of_an_older_layout_goes_on() {
    for older in STORES {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("handback.sqlite3");
        Connection::open(&file).unwrap().execute_batch(older.dump).unwrap();
        let store = format!("embedded:{}", folder.path().display());
        // Who updates backs up before, by either program.
        let said = done(&handback(&store, &["backup", folder.path().join("backup").to_str().unwrap()]));
        assert!(said.contains("1 users, 3 journeys, 1 deliveries"), "{said}");
        assert!(said.contains(&format!("layout {}", older.layout)), "{said}");
        let mut gateway = GatewayProcess::start(&[("STORE", &store), ("KEYS", KEYS), ("KEEP", "3650d")]);
        let merchant = MerchantClient::with_key(&gateway, older.api_key);
        runtime().block_on(goes_on(&older, &merchant, &gateway.base()));
        gateway.stop();
        let layout: u32 =
            Connection::open(&file).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert!(layout > older.layout, "{layout}");
    }
}

async fn goes_on(older: &Older, merchant: &MerchantClient, base: &str) {
    // The customer at the bank comes home, and one who has only looked at the link leaves and comes home.
    let mut tokens = Vec::new();
    let visit = merchant.press("pay", older.opened.1).await.onward();
    let [to, state] = ["redirect_uri", "state"].map(|name| parameter(&visit, name).unwrap());
    for back in [format!("{base}{}", older.back), format!("{to}?code=yes&state={state}")] {
        let home = merchant.browse(&back).await.onward();
        assert!(home.starts_with("https://shop.example/back?") && home.contains("status=success"), "{home}");
        tokens.push(parameter(&home, "one-time-token").unwrap());
    }
    for token in tokens {
        let granted = merchant.redeem(&token, None).await;
        assert!(granted.status == 200 && granted.body.contains("\"paid\""), "{}", granted.body);
    }
    assert_eq!(merchant.redeem(older.token, None).await.status, 410, "what was spent is spent");
    // The same call opens the same journey.
    let open_request = json!({
        "amount": "25.00",
        "recipient_note": "opened",
        "callback_url": "https://shop.example/back",
        "one_time_token": true,
        "expires_in": 259_200_000,
    });
    let opened = merchant.create_link("open-opened", &open_request).await;
    assert_eq!(opened.json()["data"]["id"], older.opened.0, "{}", opened.body);
    let paid = merchant.journeys(&format!("/{}", older.paid)).await;
    let first = &paid["deliveries"][0]["attempts"][0]["result"];
    assert_eq!((&paid["status"], first), (&json!("paid"), &json!("unreachable")), "{paid}");
}
