//! The redirect home, byte for byte, and the requests of the contract.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::*;
use crate::domain::consent::{Kind, LIFE};
use crate::domain::{
    AnswerTo, AppLinks, ApplicationUser, BankTokens, BegunVisit, CallbackPlan, CallbackUrl, Conclusion, Consent,
    DialectData, ExtraOutcomes, Fact, FeatureRequest, FinalOutcome, FrozenSettings, JourneyId, LatePayments,
    MerchantId, MerchantName, Mode, OneTimeToken, OpenRequest, Opening, PageLanguage, Placement, ProviderRefusal,
    Purpose, RequestedCallbacks, ResponseId, Rules, SameBrowser, Secret, Shard, SignedReturns, TokenLife, UnixMillis,
    User, UserId, WhenLate,
};
use crate::provider::sandbox;

const NOW: UnixMillis = UnixMillis::from_millis(1_779_268_788_000);
const RESPONSE: ResponseId = ResponseId { visit: 0, response_digest: 1 };
const USER: &str = "3ddf5dd0-aa48-4d0f-baa7-fa057e9e911d";

fn journey(token: OneTime, application_user: Option<&str>) -> Journey {
    let journey = Journey::open(Opening {
        id: JourneyId::mint([7; 16], Shard::of_byte(7)),
        merchant: MerchantId::mint([1; 16]),
        merchant_name: MerchantName::parse("Shop").unwrap(),
        dialect: NAME.into(),
        provider: "sandbox".into(),
        key: "k1".into(),
        purpose: Purpose::Consent(Consent {
            kind: Kind::Accounts,
            user: USER.parse().unwrap(),
            application_user: application_user.map(|own| ApplicationUser::parse(own).unwrap()),
            institution: Some("modelo-sandbox".into()),
            country: None,
            features: FeatureRequest::All(vec!["ACCOUNTS".into()]),
            longest: LIFE,
            until: None,
            answer_to: AnswerTo::Gateway,
        }),
        dialect_data: DialectData::default(),
        plan: CallbackPlan::default(),
        settings: FrozenSettings {
            one_time_token: token,
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
        expires_at: NOW.plus(Duration::from_mins(30)),
        mode: Some(Mode::Test),
        choices: Vec::new(),
        marks: None,
        popup: None,
    });
    let BegunVisit::New(journey, 0) = journey.begin_visit(None, NOW) else { panic!("it did not depart") };
    journey
}

fn concluded(journey: Journey, fact: &Fact) -> Journey {
    let Conclusion::Concluded(journey, _) = journey.conclude(fact, Some(RESPONSE), NOW) else { panic!("{fact:?}") };
    journey
}

fn authorised() -> Fact {
    Fact::authorised(BankTokens { json: Secret::new("{}"), consent: None })
}

/// Where the browser of this journey goes from this callback.
fn home(journey: &Journey, callback: &str) -> String {
    let token = OneTimeToken::write(journey.pay_id(), [0; 16]);
    let hand_back = HandBack {
        final_outcome: journey.final_outcome(),
        token: (journey.opening().settings.one_time_token == OneTime::On).then_some(&token),
        consent_token: Some("eyJ.a.b"),
        signature: None,
    };
    let callback = CallbackUrl::parse(callback, &Rules::default()).unwrap();
    callback.with(&Yapily.callback_params(journey, &hand_back), Placement::Query).unwrap()
}

#[test]
fn success_is_appended_to_callbacks_of_every_kind() {
    let given = concluded(journey(OneTime::Off, Some("john.doe+x@company.com")), &authorised());
    let ours = format!(
        "consent=eyJ.a.b&application-user-id=john.doe%2Bx%40company.com&user-uuid={USER}&institution=modelo-sandbox"
    );
    for (callback, expected) in [
        ("https://tpp.example/", format!("https://tpp.example/?{ours}")),
        ("https://tpp.example/cb", format!("https://tpp.example/cb?{ours}")),
        (
            "https://tpp.example/cb?callbackUrl=nabu%2Fx&n=1",
            format!("https://tpp.example/cb?callbackUrl=nabu%2Fx&n=1&{ours}"),
        ),
        ("https://tpp.example/#/open/ob-bank-link", format!("https://tpp.example/?{ours}#/open/ob-bank-link")),
        ("https://tpp.example/cb?a=1#/open?b=2", format!("https://tpp.example/cb?a=1&{ours}#/open?b=2")),
        ("com.example.app://callback", format!("com.example.app://callback?{ours}")),
        ("com.example.app://callback?a=1#f", format!("com.example.app://callback?a=1&{ours}#f")),
        ("http://localhost:8080/", format!("http://localhost:8080/?{ours}")),
    ] {
        assert_eq!(home(&given, callback), expected);
    }
}

#[test]
fn a_one_time_token_stands_in_for_the_consent_token() {
    let given = concluded(journey(OneTime::On, None), &authorised());
    assert_eq!(
        home(&given, "https://tpp.example/"),
        format!(
            "https://tpp.example/?one-time-token=ott_03ge1o70s3jg{}&user-uuid={USER}&institution=modelo-sandbox",
            "0".repeat(25)
        )
    );
}

#[test]
fn a_hand_back_before_the_fact_has_a_one_time_token_and_nothing_of_the_outcome() {
    let frozen = journey(OneTime::On, Some("a@b.c"));
    assert!(Yapily.hands_back_early(&frozen));
    assert_eq!(
        home(&frozen, "https://tpp.example/#f"),
        format!(
            "https://tpp.example/?one-time-token=ott_03ge1o70s3jg{}&application-user-id=a%40b.c&user-uuid={USER}\
             &institution=modelo-sandbox#f",
            "0".repeat(25)
        )
    );
    assert!(!Yapily.hands_back_early(&journey(OneTime::Off, None)));
}

/// The contract's sample, whose description Yapily wraps at 76 characters and we do not.
#[test]
fn a_refusal_says_who_and_why() {
    let error = "incorrect credentials. Could not find a customer with user name Mits and password mits";
    let refused = Fact::refused(ProviderRefusal::new("access_denied", Some(error)));
    let encoded = "aW5jb3JyZWN0IGNyZWRlbnRpYWxzLiBDb3VsZCBub3QgZmluZCBhIGN1c3RvbWVyIHdpdGggdXNl\
                   ciBuYW1lIE1pdHMgYW5kIHBhc3N3b3JkIG1pdHM%3D";
    let whose = format!("application-user-id=a%40b.c&user-uuid={USER}&institution=modelo-sandbox");
    for token in [OneTime::Off, OneTime::On] {
        let refused = concluded(journey(token, Some("a@b.c")), &refused);
        assert_eq!(
            home(&refused, "https://tpp.example/cb?a=1#f"),
            format!(
                "https://tpp.example/cb?a=1&{whose}&error=access_denied&error-source=user&error-description={encoded}#f"
            )
        );
    }
}

#[test]
fn every_row_of_the_error_table() {
    let rows: [(&str, &str, &[&str]); 5] = [
        (
            "access_denied",
            "user",
            &[
                "access_denied",
                "user_cancelled",
                "login_required",
                "account_selection_required",
                "interaction_required",
            ],
        ),
        (
            "invalid_grant",
            "institution",
            &[
                "invalid_grant",
                "consent_required",
                "server_error",
                "temporarily_unavailable",
                "request_not_supported",
                "request_uri_not_supported",
            ],
        ),
        (
            "institution_server_error",
            "institution",
            &[
                "invalid_request",
                "registration_not_supported",
                "unauthorized_client",
                "unsupported_grant_type",
                "invalid_scope",
            ],
        ),
        ("configuration_error", "institution", &["invalid_client"]),
        (
            "uncategorized_error",
            "institution",
            &["answer_lost", "answer_unreadable", "Access_Denied", "what_no_table_knows"],
        ),
    ];
    for (error, source, codes) in rows {
        for code in codes {
            let refused =
                concluded(journey(OneTime::Off, None), &Fact::refused(ProviderRefusal::new(code, Some("why"))));
            assert_eq!(
                home(&refused, "com.example.app://callback"),
                format!(
                    "com.example.app://callback?user-uuid={USER}&institution=modelo-sandbox&error={error}\
                     &error-source={source}&error-description=d2h5"
                ),
                "{code}"
            );
        }
    }
}

#[test]
fn ends_without_a_bank_have_a_source_and_a_sentence_too() {
    for (fact, error, source, sentence) in [
        (Fact::pressed_cancel(), "access_denied", "user", "The customer did not agree."),
        (Fact::lapsed(), "uncategorized_error", "institution", "Nobody finished the authorisation in time."),
        (
            Fact::withdrawn(),
            "uncategorized_error",
            "institution",
            "The consent was revoked before the customer had agreed.",
        ),
        (
            Fact::refused(ProviderRefusal::new("", None)),
            "uncategorized_error",
            "institution",
            "The institution could not or would not.",
        ),
        (
            Fact::refused(ProviderRefusal::new("server_error", None)),
            "invalid_grant",
            "institution",
            "The institution could not or would not.",
        ),
    ] {
        let ended = concluded(journey(OneTime::Off, None), &fact);
        let rejection = Rejection::of(ended.final_outcome().unwrap());
        assert_eq!(
            (rejection.error, rejection.source.as_str(), rejection.description.as_str()),
            (error, source, sentence)
        );
    }
}

#[test]
fn a_description_is_never_longer_than_what_was_checked_at_the_opening() {
    let longest = Rejection::encode(&"x".repeat(Params::LEAST_TEXT)).len();
    for text in ["~".repeat(900), "?".repeat(900), "é".repeat(500), "🂡".repeat(250)] {
        let refused = concluded(journey(OneTime::Off, None), &Fact::refused(ProviderRefusal::new("x", Some(&text))));
        let hand_back =
            HandBack { final_outcome: refused.final_outcome(), token: None, consent_token: None, signature: None };
        let params = Yapily.callback_params(&refused, &hand_back).shortened(usize::MAX);
        let (_, encoded) = params.pairs().last().unwrap();
        assert!(crate::domain::params::percent_encoded(encoded).len() <= longest, "{text}");
        let shown = String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap();
        assert!(shown.ends_with('…') && text.starts_with(shown.trim_end_matches('…')), "{shown}");
    }
}

#[test]
fn every_name_that_is_ever_appended_is_announced() {
    let mut seen = std::collections::BTreeSet::new();
    let facts = [authorised(), Fact::refused(ProviderRefusal::new("server_error", None))];
    for token in [OneTime::Off, OneTime::On] {
        for fact in &facts {
            let home = home(&concluded(journey(token, Some("a")), fact), "https://tpp.example/");
            let url = url::Url::parse(&home).unwrap();
            seen.extend(url.query_pairs().map(|(name, _)| name.into_owned()));
        }
    }
    let announced = Yapily.appended().iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(seen, announced);
}

fn user() -> User {
    User {
        id: UserId::mint([2; 16], Shard::of_byte(2)),
        merchant: MerchantId::mint([1; 16]),
        application_user: Some(ApplicationUser::parse("john.doe@company.com").unwrap()),
        created_at: NOW,
    }
}

/// The contract's example with these members changed; `null` takes one out.
fn account(changes: &serde_json::Value) -> Result<OpenRequest, String> {
    let mut body = serde_json::json!({
        "applicationUserId": "john.doe@company.com", "institutionId": "modelo-sandbox",
        "callback": "https://tpp-application.com/", "oneTimeToken": true,
    });
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let read = AuthRequest::read_account(body.to_string().as_bytes(), NOW).map_err(|invalid| invalid.to_string())?;
    let reach = read.at(&sandbox::institutions()[0]).map_err(|unsupported| unsupported.to_string())?;
    Ok(read.open_request(&user(), reach))
}

#[test]
fn the_documented_account_request_is_read() {
    let open_request = account(&serde_json::json!({})).unwrap();
    let consent = open_request.purpose.consent().unwrap();
    assert_eq!(consent.kind, Kind::Accounts);
    assert_eq!(consent.institution.as_deref(), Some("modelo-sandbox"));
    let scope = consent.features.concluded();
    assert_eq!(scope[..2], ["ACCOUNTS", "ACCOUNT"]);
    assert!(scope.iter().all(|feature| !feature.contains("PAYMENT") && !feature.contains("INITIATE")));
    assert_eq!(
        (open_request.callback, open_request.one_time_token),
        (RequestedCallbacks::Covered("https://tpp-application.com/".into()), Some(OneTime::On))
    );
}

#[test]
fn where_the_customer_goes_is_said_in_one_way() {
    use serde_json::json;
    let asked = |changes| account(&changes).map(|open_request| (open_request.callback, open_request.one_time_token));
    let callback = RequestedCallbacks::Covered("https://tpp-application.com/".into());
    for (sent, token) in [
        (json!("true"), OneTime::On),
        (json!("false"), OneTime::Off),
        (json!(false), OneTime::Off),
        (json!(null), OneTime::Off),
    ] {
        assert_eq!(asked(json!({ "oneTimeToken": sent })).unwrap(), (callback.clone(), Some(token)), "{sent}");
    }
    assert_eq!(
        asked(json!({ "callback": null, "oneTimeToken": false })).unwrap(),
        (RequestedCallbacks::OwnPage, Some(OneTime::Off))
    );
    let redirect =
        json!({ "callback": null, "oneTimeToken": null, "redirect": { "url": "https://tpp-application.com/r" } });
    let apart = account(&redirect).unwrap();
    assert_eq!(apart.callback, RequestedCallbacks::OwnPage);
    assert_eq!(apart.purpose.consent().unwrap().answer_to, AnswerTo::App("https://tpp-application.com/r".into()));
    for (changes, field) in [
        (json!({ "redirect": { "url": "https://x.example/" } }), "redirect: came together with callback"),
        (json!({ "callback": null }), "oneTimeToken: needs a callback"),
        (json!({ "callback": null, "oneTimeToken": false, "redirect": {} }), "redirect.url: is required"),
        (
            json!({ "callback": null, "oneTimeToken": false, "redirect": { "url": "https://x/{pay_id}" } }),
            "redirect.url: holds",
        ),
        (json!({ "forwardParameters": ["a"] }), "forwardParameters: are not offered"),
        (json!({ "oneTimeToken": 1 }), "oneTimeToken: is neither"),
        (json!({ "institutionId": null }), "institutionId: is required"),
        (json!({ "applicationUserId": null }), "userUuid: is required, unless"),
        (json!({ "userUuid": "x" }), "userUuid: is not a UUID"),
        (json!({ "applicationUserId": "" }), "userUuid: is required, unless"),
        (
            json!({ "accountRequest": { "expiresAt": "2020-01-01T00:00:00Z" } }),
            "accountRequest.expiresAt: is not in the future",
        ),
        (
            json!({ "accountRequest": { "transactionFrom": "today" } }),
            "accountRequest.transactionFrom: is not a date-time",
        ),
        (
            json!({ "accountRequest": { "featureScope": ["ACCOUNTS", "LOANS"] } }),
            "accountRequest.featureScope[1]: is no feature",
        ),
        (
            json!({ "accountRequest": { "featureScope": ["ACCOUNTS", "ACCOUNTS"] } }),
            "accountRequest.featureScope[1]: was given",
        ),
        (json!({ "accountRequest": [] }), "accountRequest: is not a JSON object"),
    ] {
        let refused = account(&changes).unwrap_err();
        assert!(refused.starts_with(field), "{changes}: {refused}");
    }
    let unsupported = account(&json!({ "accountRequest": { "featureScope": ["ACCOUNT_STATEMENTS"] } })).unwrap_err();
    assert_eq!(unsupported, "The institution modelo-sandbox does not support ACCOUNT_STATEMENTS");
    assert!(account(&json!({ "forwardParameters": [], "unknown": { "a": [1] } })).is_ok());
}

#[test]
fn an_account_request_is_kept_for_the_answers() {
    let request = serde_json::json!({ "accountRequest": {
        "transactionFrom": "2026-01-01T00:00:00+01:00", "transactionTo": "2026-05-01T00:00:00Z",
        "expiresAt": "2026-06-01T00:00:00.000Z", "featureScope": ["ACCOUNT_TRANSACTIONS"],
        "accountIdentifiers": {
            "accountId": "7", "accountIdentification": { "type": "IBAN", "identification": "GB29NWBK60161331926819" },
        },
    } });
    let open_request = account(&request).unwrap();
    let kept: serde_json::Value = serde_json::from_str(open_request.dialect_data.as_str()).unwrap();
    let names: Vec<_> = kept.as_object().unwrap().keys().collect();
    assert_eq!(names, ["accountRequest", "transactionFrom", "transactionTo"]);
    assert_eq!(kept["transactionFrom"], "2025-12-31T23:00:00.000Z");
    assert_eq!(kept["accountRequest"], request["accountRequest"]);
    let consent = open_request.purpose.consent().unwrap();
    assert_eq!(consent.features.concluded(), ["ACCOUNT_TRANSACTIONS"]);
    assert_eq!(consent.until.map(moments::written).as_deref(), Some("2026-06-01T00:00:00.000Z"));
}

/// The contract's payment with this path set to this value; `null` takes it out.
fn payment(path: &str, value: &serde_json::Value) -> Result<OpenRequest, String> {
    let mut body = serde_json::json!({
        "applicationUserId": "john.doe@company.com", "institutionId": "modelo-sandbox",
        "callback": "https://tpp-application.com/",
        "paymentRequest": {
            "paymentIdempotencyId": "1d54cf71bfe44b1b8e67247aed455d96", "type": "DOMESTIC_PAYMENT",
            "reference": "Bill payment", "contextType": "OTHER",
            "amount": { "amount": 8.70, "currency": "GBP" },
            "payee": {
                "name": "BILLS COFFEE LTD", "address": { "country": "GB" },
                "accountIdentifications": [
                    { "type": "ACCOUNT_NUMBER", "identification": "99999999" },
                    { "type": "SORT_CODE", "identification": "999999" },
                ],
            },
        },
    });
    if !path.is_empty() {
        let (parent, name) = path.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value.clone());
    }
    let read = AuthRequest::read_payment(body.to_string().as_bytes()).map_err(|invalid| invalid.to_string())?;
    let reach = read.at(&sandbox::institutions()[0]).map_err(|unsupported| unsupported.to_string())?;
    Ok(read.open_request(&user(), reach))
}

#[test]
fn the_documented_payment_request_is_read() {
    let open_request = payment("", &serde_json::Value::Null).unwrap();
    let consent = open_request.purpose.consent().unwrap();
    let Kind::Payment { amount, payee, reference } = &consent.kind else { panic!("{consent:?}") };
    assert_eq!((amount.to_string().as_str(), amount.currency().as_str()), ("8.70", "GBP"));
    assert_eq!((payee.as_str(), reference.as_str()), ("BILLS COFFEE LTD", "Bill payment"));
    assert_eq!(
        consent.features.concluded(),
        ["CREATE_DOMESTIC_SINGLE_PAYMENT", "EXISTING_PAYMENTS_DETAILS", "EXISTING_PAYMENT_INITIATION_DETAILS"]
    );
    assert!(open_request.dialect_data.as_str().starts_with(r#"{"paymentRequest":{"#));
    assert_eq!(payment("/paymentRequest/amount/amount", &"8.7".into()).unwrap().purpose, open_request.purpose);
    // What is only checked may be empty, and is read as clients write it.
    for (path, sent) in [
        ("/paymentRequest/contextType", ""),
        ("/paymentRequest/purposeCode", ""),
        ("/paymentRequest/paymentDateTime", ""),
        ("/paymentRequest/paymentDateTime", "2027-01-01T10:00:00.123456"),
        ("/paymentRequest/paymentDateTime", "9999-12-31T23:59:59Z"),
        ("/paymentRequest/paymentIdempotencyId", "7a3c1f0e-5b2d-4c6a-9e8f-0123456789"),
        ("/paymentRequest/readRefundAccount", "True"),
        ("/callback", ""),
        ("/userUuid", ""),
    ] {
        let read = payment(path, &sent.into());
        assert_eq!(read.map(|open_request| open_request.purpose), Ok(open_request.purpose.clone()), "{path} {sent:?}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a row for each fault")]
fn a_payment_request_is_refused_by_the_path_of_its_fault() {
    use serde_json::json;
    let identification = json!([{ "type": "SORT_CODE" }]);
    for (path, value, rejection) in [
        ("/paymentRequest", json!(null), "paymentRequest: is required"),
        ("/paymentRequest/paymentIdempotencyId", json!(null), "paymentRequest.paymentIdempotencyId: is required"),
        (
            "/paymentRequest/paymentIdempotencyId",
            json!("a".repeat(36)),
            "paymentRequest.paymentIdempotencyId: is longer",
        ),
        ("/paymentRequest/type", json!(null), "paymentRequest.type: is required"),
        ("/paymentRequest/type", json!("GIFT"), "paymentRequest.type: is not one"),
        ("/paymentRequest/amount", json!(null), "paymentRequest.amount: is required"),
        ("/paymentRequest/amount", json!(8.7), "paymentRequest.amount: is not a JSON object"),
        ("/paymentRequest/amount/amount", json!(null), "paymentRequest.amount.amount: is required"),
        ("/paymentRequest/amount/amount", json!(0), "paymentRequest.amount.amount: must be above zero"),
        ("/paymentRequest/amount/amount", json!(-1), "paymentRequest.amount.amount: is not a decimal"),
        ("/paymentRequest/amount/amount", json!("1e3"), "paymentRequest.amount.amount: is not a decimal"),
        ("/paymentRequest/amount/amount", json!(0.001), "paymentRequest.amount.amount: has more than 2"),
        ("/paymentRequest/amount/currency", json!(null), "paymentRequest.amount.currency: is required"),
        ("/paymentRequest/amount/currency", json!("gbp"), "paymentRequest.amount.currency: is not three"),
        ("/paymentRequest/payee", json!(null), "paymentRequest.payee: is required"),
        ("/paymentRequest/payee/name", json!(" "), "paymentRequest.payee.name: is required"),
        (
            "/paymentRequest/payee/accountIdentifications",
            json!([]),
            "paymentRequest.payee.accountIdentifications: is required",
        ),
        (
            "/paymentRequest/payee/accountIdentifications",
            identification,
            "paymentRequest.payee.accountIdentifications[0].identification: is required",
        ),
        (
            "/paymentRequest/payee/accountIdentifications",
            json!([{ "type": "NAME", "identification": "7" }]),
            "paymentRequest.payee.accountIdentifications[0].type: is not one",
        ),
        ("/paymentRequest/reference", json!("1234567890123456789"), "paymentRequest.reference: is longer than 18"),
        ("/paymentRequest/paymentDateTime", json!("soon"), "paymentRequest.paymentDateTime: is not a date-time"),
        ("/paymentRequest/amount/amount", json!("1.5E1"), "paymentRequest.amount.amount: is not a decimal"),
        ("/paymentRequest/amount/currency", json!("ABC"), "paymentRequest.amount.currency: is not a currency"),
        ("/paymentRequest/contextType", json!("x"), "paymentRequest.contextType: is not one"),
        ("/paymentRequest/purposeCode", json!(7), "paymentRequest.purposeCode: is not a text"),
        ("/paymentRequest/purposeCode", json!("rent"), "paymentRequest.purposeCode: is not 4 capital letters"),
        ("/paymentRequest/readRefundAccount", json!("perhaps"), "paymentRequest.readRefundAccount: is neither"),
        ("/paymentRequest/payee/accountType", json!("MINE"), "paymentRequest.payee.accountType: is not one"),
        (
            "/paymentRequest/payee/merchantCategoryCode",
            json!("55"),
            "paymentRequest.payee.merchantCategoryCode: is not 4",
        ),
        (
            "/paymentRequest/payee/address/country",
            json!("UK"),
            "paymentRequest.payee.address.country: is not a country",
        ),
        (
            "/paymentRequest/payee/address/addressLines",
            json!([7]),
            "paymentRequest.payee.address.addressLines[0]: is not",
        ),
        ("/paymentRequest/payer", json!({ "name": 7 }), "paymentRequest.payer.name: is not a text"),
        ("/paymentRequest/periodicPayment", json!("x"), "paymentRequest.periodicPayment: is not a JSON object"),
        ("/paymentRequest/periodicPayment", json!({}), "paymentRequest.periodicPayment.frequency: is required"),
        (
            "/paymentRequest/periodicPayment",
            json!({ "frequency": { "type": "MONTHLY", "executionDay": 0 } }),
            "paymentRequest.periodicPayment.frequency.executionDay: is less than 1",
        ),
        (
            "/paymentRequest/periodicPayment",
            json!({ "frequency": { "type": "MONTHLY" }, "nextPaymentAmount": { "amount": 1, "currency": "XTS" } }),
            "paymentRequest.periodicPayment.nextPaymentAmount.currency: is not a currency",
        ),
        (
            "/paymentRequest/internationalPayment",
            json!({ "currencyOfTransfer": "eur" }),
            "paymentRequest.internationalPayment.currencyOfTransfer: is not three",
        ),
        ("/paymentRequest/type", json!("DOMESTIC_SCHEDULED_PAYMENT"), "paymentRequest.paymentDateTime: is required"),
        ("/paymentRequest/type", json!("DOMESTIC_PERIODIC_PAYMENT"), "paymentRequest.periodicPayment: is required"),
        ("/paymentRequest/type", json!("INTERNATIONAL_PAYMENT"), "paymentRequest.internationalPayment: is required"),
        (
            "/paymentRequest/type",
            json!("BULK_PAYMENT"),
            "The institution modelo-sandbox does not support CREATE_BULK_PAYMENT",
        ),
    ] {
        let refused = payment(path, &value).unwrap_err();
        assert!(refused.starts_with(rejection), "{path} {value}: {refused}");
    }
}

#[test]
fn a_consent_says_what_its_customer_left() {
    let waiting = journey(OneTime::Off, Some("a@b.c"));
    let about = About { state: Some("s".repeat(32)), token: None, now: NOW };
    let shown = |journey: &Journey, about: &About| serde_json::to_value(consent(journey, about)).unwrap();
    assert_eq!(
        shown(&waiting, &about),
        serde_json::json!({
            "id": waiting.id().to_string(), "userUuid": USER, "applicationUserId": "a@b.c",
            "institutionId": "modelo-sandbox", "status": "AWAITING_AUTHORIZATION",
            "createdAt": "2026-05-20T09:19:48.000Z", "featureScope": ["ACCOUNTS"], "state": "s".repeat(32),
        })
    );
    let refused = concluded(waiting.clone(), &Fact::pressed_cancel());
    assert_eq!(shown(&refused, &about)["status"], "REJECTED");
    let failed = concluded(waiting, &Fact::refused(ProviderRefusal::new("server_error", None)));
    assert_eq!(shown(&failed, &about)["status"], "FAILED");
    let final_outcome: &FinalOutcome = failed.final_outcome().unwrap();
    assert_eq!(Rejection::of(final_outcome).source.in_capitals(), "INSTITUTION");
}
