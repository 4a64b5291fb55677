//! Payments that are made only when they are ordered: what was said before the order says nothing of it, and nothing ends
//! beside a payment that may have been made.

use super::payments::{Scene, outcome};
use super::*;
use crate::domain::journey::Choice;
use crate::domain::{Outcome, PaymentReference, ProviderPayment, ProviderRefusal};
use crate::engine::{ask, visit};
use crate::provider::PaymentStatus;
use crate::store::{Step, Taken};

/// The journey, with an order of the payment of this visit that was sent now.
async fn ordered(scene: &Scene, journey: &Journey, visit: u8) -> Journey {
    let deps = &scene.engine.deps;
    let agreement = derive::seal(deps, journey.id().as_bytes(), b"agreed").unwrap();
    let next = scene.now(journey).await.ordering_payment(visit, agreement, deps.clock.now()).unwrap();
    assert_eq!(deps.store.take(&Step::to(next.clone())).await.unwrap(), Taken::Done);
    next
}

fn reference(journey: &Journey, visit: u8) -> String {
    PaymentReference { journey: journey.pay_id(), visit }.to_string()
}

#[tokio::test]
async fn what_was_said_before_an_order_does_not_end_it() {
    for status in [PaymentStatus::Closed, PaymentStatus::Refused(ProviderRefusal::new("access_denied", None))] {
        let scene = Scene::new().await;
        let (journey, _, _) = scene.left().await;
        let before = scene.now(&journey).await;
        ordered(&scene, &journey, 0).await;
        // This node has read the journey before another one has ordered.
        scene.till.set(&reference(&journey, 0), status);
        let asked = ask::ask(&scene.engine, &before, 0).await.unwrap();
        assert!(matches!(asked.answer, ask::Answer::Open { .. }));
        let now = scene.now(&journey).await;
        assert!(outcome(&now).is_none() && now.payment(0).is_some_and(ProviderPayment::is_open));
    }
}

#[tokio::test]
async fn no_failure_is_told_while_another_payment_may_have_been_made() {
    let scene = Scene::new().await;
    let (journey, _, _) = scene.left().await;
    let other = Choice { institution: None, provider: "blunt".into(), scope: Vec::new(), text: None };
    let (away, visit) = visit::begin(&scene.engine.deps, scene.now(&journey).await, Some(other)).await.unwrap();
    assert!(matches!(visit, visit::Visit::UnderWay(1)));
    ask::request(&scene.engine.deps, &away, 1).await.unwrap().unwrap();
    let now = ordered(&scene, &journey, 0).await;
    scene.till.set(&reference(&journey, 1), PaymentStatus::Refused(ProviderRefusal::new("access_denied", None)));
    let _ = ask::ask(&scene.engine, &now, 1).await.unwrap();
    let now = scene.now(&journey).await;
    assert!(outcome(&now).is_none() && now.has_another_payment(1));
    // What was paid counts, wherever.
    scene.till.set(&reference(&journey, 1), PaymentStatus::Paid);
    let _ = ask::ask_anew(&scene.engine, &now, 1).await.unwrap();
    assert!(outcome(&scene.now(&journey).await).is_some_and(Outcome::is_proven));
}
