//! What is done to a payment at its provider, by no order from here: learned once, told, summed, and never ordered.

use super::payments::{SECOND, Scene, Till, outcome};
use super::*;
use crate::domain::{
    Amount, Card, Currency, Instrument, OperationKind, Outcome, PaymentOperation, PaymentReference, ReportedOperation,
    UnixMillis,
};
use crate::engine::{NotifyResult, create, learn, sweep};
use crate::provider::PaymentStatus;

const DAY: Duration = Duration::from_hours(24);

fn eur(text: &str) -> Amount {
    Amount::parse(text, Currency::EUR).unwrap()
}

fn done(id: &str, kind: OperationKind, amount: &str) -> ReportedOperation {
    ReportedOperation { id: id.into(), kind, amount: Some(eur(amount)), reason: "at the\nprovider's desk".into() }
}

/// A payment of 10 EUR that was paid, and that its provider says may change for ten days.
async fn paid(scene: &Scene) -> Journey {
    let (journey, _, _) = scene.left().await;
    *scene.till.changes_until.lock().unwrap() = Some(scene.engine.deps.clock.now().plus(10 * DAY));
    let reference = PaymentReference { journey: journey.pay_id(), visit: 0 };
    scene.till.set(&reference.to_string(), PaymentStatus::Paid);
    scene.after(6 * SECOND).await;
    let paid = scene.now(&journey).await;
    assert_eq!(outcome(&paid), Some(Outcome::Paid));
    paid
}

fn report(scene: &Scene, reported: ReportedOperation) {
    scene.till.operations.lock().unwrap().push(reported);
}

/// The journeys of the operations that were learned, in their order.
async fn learned(scene: &Scene, payment: &Journey) -> Vec<Journey> {
    let mut all = Vec::new();
    for applied in scene.now(payment).await.operations() {
        all.push(find::journey(&scene.engine.deps, scene.merchant.id, applied.by).await.unwrap().unwrap());
    }
    all
}

#[tokio::test]
async fn a_refund_that_was_made_there_is_an_operation_of_its_own_once() {
    let scene = Scene::new().await;
    let payment = paid(&scene).await;
    report(&scene, done("re_1", OperationKind::Refund, "4"));
    for _ in 0..3 {
        scene.after(DAY + DAY / 5).await;
    }
    let all = learned(&scene, &payment).await;
    let [refund] = &all[..] else { panic!("{all:?}") };
    let operation = refund.opening().purpose.operation().unwrap();
    assert_eq!(
        (operation.kind, operation.amount, operation.of),
        (OperationKind::Refund, Some(eur("4")), Some(payment.pay_id()))
    );
    assert_eq!((operation.note.as_str(), operation.reported_as.as_deref()), ("at the provider's desk", Some("re_1")));
    assert_eq!((outcome(refund), refund.visits().len()), (Some(Outcome::Paid), 0), "it was not ordered");
    let now = scene.now(&payment).await;
    assert_eq!(
        (now.total(OperationKind::Refund), now.applicable(OperationKind::Refund)),
        (Some(eur("4")), Some(Some(eur("6"))))
    );
    assert_eq!(now.final_outcomes().len(), 1, "what was paid stays paid");
}

#[tokio::test]
async fn chargebacks_and_their_reversals_are_summed() {
    let scene = Scene::new().await;
    let payment = paid(&scene).await;
    report(&scene, done("cb_1", OperationKind::Chargeback, "10"));
    scene.after(DAY + DAY / 5).await;
    assert_eq!(scene.now(&payment).await.total(OperationKind::Chargeback), Some(eur("10")));
    report(&scene, done("cr_1", OperationKind::ChargebackReversal, "10"));
    scene.after(DAY + DAY / 5).await;
    let now = scene.now(&payment).await;
    assert_eq!(
        (now.total(OperationKind::Chargeback), now.operations().len()),
        (Some(Amount::from_minor(0, Currency::EUR)), 2)
    );
}

#[tokio::test]
async fn what_was_ordered_from_here_is_not_learned_again() {
    let scene = Scene::new().await;
    let payment = paid(&scene).await;
    let operation = PaymentOperation {
        kind: OperationKind::Refund,
        amount: Some(eur("3")),
        of: Some(payment.pay_id()),
        note: String::new(),
        reported_as: None,
    };
    let request = open_request(Purpose::Operation(operation), RequestedCallbacks::OwnPage);
    let (ordered, _) = create::open(&scene.engine.deps, &scene.merchant, "terse", &request, None).await.unwrap();
    report(&scene, done(&ordered.pay_id().to_string(), OperationKind::Refund, "3"));
    // A number that nobody here has is the provider's own.
    report(&scene, done("4242", OperationKind::Refund, "1"));
    scene.after(DAY + DAY / 5).await;
    let all = learned(&scene, &payment).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].opening().purpose.operation().unwrap().reported_as.as_deref(), Some("4242"));
}

#[tokio::test]
async fn a_payment_is_asked_about_daily_and_once_more_when_it_cannot_change_any_longer() {
    let scene = Scene::new().await;
    let payment = paid(&scene).await;
    assert_eq!(payment.ends_at(), payment.payment(0).unwrap().changes_until.unwrap(), "it is kept as long");
    let asked = scene.till.asked("get");
    scene.after(DAY * 4 / 5).await;
    assert_eq!(scene.till.asked("get"), asked, "not before its time");
    for _ in 0..30 {
        scene.after(DAY * 2 / 5).await;
    }
    let times = scene.till.asked("get") - asked;
    assert!((9..=13).contains(&times), "{times} questions in ten days");
    assert_eq!((scene.till.asked("close"), scene.now(&payment).await.due_at()), (0, None), "nothing is due any more");
}

#[tokio::test]
async fn a_notification_has_a_payment_asked_about_that_may_change() {
    let scene = Scene::new().await;
    let payment = paid(&scene).await;
    let asked = scene.till.asked("get");
    report(&scene, done("cb_1", OperationKind::Chargeback, "10"));
    let reference = PaymentReference { journey: payment.pay_id(), visit: 0 }.to_string();
    for _ in 0..500 {
        assert_eq!(scene.notify("genuine", &reference).await, NotifyResult::Accepted(""));
    }
    scene.after(SECOND).await;
    assert_eq!(learned(&scene, &payment).await.len(), 1);
    assert!(scene.till.asked("get") <= asked + 2, "{}", scene.till.asked("get") - asked);
}

#[tokio::test]
async fn what_a_node_has_left_half_learned_is_finished_and_never_ordered() {
    let scene = Scene::new().await;
    let payment = paid(&scene).await;
    // Its node died when it was opened, and nothing else.
    let reported = done("re_1", OperationKind::Refund, "4");
    let request = open_request(
        Purpose::Operation(PaymentOperation::reported(&reported, payment.pay_id())),
        RequestedCallbacks::OwnPage,
    );
    let (left, _) = create::open(&scene.engine.deps, &scene.merchant, "terse", &request, None).await.unwrap();
    scene.after(PaymentOperation::LIFE + SECOND).await;
    let finished = find::journey(&scene.engine.deps, scene.merchant.id, left.pay_id()).await.unwrap().unwrap();
    // A till without operations would have refused it.
    assert_eq!(outcome(&finished), Some(Outcome::Paid));
    assert_eq!(scene.now(&payment).await.total(OperationKind::Refund), Some(eur("4")));
}

#[tokio::test]
async fn two_nodes_that_learn_of_the_same_have_one_operation() {
    let scene = Scene::new().await;
    let payment = paid(&scene).await;
    let other = scene.ground.node_of(Arc::clone(&scene.till) as Arc<dyn Provider>);
    let reported = [done("re_1", OperationKind::Refund, "4")];
    let (one, two) = tokio::join!(
        learn::learn(&scene.engine.deps, &payment, &reported),
        learn::learn(&other.deps, &payment, &reported),
    );
    one.and(two).unwrap();
    assert_eq!(learned(&scene, &payment).await.len(), 1);
}

#[tokio::test]
async fn what_was_paid_with_is_kept_but_never_a_card_number() {
    for (last_four, is_kept) in [("1111", true), ("4111 1111 1111 1111", false)] {
        let scene = Scene::new().await;
        let card = Card { brand: Some("visa".into()), last_four: Some(last_four.into()), ..Card::default() };
        *scene.till.instrument.lock().unwrap() = Some(Instrument::Card(card.clone()));
        let payment = paid(&scene).await;
        let kept = payment.final_outcome().unwrap().instrument.as_deref().cloned();
        assert_eq!(kept, is_kept.then_some(Instrument::Card(card)), "and it counts as paid, whatever came with it");
    }
}

#[tokio::test]
async fn what_can_change_for_ever_is_asked_about_for_400_days() {
    let scene = Scene::new().await;
    let (journey, _, _) = scene.left().await;
    *scene.till.changes_until.lock().unwrap() = Some(UnixMillis::from_millis(u64::MAX / 2));
    scene.till.set(&scene.till.references()[0], PaymentStatus::Paid);
    scene.after(6 * SECOND).await;
    let until = scene.now(&journey).await.payment(0).unwrap().changes_until.unwrap();
    let span = until.since(scene.engine.deps.clock.now());
    assert!(span <= 400 * DAY && span > 399 * DAY, "{span:?}");
    for _ in 0..3 {
        scene.after(30 * DAY).await;
    }
    // Since it was made, and not since it was asked about last.
    let later = scene.now(&journey).await.payment(0).unwrap().changes_until.unwrap();
    assert!(later.since(until) < Duration::from_mins(1), "{later:?}");
}

#[tokio::test]
async fn the_last_question_is_repeated_until_it_is_answered_and_the_journey_is_kept_for_it() {
    let scene = Scene::new().await;
    let payment = paid(&scene).await;
    scene.till.is_mute.store(true, Ordering::SeqCst);
    scene.after(11 * DAY).await;
    scene.after(2 * DAY).await;
    report(&scene, done("cb_1", OperationKind::Chargeback, "10"));
    scene.till.is_mute.store(false, Ordering::SeqCst);
    scene.after(2 * DAY).await;
    let now = scene.now(&payment).await;
    assert_eq!((now.total(OperationKind::Chargeback), now.due_at()), (Some(eur("10")), None));
    assert_eq!(now.ends_at(), payment.ends_at());
}

#[tokio::test]
async fn what_was_done_to_a_payment_is_learned_whatever_else_is_said_of_it() {
    for status in [PaymentStatus::Pending, PaymentStatus::Open, PaymentStatus::Closed] {
        let scene = Scene::new().await;
        let payment = paid(&scene).await;
        let reference = PaymentReference { journey: payment.pay_id(), visit: 0 };
        scene.till.set(&reference.to_string(), status.clone());
        report(&scene, done("cb_1", OperationKind::Chargeback, "10"));
        // As the last answer, too.
        scene.after(11 * DAY).await;
        let now = scene.now(&payment).await;
        assert_eq!((now.total(OperationKind::Chargeback), now.due_at()), (Some(eur("10")), None), "{status:?}");
        assert_eq!(outcome(&now), Some(Outcome::Paid), "{status:?}");
    }
}

#[tokio::test]
async fn what_was_done_before_it_was_known_to_be_paid_is_asked_about_once_more() {
    let scene = Scene::new().await;
    let (journey, _, _) = scene.left().await;
    let reference = PaymentReference { journey: journey.pay_id(), visit: 0 };
    report(&scene, done("re_1", OperationKind::Refund, "4"));
    scene.till.set(&reference.to_string(), PaymentStatus::Paid);
    scene.after(6 * SECOND).await;
    assert_eq!(scene.now(&journey).await.total(OperationKind::Refund), Some(eur("4")));
    assert!(scene.now(&journey).await.due_at().is_some(), "a node may have died before it was taken down");
    scene.after(2 * DAY).await;
    let now = scene.now(&journey).await;
    assert_eq!((now.operations().len(), now.due_at()), (1, None));
}

#[tokio::test]
async fn a_chargeback_and_its_reversal_in_one_answer_belong_together() {
    let scene = Scene::new().await;
    let payment = paid(&scene).await;
    report(&scene, done("cb_1", OperationKind::Chargeback, "10"));
    report(&scene, done("cr_1", OperationKind::ChargebackReversal, "10"));
    scene.after(DAY + DAY / 5).await;
    let now = scene.now(&payment).await;
    assert_eq!(now.total(OperationKind::Chargeback), Some(Amount::from_minor(0, Currency::EUR)));
    assert_eq!(now.charged_back_by(Some(eur("10"))), Some(now.operations()[0].by));
}

#[tokio::test]
async fn fifty_operations_are_taken_down_and_no_more_in_however_long_an_answer() {
    let scene = Scene::new().await;
    let payment = paid(&scene).await;
    for number in 0..60 {
        report(&scene, done(&format!("re_{number}"), OperationKind::Refund, "0.10"));
    }
    let other = ReportedOperation {
        amount: Some(Amount::parse("1", Currency::GBP).unwrap()),
        ..done("gbp", OperationKind::Refund, "1")
    };
    scene.till.operations.lock().unwrap().insert(0, other);
    scene.after(DAY + DAY / 5).await;
    assert_eq!(learned(&scene, &payment).await.len(), 50);
    assert_eq!(scene.now(&payment).await.total(OperationKind::Refund), Some(eur("5")));
}

#[tokio::test]
async fn questions_about_changes_wait_where_others_do() {
    let mut till = Till::default();
    till.per_second = Some(1);
    let scene = Scene::at(till).await;
    let payment = paid(&scene).await;
    let due = payment.due_at().unwrap();
    scene.ground.clock.stop();
    scene.ground.clock.advance(due.since(scene.engine.deps.clock.now()));
    let now = scene.engine.deps.clock.now();
    for _ in 0..5 {
        scene.engine.paces.reserve("blunt", SECOND, now);
    }
    let asked = scene.till.asked("get");
    sweep::sweep(&scene.engine).await.unwrap();
    let put_off = scene.now(&payment).await;
    assert!(put_off.due_at().unwrap().since(now) > Duration::from_mins(50), "{:?}", put_off.due_at());
    assert_eq!(scene.till.asked("get"), asked);
}
