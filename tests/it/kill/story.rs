//! One journey, as its customer and its merchant's app live it; and what they were answered on the way.

use serde_json::{Value, json};
use url::Url;

use super::chance::Chance;
use super::merchant_client::MerchantClient;

/// What a customer does with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Will {
    /// Looks elsewhere.
    Ignore,
    /// Goes to the bank and never comes back.
    Vanish,
    /// Pays.
    Pay,
    /// Pays, and its browser comes back twice at the same time.
    PayTwice,
    /// Pays at a bank that is slow, but in time.
    PaySlowly,
    /// Pays at a bank that is later than the budget.
    PayLate,
    /// Has no money at first, then pays.
    FailThenPay,
    /// Has no money, and the merchant wants to know.
    Fail,
    /// Declines at the bank.
    Decline,
    /// Presses our Cancel button.
    Cancel,
}

/// All of them; paying is the most frequent.
const WILLS: [Will; 12] = [
    Will::Ignore,
    Will::Vanish,
    Will::Pay,
    Will::Pay,
    Will::Pay,
    Will::PayTwice,
    Will::PaySlowly,
    Will::PayLate,
    Will::FailThenPay,
    Will::Fail,
    Will::Decline,
    Will::Cancel,
];

/// What was acknowledged about one journey.
pub struct Story {
    /// The body of its `createLink`.
    pub open_request: Value,
    /// Its `Idempotency-Key`.
    pub key: String,
    /// Its number.
    pub pay_id: String,
    /// Where its customer pays.
    pub pay_link: String,
    /// Where it left to, if it did.
    pub visit: Option<String>,
    /// Returns, and the Locations that answered them.
    pub returns: Vec<(String, String)>,
    /// The word of its outcome in our own API, if it has one.
    pub outcome: Option<&'static str>,
    /// Where the customer was handed back to, if it was.
    pub home: Option<String>,
    /// The key and the body of the grant, if its token was redeemed.
    pub grant: Option<(String, String)>,
}

impl Story {
    /// Opens a link and lives it.
    pub async fn live(merchant: &MerchantClient, name: &str, chance: &mut Chance) -> Self {
        let will = WILLS[usize::try_from(chance.below(12)).unwrap()];
        let mut story = Self::open(merchant, name, will).await;
        if will == Will::Cancel {
            story.hand_back(merchant.press("cancel", &story.link()).await.onward(), "cancel", "cancelled");
        } else if will != Will::Ignore {
            story.visit_the_bank(merchant, will).await;
        }
        match chance.below(4) {
            0 => {}
            1 => story.race(merchant).await,
            _ => story.redeem(merchant).await,
        }
        story
    }

    /// The text that opens its pages.
    pub fn link(&self) -> String {
        parameter(&self.pay_link, "link_id").expect("a pay_link has a link_id")
    }

    /// Its one-time token, once it was handed out.
    pub fn token(&self) -> Option<String> {
        parameter(self.home.as_deref()?, "one-time-token")
    }

    /// Where its browser returns to with this answer.
    pub fn return_with(&self, answer: &str) -> String {
        let visit = self.visit.as_deref().expect("it has left");
        let [to, state] = ["redirect_uri", "state"].map(|name| parameter(visit, name).expect("the bank is told"));
        format!("{to}?{answer}&state={state}")
    }

    /// Checks where the customer was handed back to, and keeps it.
    pub fn hand_back(&mut self, home: String, status: &str, outcome: &'static str) {
        assert!(home.starts_with(self.open_request["callback_url"].as_str().unwrap()), "{home}");
        assert_eq!(parameter(&home, "status").as_deref(), Some(status), "{home}");
        assert_eq!(parameter(&home, "pay_id").as_ref(), Some(&self.pay_id), "{home}");
        assert!(parameter(&home, "one-time-token").is_some(), "{home}");
        self.outcome = Some(outcome);
        self.home = Some(home);
    }

    async fn open(merchant: &MerchantClient, name: &str, will: Will) -> Self {
        let open_request = json!({
            "amount": "25.00",
            "recipient_note": name,
            "callback_url": format!("https://shop.example/back?order={name}"),
            "one_time_token": true,
            "extra_outcomes": will == Will::Fail,
        });
        let key = format!("open-{name}");
        let opened = merchant.create_link(&key, &open_request).await;
        assert_eq!(opened.status, 200, "{}", opened.body);
        let data = &opened.json()["data"];
        let (pay_id, pay_link) = (data["id"].to_string(), data["pay_link"].as_str().unwrap().to_owned());
        let (visit, returns, outcome, home, grant) = (None, Vec::new(), None, None, None);
        Self { open_request, key, pay_id, pay_link, visit, returns, outcome, home, grant }
    }

    async fn visit_the_bank(&mut self, merchant: &MerchantClient, will: Will) {
        self.begin_visit(merchant).await;
        if will == Will::FailThenPay {
            let checkout = self.come_back(merchant, "code=fail%3Ainsufficient_funds").await;
            assert_eq!(checkout, self.pay_link);
            self.begin_visit(merchant).await;
        }
        let (answer, status, outcome) = match will {
            Will::Ignore | Will::Vanish | Will::Cancel => return,
            Will::Pay | Will::PayTwice | Will::FailThenPay => ("code=yes", "success", "paid"),
            Will::PaySlowly => ("code=slow%3A30", "success", "paid"),
            Will::PayLate => ("code=slow%3A150", "success", "paid"),
            Will::Fail => ("code=fail%3Aserver_error", "failed", "failed"),
            Will::Decline => ("error=access_denied", "cancel", "cancelled"),
        };
        let home = if will == Will::PayTwice {
            let other = self.return_with(answer);
            let (home, other) = tokio::join!(self.come_back(merchant, answer), come_back(merchant, &other));
            assert_eq!(home, other, "two identical returns");
            home
        } else {
            self.come_back(merchant, answer).await
        };
        self.hand_back(home, status, outcome);
    }

    async fn begin_visit(&mut self, merchant: &MerchantClient) {
        let visit = merchant.press("pay", &self.link()).await.onward();
        assert!(visit.contains("/sandbox/authorise?"), "{visit}");
        self.visit = Some(visit);
    }

    async fn come_back(&mut self, merchant: &MerchantClient, answer: &str) -> String {
        let back = self.return_with(answer);
        let location = come_back(merchant, &back).await;
        self.returns.push((back, location.clone()));
        location
    }

    async fn redeem(&mut self, merchant: &MerchantClient) {
        let Some(token) = self.token() else { return };
        let key = format!("redeem-{}", self.pay_id);
        let granted = merchant.redeem(&token, Some(&key)).await;
        assert_eq!(granted.status, 200, "{}", granted.body);
        assert_eq!(granted.json()["status"].as_str(), self.outcome, "{}", granted.body);
        self.grant = Some((key, granted.body));
    }

    /// Two apps redeem the same token.
    async fn race(&mut self, merchant: &MerchantClient) {
        let Some(token) = self.token() else { return };
        let keys = ["a", "b"].map(|app| format!("{app}-{}", self.pay_id));
        let (a, b) = tokio::join!(merchant.redeem(&token, Some(&keys[0])), merchant.redeem(&token, Some(&keys[1])));
        let [a_key, b_key] = keys;
        self.grant = match (a.status, b.status) {
            (200, 410) => Some((a_key, a.body)),
            (410, 200) => Some((b_key, b.body)),
            _ => panic!("one token, two attempts: {a:?} {b:?}"),
        };
    }
}

/// Returns until the bank is no longer late.
pub async fn come_back(merchant: &MerchantClient, url: &str) -> String {
    loop {
        let answer = merchant.browse(url).await;
        if answer.status != 200 {
            return answer.onward();
        }
    }
}

pub fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
}
