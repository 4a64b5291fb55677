//! What is written is read, whichever version wrote it.

mod bytes;

use std::time::Duration;

use serde::Serialize;

use super::*;
use crate::domain::api_key::IssuedKey;
use crate::domain::consent::{self, AnswerTo, BankTokens, Consent, FeatureRequest, Grant, Kind};
use crate::domain::dialect_data::DialectData;
use crate::domain::id::{MerchantId, PayId, Shard, UserId};
use crate::domain::journey::tests::{NOW, journey};
use crate::domain::journey::{
    AppliedOperation, BegunVisit, Cancel, Checkout, Choice, Conclusion, Job, Journey, LedTo, Opening, OperationKind,
    PaymentOperation, Purpose, ResponseId, Wanted,
};
use crate::domain::merchant::{Merchant, PublicKey, Standing, Webhook};
use crate::domain::money::{Amount, Currency};
use crate::domain::notify_on::NotifyOn;
use crate::domain::outcome::{Fact, ProviderRefusal};
use crate::domain::plan::{PlannedCallback, Refused, WebhookEndpoint};
use crate::domain::rotation::Rotating;
use crate::domain::secret::{Sealed, Secret};
use crate::domain::slots::Slots;
use crate::domain::terms::{AnswersTo, NoticeType, SignedCalls, SignedReturns};
use crate::domain::user::ApplicationUser;
use crate::store::laws::fixtures;

fn well_travelled() -> Journey {
    let BegunVisit::New(journey, visit) = journey().begin_visit(None, NOW) else { panic!() };
    let failed = journey
        .fail(ResponseId { visit, response_digest: 1 }, ProviderRefusal::new("server_error", Some("later")), NOW)
        .unwrap();
    let BegunVisit::New(away, visit) = failed.begin_visit(None, NOW) else { panic!() };
    let Conclusion::Concluded(cancelled, _) = away.conclude(&Fact::pressed_cancel(), None, NOW) else { panic!() };
    let response_id = Some(ResponseId { visit, response_digest: 2 });
    let Conclusion::Concluded(paid, _) = cancelled.conclude(&Fact::paid(), response_id, NOW) else { panic!() };
    paid
}

fn sealed() -> Sealed {
    Sealed::new((0..=255).collect())
}

fn choice(institution: &str) -> Choice {
    Choice {
        institution: institution.into(),
        provider: format!("bank of {institution}"),
        scope: vec!["ACCOUNTS".into()],
    }
}

fn payment(user: UserId) -> Consent {
    Consent {
        kind: Kind::Payment {
            amount: Amount::parse("12.34", Currency::EUR).unwrap(),
            payee: "Bücher & Söhne".into(),
            reference: "order 7".into(),
        },
        user,
        application_user: Some(ApplicationUser::parse("ada").unwrap()),
        institution: None,
        country: None,
        features: FeatureRequest::All(vec!["PAYMENTS".into(), "CREATE_DOMESTIC_SINGLE_PAYMENT".into()]),
        longest: consent::LIFE,
        until: Some(NOW.plus(Duration::from_hours(48))),
        answer_to: AnswerTo::App("https://m.example/bank".into()),
    }
}

/// A consent to which everything has happened that can: proofs held and sent, an agreement, another round.
fn consented() -> Journey {
    let user = UserId::mint([5; 16], Shard::of_byte(5));
    let opening =
        Opening { provider: String::new(), purpose: Purpose::Consent(payment(user)), ..journey().opening().clone() };
    let BegunVisit::New(away, visit) = Journey::open(opening).begin_visit(Some(choice("modelo")), NOW) else {
        panic!()
    };
    let [held, sent, proven] = [1, u64::MAX, 3].map(|response_digest| ResponseId { visit, response_digest });
    let away = away.hold(held, sealed(), NOW.plus(Journey::HELD), NOW).unwrap().send(sent, u64::MAX, NOW).unwrap();
    let tokens = BankTokens { json: Secret::new("{}"), consent: None };
    let Conclusion::Concluded(given, _) = away.conclude(&Fact::authorised(tokens), Some(proven), NOW) else { panic!() };
    let given = given.granted(Grant {
        token: sealed(),
        provider_tokens: Sealed::new(vec![0xff; 700]),
        bank_consent: Some("aac-7".into()),
        given_at: NOW,
        expires_at: NOW.plus(Duration::from_hours(48)),
        confirmed_at: NOW.plus(Duration::from_hours(1)),
        consumed_at: None,
        revoked_at: None,
    });
    let again = given.reopen(NOW.plus(Duration::from_hours(2)), NOW.plus(Duration::from_hours(3))).unwrap();
    let BegunVisit::New(away, visit) = again.begin_visit(Some(choice("mock")), NOW) else { panic!() };
    let held = away.hold(ResponseId { visit, response_digest: 1 }, sealed(), NOW, NOW).unwrap();
    let followed = held.remember(ResponseId { visit: 0, response_digest: 9 }, LedTo::Outcome(0), NOW).unwrap();
    assert!(!followed.counts(ResponseId { visit: 0, response_digest: 9 }));
    let ended = followed.regrant(|grant| (grant.consumed_at, grant.revoked_at) = (Some(NOW), Some(NOW))).unwrap();
    assert_eq!((ended.proofs().count(), ended.past().reopenings.len()), (3, 1));
    ended
}

#[test]
fn a_journey_survives_its_record() {
    let mut opening = journey().opening().clone();
    opening.plan.destination =
        Some(PlannedCallback { device_urls: fixtures::device_urls(), ..fixtures::entry("com.example.app://cb") });
    let to_an_app = Journey::open(opening);
    let with_endpoint = fixtures::Draft::at(NOW).with(|opening| {
        opening.plan.endpoints = vec![WebhookEndpoint::at(fixtures::entry("https://m.example/pay").url)];
    });
    for journey in
        [journey(), well_travelled(), fixtures::consent(NOW), consented(), to_an_app, with_endpoint.journey()]
    {
        assert_eq!(read_journey(&write_journey(&journey).unwrap()).unwrap(), journey);
    }
}

#[test]
fn a_record_is_small() {
    let size = write_journey(&well_travelled()).unwrap().len();
    assert!(size < 300, "{size} bytes");
}

#[test]
fn a_user_survives_its_record() {
    let merchant = MerchantId::mint([1; 16]);
    for own in [None, Some("ada"), Some("Ünïcödé 𝄞 می\u{200c}خواهم")] {
        let user = fixtures::user(merchant, own, NOW);
        assert_eq!(read_user(&write_user(&user).unwrap()), Ok(user));
    }
}

/// A journey as it was written before there were consents; it stands here whole, so that no change moves it along.
#[derive(Serialize)]
struct Old {
    id: u128,
    merchant: u128,
    merchant_name: &'static str,
    dialect: &'static str,
    provider: &'static str,
    key: &'static str,
    minor: u64,
    currency: &'static str,
    note: &'static str,
    cancel_offered: bool,
    extras: Vec<(String, String)>,
    destination: Option<(String, bool, Option<u32>)>,
    background: Vec<(String, bool, Option<u32>)>,
    terms: (bool, u32, bool, bool, bool, bool),
    opened_at: u64,
    expires_at: u64,
    revision: u32,
    visits: Vec<OldVisit>,
    final_outcomes: Vec<(u8, u64, OldCause)>,
}

#[derive(Serialize)]
struct OldVisit(u64, Vec<(u64, u64, OldEnd)>);

#[derive(Serialize)]
enum OldEnd {
    F((&'static str, Option<&'static str>)),
    S(u8),
}

#[derive(Serialize)]
enum OldCause {
    B(Option<(&'static str, Option<&'static str>)>),
    C,
}

#[test]
fn an_older_programs_record_is_read() {
    const AT: u64 = 1_000_000;
    let expected = well_travelled();
    let old = Old {
        id: u128::from_be_bytes(*expected.id().as_bytes()),
        merchant: u128::from_be_bytes(*MerchantId::mint([1; 16]).as_bytes()),
        merchant_name: "Shop",
        dialect: "secpaid",
        provider: "sandbox",
        key: "k1",
        minor: 2500,
        currency: "EUR",
        note: "order 7",
        cancel_offered: true,
        extras: Vec::new(),
        destination: None,
        background: Vec::new(),
        terms: (true, 300, false, false, false, false),
        opened_at: AT,
        expires_at: AT + 60_000,
        revision: 6,
        visits: vec![
            OldVisit(AT, vec![(1, AT, OldEnd::F(("server_error", Some("later"))))]),
            OldVisit(AT, vec![(2, AT, OldEnd::S(1))]),
        ],
        final_outcomes: vec![(2, AT, OldCause::C), (0, AT, OldCause::B(None))],
    };
    let bytes = write(&old).unwrap();
    assert!(bytes.len() < write_journey(&expected).unwrap().len());
    assert_eq!(read_journey(&bytes), Ok(expected.clone()));
    // What its dialect kept were pairs of texts.
    let pairs = [("state", "a\"b"), ("initiation", "{}")].map(|(name, text)| (name.to_owned(), text.to_owned()));
    let dialect_data = DialectData::new(r#"{"initiation":"{}","state":"a\"b"}"#);
    let expected = Journey::restored(Opening { dialect_data, ..expected.opening().clone() }, expected.past().clone());
    assert_eq!(read_journey(&write(&Old { extras: pairs.into(), ..old }).unwrap()), Ok(expected));
}

#[test]
fn endpoints_a_webhook_and_keys_survive_their_record() {
    let url = |url| fixtures::entry(url).url;
    let mut merchant = fixtures::merchant("Shop", NOW);
    let endpoint = WebhookEndpoint {
        form: "brackets".into(),
        notify_on: NotifyOn::parse(["paid", "expired"]).unwrap(),
        cipher: Some(Sealed::new(vec![1, 2])),
        ..WebhookEndpoint::at(url("https://m.example/1"))
    };
    merchant.endpoints =
        Slots::restored(vec![None, Some(endpoint), Some(WebhookEndpoint::at(url("https://m.example/2")))]);
    merchant.webhook = Some(Webhook { types: vec!["PAYMENT".into()], url: url("https://m.example/w") });
    merchant.public_keys = vec![PublicKey { id: "k".into(), text: "text".into() }];
    merchant.settings.answers_to = AnswersTo::App;
    merchant.settings.signed_calls = SignedCalls::Required;
    merchant.settings.notice_type = NoticeType::parse("application/json; charset=utf-8").unwrap();
    assert_eq!(read_merchant(&write_merchant(&merchant).unwrap()), Ok(merchant));
}

#[test]
fn journeys_of_every_purpose_survive_their_record() {
    let of = PayId::new(7).unwrap();
    let amount = Amount::parse("9.99", Currency::EUR).unwrap();
    let checkout = |wanted| {
        let institution = Some("modelo-sandbox".to_owned());
        let payee = Some("Corner Bookshop".to_owned());
        Purpose::Checkout(Checkout { wanted, institution, note: "n".into(), cancel: Cancel::Withheld, payee })
    };
    let operation = |kind, amount, of| Purpose::Operation(PaymentOperation { kind, amount, of, note: "n".into() });
    for purpose in [
        checkout(Wanted::Payment(amount)),
        checkout(Wanted::Reservation(amount)),
        checkout(Wanted::Registration),
        operation(OperationKind::Payout, Some(amount), None),
        operation(OperationKind::Refund, Some(amount), Some(of)),
        operation(OperationKind::Capture, Some(amount), Some(of)),
        operation(OperationKind::Void, None, Some(of)),
        operation(OperationKind::Deregister, None, Some(of)),
        operation(OperationKind::Chargeback, Some(amount), Some(of)),
        Purpose::Job(Job { message: Sealed::new(vec![3; 40]) }),
    ] {
        let journey = fixtures::Draft::at(NOW).with(|opening| opening.purpose = purpose).journey();
        assert_eq!(read_journey(&write_journey(&journey).unwrap()), Ok(journey));
    }
}

#[test]
fn what_became_of_a_payment_and_its_ends_apart_survive_their_record() {
    let draft = fixtures::Draft::at(NOW).with(|opening| {
        let cancelled = Some(fixtures::entry("https://m.example/no"));
        opening.plan.refused = Some(Refused { cancelled, failed: None });
        let plain = WebhookEndpoint::at(fixtures::entry("https://m.example/1").url);
        opening.plan.endpoints = vec![plain.clone(), WebhookEndpoint { form: "form".into(), slot: Some(3), ..plain }];
    });
    let (paid, _) = fixtures::concluded(draft.journey(), &Fact::paid(), NOW);
    let amount = Some(Amount::parse("5", Currency::EUR).unwrap());
    let applied = AppliedOperation { by: PayId::new(7).unwrap(), kind: OperationKind::Refund, amount };
    let journey = paid.apply(applied).unwrap().resulted(Sealed::new(vec![9; 30]));
    assert_eq!(read_journey(&write_journey(&journey).unwrap()), Ok(journey));
}

#[test]
fn how_returns_are_signed_survives_both_records() {
    for signed_returns in [SignedReturns::Off, SignedReturns::Hmac, SignedReturns::Ed25519] {
        let mut merchant = fixtures::merchant("Shop", NOW);
        merchant.settings.signed_returns = signed_returns;
        assert_eq!(read_merchant(&write_merchant(&merchant).unwrap()), Ok(merchant));
        let journey =
            fixtures::Draft::at(NOW).with(|opening| opening.settings.signed_returns = signed_returns).journey();
        assert_eq!(read_journey(&write_journey(&journey).unwrap()), Ok(journey));
    }
}

/// A merchant, field by field as it was written before API keys had numbers.
#[derive(serde::Serialize)]
struct OldMerchant {
    id: u128,
    revision: u32,
    name: &'static str,
    api_keys: Vec<[u8; 32]>,
    signing_secret: Vec<u8>,
    created_at: u64,
    callbacks: Vec<()>,
    terms: (bool, u32, bool, bool, bool, bool, u8),
    saved_only: bool,
    journey_life_seconds: u32,
    device_urls: Vec<()>,
    besides: Option<OldBesides>,
}

/// What it had besides; the hashed keys last.
type OldBesides = (bool, bool, &'static str, Vec<()>, Option<()>, Vec<()>, Vec<[u8; 32]>);

#[test]
fn an_older_merchant_is_read_with_its_api_keys() {
    let (plain, hashed) = (fixtures::fresh(), fixtures::fresh());
    let old = OldMerchant {
        id: u128::from_be_bytes(*MerchantId::mint([1; 16]).as_bytes()),
        revision: 3,
        name: "Shop",
        api_keys: vec![*plain.as_bytes()],
        signing_secret: vec![1, 2, 3],
        created_at: NOW.as_millis(),
        callbacks: Vec::new(),
        terms: (false, 300, false, false, false, false, 0),
        saved_only: false,
        journey_life_seconds: 86_400,
        device_urls: Vec::new(),
        besides: Some((false, false, "", Vec::new(), None, Vec::new(), vec![*hashed.as_bytes()])),
    };
    let expected = Merchant {
        id: MerchantId::mint([1; 16]),
        revision: 3,
        api_keys: vec![IssuedKey::older(plain, Some(hashed), NOW)],
        signing_secret: Rotating::first(Sealed::new(vec![1, 2, 3])),
        webhook_key: Rotating::first(Sealed::new(Vec::new())),
        ..fixtures::merchant("Shop", NOW)
    };
    let written = write(&old).unwrap();
    assert_eq!(read_merchant(&written), Ok(expected.clone()));
    // Before there were payment endpoints the record had one field less, the last one; and before there were URLs for
    // devices another one, an empty list.
    let without = write(&OldMerchant { besides: None, ..old }).unwrap();
    assert_eq!((without[1], &without[without.len() - 2..]), (0x9c, &[0x90, 0xc0][..]));
    let unhashed = Merchant { api_keys: vec![IssuedKey::older(plain, None, NOW)], ..expected };
    for (fields, missing) in [(0x9b, 1), (0x9a, 2)] {
        let mut old = without.clone();
        old[1] = fields;
        old.truncate(old.len() - missing);
        assert_eq!(read_merchant(&old), Ok(unhashed.clone()));
    }
}

#[test]
fn keys_that_overlap_and_a_merchant_that_is_shut_out_survive_their_record() {
    let mut merchant = fixtures::merchant("Shop", NOW);
    let ending = IssuedKey { ends_at: Some(NOW), hashed: None, ..fixtures::issued(NOW) };
    merchant.api_keys = vec![ending, fixtures::issued(NOW)];
    merchant.standing = Standing::Disabled;
    let rotated = |secret: &Rotating| secret.rotated(Sealed::new(vec![9; 40]), Duration::from_secs(60), NOW).unwrap();
    merchant.signing_secret = rotated(&merchant.signing_secret);
    merchant.webhook_key = rotated(&merchant.webhook_key);
    assert_eq!(read_merchant(&write_merchant(&merchant).unwrap()), Ok(merchant));
}

#[test]
fn damage_is_an_error_and_never_a_panic() {
    for bytes in [well_travelled(), consented()].map(|journey| write_journey(&journey).unwrap()) {
        for cut in 0..bytes.len() {
            assert!(read_journey(&bytes[..cut]).is_err(), "{cut} bytes were read as a journey");
        }
    }
    let user = write_user(&fixtures::user(MerchantId::mint([1; 16]), Some("ada"), NOW)).unwrap();
    for cut in 0..user.len() {
        assert!(read_user(&user[..cut]).is_err(), "{cut} bytes were read as a user");
    }
    assert!(matches!(read_journey(&[9, 1, 2]), Err(StoreError::Damaged(_))));
}
