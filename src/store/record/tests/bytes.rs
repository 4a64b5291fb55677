//! The bytes of a record, which stores are full of.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::{consented, sealed, well_travelled};
use crate::domain::journey::tests::{NOW, journey};
use crate::domain::merchant::{Standing, Used};
use crate::domain::provider_account::{Scheme, WebhookKey};
use crate::domain::{
    AccountAccess, Amount, AnswersTo, AppliedOperation, CallbackName, Cancel, Checkout, CountryCode, Currency,
    DeviceUrls, Digest, Fact, IssuedKey, Journey, Merchant, MerchantId, NotifyOn, Opening, OperationKind, PayId,
    PayeeAccount, PaymentOperation, Placement, PlannedCallback, ProviderAccount, PublicKey, Purpose, Rotating,
    SavedCallback, Sealed, Shard, SignedReturns, Slots, UserId, Wanted, Webhook, WebhookEndpoint,
};
use crate::domain::{journey::Job, plan::Refused};
use crate::store::laws::fixtures;
use crate::store::record::{read_journey, read_merchant, write_journey, write_merchant, write_user};

/// A merchant with something in every field of its record, the same at every run.
fn merchant_with_everything() -> Merchant {
    let digest = |byte| Digest::new([byte; 32]);
    let rotated = |byte| {
        let first = Rotating::first(Sealed::new(vec![byte; 40]));
        first.rotated(Sealed::new(vec![byte, 255]), Duration::from_secs(60), NOW).unwrap()
    };
    let mut merchant = fixtures::merchant("Shop", NOW);
    merchant.id = MerchantId::mint([1; 16]);
    let key =
        IssuedKey { number: "123z".parse().unwrap(), digest: digest(1), ends_at: Some(NOW), ..fixtures::issued(NOW) };
    merchant.api_keys = vec![IssuedKey { hashed: Some(digest(2)), ..key.clone() }, IssuedKey { hashed: None, ..key }];
    (merchant.signing_secret, merchant.webhook_key) = (rotated(1), rotated(200));
    merchant.standing = Standing::Disabled;
    for (name, used, device_urls) in
        [(Some("app"), Used::ByDefault, fixtures::device_urls()), (None, Used::OnRequest, DeviceUrls::default())]
    {
        let name = name.map(|name| CallbackName::parse(name).unwrap());
        let url = fixtures::entry("com.example.app://cb").url;
        let saved = SavedCallback {
            url,
            name,
            params_in: Placement::Fragment,
            device_urls,
            used,
            watched: used == Used::OnRequest,
        };
        merchant.callbacks.add(saved).unwrap();
    }
    let url = |url| fixtures::entry(url).url;
    let endpoint = WebhookEndpoint {
        form: "brackets".into(),
        notify_on: NotifyOn::SUCCESS,
        cipher: Some(sealed()),
        ..WebhookEndpoint::at(url("https://m.example/1"))
    };
    let plain = WebhookEndpoint::at(url("https://m.example/2")).into();
    merchant.endpoints = Slots::restored(vec![None, Some(endpoint.into()), Some(plain)]);
    merchant.webhook = Some(Webhook { types: vec!["PAYMENT".into()], url: url("https://m.example/w") });
    merchant.public_keys = vec![PublicKey { id: "k".into(), text: "text".into() }];
    merchant.settings.answers_to = AnswersTo::App;
    merchant.settings.signed_returns = SignedReturns::Hmac;
    merchant
}

/// A merchant with accounts of every kind, the same at every run: first with all that they may have, then with the least.
fn merchant_with_accounts() -> Merchant {
    let [iban, uk] = [PayeeAccount::iban("DE89370400440532013000"), PayeeAccount::uk("12-34-56", "12345678")];
    let (url, secret) = ("https://api.example".to_owned(), Rotating::first(sealed()));
    let connector = AccountAccess::Connector {
        url: url.clone(),
        api_key: "my-connector".into(),
        user: "api-user".into(),
        password: sealed(),
        secret,
    };
    let member = |scheme, payee_account, more: Option<&str>| AccountAccess::Member {
        url: url.clone(),
        member: "m:a:b".into(),
        key_id: "k".into(),
        private_key: sealed(),
        webhook_key: more.map(|_| WebhookKey::new([7; 32])),
        scheme,
        payee: "Shop".into(),
        payee_account,
        bank: more.map(str::to_owned),
        on_behalf_of: more.map(str::to_owned),
    };
    let application = |payee_account, country| AccountAccess::Application {
        url: url.clone(),
        application_id: "0b7e5c1a".into(),
        application_secret: sealed(),
        institution: "modelo-sandbox".into(),
        payee: "Shop".into(),
        payee_account,
        country,
    };
    let (iban, uk) = (iban.unwrap(), uk.unwrap());
    let all = [
        connector,
        member(Scheme::FasterPayments, uk.clone(), Some("ob-modelo")),
        member(Scheme::SepaInstant, iban.clone(), None),
        application(uk, Some(CountryCode::GB)),
        application(iban, None),
    ];
    let mut merchant = fixtures::merchant("Shop", NOW);
    merchant.id = MerchantId::mint([1; 16]);
    merchant.api_keys = Vec::new();
    let account = merchant.accounts[0].clone();
    merchant.accounts.extend(all.map(|access| ProviderAccount { access, ..account.clone() }));
    merchant
}

/// Journeys of every purpose and with every kind of callback, the same at every run.
fn journeys_of_all_kinds() -> Vec<Journey> {
    let amount = Amount::parse("9.99", Currency::EUR).unwrap();
    let of = PayId::new(7);
    let checkout = |wanted| {
        Purpose::Checkout(Checkout {
            wanted,
            institution: Some("modelo".into()),
            note: "n".into(),
            cancel: Cancel::Withheld,
            payee: Some("Corner Bookshop".into()),
            repeats: None,
        })
    };
    let operation = |kind| {
        Purpose::Operation(PaymentOperation { kind, amount: Some(amount), of, note: "n".into(), reported_as: None })
    };
    let purposes = [
        checkout(Wanted::Reservation(amount)),
        checkout(Wanted::Registration),
        operation(OperationKind::Payout),
        operation(OperationKind::Chargeback),
        Purpose::Job(Job { message: Sealed::new(vec![3; 40]) }),
    ];
    let opened = |purpose| Journey::open(Opening { purpose, ..journey().opening().clone() });
    let mut journeys: Vec<Journey> = purposes.map(opened).into();
    let mut opening = journey().opening().clone();
    let cancelled = Some(fixtures::entry("https://m.example/no"));
    opening.plan.destination =
        Some(PlannedCallback { device_urls: fixtures::device_urls(), ..fixtures::entry("com.example.app://cb") });
    opening.plan.background = vec![PlannedCallback { slot: Some(7), ..fixtures::entry("https://m.example/b") }];
    opening.plan.refused = Some(Refused { cancelled, failed: None });
    let plain = WebhookEndpoint::at(fixtures::entry("https://m.example/1").url);
    opening.plan.endpoints = vec![plain.clone(), WebhookEndpoint { cipher: Some(sealed()), slot: Some(3), ..plain }];
    let (paid, _) = fixtures::concluded(Journey::open(opening), &Fact::paid(), NOW);
    let applied = AppliedOperation {
        by: PayId::new(7).unwrap(),
        kind: OperationKind::Refund,
        amount: Some(amount),
        reported_as: None,
    };
    journeys.push(paid.apply(applied).unwrap().resulted(Sealed::new(vec![9; 30])));
    let ahead = journey().leaving_ahead();
    journeys.extend([ahead.clone(), ahead.ready(0, sealed(), NOW).unwrap(), journey(), well_travelled(), consented()]);
    journeys
}

#[test]
fn the_bytes_of_a_record_never_change() {
    let digest = |records: &[Vec<u8>]| {
        let digest = Sha256::digest(records.concat());
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let journeys = journeys_of_all_kinds();
    assert!(journeys.iter().all(|journey| read_journey(&write_journey(journey).unwrap()).as_ref() == Ok(journey)));
    let records: Vec<_> = journeys.iter().map(|journey| write_journey(journey).unwrap()).collect();
    let merchant = merchant_with_everything();
    let record = write_merchant(&merchant).unwrap();
    assert_eq!(read_merchant(&record), Ok(merchant));
    let mut user = fixtures::user(MerchantId::mint([1; 16]), Some("ada"), NOW);
    user.id = UserId::mint([5; 16], Shard::of_byte(5));
    let connected = merchant_with_accounts();
    let accounts = write_merchant(&connected).unwrap();
    assert_eq!(read_merchant(&accounts), Ok(connected));
    let written = [digest(&records), digest(&[record]), digest(&[accounts]), digest(&[write_user(&user).unwrap()])];
    assert_eq!(written, ["c15fe2291f6f7fb8", "bba674996d140e51", "c2c66ecf5d0f5b30", "6be579d2735cd99e"]);
}
