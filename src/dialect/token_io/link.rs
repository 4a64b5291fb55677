//! Payment links: a payment behind an address that can be sent to the payer (contracts, section 2).
//!
//! Token.io's links can be used many times, and each use is a payment. A link of this gateway is one payment, and is
//! used once: `maxUsageCount` is 1, and a link that asks for more is refused rather than misunderstood.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Flow, Initiation, Kept, PaymentRequest, Rejection, echo};
use super::{canonical::compact, checked::read_ref_id, initiation::kept_part, moments};
use crate::dialect::{Json, Object, Pairs};
use crate::domain::words::words;
use crate::domain::{Amount, Cause, Expiry, Invalid, Journey, JourneyId, OpenRequest, Outcome, Stage, UnixMillis};

/// The two parts of the body.
const TEMPLATE: &str = "paymentTemplate";
const CONFIG: &str = "linkConfig";

/// Where a call says when its link expires.
const EXPIRES_AT: &str = "linkConfig.expiresAt";

/// What every id of a payment link begins with.
const PREFIX: &str = "pl-";

/// The longest `refId` of a template: the payment's own, of 18 characters, continues it.
const MAX_REF_ID: usize = 13;

/// A payment link that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentLink {
    /// The payment behind it.
    pub initiation: Initiation,
    /// What must be answered back of the template.
    pub template: Json,
    /// What must be answered back of its limits.
    pub config: Option<Json>,
    /// When it expires, where that was asked for.
    pub expires_at: Option<UnixMillis>,
}

impl PaymentLink {
    /// Reads a body. `suffix` continues the template's `refId` in the payment's: up to four letters and digits.
    ///
    /// # Errors
    /// With the path of the first field that breaks a rule.
    pub fn read(body: &[u8], suffix: &str, now: UnixMillis) -> Result<Self, Rejection> {
        let body = Object::of_body(body)?;
        let template = body.needed_object(TEMPLATE)?;
        let ref_id = read_ref_id(&template, MAX_REF_ID)
            .map_err(|invalid| invalid.hint("expected at most 13 characters: the payment's own refId continues it"))?;
        check_amount(&template)?;
        let payment = payment_of(body.raw(TEMPLATE).unwrap_or_default(), &format!("{ref_id}-{suffix}"))?;
        let initiation = Initiation::read(&Object::of_body(payment.as_bytes())?, now).map_err(of_template)?;
        let config = body.object(CONFIG)?;
        let expires_at = config.map(|config| check_config(&config, initiation.amount)).transpose()?.flatten();
        let template = echo::template(&template, body.raw(TEMPLATE).unwrap_or_default())?;
        Ok(Self {
            initiation,
            template: kept_part(TEMPLATE, template)?,
            config: body.raw(CONFIG).map(|config| kept_part(CONFIG, compact(config))).transpose()?,
            expires_at,
        })
    }

    /// The journey that it is. `webhook` is where every change of its payment goes.
    pub fn open_request(&self, webhook: Option<&str>) -> OpenRequest {
        let request = PaymentRequest { initiation: self.initiation.clone(), consented: false };
        let kept = Kept {
            flow: Some(Flow::PaymentLink),
            payment_template: Some(self.template.clone()),
            link_config: self.config.clone(),
            ..request.kept()
        };
        OpenRequest {
            dialect_data: kept.written(),
            expiry: self.expires_at.map(|at| Expiry::at(EXPIRES_AT, at)),
            ..request.open_request(webhook)
        }
    }
}

/// Where the payer says how much, nobody here would ask for it.
fn check_amount(template: &Object) -> Result<(), Rejection> {
    let amount = template.needed_object("amount")?;
    if amount.raw("value").is_none() {
        let hint = "links of this gateway have a fixed amount";
        return Err(amount.missing("value").hint(hint).into());
    }
    Ok(())
}

/// The initiation of the payment that a template stands for.
fn payment_of(template: &str, ref_id: &str) -> Result<String, Rejection> {
    let unreadable = |error: serde_json::Error| Invalid::new(TEMPLATE, format!("is not a JSON object ({error})"));
    let text = |text: &str| serde_json::value::to_raw_value(text).map_err(unreadable);
    let mut members: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str::<Pairs>(template).map_err(unreadable)?.0.into_iter().collect();
    // An empty text is as good as absent.
    members.retain(|name, value| name != "id" && value.get() != "\"\"");
    members.insert("refId".to_owned(), text(ref_id)?);
    members.insert("flowType".to_owned(), text("FULL_HOSTED_PAGES")?);
    members.entry("remittanceInformationPrimary".to_owned()).or_insert(text(ref_id)?);
    let initiation = serde_json::to_string(&members).map_err(unreadable)?;
    Ok(format!("{{\"initiation\":{initiation}}}"))
}

/// A refusal of the payment, as one of the template that it was made of.
fn of_template(rejection: Rejection) -> Rejection {
    match rejection {
        Rejection::Field(rule, invalid) => Rejection::Field(rule, invalid.moved("initiation", TEMPLATE)),
        Rejection::CardNumber(invalid) => Rejection::CardNumber(invalid.moved("initiation", TEMPLATE)),
        other => other,
    }
}

fn check_config(config: &Object, amount: Amount) -> Result<Option<UnixMillis>, Rejection> {
    if config.whole("maxUsageCount")?.is_some_and(|count| count != 1) {
        let invalid = Invalid::new(config.at("maxUsageCount"), "is not 1");
        return Err(Rejection::not_allowed(
            invalid.hint("links of this gateway are used once; open one for each payment"),
        ));
    }
    for name in ["perPaymentAmountLimit", "totalAmountLimit"] {
        let Some(limit) = config.text(name)? else { continue };
        let limit = Amount::parse(&limit, amount.currency()).map_err(|invalid| invalid.at(config.at(name)))?;
        if limit.minor() < amount.minor() {
            return Err(Rejection::not_allowed(Invalid::new(config.at(name), "is less than the amount of the link")));
        }
    }
    Ok(config.moment("expiresAt")?)
}

/// Whether a journey is a payment link.
pub fn is_payment_link(journey: &Journey) -> bool {
    Kept::of(journey).payment_template.is_some()
}

/// The id of a payment link.
pub fn link_id(journey: JourneyId) -> String {
    format!("{PREFIX}{journey}")
}

/// Reads the id of a payment link.
///
/// # Errors
/// When it is none of ours.
pub fn read_link_id(text: &str) -> Result<JourneyId, Invalid> {
    let id = text.strip_prefix(PREFIX).and_then(|id| id.parse().ok()).filter(|id| link_id(*id) == text);
    id.ok_or_else(|| Invalid::new("paymentLinkId", "is no payment link id of this gateway"))
}

/// What two of the filters look at: `onBehalfOfId` and `externalPsuReference`.
pub(super) fn templates(journey: &Journey) -> (Option<String>, Option<String>) {
    let template = Kept::of(journey).payment_template.and_then(|template| Object::of_kept(&template));
    let text = |name| template.as_ref().and_then(|template| template.text(name).ok()?);
    (text("onBehalfOfId"), text("externalPsuReference"))
}

words! {
    /// Where a payment link stands.
    pub enum LinkStatus {
        /// It can be used.
        Active = "LINK_ACTIVE",
        /// Its time is over.
        Expired = "LINK_EXPIRED",
        /// The merchant has ended it.
        Canceled = "LINK_CANCELED",
        /// It has been used.
        Used = "USAGE_LIMIT_REACHED",
    }
}

impl LinkStatus {
    /// Where the link of a journey stands.
    pub fn of(journey: &Journey, now: UnixMillis) -> Self {
        match journey.stage() {
            Stage::Concluded(final_outcome) => match (final_outcome.outcome, &final_outcome.cause) {
                (Outcome::Cancelled, Cause::Merchant) => Self::Canceled,
                (Outcome::Expired, _) => Self::Expired,
                _ => Self::Used,
            },
            Stage::HandedBack => Self::Used,
            Stage::Open(_) | Stage::Away { .. } if journey.is_lapsed(now) => Self::Expired,
            Stage::Open(_) | Stage::Away { .. } => Self::Active,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    id: String,
    member_id: String,
    status: &'static str,
    created_at: String,
    payment_template: Option<Json>,
    link_config: Config,
    url: &'a str,
    current_usage: Usage,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    max_usage_count: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_payment_amount_limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_amount_limit: Option<String>,
    expires_at: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Usage {
    remaining_count: u8,
}

/// A payment link as its merchant sees it; `url` is where its customer goes.
///
/// # Errors
/// When it cannot be written.
pub fn payment_link(journey: &Journey, url: &str, now: UnixMillis) -> serde_json::Result<Box<RawValue>> {
    let status = LinkStatus::of(journey, now);
    let Kept { payment_template, link_config, .. } = Kept::of(journey);
    let config = link_config.and_then(|config| Object::of_kept(&config));
    let limit = |name| config.as_ref().and_then(|config| config.text(name).ok()?);
    serde_json::value::to_raw_value(&View {
        id: link_id(*journey.id()),
        member_id: super::member_id(journey.opening().merchant),
        status: status.as_str(),
        created_at: moments::written(journey.opening().opened_at),
        payment_template,
        link_config: Config {
            max_usage_count: 1,
            per_payment_amount_limit: limit("perPaymentAmountLimit"),
            total_amount_limit: limit("totalAmountLimit"),
            expires_at: moments::written(journey.opening().expires_at),
        },
        url,
        current_usage: Usage { remaining_count: u8::from(status == LinkStatus::Active) },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::Shard;

    const NOW: UnixMillis = UnixMillis::from_millis(1_780_000_000_000);

    fn sent(changes: &[(&str, Value)]) -> Value {
        let mut body = json!({
            "paymentTemplate": {
                "amount": { "currency": "EUR", "value": "10.00" }, "localInstrument": "SEPA", "refId": "COFFEESHOP123",
                "creditor": { "name": "Customer Inc.", "iban": "GB29NWBK60161331926819" },
                "callbackUrl": "https://tpp.com/callback",
            },
            "linkConfig": { "maxUsageCount": 1, "expiresAt": "2026-12-31T23:59:59Z" },
        });
        for (place, value) in changes {
            let (parent, name) = place.rsplit_once('/').unwrap();
            body.pointer_mut(parent).unwrap()[name] = value.clone();
        }
        body
    }

    fn read(changes: &[(&str, Value)]) -> Result<PaymentLink, Rejection> {
        PaymentLink::read(sent(changes).to_string().as_bytes(), "x7Q2", NOW)
    }

    #[test]
    fn a_template_becomes_a_payment_on_hosted_pages_with_a_reference_of_its_own() {
        let link = read(&[]).unwrap();
        assert_eq!(link.initiation.ref_id, "COFFEESHOP123-x7Q2");
        assert_eq!(
            (link.initiation.remittance.as_str(), link.initiation.bank.as_deref()),
            ("COFFEESHOP123-x7Q2", None)
        );
        assert_eq!(link.initiation.callback.as_deref(), Some("https://tpp.com/callback"));
        assert!(link.initiation.flow.is_hosted());
        assert_eq!(link.expires_at.map(moments::written).as_deref(), Some("2026-12-31T23:59:59.000Z"));
        let said = [
            ("/paymentTemplate/remittanceInformationPrimary", json!("Coffee")),
            ("/paymentTemplate/callbackUrl", Value::Null),
        ];
        let link = read(&said).unwrap();
        assert_eq!((link.initiation.remittance.as_str(), link.initiation.callback.as_deref()), ("Coffee", None));
        let kept = Kept::read(&link.open_request(None).dialect_data);
        assert_eq!((kept.payment_template, kept.link_config), (Some(link.template), link.config));
        assert_eq!(kept.flow, Some(Flow::PaymentLink));
    }

    #[test]
    fn a_refusal_names_the_field_where_it_was_sent() {
        for (place, value, code, path) in [
            ("/paymentTemplate/refId", json!("COFFEESHOP1234"), "Field.InvalidFormat", "paymentTemplate.refId"),
            ("/paymentTemplate/refId", Value::Null, "Field.Expected", "paymentTemplate.refId"),
            ("/paymentTemplate/amount/value", Value::Null, "Field.Expected", "paymentTemplate.amount.value"),
            ("/paymentTemplate/creditor/iban", json!("GB 29"), "Field.InvalidFormat", "paymentTemplate.creditor.iban"),
            ("/paymentTemplate/localInstrument", json!("CASH"), "Field.Invalid", "paymentTemplate.localInstrument"),
            ("/linkConfig/maxUsageCount", json!(100), "Field.Invalid", "linkConfig.maxUsageCount"),
            ("/linkConfig/perPaymentAmountLimit", json!("9.99"), "Field.Invalid", "linkConfig.perPaymentAmountLimit"),
            ("/linkConfig/totalAmountLimit", json!("x"), "Field.InvalidFormat", "linkConfig.totalAmountLimit"),
            ("/linkConfig/more", json!("x".repeat(8192)), "Field.InvalidFormat", "linkConfig"),
            ("/paymentTemplate/id", json!("x".repeat(8192)), "Field.InvalidFormat", "paymentTemplate"),
            ("/linkConfig/expiresAt", json!("tomorrow"), "Field.InvalidFormat", "linkConfig.expiresAt"),
        ] {
            let rejection = read(&[(place, value)]).unwrap_err();
            let failure = rejection.failure();
            assert_eq!((failure.error_code, failure.paths), (Some(code), Some([path])), "{place}");
        }
    }

    #[test]
    fn spaces_between_the_parts_are_not_kept() {
        let body = format!("{{{}\n{}", " ".repeat(9000), sent(&[]).to_string().trim_start_matches('{'));
        let spaced = body.replace("\"linkConfig\":{", &format!("\"linkConfig\":{{{}", " ".repeat(9000)));
        assert_ne!(spaced, body);
        let link = PaymentLink::read(spaced.as_bytes(), "x7Q2", NOW).unwrap();
        let plain = read(&[]).unwrap();
        assert_eq!((link.template, link.config), (plain.template, plain.config));
    }

    #[test]
    fn ids_come_back_from_their_text_and_no_other_spelling_does() {
        let id = JourneyId::mint([0xa7; 16], Shard::of_byte(7));
        assert_eq!(read_link_id(&link_id(id)), Ok(id));
        for bad in ["", "pl-", &id.to_string(), &link_id(id).to_uppercase(), &link_id(id).replace('-', "")] {
            assert!(read_link_id(bad).is_err(), "{bad} was accepted");
        }
    }
}
