//! What is written is read.

mod bytes;
mod properties;

use std::time::Duration;

use super::*;
use crate::domain::consent::{self, Kind};
use crate::domain::journey::tests::{NOW, journey};
use crate::domain::journey::{
    BrowserReturn, Choice, CreatedPayment, Ending, Job, PaymentOrder, PhonePress, Resumption,
};
use crate::domain::merchant::{Standing, Used};
use crate::domain::{
    Amount, AnswerTo, AnswersTo, AppLinks, ApplicationUser, AppliedOperation, BankAccount, BankTokens, BegunVisit,
    Cancel, Card, CardExpiry, Checkout, Conclusion, Consent, Currency, DeviceUrls, ExtraOutcomes, Fact, FeatureRequest,
    FinalOutcome, Grant, Instrument, IssuedKey, Journey, LatePayments, LedTo, Merchant, MerchantColor, MerchantId,
    MerchantMarks, NoticeType, NotifyOn, OneOffUrls, OneTime, Opening, OperationKind, PageLanguage, PageLink, PayId,
    PaymentOperation, Placement, PlannedCallback, PopupOrigin, PreferredProvider, ProviderRefusal, ProviderVisit,
    PublicKey, Purpose, ResponseId, Rotating, Rules, SameBrowser, SavedCallback, SavedEndpoint, Sealed, SealedHeader,
    Secret, Settings, Shard, SignedCalls, SignedReturns, Slots, TokenLife, UserId, Wanted, Webhook, WebhookEndpoint,
    WhenLate, WrittenDeviceUrls,
};
use crate::domain::{plan::Refused, terms::JourneyLife};
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

/// A journey with two payments that its provider holds: one is over, the other is not what it should be.
fn held_by_a_provider() -> Journey {
    let created = |reference: &str| CreatedPayment { reference: reference.into(), page: Some(sealed()) };
    let BegunVisit::New(away, visit) = journey().begin_visit(None, NOW) else { panic!() };
    let first = ResponseId { visit, response_digest: 1 };
    let away = away.intending_payment(visit, NOW).payment_created(visit, created("p1")).unwrap();
    let away = away.agreement_shown(visit, sealed(), NOW).unwrap();
    let returned = BrowserReturn { at: NOW, may_still_pay: true };
    let back = away.browser_returned(first, (returned, Duration::ZERO), NOW).unwrap();
    let refused = back.fail(first, ProviderRefusal::new("x", None), NOW);
    let BegunVisit::New(away, visit) = refused.unwrap().begin_visit(None, NOW) else { panic!() };
    let away = away.intending_payment(visit, NOW).payment_created(visit, created(&"9".repeat(255))).unwrap();
    let away = away.ordering_payment(visit, sealed(), NOW).unwrap().payment_made(visit, "8".repeat(200)).unwrap();
    let closing = away.closing_payments(Ending::Withdrawn).unwrap();
    closing
        .mismatched(visit, "2.50 EUR".into(), NOW)
        .unwrap()
        .awaiting_turn(visit, NOW.plus(PaymentOrder::LOST), NOW)
        .unwrap()
}

#[test]
fn what_was_paid_with_is_kept_and_an_outcome_without_is_as_it_was() {
    let card = Card { brand: Some("visa".into()), expiry: CardExpiry::new(2031, 7), ..Card::default() };
    let account = BankAccount { iban: Some("DE**3000".into()), ..BankAccount::default() };
    for instrument in [Instrument::Card(card), Instrument::BankAccount(account)] {
        let (paid, _) = fixtures::concluded(journey(), &Fact::paid().by(Some(instrument)), NOW);
        assert_eq!(read_journey(&write_journey(&paid).unwrap()).unwrap(), paid);
    }
    // As a program wrote it that knew none: three fields.
    let paid = fixtures::concluded(journey(), &Fact::paid(), NOW).0.final_outcome().unwrap().clone();
    let before = rmp_serde::to_vec(&(paid.outcome.record(), paid.at.record(), paid.cause.record())).unwrap();
    assert_eq!(FinalOutcome::of(rmp_serde::from_slice(&before).unwrap()), Some(paid));
}

#[test]
fn the_payments_of_visits_are_kept_and_visits_without_one_are_as_they_were() {
    let held = held_by_a_provider();
    assert_eq!(read_journey(&write_journey(&held).unwrap()).unwrap(), held);
    // As a program wrote it that knew no payments: four fields.
    let [visit] = <[ProviderVisit; 1]>::try_from(well_travelled().visits()[..1].to_vec()).unwrap();
    let before = (visit.left_at.as_millis(), visit.to.record(), visit.answers.record(), visit.redirect.record());
    let bytes = rmp_serde::to_vec(&before).unwrap();
    assert_eq!(rmp_serde::to_vec(&visit.record()).unwrap(), bytes);
    assert_eq!(ProviderVisit::of(rmp_serde::from_slice(&bytes).unwrap()), Some(visit));
}

fn sealed() -> Sealed {
    Sealed::new((0..=255).collect())
}

fn choice(institution: &str) -> Choice {
    Choice {
        institution: Some(institution.into()),
        provider: format!("bank of {institution}"),
        scope: vec!["ACCOUNTS".into()],
        text: None,
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
    let header = SealedHeader { name: "authorization".into(), value: Sealed::new(vec![3]) };
    let looked_up =
        SavedEndpoint { headers: vec![header], paused: true, resumed_at: Some(NOW), ..endpoint.clone().into() };
    let plain = WebhookEndpoint::at(url("https://m.example/2")).into();
    merchant.endpoints = Slots::restored(vec![None, Some(endpoint.into()), Some(plain), Some(looked_up)]);
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
        Purpose::Checkout(Checkout {
            wanted,
            institution,
            note: "n".into(),
            cancel: Cancel::Withheld,
            payee,
            repeats: None,
        })
    };
    let operation = |kind, amount, of| {
        Purpose::Operation(PaymentOperation { kind, amount, of, note: "n".into(), reported_as: None })
    };
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
    let applied =
        AppliedOperation { by: PayId::new(7).unwrap(), kind: OperationKind::Refund, amount, reported_as: None };
    let journey = paid.apply(applied).unwrap().resulted(Sealed::new(vec![9; 30]));
    assert_eq!(read_journey(&write_journey(&journey).unwrap()), Ok(journey));
}

/// Settings of which none is as it is for a new merchant.
fn other_settings() -> Settings {
    Settings {
        one_time_token: OneTime::On,
        extra_outcomes: ExtraOutcomes::On,
        same_browser: SameBrowser::Required,
        app_links: AppLinks::Direct,
        when_late: WhenLate::HandBack,
        signed_returns: SignedReturns::Ed25519,
        token_life: TokenLife::clamped(10),
        late_payments: LatePayments::Refund,
        language: PageLanguage::parse("de").unwrap(),
        one_off_urls: OneOffUrls::SavedOnly,
        journey_life: JourneyLife::clamped(60),
        answers_to: AnswersTo::App,
        signed_calls: SignedCalls::Required,
        notice_type: NoticeType::parse("text/plain").unwrap(),
        provider: PreferredProvider::parse("acme-pay").unwrap(),
        support_url: PageLink::parse("support_url", "https://shop.example/help").unwrap(),
        legal_url: PageLink::parse("legal_url", "https://shop.example/legal").unwrap(),
        popup_origin: PopupOrigin::parse("https://shop.example").unwrap(),
        color: MerchantColor::parse("color", "#0b5f5a").unwrap(),
        logo_url: PageLink::parse("logo_url", "https://shop.example/logo.png").unwrap(),
    }
}

#[test]
fn every_setting_survives_both_records() {
    for settings in [Settings::default(), other_settings()] {
        let merchant = Merchant { settings: settings.clone(), ..fixtures::merchant("Shop", NOW) };
        assert_eq!(read_merchant(&write_merchant(&merchant).unwrap()), Ok(merchant));
        let journey = fixtures::Draft::at(NOW).with(|opening| opening.settings = settings.frozen()).journey();
        assert_eq!(read_journey(&write_journey(&journey).unwrap()), Ok(journey));
    }
}

#[test]
fn the_stores_of_an_app_and_the_handles_that_were_redeemed_survive_their_records() {
    let app = WrittenDeviceUrls { app_store: Some("https://apps.apple.com/app/id1"), ..WrittenDeviceUrls::default() };
    let play = "https://play.google.com/store/apps/details?id=com.example.shop";
    let both = WrittenDeviceUrls { play_store: Some(play), ..app };
    for written in [app, both] {
        let mut destination = fixtures::entry("com.example.app://cb");
        destination.device_urls = DeviceUrls::parse(written, &destination.url, &Rules::default()).unwrap();
        let opened = fixtures::Draft::at(NOW).with(|opening| opening.plan.destination = Some(destination)).journey();
        let (paid, _) = fixtures::concluded(opened, &Fact::paid(), NOW);
        let Resumption::Fresh(resumed) = paid.resume(0, u64::MAX, NOW) else { panic!() };
        assert_eq!(read_journey(&write_journey(&resumed).unwrap()), Ok(*resumed));
    }
}

#[test]
fn the_text_of_a_consent_survives_its_record() {
    let text = Some("de-1a2b3c4d".into());
    let BegunVisit::New(away, _) = journey().begin_visit(Some(Choice { text, ..choice("modelo") }), NOW) else {
        panic!()
    };
    let read = read_journey(&write_journey(&away).unwrap()).unwrap();
    assert_eq!((read.consent_text(), &read), (Some("de-1a2b3c4d"), &away));
}

#[test]
fn marks_of_before_there_were_colours_have_none() {
    let link = |name| PageLink::parse("url", &format!("https://shop.example/{name}")).unwrap();
    let marks = MerchantMarks {
        support: link("help"),
        legal: link("legal"),
        color: MerchantColor::parse("color", "#0b5f5a").unwrap(),
        logo: None,
    };
    let bytes = rmp_serde::to_vec(&marks.record()).unwrap();
    let later = [0x93, 0x0b, 0x5f, 0x5a, 0xc0];
    assert_eq!((bytes[0], &bytes[bytes.len() - later.len()..]), (0x94, &later[..]), "a list of four");
    assert_eq!(MerchantMarks::of(rmp_serde::from_slice(&bytes).unwrap()), Some(marks.clone()));
    let older = [&[0x92], &bytes[1..bytes.len() - later.len()]].concat();
    let read = MerchantMarks::of(rmp_serde::from_slice(&older).unwrap());
    assert_eq!(read, Some(MerchantMarks { color: MerchantColor::default(), ..marks }));
}

#[test]
fn a_setting_that_came_later_has_its_default_in_an_older_record() {
    let bytes = rmp_serde::to_vec(&other_settings().record()).unwrap();
    assert_eq!(bytes[..2], [0x9c, 0x99], "a list of twelve, of which the first is one of nine");
    // Eight of a byte each, and the three of a language.
    let (first_six, frozen) = (2..2 + 6, 2 + 8 + 3);
    let older = [&[0x92, 0x96][..], &bytes[first_six], &bytes[frozen..=frozen]].concat();
    let read = Settings::of(rmp_serde::from_slice(&older).unwrap()).unwrap();
    let (usual, other) = (Settings::default(), other_settings());
    let expected = Settings {
        token_life: usual.token_life,
        late_payments: usual.late_payments,
        language: usual.language,
        journey_life: usual.journey_life,
        answers_to: usual.answers_to,
        signed_calls: usual.signed_calls,
        notice_type: usual.notice_type,
        provider: usual.provider,
        support_url: usual.support_url,
        legal_url: usual.legal_url,
        popup_origin: usual.popup_origin,
        color: usual.color,
        logo_url: usual.logo_url,
        ..other
    };
    assert_eq!(read, expected);
}

#[test]
fn a_journey_and_a_merchant_of_before_there_were_modes_have_none() {
    let opened = journey().opening().clone();
    let mut past = rmp_serde::to_vec(&journey().past().record()).unwrap();
    let last = (past[0], past.pop(), past.pop(), past.pop());
    let expected = (0x9a, Some(0x90), Some(0x90), Some(0xc0));
    assert_eq!(last, expected, "a list of ten: no phone, no hand-back by a button, and no late refund");
    past[0] = 0x97;
    let mut opening = rmp_serde::to_vec(&opened.record()).unwrap();
    let last = (opening[0], opening.pop(), opening.pop(), opening.pop());
    let expected = (0x9f, Some(0xc0), Some(0x90), Some(0));
    assert_eq!(last, expected, "a list of fifteen: no links and no choices, and before them the mode");
    opening[0] = 0x9c;
    let older = [&[1, 0x92][..], &opening, &past].concat();
    let read = read_journey(&older).unwrap();
    assert_eq!((read.opening(), read.past()), (&Opening { mode: None, ..opened }, journey().past()));
    let people = Vec::new();
    let merchant = Merchant { accounts: Vec::new(), people, logo: None, ..fixtures::merchant("Shop", NOW) };
    let written = write_merchant(&merchant).unwrap();
    let end = written.len() - 4;
    let expected = (&[0xdc, 0, 17][..], &[1, 0x90, 0x90, 0xc0][..]);
    assert_eq!((&written[1..4], &written[end..]), expected, "seventeen: the mode, no accounts, no people, and no logo");
    let before_people = [&written[..1], &[0x9f], &written[4..end + 2]].concat();
    assert_eq!(read_merchant(&before_people).as_ref(), Ok(&merchant));
    let older = [&written[..1], &[0x9d], &written[4..end]].concat();
    assert_eq!(read_merchant(&older), Ok(Merchant { mode: None, ..merchant }));
}

#[test]
fn a_callback_of_before_any_could_be_watched_is_not() {
    let saved = SavedCallback {
        url: fixtures::entry("https://shop.example/cb").url,
        name: None,
        params_in: Placement::Query,
        device_urls: DeviceUrls::default(),
        used: Used::ByDefault,
        watched: true,
    };
    let mut record = rmp_serde::to_vec(&saved.record()).unwrap();
    assert_eq!((record[0], record.pop()), (0x96, Some(0xc3)), "a list of six, of which the last is whether");
    record[0] = 0x95;
    let read = SavedCallback::of(rmp_serde::from_slice(&record).unwrap()).unwrap();
    assert_eq!(read, SavedCallback { watched: false, ..saved });
}

#[test]
fn a_phone_and_a_popup_survive_their_record_and_cost_other_journeys_nothing() {
    let press = PhonePress { code_at: NOW, phone: 7 };
    let BegunVisit::New(on_phone, 0) = journey().begin_visit_on_phone(None, press, NOW) else { panic!() };
    let Conclusion::Concluded(ended, _) = on_phone.conclude(&Fact::pressed_cancel(), None, NOW) else { panic!() };
    let popup = Some(PopupOrigin::parse("https://shop.example").unwrap());
    let in_popup = Journey::open(Opening { popup, ..journey().opening().clone() });
    for journey in [ended.clone(), ended.phone_returned(0).unwrap(), in_popup] {
        assert_eq!(read_journey(&write_journey(&journey).unwrap()), Ok(journey));
    }
    let BegunVisit::New(away, 0) = journey().begin_visit(None, NOW) else { panic!() };
    let record = rmp_serde::to_vec(&away.record()).unwrap();
    let end = record.len() - 3;
    assert_eq!(
        record[end..],
        [0xc0, 0x90, 0x90],
        "it ends with no late refund, no hand-back by a button, and no phone"
    );
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
