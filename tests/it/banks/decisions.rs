//! Every kind of bank is asked, and says yes and no.

use handback::domain::consent::AnswerTo;
use handback::domain::journey::{Cancel, Checkout, Purpose, Wanted};
use handback::domain::money::{Amount, Currency};
use handback::domain::outcome::{Evidence, Outcome};
use handback::provider::Provider as _;

use super::customer::{Customer, Decision};
use super::process::{Banks, KINDS};
use super::visit::{Proven, Visit, accepted, ready, visit};

const HOME: &str = "http://127.0.0.1:8080";

#[tokio::test]
async fn every_kind_of_bank_says_yes() {
    let banks = Banks::start(HOME);
    for kind in KINDS {
        let bank = ready(&banks, kind).await;
        let proven = visit(&banks, &bank, Decision::Approve).await;
        let tokens = proven.tokens();
        for member in ["access_token", "token_type", "id_token"] {
            assert!(tokens[member].is_string(), "{kind} gave no {member}");
        }
        assert_eq!(banks.codes(kind).values().sum::<u64>(), 1, "{kind}");
    }
}

#[tokio::test]
async fn every_kind_of_bank_says_no() {
    let banks = Banks::start(HOME);
    for kind in KINDS {
        let bank = ready(&banks, kind).await;
        match visit(&banks, &bank, Decision::Deny).await {
            Proven::Refused(error) => assert_eq!(error.code(), "access_denied", "{kind}"),
            proven => panic!("{kind}: {proven:?}"),
        }
        assert_eq!(banks.count(kind, "token"), 0, "{kind} was asked about a refusal");
    }
}

#[tokio::test]
async fn a_bank_is_asked_the_way_it_wants_to_be() {
    let banks = Banks::start(HOME);
    for (kind, pushed) in [("par", 1), ("jarm", 1), ("plain", 0), ("hybrid", 0)] {
        let bank = ready(&banks, kind).await;
        visit(&banks, &bank, Decision::Approve).await.tokens();
        let advertised = banks.count(kind, "par");
        assert_eq!(advertised, pushed, "{kind}");
    }
    let bank = ready(&banks, "hybrid").await;
    assert!(bank.answers_in_fragment());
    let way = accepted(&bank, &Visit::begin(&banks, "hybrid").context()).await;
    assert!(way.as_str().contains("&request="), "{way:?}");
    assert!(!way.as_str().contains("nonce="), "what is signed is not repeated in the clear");
}

/// An app that takes the bank's answer itself brings the code alone; nothing about it is signed then.
#[tokio::test]
async fn a_bare_code_of_an_app_is_taken_where_the_bank_signs_its_answers() {
    let banks = Banks::start(HOME);
    for kind in ["hybrid", "jarm"] {
        let bank = ready(&banks, kind).await;
        // The bank knows one address only; that the app calls it its own is all that differs.
        let own = format!("{HOME}/return/{kind}");
        let visit = Visit::answered_to(&banks, kind, AnswerTo::App(own));
        let landing = visit.decide(&banks, &bank, Decision::Approve).await;
        let Ok(evidence) = visit.offered(&bank, &landing.answer()) else { panic!("{kind}: no code") };
        let bare = Evidence::of(evidence.code.reveal());
        assert!(visit.genuine(&bank, &bare).await.is_ok(), "{kind}");
        // The same of the gateway's own return is a downgrade.
        let ours = Visit::begin(&banks, kind);
        assert!(matches!(ours.genuine(&bank, &bare).await, Err(Proven::Trouble(_))), "{kind}");
        visit.redeem(&bank, &bare).await.tokens();
    }
}

#[tokio::test]
async fn a_bank_that_proves_consents_never_says_paid() {
    let banks = Banks::start(HOME);
    let bank = ready(&banks, "plain").await;
    let amount = Amount::parse("25", Currency::EUR).unwrap();
    let checkout = Purpose::Checkout(Checkout {
        wanted: Wanted::Payment(amount),
        institution: None,
        note: String::new(),
        cancel: Cancel::Offered,
        payee: None,
        repeats: None,
    });
    let visit = Visit::of("plain", format!("{HOME}/return/plain"), checkout);
    assert!(bank.request(&visit.context()).await.is_err());
    let Proven::Fact(fact) = visit.redeem(&bank, &Evidence::of("any")).await else { panic!() };
    assert_eq!(fact.outcome(), Outcome::Failed);
    assert_eq!(banks.count("plain", "token"), 0);
}

#[tokio::test]
async fn one_customer_may_visit_again_and_again() {
    let banks = Banks::start(HOME);
    let bank = ready(&banks, "plain").await;
    let mut customer = Customer::new(HOME, None);
    for agrees in [false, true, true] {
        let visit = Visit::begin(&banks, "plain");
        let way = accepted(&bank, &visit.context()).await;
        let landing = if agrees { customer.approve(way.as_str()).await } else { customer.deny(way.as_str()).await };
        let proven = visit.prove(&bank, &landing.answer()).await;
        assert_eq!(matches!(proven, Proven::Fact(_)), agrees, "{proven:?}");
    }
    assert_eq!((banks.count("plain", "discovery"), banks.count("plain", "jwks")), (1, 1), "what is known is kept");
}
