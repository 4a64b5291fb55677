//! `paymentRequest`: read as far as its customer will see it, and checked as far as it is documented (contracts, 3.2).

use super::json::Object;
use crate::domain::consent::Kind;
use crate::domain::invalid::Invalid;
use crate::domain::money::{Amount, Currency};

/// The types of payments.
const TYPES: [&str; 9] = [
    "DOMESTIC_PAYMENT",
    "DOMESTIC_INSTANT_PAYMENT",
    "DOMESTIC_VARIABLE_RECURRING_PAYMENT",
    "DOMESTIC_SCHEDULED_PAYMENT",
    "DOMESTIC_PERIODIC_PAYMENT",
    "INTERNATIONAL_PAYMENT",
    "INTERNATIONAL_SCHEDULED_PAYMENT",
    "INTERNATIONAL_PERIODIC_PAYMENT",
    "BULK_PAYMENT",
];

/// The ways to name an account.
const IDENTIFICATIONS: [&str; 21] = [
    "SORT_CODE",
    "ACCOUNT_NUMBER",
    "IBAN",
    "BBAN",
    "BIC",
    "PAN",
    "MASKED_PAN",
    "MSISDN",
    "BSB",
    "NCC",
    "ABA",
    "ABA_WIRE",
    "ABA_ACH",
    "EMAIL",
    "ROLL_NUMBER",
    "BLZ",
    "IFS",
    "CLABE",
    "CTN",
    "BRANCH_CODE",
    "VIRTUAL_ACCOUNT_ID",
];

/// The longest `paymentIdempotencyId` and `reference`, in characters.
const MAX_IDEMPOTENCY_ID: usize = 35;
const MAX_REFERENCE: usize = 18;

/// A payment that was read.
pub(super) struct Payment {
    /// Its type.
    pub payment_type: String,
    /// What its customer sees.
    pub kind: Kind,
}

/// Where the two endpoints keep the amount: `amount.amount`, or `amountDetails.amountToPay` on hosted pages.
pub(super) struct Names {
    /// The object.
    pub amount: &'static str,
    /// The number in it.
    pub number: &'static str,
}

/// The names of `paymentRequest`.
pub(super) const CLASSIC: Names = Names { amount: "amount", number: "amount" };

/// Reads a payment.
///
/// # Errors
/// With the path of the first field that breaks a rule.
pub(super) fn read(request: &Object, names: &Names) -> Result<Payment, Invalid> {
    check_idempotency_id(request)?;
    let payment_type = one_of(request, "type", &TYPES)?;
    let amount = read_amount(&request.needed_object(names.amount)?, names.number)?;
    let payee = request.needed_object("payee")?;
    let name = payee.needed_text("name")?;
    check_accounts(&payee, Needed::Yes)?;
    if let Some(payer) = request.object("payer")? {
        check_accounts(&payer, Needed::No)?;
    }
    request.moment("paymentDateTime")?;
    request.flag("readRefundAccount")?;
    let kind = Kind::Payment { amount, payee: name, reference: read_reference(request)? };
    Ok(Payment { payment_type, kind })
}

fn check_idempotency_id(request: &Object) -> Result<(), Invalid> {
    let name = "paymentIdempotencyId";
    let id = request.needed_text(name)?;
    if id.len() > MAX_IDEMPOTENCY_ID || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        let rule = format!("is not 1 to {MAX_IDEMPOTENCY_ID} letters and digits");
        return Err(Invalid::new(request.at(name), rule));
    }
    Ok(())
}

fn read_amount(details: &Object, number: &str) -> Result<Amount, Invalid> {
    let currency = details.needed_text("currency")?;
    let currency = Currency::parse(&currency).map_err(|invalid| invalid.at(details.at("currency")))?;
    Amount::parse(&details.needed_number(number)?, currency).map_err(|invalid| invalid.at(details.at(number)))
}

fn read_reference(request: &Object) -> Result<String, Invalid> {
    let reference = request.text("reference")?.unwrap_or_default();
    if reference.chars().count() > MAX_REFERENCE {
        let rule = format!("is longer than {MAX_REFERENCE} characters");
        return Err(Invalid::new(request.at("reference"), rule));
    }
    Ok(reference)
}

/// Whether a list has to have something in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    Yes,
    No,
}

fn check_accounts(party: &Object, needed: Needed) -> Result<(), Invalid> {
    let name = "accountIdentifications";
    let accounts = party.objects(name)?.unwrap_or_default();
    if accounts.is_empty() && needed == Needed::Yes {
        return Err(party.missing(name).hint("expected a list with at least one {type, identification}"));
    }
    for account in &accounts {
        one_of(account, "type", &IDENTIFICATIONS)?;
        account.needed_text("identification")?;
    }
    Ok(())
}

fn one_of(object: &Object, name: &str, known: &[&str]) -> Result<String, Invalid> {
    let text = object.needed_text(name)?;
    if known.contains(&text.as_str()) {
        return Ok(text);
    }
    Err(Invalid::new(object.at(name), "is not one of its documented values")
        .hint(format!("known are {}", known.join(", "))))
}
