//! The ledger: everything that anybody was answered is asked for again.

use std::collections::HashMap;
use std::sync::Arc;

use super::load::runtime;
use super::merchant_client::MerchantClient;
use super::story::{Story, come_back};

/// How many stories are checked at the same time.
const AT_ONCE: usize = 8;

/// Checks that what was acknowledged is there, once, and that there is nothing else.
pub fn holds(merchant: &Arc<MerchantClient>, ledger: Vec<Story>) {
    runtime().block_on(async {
        every_journey_is_listed_once(merchant, &ledger).await;
        let mut checks: Vec<_> = (0..AT_ONCE).map(|_| Vec::new()).collect();
        for (index, story) in ledger.into_iter().enumerate() {
            checks[index % AT_ONCE].push(story);
        }
        let check = |stories| tokio::spawn(all_hold(Arc::clone(merchant), stories));
        for checked in checks.into_iter().map(check).collect::<Vec<_>>() {
            checked.await.expect("a check");
        }
    });
}

async fn all_hold(merchant: Arc<MerchantClient>, stories: Vec<Story>) {
    for mut story in stories {
        link_holds(&merchant, &story).await;
        outcome_holds(&merchant, &story).await;
        if story.home.is_none() {
            ends_well(&merchant, &mut story).await;
        }
        token_holds(&merchant, &story).await;
    }
}

/// Everybody has ended their story, so there are as many journeys as were acknowledged.
async fn every_journey_is_listed_once(merchant: &MerchantClient, ledger: &[Story]) {
    let (mut listed, mut after) = (HashMap::new(), String::new());
    loop {
        let page = merchant.journeys(&format!("?limit=200{after}")).await;
        for journey in page["journeys"].as_array().unwrap() {
            let note = journey["note"].as_str().unwrap().to_owned();
            let twice = listed.insert(note, journey["pay_id"].as_str().unwrap().to_owned());
            assert_eq!(twice, None, "opened twice: {journey}");
        }
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    for story in ledger {
        assert_eq!(
            listed.get(story.open_request["recipient_note"].as_str().unwrap()),
            Some(&story.pay_id),
            "{}",
            story.key
        );
    }
    assert_eq!(listed.len(), ledger.len(), "journeys that nobody knows");
}

async fn link_holds(merchant: &MerchantClient, story: &Story) {
    let page = merchant.browse(&story.pay_link).await;
    assert_eq!(page.status, 200, "{}: {}", story.pay_link, page.body);
    let again = merchant.create_link(&story.key, &story.open_request).await;
    let data = &again.json()["data"];
    assert_eq!((data["id"].to_string(), data["pay_link"].as_str()), (story.pay_id.clone(), Some(&*story.pay_link)));
}

async fn outcome_holds(merchant: &MerchantClient, story: &Story) {
    for (back, location) in &story.returns {
        assert_eq!(&come_back(merchant, back).await, location, "the replay of {back}");
    }
    let journey = merchant.journeys(&format!("/{}", story.pay_id)).await;
    let unconcluded = if story.visit.is_some() { "away" } else { "open" };
    assert_eq!(journey["status"].as_str(), story.outcome.or(Some(unconcluded)), "{journey}");
    assert_eq!(journey["pay_link"].as_str(), Some(&*story.pay_link));
    let events = journey["timeline"].as_array().unwrap();
    let count = |event: &str| events.iter().filter(|own| own["event"] == event).count();
    assert_eq!(count("concluded"), usize::from(story.outcome.is_some()), "{journey}");
    assert_eq!(count("redeemed"), usize::from(story.grant.is_some()), "{journey}");
    if let Some(home) = &story.home {
        let link = story.link();
        let button = story.pay_link.replace("/payment?", "/payment/home?");
        assert_eq!(&merchant.browse(&button).await.onward(), home, "the way home of {link}");
    }
}

/// A journey that was left alone can still be paid, from the visit that it has made.
async fn ends_well(merchant: &MerchantClient, story: &mut Story) {
    let visit = merchant.press("pay", &story.link()).await.onward();
    if let Some(before) = &story.visit {
        assert_eq!(&visit, before, "a second press leaves under the same state");
    }
    story.visit = Some(visit);
    let home = come_back(merchant, &story.return_with("code=yes")).await;
    story.hand_back(home, "success", "paid");
}

async fn token_holds(merchant: &MerchantClient, story: &Story) {
    let (token, new) = (story.token().expect("it is home"), format!("new-{}", story.pay_id));
    let Some((key, body)) = &story.grant else { return is_redeemed_once(merchant, &token, &new).await };
    for other in [Some(&*new), None] {
        let spent = merchant.redeem(&token, other).await;
        assert_eq!((spent.status, crate::support::http::kind_of(&spent.json())), (410, "spent"), "{}", spent.body);
    }
    let again = merchant.redeem(&token, Some(key)).await;
    assert_eq!((again.status, &again.body), (200, body), "the same grant for the same key");
}

async fn is_redeemed_once(merchant: &MerchantClient, token: &str, key: &str) {
    let keys = ["1", "2", "3"].map(|app| format!("{key}-{app}"));
    let [a, b, c] = keys.each_ref().map(|key| merchant.redeem(token, Some(key)));
    let (a, b, c) = tokio::join!(a, b, c);
    let mut statuses = [a.status, b.status, c.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410, 410], "{a:?} {b:?} {c:?}");
}
