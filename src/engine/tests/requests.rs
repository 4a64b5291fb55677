//! What a provider says to an authorization request, before any browser has come to it; and what it is not asked at
//! all.

use super::*;
use crate::domain::{Amount, Cancel, Checkout, Currency, Wanted};
use crate::engine::{Chosen, SendRequest, SendResult, Sender, derive, find, use_cases};

fn refusing(code: &str) -> Bluntbank {
    Bluntbank { refuses_requests: Some(ProviderRefusal::new(code, Some("No."))), ..Bluntbank::default() }
}

async fn leaving(engine: &Arc<Engine>, journey: &Journey, institution: Option<&str>) -> SendResult {
    let link = derive::link(&engine.deps, journey).unwrap();
    use_cases::send_to_provider::send_to_provider(
        engine,
        SendRequest {
            sender: Sender::Link(&link),
            chosen: institution.map(Chosen::Institution),
            text: None,
            at: Instant::now(),
        },
    )
    .await
    .unwrap()
    .unwrap()
}

fn open_request(purpose: Purpose) -> OpenRequest {
    fixtures::open_request(purpose, RequestedCallbacks::Covered("https://shop.example/cb?own=1".into()))
}

fn checkout(institution: Option<&str>) -> Purpose {
    Purpose::Checkout(Checkout {
        wanted: Wanted::Payment(Amount::parse("10", Currency::EUR).unwrap()),
        institution: institution.map(Into::into),
        payee: None,
        repeats: None,
        note: String::new(),
        cancel: Cancel::Offered,
    })
}

fn agreement(kind: Kind, institution: Option<&str>) -> Purpose {
    Purpose::Consent(Consent {
        kind,
        user: UserId::mint([1; 16], Shard::of_byte(1)),
        application_user: None,
        institution: institution.map(Into::into),
        country: None,
        features: FeatureRequest::All(Vec::new()),
        until: None,
        longest: consent::LIFE,
        answer_to: AnswerTo::Gateway,
    })
}

fn payment() -> Kind {
    let amount = Amount::parse("10", Currency::EUR).unwrap();
    Kind::Payment { amount, payee: "Shop".into(), reference: String::new() }
}

#[tokio::test]
async fn a_request_that_the_bank_refuses_leads_home_as_its_error_would() {
    for (code, outcome, ends) in
        [("invalid_client", "failed", Status::Failed), ("access_denied", "cancelled", Status::Rejected)]
    {
        let ground = Ground::new();
        let ((one, _), (two, _)) = (ground.node(refusing(code)), ground.node(refusing(code)));
        let merchant = merchant(&one).await;
        let (journey, _) = opened(&one, &merchant, OneTime::Off).await;
        let expected = format!("https://shop.example/cb?own=1&outcome={outcome}");
        // Both nodes get the answer, and both browsers go the same way.
        let both = tokio::join!(leaving(&one, &journey, None), leaving(&two, &journey, None));
        for left in [both.0, both.1] {
            match left {
                SendResult::Refused(home) => assert_eq!(home.as_str(), expected),
                SendResult::Ended(_) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(status(&one, &journey).await, ends);
        assert!(matches!(leaving(&one, &journey, None).await, SendResult::Ended(_)), "it is over");
        let now = find::consent(&one.deps, merchant.id, *journey.id()).await.unwrap().unwrap();
        assert_eq!(now.final_outcomes().len(), 1);
    }
}

#[tokio::test]
async fn a_checkout_whose_request_is_refused_may_be_tried_again() {
    let ground = Ground::new();
    let ((refuses, _), (takes, _)) = (ground.node(refusing("invalid_request")), ground.node(Bluntbank::default()));
    let merchant = merchant(&refuses).await;
    let journey =
        use_cases::open::open(&refuses, &merchant, "terse", &open_request(checkout(None)), None).await.unwrap();
    let SendResult::Refused(onward) = leaving(&refuses, &journey, None).await else { panic!() };
    assert!(onward.as_str().starts_with("https://pay.example/payment?"), "{}", onward.as_str());
    let SendResult::Sent(left) = leaving(&takes, &journey, None).await else { panic!("it cannot be tried again") };
    assert!(left.redirect.as_str().starts_with("https://blunt.example/?state="));
}

#[tokio::test]
async fn no_payment_is_opened_or_taken_where_the_bank_takes_none() {
    let ground = Ground::new();
    let (engine, _) = ground.node(Bluntbank { takes_no_payments: true, ..Bluntbank::default() });
    let merchant = merchant(&engine).await;
    let open =
        async |purpose: Purpose| use_cases::open::open(&engine, &merchant, "terse", &open_request(purpose), None).await;
    for purpose in [checkout(Some("blunt")), checkout(None), agreement(payment(), Some("blunt"))] {
        let Err(EngineError::Refused(refused)) = open(purpose.clone()).await else { panic!("{purpose:?}") };
        let expected = if purpose.institution().is_some() { "institutionId" } else { "bank" };
        assert_eq!(refused.field(), expected, "{refused}");
        assert!(refused.to_string().contains("takes no payments") || expected == "bank", "{refused}");
    }
    open(agreement(Kind::Accounts, Some("blunt"))).await.unwrap();
    // Whose customer chooses is not taken there either.
    let chosen = open(agreement(payment(), None)).await.unwrap();
    assert!(matches!(leaving(&engine, &chosen, Some("blunt")).await, SendResult::Choose(_)));
    let accounts = open(agreement(Kind::Accounts, None)).await.unwrap();
    assert!(matches!(leaving(&engine, &accounts, Some("blunt")).await, SendResult::Sent(_)));
}
