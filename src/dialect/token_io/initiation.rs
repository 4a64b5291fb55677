//! `initiation`: what is to be paid, to whom, and where the browser comes back to (contracts, section 4).

use url::Url;

use super::checked::{check_execution_date, limited, one_of, read_ref_id};
use super::party::{check_debtor, read_creditor};
use super::{Flow, Rejection, echo};
use crate::dialect::{Json, Object};
use crate::domain::{Amount, Invalid, UnixMillis};

/// The schemes by which a payment can be made.
const INSTRUMENTS: [&str; 9] = [
    "SEPA",
    "SEPA_INSTANT",
    FASTER_PAYMENTS,
    "ELIXIR",
    "EU_DOMESTIC_NON_EURO",
    "EU_DOMESTIC_NON_EURO_INSTANT",
    "BANKGIRO",
    "PLUSGIRO",
    "AUTO_SELECT",
];
const FASTER_PAYMENTS: &str = "FASTER_PAYMENTS";

const CHARGE_BEARERS: [&str; 4] = ["CRED", "DEBT", "SHAR", "SLEV"];

/// The most characters of the texts.
const MAX_REF_ID: usize = 18;
const MAX_PRIMARY: usize = 35;
const MAX_PRIMARY_OF_FASTER_PAYMENTS: usize = 18;
const MAX_SECONDARY: usize = 140;
const MAX_EXTERNAL_PSU: usize = 64;

/// The most bytes of a part of a body that is kept, written as it is kept.
const MAX_KEPT: usize = 8192;

/// An initiation that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initiation {
    /// What is to be paid.
    pub amount: Amount,
    /// At which bank, if the caller knows.
    pub bank: Option<String>,
    /// Where that is chosen.
    pub flow: Flow,
    /// The caller's own reference.
    pub ref_id: String,
    /// What the customer sees on the statement.
    pub remittance: String,
    /// Who is paid.
    pub creditor: String,
    /// Where the browser comes back to; a payment link may say nothing of it.
    pub callback: Option<String>,
    /// What comes back with it.
    pub state: Option<String>,
    /// All of it as it was sent, completed to what an answer has.
    pub kept: Json,
}

impl Initiation {
    /// Reads the object.
    ///
    /// Without `flowType` it is `API_ONLY`, which Token.io calls the default; clients leave it out.
    ///
    /// # Errors
    /// With the path of the first field that breaks a rule.
    pub(super) fn read(body: &Object, now: UnixMillis) -> Result<Self, Rejection> {
        let initiation = body.needed_object("initiation")?;
        let instrument = one_of(&initiation, "localInstrument", &INSTRUMENTS)?;
        let instrument = instrument.ok_or_else(|| initiation.missing("localInstrument"))?;
        // Without it the flow is the one that Token.io calls the default.
        let flow = one_of(&initiation, "flowType", &Flow::ASKED)?;
        let flow = flow.and_then(|word| Flow::of_word(&word)).unwrap_or(Flow::ApiOnly);
        let bank = initiation.text("bankId")?.filter(|bank| !bank.is_empty());
        if bank.is_none() && flow != Flow::FullHostedPages {
            let hint = "without it the bank is chosen on a page of ours, and flowType has to be FULL_HOSTED_PAGES";
            return Err(initiation.missing("bankId").hint(hint).into());
        }
        let ref_id = read_ref_id(&initiation, MAX_REF_ID)?;
        let remittance = read_remittance(&initiation, &instrument)?;
        let creditor = read_creditor(&initiation.needed_object("creditor")?)?;
        if let Some(debtor) = initiation.object("debtor")? {
            check_debtor(&debtor)?;
        }
        check_others(&initiation, now)?;
        Ok(Self {
            // Money has at most four decimals here, and no more than its currency has.
            amount: initiation.needed_object("amount")?.amount("value", Object::needed_text)?,
            bank,
            flow,
            ref_id,
            remittance,
            creditor,
            callback: read_callback(&initiation)?,
            state: initiation.code("callbackState")?.filter(|state| !state.is_empty()),
            kept: kept(body, flow)?,
        })
    }
}

fn read_remittance(initiation: &Object, instrument: &str) -> Result<String, Rejection> {
    let (primary, secondary) = ("remittanceInformationPrimary", "remittanceInformationSecondary");
    let most = if instrument == FASTER_PAYMENTS { MAX_PRIMARY_OF_FASTER_PAYMENTS } else { MAX_PRIMARY };
    let text = limited(initiation, primary, most)?.ok_or_else(|| initiation.missing(primary))?;
    let more = limited(initiation, secondary, MAX_SECONDARY)?;
    for (name, text) in [(primary, Some(&text)), (secondary, more.as_ref())] {
        if text.is_some_and(|text| holds_card_number(text)) {
            return Err(Rejection::CardNumber(Invalid::new(
                initiation.at(name),
                "holds what looks like a card number",
            )));
        }
    }
    Ok(text)
}

/// Token.io's callbacks are https, and lead home rather than back to it.
fn read_callback(initiation: &Object) -> Result<Option<String>, Rejection> {
    let Some(callback) = initiation.code("callbackUrl")?.filter(|callback| !callback.is_empty()) else {
        return Ok(None);
    };
    let place = initiation.at("callbackUrl");
    let url = Url::parse(&callback).map_err(|error| Invalid::new(&place, format!("is not a URL ({error})")))?;
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    if host == "token.io" || host.ends_with(".token.io") {
        return Err(Rejection::not_allowed(
            Invalid::new(place, "is under token.io").hint("expected a page of your own"),
        ));
    }
    if matches!(url.scheme(), "https" | "http") {
        return Ok(Some(callback));
    }
    Err(Invalid::new(place, "is not an https URL").hint("expected https://…").into())
}

/// What is checked as far as it is documented, and otherwise only given back.
fn check_others(initiation: &Object, now: UnixMillis) -> Result<(), Rejection> {
    initiation.text("onBehalfOfId")?;
    limited(initiation, "externalPsuReference", MAX_EXTERNAL_PSU)?;
    one_of(initiation, "chargeBearer", &CHARGE_BEARERS)?;
    initiation.object("risk")?;
    check_execution_date(initiation, now)?;
    if initiation.raw("vrpConsentId").is_some() {
        let invalid = Invalid::new(initiation.at("vrpConsentId"), "names a consent to recurring payments");
        return Err(Rejection::not_allowed(invalid.hint("this gateway has single payments")));
    }
    Ok(())
}

/// Whether 13 to 19 digits of a text, with spaces and hyphens among them, are a card number: they begin as those of the
/// great card schemes do, and their check digit is right (ISO/IEC 7812).
fn holds_card_number(text: &str) -> bool {
    let plain: Vec<u8> = text.bytes().filter(|b| !matches!(b, b' ' | b'-')).collect();
    plain.split(|b| !b.is_ascii_digit()).any(|digits| {
        (13..=19).contains(&digits.len()) && matches!(digits.first(), Some(b'2'..=b'6')) && has_check_digit(digits)
    })
}

fn has_check_digit(digits: &[u8]) -> bool {
    let sum: u32 = digits.iter().rev().enumerate().fold(0, |sum, (at, digit)| {
        let digit = u32::from(digit - b'0') << (at % 2);
        sum + digit / 10 + digit % 10
    });
    sum.is_multiple_of(10)
}

/// The object as it was sent, completed to what an answer has.
fn kept(body: &Object, flow: Flow) -> Result<Json, Rejection> {
    let sent = body.raw("initiation").unwrap_or_default();
    Ok(kept_part("initiation", echo::initiation(&body.needed_object("initiation")?, sent, flow)?)?)
}

/// A part of a body, which is kept with the journey and answered each time.
pub(super) fn kept_part(name: &str, kept: String) -> Result<Json, Invalid> {
    if kept.len() > MAX_KEPT {
        return Err(Invalid::new(name, format!("is longer than {MAX_KEPT} bytes")));
    }
    Json::of(kept).ok_or_else(|| Invalid::new(name, "is not a JSON object"))
}
