//! What becomes of a payment when an operation of it succeeds, is refused, or never comes to an end.

use super::*;
use crate::domain::{
    Amount, Cancel, Checkout, Currency, Inapplicable, OperationKind, Outcome, PayId, PaymentOperation, ProviderRefusal,
    ReportedOperation, Wanted,
};
use crate::engine::{conclude, learn, sweep, use_cases};

fn eur(text: &str) -> Amount {
    Amount::parse(text, Currency::EUR).unwrap()
}

fn open_request(purpose: Purpose) -> OpenRequest {
    fixtures::open_request(purpose, RequestedCallbacks::OwnPage)
}

async fn paid(engine: &Engine, merchant: &Merchant) -> Journey {
    let checkout = Purpose::Checkout(Checkout {
        wanted: Wanted::Payment(eur("10")),
        institution: None,
        note: String::new(),
        cancel: Cancel::Offered,
        payee: None,
        repeats: None,
    });
    let journey = use_cases::open::open(engine, merchant, "terse", &open_request(checkout), None).await.unwrap();
    conclude::conclude(&engine.deps, journey, &Fact::paid()).await.unwrap()
}

async fn refund(engine: &Engine, merchant: &Merchant, of: PayId, amount: &str) -> Journey {
    let (kind, of, note) = (OperationKind::Refund, Some(of), String::new());
    let operation =
        Purpose::Operation(PaymentOperation { kind, amount: Some(eur(amount)), of, note, reported_as: None });
    use_cases::open::open(engine, merchant, "terse", &open_request(operation), None).await.unwrap()
}

/// How much of a payment could still be paid back.
async fn left(engine: &Engine, payment: &Journey) -> Amount {
    let payment = engine.deps.store.find(payment.pay_id()).await.unwrap().unwrap();
    payment.applicable(OperationKind::Refund).unwrap().unwrap()
}

fn outcome(journey: &Journey) -> Option<Outcome> {
    journey.final_outcome().map(|final_outcome| final_outcome.outcome)
}

#[tokio::test]
async fn what_a_bank_refuses_is_taken_back_and_what_it_may_have_done_is_not() {
    let refused = || Ok(Performed::Now(Fact::refused(ProviderRefusal::new("server_error", None))));
    for (told, ends, remains) in [
        (Ok(Performed::Now(Fact::paid())), Some(Outcome::Paid), "4"),
        (refused(), Some(Outcome::Failed), "10"),
        (Err(ProviderError::Unreachable("as told".into())), Some(Outcome::Failed), "10"),
        (Err(ProviderError::Unanswered("as told".into())), Some(Outcome::Failed), "4"),
        (Err(ProviderError::Unreadable("as told".into())), Some(Outcome::Failed), "4"),
        (Ok(Performed::Unknown), None, "4"),
    ] {
        let ground = Ground::new();
        let (engine, _) = ground.node(Bluntbank { applied: Mutex::new([told].into()), ..Bluntbank::default() });
        let merchant = merchant(&engine).await;
        let payment = paid(&engine, &merchant).await;
        let asked = refund(&engine, &merchant, payment.pay_id(), "6").await;
        let applied = use_cases::perform::perform(&engine, asked).await.unwrap();
        assert_eq!(outcome(&applied), ends);
        assert_eq!(left(&engine, &payment).await, eur(remains), "{ends:?}");
        // Its time runs out: nobody knows what its provider has done.
        ground.clock.advance(Duration::from_hours(24 * 31));
        sweep::sweep(&engine).await.unwrap();
        assert_eq!(left(&engine, &payment).await, eur(remains), "{ends:?}, afterwards");
    }
}

#[tokio::test]
async fn refunds_at_once_never_pay_back_more_than_was_paid() {
    let ground = Ground::new();
    let (one, _) = ground.node(Bluntbank::default());
    let (other, _) = ground.node(Bluntbank::default());
    let merchant = merchant(&one).await;
    let payment = paid(&one, &merchant).await;
    let mut asked = Vec::new();
    for _ in 0..6 {
        asked.push(refund(&one, &merchant, payment.pay_id(), "3").await);
    }
    let nodes = [&one, &other].into_iter().cycle();
    let applied = futures_util::future::join_all(
        asked.into_iter().zip(nodes).map(|(asked, node)| use_cases::perform::perform(node, asked)),
    );
    let outcomes: Vec<_> = applied.await.into_iter().map(|applied| outcome(&applied.unwrap())).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Some(Outcome::Paid)).count(), 3, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Some(Outcome::Failed)).count(), 3, "{outcomes:?}");
    assert_eq!(left(&one, &payment).await, eur("1"));
}

#[tokio::test]
async fn an_operation_on_what_does_not_allow_it_has_failed() {
    let ground = Ground::new();
    let (engine, _) = ground.node(Bluntbank::default());
    let (own, stranger) = (merchant(&engine).await, merchant(&engine).await);
    let payment = paid(&engine, &own).await;
    for (by, amount, why) in [(&own, "11", Inapplicable::TooMuch), (&stranger, "1", Inapplicable::Unsuitable)] {
        let asked = refund(&engine, by, payment.pay_id(), amount).await;
        let applied = use_cases::perform::perform(&engine, asked).await.unwrap();
        let crate::domain::outcome::Cause::Provider(Some(error)) = &applied.final_outcome().unwrap().cause else {
            panic!()
        };
        assert_eq!((error.code(), error.description()), ("operation_not_possible", Some(why.to_string().as_str())));
    }
    assert_eq!(left(&engine, &payment).await, eur("10"));
}

#[tokio::test]
async fn an_operation_that_its_node_has_left_is_asked_for_again_where_that_harms_nobody() {
    for (again, ends) in [(true, Outcome::Paid), (false, Outcome::Expired)] {
        let ground = Ground::new();
        let (engine, _) = ground.node(Bluntbank { may_be_asked_again: again, ..Bluntbank::default() });
        let merchant = merchant(&engine).await;
        let payment = paid(&engine, &merchant).await;
        let asked = refund(&engine, &merchant, payment.pay_id(), "6").await;
        assert_eq!(asked.expires_at(), asked.opening().opened_at.plus(PaymentOperation::LIFE));
        ground.clock.advance(PaymentOperation::LIFE);
        sweep::sweep(&engine).await.unwrap();
        let stored = engine.deps.store.find(asked.pay_id()).await.unwrap().unwrap();
        assert_eq!(outcome(&stored), Some(ends));
    }
}

/// The capture of 10 EUR that were set aside; the payment is [`PaymentOperation::of`] of it.
async fn captured(engine: &Arc<Engine>, merchant: &Merchant) -> Journey {
    let checkout = Purpose::Checkout(Checkout {
        wanted: Wanted::Reservation(eur("10")),
        institution: None,
        note: String::new(),
        cancel: Cancel::Offered,
        payee: None,
        repeats: None,
    });
    let payment = use_cases::open::open(engine, merchant, "terse", &open_request(checkout), None).await.unwrap();
    let payment = conclude::conclude(&engine.deps, payment, &Fact::agreed()).await.unwrap();
    let capture = PaymentOperation {
        kind: OperationKind::Capture,
        amount: Some(eur("10")),
        of: Some(payment.pay_id()),
        note: String::new(),
        reported_as: None,
    };
    let request = open_request(Purpose::Operation(capture));
    let capture = use_cases::open::open(engine, merchant, "terse", &request, None).await.unwrap();
    let capture = use_cases::perform::perform(engine, capture).await.unwrap();
    assert_eq!(outcome(&capture), Some(Outcome::Paid));
    capture
}

/// Seven of what was captured are given back in the provider's back office.
async fn seven_are_given_back(engine: &Engine, capture: &Journey) {
    let given = ReportedOperation {
        id: "re_1".into(),
        kind: OperationKind::Refund,
        amount: Some(eur("7")),
        reason: String::new(),
    };
    let payment = conclude::original(&engine.deps, capture).await.unwrap().unwrap();
    assert!(learn::learn(&engine.deps, &payment, &[given]).await.unwrap());
}

#[tokio::test]
async fn what_a_provider_has_given_back_is_not_given_back_again_by_way_of_a_capture() {
    let ground = Ground::new();
    let done = || Ok(Performed::Now(Fact::paid()));
    let (engine, _) = ground.node(Bluntbank { applied: Mutex::new([done(), done()].into()), ..Bluntbank::default() });
    let merchant = merchant(&engine).await;
    let capture = captured(&engine, &merchant).await;
    seven_are_given_back(&engine, &capture).await;
    for (amount, expected) in [("3.01", Outcome::Failed), ("3", Outcome::Paid), ("0.01", Outcome::Failed)] {
        let refund = refund(&engine, &merchant, capture.pay_id(), amount).await;
        let refund = use_cases::perform::perform(&engine, refund).await.unwrap();
        assert_eq!(outcome(&refund), Some(expected), "{amount}");
    }
}

#[tokio::test]
async fn what_was_ordered_before_its_provider_gave_back_more_is_ordered_to_the_end() {
    let ground = Ground::new();
    let done = || Ok(Performed::Now(Fact::paid()));
    let applied = Mutex::new([done(), Ok(Performed::Unknown), done()].into());
    let (engine, _) = ground.node(Bluntbank { applied, ..Bluntbank::default() });
    let merchant = merchant(&engine).await;
    let capture = captured(&engine, &merchant).await;
    let refund = refund(&engine, &merchant, capture.pay_id(), "4").await;
    let refund = use_cases::perform::perform(&engine, refund).await.unwrap();
    assert_eq!(outcome(&refund), None, "nobody knows yet");
    seven_are_given_back(&engine, &capture).await;
    // It may have been given back: it is neither refused nor taken back.
    let refund = use_cases::perform::perform(&engine, refund).await.unwrap();
    assert_eq!(outcome(&refund), Some(Outcome::Paid));
}
