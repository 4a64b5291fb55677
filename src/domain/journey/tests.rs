//! The rules of a journey, one story each.

use std::time::Duration;

use super::*;
use crate::domain::consent::{Kind, LIFE, Status};
use crate::domain::{
    Amount, AnswerTo, AppLinks, BankTokens, Consent, Currency, ExtraOutcomes, Fact, FeatureRequest, Grant,
    LatePayments, Mode, OneTime, PageLanguage, SameBrowser, Secret, Shard, SignedReturns, TokenLife, UserId, WhenLate,
};

pub(crate) const NOW: UnixMillis = UnixMillis::from_millis(1_000_000);

pub(crate) fn journey() -> Journey {
    Journey::open(Opening {
        id: JourneyId::mint([7; 16], Shard::of_byte(7)),
        merchant: MerchantId::mint([1; 16]),
        merchant_name: MerchantName::parse("Shop").unwrap(),
        dialect: "secpaid".into(),
        provider: "sandbox".into(),
        key: "k1".into(),
        purpose: Purpose::Checkout(Checkout {
            wanted: Wanted::Payment(Amount::parse("25", Currency::EUR).unwrap()),
            institution: None,
            note: "order 7".into(),
            cancel: Cancel::Offered,
            payee: None,
            repeats: None,
        }),
        dialect_data: DialectData::default(),
        plan: CallbackPlan::default(),
        settings: FrozenSettings {
            one_time_token: OneTime::On,
            token_life: TokenLife::clamped(300),
            late_payments: LatePayments::Keep,
            extra_outcomes: ExtraOutcomes::Off,
            same_browser: SameBrowser::Checked,
            app_links: AppLinks::Page,
            when_late: WhenLate::Wait,
            signed_returns: SignedReturns::Off,
            language: PageLanguage::default(),
        },
        opened_at: NOW,
        expires_at: NOW.plus(Duration::from_mins(1)),
        mode: Some(Mode::Test),
        choices: Vec::new(),
        marks: None,
        popup: None,
    })
}

fn left(journey: Journey) -> Journey {
    match journey.begin_visit(None, NOW) {
        BegunVisit::New(journey, _) => journey,
        other => panic!("{other:?}"),
    }
}

fn concluded(journey: Journey, fact: &Fact, response_id: Option<ResponseId>) -> Journey {
    match journey.conclude(fact, response_id, NOW) {
        Conclusion::Concluded(journey, _) => journey,
        Conclusion::Stands(_) => panic!("{fact:?} concluded nothing"),
    }
}

fn held() -> Proof {
    Proof::Held { evidence: Sealed::new(vec![1]), until: NOW.plus(Journey::HELD) }
}

const RESPONSE: ResponseId = ResponseId { visit: 0, response_digest: 1 };

#[test]
fn a_second_click_is_the_same_visit() {
    let journey = left(journey());
    assert_eq!(journey.stage(), Stage::Away { visit: 0 });
    assert!(matches!(journey.begin_visit(None, NOW), BegunVisit::UnderWay(_, 0)));
}

#[test]
fn a_failed_try_comes_back_to_the_checkout_and_leaves_anew() {
    let error = ProviderRefusal::new("server_error", None);
    let journey = left(journey()).fail(RESPONSE, error.clone(), NOW).unwrap();
    assert_eq!(journey.stage(), Stage::Open(Some(&error)));
    assert_eq!(journey.answered(RESPONSE), Some(&LedTo::Failed(error.clone())));
    assert!(journey.clone().fail(RESPONSE, error, NOW).is_none());
    assert!(matches!(journey.begin_visit(None, NOW), BegunVisit::New(_, 1)));
}

#[test]
fn the_first_final_outcome_wins() {
    let journey = concluded(left(journey()), &Fact::pressed_cancel(), None);
    for late in [Fact::refused(ProviderRefusal::new("server_error", None)), Fact::lapsed(), Fact::withdrawn()] {
        assert!(matches!(journey.clone().conclude(&late, Some(RESPONSE), NOW), Conclusion::Stands(_)));
    }
    assert!(matches!(journey.begin_visit(None, NOW), BegunVisit::Ended(_)));
}

#[test]
fn proven_payment_supersedes_every_refusal_and_nothing_supersedes_it() {
    for refusal in [Fact::pressed_cancel(), Fact::lapsed(), Fact::refused(ProviderRefusal::new("x", None))] {
        let journey = concluded(concluded(left(journey()), &refusal, None), &Fact::paid(), Some(RESPONSE));
        assert_eq!(journey.final_outcome().map(|s| s.outcome), Some(Outcome::Paid));
        assert_eq!(journey.final_outcomes().len(), 2);
        assert_eq!(journey.answered(RESPONSE), Some(&LedTo::Outcome(1)));
        for late in [refusal.clone(), Fact::paid()] {
            assert!(matches!(journey.clone().conclude(&late, None, NOW), Conclusion::Stands(_)));
        }
    }
}

#[test]
fn an_answer_counts_where_it_led_the_journey_somewhere() {
    let (away, error) = (left(journey()), ProviderRefusal::new("server_error", None));
    let [second, third] = [2, 3].map(|response_digest| ResponseId { response_digest, ..RESPONSE });
    let no = Fact::refused(ProviderRefusal::new("access_denied", None));
    let refused = concluded(away.clone(), &no, Some(RESPONSE)).remember(second, LedTo::Outcome(0), NOW).unwrap();
    let later = NOW.plus(Duration::from_secs(9));
    let Conclusion::Concluded(paid, 1) = refused.conclude(&Fact::paid(), Some(third), later) else { panic!() };
    assert_eq!([RESPONSE, second, third].map(|response_id| paid.counts(response_id)), [true, false, true]);
    assert_eq!((paid.led_at(RESPONSE), paid.led_at(third)), (NOW, later));
    assert_eq!((paid.handed_back_since(&LedTo::Outcome(0)), paid.handed_back_since(&LedTo::Outcome(1))), (NOW, later));
    // Where nobody's answer had led to the end, the first one of its visit counts.
    let cancelled = concluded(away.clone(), &Fact::pressed_cancel(), None);
    assert!(!cancelled.is_answered() && !cancelled.counts(RESPONSE));
    let first =
        cancelled.remember(RESPONSE, LedTo::Outcome(0), NOW).unwrap().remember(second, LedTo::Outcome(0), NOW).unwrap();
    assert_eq!((first.is_answered(), first.counts(RESPONSE), first.counts(second)), (true, true, false));
    // A second failure shows no more than that the state is known.
    let failed = away.clone().fail(RESPONSE, error.clone(), NOW).unwrap().fail(second, error, NOW).unwrap();
    assert_eq!((failed.counts(RESPONSE), failed.counts(second)), (true, false));
    let frozen = away.hand_back_early(RESPONSE, held(), later).unwrap();
    assert_eq!(
        (frozen.counts(RESPONSE), frozen.is_answered(), frozen.handed_back_since(&LedTo::HandedBackEarly)),
        (true, true, later)
    );
}

#[test]
fn a_fact_that_comes_too_late_counts_as_what_it_is_worth() {
    let outcome = |journey: Journey, fact: &Fact, at| match journey.conclude(fact, Some(RESPONSE), at) {
        Conclusion::Concluded(journey, _) => journey.final_outcome().map(|final_outcome| final_outcome.outcome),
        Conclusion::Stands(_) => None,
    };
    let over = journey().expires_at();
    for code in ["access_denied", "server_error", ""] {
        let no = Fact::refused(ProviderRefusal::new(code, None));
        assert_eq!(outcome(left(journey()), &no, over), Some(Outcome::Expired), "{code}");
        assert_ne!(outcome(left(journey()), &no, NOW), Some(Outcome::Expired), "{code}");
    }
    assert_eq!(outcome(left(journey()), &Fact::paid(), over), Some(Outcome::Paid), "what is proven is never late");
}

#[test]
fn each_answer_keeps_the_end_it_led_to() {
    let refused =
        concluded(left(journey()), &Fact::refused(ProviderRefusal::new("access_denied", None)), Some(RESPONSE));
    let code = ResponseId { response_digest: 2, ..RESPONSE };
    let paid = concluded(refused, &Fact::paid(), Some(code));
    assert_eq!(paid.answered(RESPONSE), Some(&LedTo::Outcome(0)));
    assert_eq!(paid.answered(code), Some(&LedTo::Outcome(1)));
}

#[test]
fn a_frozen_hand_back_stays_frozen_after_the_fact() {
    let frozen = left(journey()).hand_back_early(RESPONSE, held(), NOW).unwrap();
    assert_eq!(frozen.stage(), Stage::HandedBack);
    assert!(matches!(frozen.clone().begin_visit(None, NOW), BegunVisit::Ended(_)));
    let paid = concluded(frozen, &Fact::paid(), Some(RESPONSE));
    assert_eq!(paid.answered(RESPONSE), Some(&LedTo::HandedBackEarly));
    assert_eq!(paid.final_outcome().map(|s| s.outcome), Some(Outcome::Paid));
}

#[test]
fn a_customer_who_has_left_may_be_paying_until_something_is_proven_or_long_has_passed() {
    let (away, late) = (left(journey()), NOW.plus(Journey::VISIT));
    let soon = NOW.plus(Journey::VISIT - Duration::from_secs(1));
    let home = away.clone().hand_back_early(RESPONSE, held(), NOW).unwrap();
    for journey in [&away, &home] {
        assert!(journey.may_be_paying(soon) && !journey.may_be_paying(late));
    }
    let back = away.clone().fail(RESPONSE, ProviderRefusal::new("server_error", None), NOW).unwrap();
    for journey in [journey(), back, concluded(away, &Fact::paid(), Some(RESPONSE))] {
        assert!(!journey.may_be_paying(NOW), "{:?}", journey.stage());
    }
}

#[test]
fn a_lapsed_journey_leaves_no_more() {
    let late = NOW.plus(Duration::from_mins(1));
    assert!(journey().is_lapsed(late));
    assert!(matches!(journey().begin_visit(None, late), BegunVisit::Ended(_)));
}

#[test]
fn tries_have_an_end() {
    let mut journey = journey();
    for visit in 0..50 {
        let BegunVisit::New(next, number) = journey.begin_visit(None, NOW) else { panic!("{visit}") };
        assert_eq!(number, visit);
        journey = next
            .fail(ResponseId { visit, response_digest: 1 }, ProviderRefusal::new("server_error", None), NOW)
            .unwrap();
    }
    assert!(matches!(journey.begin_visit(None, NOW), BegunVisit::TooOften));
}

#[test]
fn a_bank_is_asked_once_whoever_holds_the_offer() {
    let here = left(journey()).hold(RESPONSE, Sealed::new(vec![1]), NOW.plus(Journey::HELD), NOW).unwrap();
    assert_eq!(here.due_at(), Some(NOW.plus(Journey::HELD)));
    let there = here.hold(RESPONSE, Sealed::new(vec![2]), NOW.plus(Journey::LOST), NOW).unwrap();
    let sent = there.send(RESPONSE, 7, NOW).unwrap();
    assert_eq!(sent.proof(RESPONSE), Some(&Proof::Sent { at: NOW, by: 7 }));
    assert!(sent.clone().send(RESPONSE, 7, NOW).is_none());
    assert!(sent.clone().hold(RESPONSE, Sealed::new(vec![3]), NOW, NOW).is_none());
    // Another code under the same state is another answer.
    assert!(sent.clone().send(ResponseId { response_digest: 2, ..RESPONSE }, 7, NOW).is_some());
    let paid = concluded(sent, &Fact::paid(), Some(RESPONSE));
    assert_eq!((paid.proof(RESPONSE), paid.due_at()), (None, None));
    assert!(paid.clone().send(RESPONSE, 7, NOW).is_none());
    assert!(paid.hold(RESPONSE, Sealed::new(vec![3]), NOW, NOW).is_none());
}

#[test]
fn an_answer_that_was_sent_for_is_due_when_it_counts_as_lost() {
    let long = Opening { expires_at: NOW.plus(LIFE), ..journey().opening().clone() };
    let sent = left(Journey::open(long)).send(RESPONSE, 7, NOW).unwrap();
    assert_eq!(sent.due_at(), Some(NOW.plus(Journey::LOST)));
    let failed = sent.fail(RESPONSE, ProviderRefusal::new("answer_lost", None), NOW).unwrap();
    assert_eq!(failed.due_at(), Some(NOW.plus(LIFE)));
}

#[test]
fn a_frozen_hand_back_keeps_its_proof_until_that_is_concluded() {
    let frozen = left(journey()).send(RESPONSE, 7, NOW).unwrap().hand_back_early(RESPONSE, held(), NOW).unwrap();
    assert_eq!(frozen.proof(RESPONSE), Some(&Proof::Sent { at: NOW, by: 7 }), "it had been sent before");
    assert!(frozen.clone().hand_back_early(RESPONSE, held(), NOW).is_none());
    let refused = concluded(frozen, &Fact::refused(ProviderRefusal::new("server_error", None)), Some(RESPONSE));
    assert_eq!((refused.answered(RESPONSE), refused.proof(RESPONSE)), (Some(&LedTo::HandedBackEarly), None));
    let cancelled = concluded(left(journey()).send(RESPONSE, 7, NOW).unwrap(), &Fact::pressed_cancel(), None);
    assert_eq!(cancelled.due_at(), Some(NOW.plus(Journey::LOST)), "what the bank says is still of interest");
    let remembered = cancelled.remember(RESPONSE, LedTo::Outcome(0), NOW).unwrap();
    assert_eq!(remembered.due_at(), None);
    assert!(remembered.remember(RESPONSE, LedTo::Outcome(0), NOW).is_none());
}

fn consent(institution: Option<&str>) -> Journey {
    let consent = Consent {
        kind: Kind::Accounts,
        user: UserId::mint([9; 16], Shard::of_byte(9)),
        application_user: None,
        institution: institution.map(Into::into),
        country: None,
        features: FeatureRequest::All(vec!["ACCOUNTS".into()]),
        longest: LIFE,
        until: None,
        answer_to: AnswerTo::Gateway,
    };
    Journey::open(Opening { purpose: Purpose::Consent(consent), ..journey().opening().clone() })
}

fn authorised(journey: Journey, response_id: ResponseId) -> Journey {
    let tokens = BankTokens { json: Secret::new("{}"), consent: None };
    concluded(journey, &Fact::authorised(tokens), Some(response_id)).granted(Grant {
        token: Sealed::new(vec![1]),
        provider_tokens: Sealed::new(vec![2]),
        bank_consent: None,
        given_at: NOW,
        expires_at: NOW.plus(LIFE),
        confirmed_at: NOW,
        consumed_at: None,
        revoked_at: None,
    })
}

#[test]
fn a_consent_stands_where_what_happened_has_put_it() {
    let late = NOW.plus(Duration::from_mins(2));
    assert_eq!(journey().consent_status(NOW), None);
    let away = left(consent(Some("north")));
    assert_eq!((away.consent_status(NOW), away.consent_status(late)), (Some(Status::Awaited), Some(Status::Expired)));
    for (fact, status) in [
        (Fact::refused(ProviderRefusal::new("access_denied", None)), Status::Rejected),
        (Fact::refused(ProviderRefusal::new("server_error", None)), Status::Failed),
        (Fact::pressed_cancel(), Status::Rejected),
        (Fact::withdrawn(), Status::Revoked),
        (Fact::lapsed(), Status::Expired),
    ] {
        assert_eq!(concluded(away.clone(), &fact, None).consent_status(NOW), Some(status), "{fact:?}");
    }
    let given = authorised(away, RESPONSE);
    assert_eq!(given.consent_status(late), Some(Status::Authorised));
    assert_eq!(given.consent_status(NOW.plus(LIFE)), Some(Status::Expired));
    assert_eq!(given.ends_at(), NOW.plus(LIFE));
    let consumed = given.clone().regrant(|grant| grant.consumed_at = Some(NOW)).unwrap();
    assert_eq!(consumed.consent_status(late), Some(Status::Consumed));
    let both = consumed.regrant(|grant| grant.revoked_at = Some(NOW)).unwrap();
    assert_eq!(both.consent_status(late), Some(Status::Consumed), "its payment has been executed");
    let revoked = given.regrant(|grant| grant.revoked_at = Some(NOW)).unwrap();
    assert_eq!(revoked.consent_status(late), Some(Status::Revoked));
    assert!(revoked.reopen(NOW, late).is_none());
}

#[test]
fn a_consent_that_is_asked_for_again_has_a_round_of_its_own() {
    let (soon, later) = (NOW.plus(Duration::from_mins(1)), NOW.plus(Duration::from_mins(2)));
    let given = authorised(left(consent(Some("north"))), RESPONSE);
    let again = given.clone().reopen(NOW, soon).unwrap();
    assert_eq!((again.final_outcome(), again.stage()), (None, Stage::Open(None)));
    assert_eq!(again.consent_status(NOW), Some(Status::AwaitedAgain));
    assert_eq!((again.expires_at(), again.due_at()), (soon, Some(soon)));
    assert!(again.clone().reopen(NOW, soon).is_none(), "once at a time");
    let BegunVisit::New(away, visit) = again.begin_visit(None, NOW) else { panic!() };
    let second = ResponseId { visit, response_digest: 1 };
    assert_eq!((visit, away.answered(second)), (1, None));
    // The first round's answer still leads where it led.
    assert_eq!(away.answered(RESPONSE), Some(&LedTo::Outcome(0)));
    let refused = concluded(away.clone(), &Fact::refused(ProviderRefusal::new("access_denied", None)), Some(second));
    assert_eq!(refused.answered(second), Some(&LedTo::Outcome(1)));
    assert_eq!(refused.consent_status(later), Some(Status::Authorised), "what was given before still is");
    assert_eq!(refused.round_status(later), Some(Status::Rejected), "and the customer has said no");
    assert_eq!(away.round_status(NOW), Some(Status::AwaitedAgain));
    assert_eq!(away.round_status(later), Some(Status::Expired));
    assert!([&given, &away, &refused].iter().all(|journey| journey.is_in_force(NOW)));
    assert!(!away.is_in_force(NOW.plus(LIFE)));
    let revoked = refused.clone().regrant(|grant| grant.revoked_at = Some(NOW)).unwrap();
    assert_eq!((revoked.round_status(later), revoked.is_in_force(NOW)), (Some(Status::Revoked), false));
    let frozen = away.hand_back_early(second, held(), NOW).unwrap();
    assert_eq!(frozen.token_number(&LedTo::HandedBackEarly, Some(1)), 1);
    assert_eq!(frozen.token_number(&LedTo::HandedBackEarly, Some(0)), 0);
    assert_eq!(authorised(frozen, second).final_outcomes().len(), 2);
}

#[test]
fn another_choice_is_another_visit() {
    let to = |name: &str| {
        Some(Choice { institution: Some(name.into()), provider: format!("{name}-bank"), scope: Vec::new(), text: None })
    };
    assert_eq!(consent(None).institution(), None);
    let BegunVisit::New(north, 0) = consent(None).begin_visit(to("north"), NOW) else { panic!() };
    assert_eq!((north.institution(), north.provider_of(0)), (Some("north"), "north-bank"));
    assert!(matches!(north.clone().begin_visit(to("north"), NOW), BegunVisit::UnderWay(_, 0)));
    assert!(matches!(north.clone().begin_visit(None, NOW), BegunVisit::UnderWay(_, 0)));
    let BegunVisit::New(south, 1) = north.begin_visit(to("south"), NOW) else { panic!() };
    assert_eq!((south.provider_of(0), south.provider_of(1)), ("north-bank", "south-bank"));
}

#[test]
fn of_two_institutions_in_two_tabs_the_one_whose_answer_counts_is_named() {
    let to = |institution: &str| {
        Some(Choice {
            institution: Some(institution.into()),
            provider: "sandbox".into(),
            scope: Vec::new(),
            text: None,
        })
    };
    let mut away = journey();
    for institution in ["first", "second"] {
        let BegunVisit::New(next, _) = away.begin_visit(to(institution), NOW) else { panic!("{institution}") };
        away = next;
        assert_eq!(away.institution(), Some(institution));
    }
    let refused = concluded(
        away.clone(),
        &Fact::refused(ProviderRefusal::new("access_denied", None)),
        Some(ResponseId { visit: 1, response_digest: 1 }),
    );
    assert_eq!(refused.institution(), Some("second"));
    assert_eq!(concluded(refused, &Fact::paid(), Some(RESPONSE)).institution(), Some("first"));
    let frozen = away.hand_back_early(RESPONSE, held(), NOW).unwrap();
    assert_eq!(concluded(frozen, &Fact::paid(), Some(RESPONSE)).institution(), Some("first"));
}

#[test]
fn the_moment_of_a_hand_back_never_changes() {
    let (response_id, later) = (ResponseId { visit: 0, response_digest: 1 }, NOW.plus(Duration::from_secs(9)));
    let frozen = left(journey()).hand_back_early(response_id, held(), later).unwrap();
    assert_eq!(frozen.moment_of(&LedTo::HandedBackEarly, Some(0)), NOW, "when its customer left");
    assert_eq!(frozen.moment_of(&LedTo::HandedBackEarly, None), NOW);
    let Conclusion::Concluded(concluded, number) = frozen.conclude(&Fact::paid(), Some(response_id), later) else {
        panic!()
    };
    assert_eq!(concluded.moment_of(&LedTo::HandedBackEarly, Some(0)), NOW, "also once it has concluded");
    assert_eq!(concluded.moment_of(&LedTo::Outcome(number), Some(0)), later);
}
