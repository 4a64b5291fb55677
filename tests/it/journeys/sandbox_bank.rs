//! The test bank's own pages, as a customer of a consent meets them.

use handback::domain::consent::{AnswerTo, Consent, Kind};
use handback::domain::money::{Amount, Currency};
use handback::domain::open_request::RequestedCallbacks;
use handback::domain::outcome::Outcome;
use url::Url;

use crate::support::custom_gateway::{CustomGateway, consent};
use crate::support::http::query_value;

const APP: &str = "https://app.example/bank?tenant=7";

fn at_modelo(kind: Kind, answer_to: AnswerTo) -> Consent {
    Consent { kind, answer_to, institution: Some("modelo-sandbox".into()), ..consent() }
}

/// The address of the bank's page for this consent.
async fn asked(gateway: &CustomGateway, consent: Consent) -> String {
    let journey = gateway.ask(consent, RequestedCallbacks::OwnPage).await;
    gateway.http.get(&format!("/consent?link_id={}", gateway.link(&journey))).await.location()
}

/// The fields that the bank's page posts.
fn fields<'a>(page: &'a [(String, String)], decision: &'a str) -> Vec<(&'a str, &'a str)> {
    let names = ["redirect_uri", "state", "app_url_signature"];
    let carried = page.iter().filter(|(name, _)| names.contains(&name.as_str()));
    carried.map(|(name, value)| (name.as_str(), value.as_str())).chain([("decision", decision)]).collect()
}

fn query(url: &str) -> Vec<(String, String)> {
    Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

#[tokio::test]
async fn its_page_says_what_a_customer_agrees_to() {
    let gateway = CustomGateway::open(&[]).await;
    let page = asked(&gateway, at_modelo(Kind::Accounts, AnswerTo::Gateway)).await;
    gateway.http.get(&page).await.is(200).says("Share your account data").says("Corner shop").never_says("EUR");
    gateway.http.get(&page).await.says("<span class=\"eyebrow\">Modelo Sandbox</span>").never_says("Test bank");
    let amount = Amount::parse("25", Currency::EUR).unwrap();
    let payment = Kind::Payment { amount, payee: "Ada".into(), reference: String::new() };
    let page = asked(&gateway, at_modelo(payment, AnswerTo::Gateway)).await;
    gateway.http.get(&page).await.is(200).says("Agree to a payment").says("25.00 EUR").never_says("account data");
}

#[tokio::test]
async fn each_of_its_answers_ends_a_consent() {
    let gateway = CustomGateway::open(&[]).await;
    for (decision, field, outcome) in [
        ("approve", None, Outcome::Authorised),
        ("decline", None, Outcome::Cancelled),
        ("error", Some(("error", "consent_required")), Outcome::Failed),
        ("error", Some(("error", "made_up_by_the_bank")), Outcome::Failed),
        ("slow", Some(("delay", "300")), Outcome::Authorised),
        ("fail", Some(("fail", "invalid_grant")), Outcome::Failed),
    ] {
        let journey = gateway.ask(at_modelo(Kind::Accounts, AnswerTo::Gateway), RequestedCallbacks::OwnPage).await;
        let page = gateway.http.get(&format!("/consent?link_id={}", gateway.link(&journey))).await.location();
        let query = query(&page);
        let form: Vec<_> = fields(&query, decision).into_iter().chain(field).collect();
        let back = gateway.http.submit("/sandbox/authorise", &form).await.location();
        gateway.http.get(&back).await.location();
        let concluded = gateway.now(&journey).await;
        assert_eq!(concluded.final_outcome().map(|final_outcome| final_outcome.outcome), Some(outcome), "{decision}");
    }
    let journey = gateway.ask(at_modelo(Kind::Accounts, AnswerTo::Gateway), RequestedCallbacks::OwnPage).await;
    let page = gateway.http.get(&format!("/consent?link_id={}", gateway.link(&journey))).await.location();
    gateway
        .http
        .submit("/sandbox/authorise", &fields(&query(&page), "never"))
        .await
        .is(200)
        .says("does not send you back");
    assert_eq!(gateway.now(&journey).await.final_outcome(), None);
}

#[tokio::test]
async fn it_answers_an_app_that_the_gateway_vouches_for_and_redirects_nowhere_else() {
    let mut gateway = CustomGateway::open(&[]).await;
    gateway.save(APP).await;
    let page = asked(&gateway, at_modelo(Kind::Accounts, AnswerTo::App(APP.into()))).await;
    let state = query_value(&page, "state");
    gateway.http.get(&page).await.is(200).says("app.example");
    let own = query(&page);
    let answer = gateway.http.submit("/sandbox/authorise", &fields(&own, "approve")).await.location();
    assert!(
        answer.starts_with(&format!("{APP}&code=approved-")) && answer.ends_with(&format!("&state={state}")),
        "{answer}"
    );
    let refused = gateway.http.submit("/sandbox/authorise", &fields(&own, "decline")).await.location();
    assert_eq!(refused, format!("{APP}&error=access_denied&state={state}"));

    for (name, value) in [
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", "https://app.example/bank?tenant=8"),
        ("redirect_uri", "javascript:alert(1)"),
        ("state", "00000000000000000000000000000000"),
        ("app_url_signature", ""),
        ("app_url_signature", "AAAA"),
    ] {
        let mut changed = own.clone();
        changed.iter_mut().filter(|(own, _)| own == name).for_each(|(_, own)| *own = value.to_owned());
        let refused = gateway.http.submit("/sandbox/authorise", &fields(&changed, "approve")).await.is(400);
        assert!(!refused.has("location"), "{name}={value}");
        let mut address = Url::parse(&page).unwrap();
        address.query_pairs_mut().clear().extend_pairs(&changed);
        gateway.http.get(address.as_str()).await.is(400).never_says("Approve");
    }
}
