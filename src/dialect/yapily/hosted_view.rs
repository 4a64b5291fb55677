//! A hosted request, as answers show it (contracts, section 10; the vendor's `Hosted…Response` objects).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_with::skip_serializing_none;

use super::{About, HostedKind, Kept, consent, moments, phases};
use super::{consent::AuthorisationError, hosted::AMOUNT};
use crate::dialect::{Object, Pairs};
use crate::domain::consent::{Kind, Status};
use crate::domain::{Amount, ApplicationUser, Consent, Journey, Secret};

#[skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    consent_request_id: Option<String>,
    payment_request_id: Option<String>,
    consent_id: Option<String>,
    user_id: String,
    application_user_id: Option<&'a str>,
    application_id: String,
    institution_identifiers: Identifiers<'a>,
    user_settings: Option<Box<RawValue>>,
    redirect_url: String,
    account_request_details: Option<AccountDetails>,
    payment_request_details: Option<Box<RawValue>>,
    hosted_url: &'a str,
    created_at: String,
    authorisation_expires_at: String,
    status: Option<&'static str>,
    phases: Option<Vec<phases::Phase>>,
    payments: Option<Vec<PaymentView<'a>>>,
    consent_status: Option<&'static str>,
    authorisation_error: Option<AuthorisationError>,
    consent_token: Option<&'a str>,
}

#[skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identifiers<'a> {
    institution_id: Option<&'a str>,
    institution_country_code: String,
}

/// What an account request comes to: its end is the one that will be kept.
#[skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountDetails {
    transaction_from: Option<String>,
    transaction_to: Option<String>,
    expires_at: Option<String>,
    feature_scope: Option<Vec<String>>,
}

/// The one payment of a request, once its customer has been sent to an institution. It has the id of its consent: there
/// is one of each. What the institution says of the payment itself is not known here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentView<'a> {
    payment_id: String,
    consent_id: String,
    institution_identifiers: Identifiers<'a>,
    phases: Vec<phases::Phase>,
    payment_status: &'static str,
    amount: AmountView,
    #[serde(flatten)]
    details: BTreeMap<String, Box<RawValue>>,
}

#[derive(Serialize)]
struct AmountView {
    amount: Option<Box<RawValue>>,
    currency: String,
}

/// How much of a hosted request is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// What was asked for.
    Request,
    /// And what became of it.
    Outcome,
}

/// A hosted request of this kind. `None` when the journey was asked for in another way.
///
/// A payment's request is `ACTIVE`, and says where its consent stands by the field that the documentation's prose has
/// for it.
pub fn hosted_request<'a>(
    journey: &'a Journey,
    about: &'a About,
    hosted_url: &'a str,
    (kind, shown): (HostedKind, Shown),
) -> Option<impl Serialize + use<'a>> {
    let opening = journey.opening();
    let (consent, kept) = (opening.purpose.consent()?, Kept::of(journey));
    let redirect_url = kept.redirect_url.clone()?;
    let is_payment = matches!(consent.kind, Kind::Payment { .. });
    if is_payment != (kind == HostedKind::Payment) {
        return None;
    }
    let id = || Some(journey.id().to_string());
    let status = journey.consent_status(about.now).filter(|_| shown == Shown::Outcome);
    let in_force = matches!(status, Some(Status::Authorised | Status::AwaitedAgain));
    Some(View {
        consent_request_id: if is_payment { None } else { id() },
        payment_request_id: if is_payment { id() } else { None },
        consent_id: status.map(|_| journey.id().to_string()),
        user_id: consent.user.to_string(),
        application_user_id: consent.application_user.as_ref().map(ApplicationUser::as_str),
        application_id: opening.merchant.to_string(),
        institution_identifiers: identifiers(journey, &kept),
        user_settings: kept.user_settings.as_ref().and_then(|sent| cleaned(sent.get(), None)),
        redirect_url,
        account_request_details: account_details(journey, consent, &kept),
        payment_request_details: details(consent, &kept),
        hosted_url,
        created_at: moments::written(opening.opened_at),
        authorisation_expires_at: moments::written(opening.expires_at),
        status: if is_payment { Some("ACTIVE") } else { status.map(hosted_status) },
        phases: status.filter(|_| !is_payment).map(|_| phases::of(journey)),
        payments: status.filter(|_| is_payment).map(|_| payments(journey, (consent, &kept), about)),
        consent_status: status.filter(|_| is_payment).map(consent::status),
        authorisation_error: status.and_then(|_| consent::authorisation_error(journey, about.now)),
        consent_token: about.token.as_ref().filter(|_| in_force).map(Secret::reveal),
    })
}

/// Hosted consents have no word for one that is asked for again: until that is over, what was given before is in force.
const fn hosted_status(status: Status) -> &'static str {
    match status {
        Status::AwaitedAgain => consent::status(Status::Authorised),
        status => consent::status(status),
    }
}

fn identifiers<'a>(journey: &'a Journey, kept: &Kept) -> Identifiers<'a> {
    Identifiers {
        institution_id: journey.institution(),
        institution_country_code: kept.institution_country_code.clone().unwrap_or_default(),
    }
}

fn account_details(journey: &Journey, consent: &Consent, kept: &Kept) -> Option<AccountDetails> {
    let asked = Object::of_kept(kept.account_request.as_ref()?)?;
    Some(AccountDetails {
        transaction_from: kept.transaction_from.clone(),
        transaction_to: kept.transaction_to.clone(),
        expires_at: consent.promised_until(journey.opening().opened_at).map(moments::written),
        feature_scope: asked.texts("featureScope").ok()?,
    })
}

/// The payment as it was asked for.
fn details(consent: &Consent, kept: &Kept) -> Option<Box<RawValue>> {
    let Kind::Payment { amount, .. } = &consent.kind else { return None };
    cleaned(kept.payment_request_details.as_ref()?.get(), Some(*amount))
}

fn payments<'a>(journey: &'a Journey, (consent, kept): (&Consent, &Kept), about: &About) -> Vec<PaymentView<'a>> {
    let Kind::Payment { amount, .. } = &consent.kind else { return Vec::new() };
    if journey.visits().is_empty() {
        return Vec::new();
    }
    let details = details(consent, kept).and_then(|raw| serde_json::from_str::<Pairs>(raw.get()).ok());
    let details = details.map(|Pairs(members)| members.into_iter().filter(|(name, _)| name != AMOUNT.0));
    vec![PaymentView {
        payment_id: journey.id().to_string(),
        consent_id: journey.id().to_string(),
        institution_identifiers: identifiers(journey, kept),
        phases: phases::of(journey),
        payment_status: match journey.consent_status(about.now) {
            Some(Status::Rejected | Status::Revoked | Status::Failed | Status::Expired) => "FAILED",
            _ => "PENDING",
        },
        amount: AmountView {
            amount: RawValue::from_string(amount.shortest()).ok(),
            currency: amount.currency().to_string(),
        },
        details: details.into_iter().flatten().collect(),
    }]
}

/// What was sent, as the document has it: members that say nothing are left out, and the amount is a number, also where
/// it was sent as a text.
fn cleaned(raw: &str, amount: Option<Amount>) -> Option<Box<RawValue>> {
    if raw.starts_with('{') {
        let Pairs(members): Pairs = serde_json::from_str(raw).ok()?;
        let number = |name: &str| amount.filter(|_| name == AMOUNT.1).map(Amount::shortest);
        let member = |(name, value): (String, Box<RawValue>)| match number(&name) {
            _ if matches!(value.get(), "null" | "\"\"") => None,
            Some(number) => Some((name, RawValue::from_string(number).ok()?)),
            None => Some((name, cleaned(value.get(), amount)?)),
        };
        return to_raw_value(&Pairs(members.into_iter().filter_map(member).collect())).ok();
    }
    if raw.starts_with('[') {
        let items: Vec<Box<RawValue>> = serde_json::from_str(raw).ok()?;
        let items: Vec<_> = items.iter().filter_map(|item| cleaned(item.get(), amount)).collect();
        return to_raw_value(&items).ok();
    }
    RawValue::from_string(raw.to_owned()).ok()
}
