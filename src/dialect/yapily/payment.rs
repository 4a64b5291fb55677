//! `paymentRequest`: read as far as its customer will see it, and checked to its bottom (contracts, 3.2).

use super::{Field, Form, features, forms};
use crate::dialect::Object;
use crate::domain::{FeatureRequest, Invalid, consent::Kind};

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

const CONTEXTS: [&str; 12] = [
    "BILL",
    "GOODS",
    "SERVICES",
    "OTHER",
    "PERSON_TO_PERSON",
    "BILL_IN_ADVANCE",
    "BILL_IN_ARREARS",
    "ECOMMERCE_MERCHANT",
    "FACE_TO_FACE_POS",
    "TRANSFER_TO_SELF",
    "TRANSFER_TO_THIRD_PARTY",
    "PISP_PAYEE",
];

const PAYEE_ACCOUNTS: [&str; 15] = [
    "BUSINESS",
    "BUSINESS_SAVING",
    "CHARITY",
    "COLLECTION",
    "CORPORATE",
    "E_WALLET",
    "GOVERNMENT",
    "INVESTMENT",
    "INVESTMENT_ISA",
    "JOINT_PERSONAL",
    "PENSION",
    "PERSONAL",
    "PERSONAL_SAVING",
    "PREMIER",
    "WEALTH",
];

const ADDRESSES: [&str; 9] =
    ["BUSINESS", "CORRESPONDENCE", "DELIVERY_TO", "MAIL_TO", "PO_BOX", "POSTAL", "RESIDENTIAL", "STATEMENT", "UNKNOWN"];

const FREQUENCIES: [&str; 10] = [
    "DAILY",
    "EVERY_WORKING_DAY",
    "CALENDAR_DAY",
    "WEEKLY",
    "EVERY_TWO_WEEKS",
    "MONTHLY",
    "EVERY_TWO_MONTHS",
    "QUARTERLY",
    "SEMIANNUAL",
    "ANNUAL",
];

/// An account, as a party of a payment and an account request name one.
pub(super) const ACCOUNT: [Field; 2] =
    [Field::needed("type", Form::OneOf(&IDENTIFICATIONS)), Field::needed("identification", Form::Text)];

const ADDRESS: [Field; 10] = [
    Field::of("addressLines", Form::Texts),
    Field::of("streetName", Form::Text),
    Field::of("buildingNumber", Form::Text),
    Field::of("postCode", Form::Text),
    Field::of("townName", Form::Text),
    Field::of("county", Form::Texts),
    Field::of("country", Form::Country),
    Field::of("department", Form::Text),
    Field::of("subDepartment", Form::Text),
    Field::of("addressType", Form::OneOf(&ADDRESSES)),
];

const PAYEE: [Field; 6] = [
    Field::needed("name", Form::Text),
    Field::needed("accountIdentifications", Form::Objects(&ACCOUNT)),
    Field::of("accountType", Form::OneOf(&PAYEE_ACCOUNTS)),
    Field::of("address", Form::Object(&ADDRESS)),
    Field::of("merchantId", Form::Text),
    Field::of("merchantCategoryCode", Form::Digits(4)),
];

/// A payer may be known by name alone: its bank asks for the account.
const PAYER: [Field; 3] = [
    Field::of("name", Form::Text),
    Field::of("accountIdentifications", Form::Objects(&ACCOUNT)),
    Field::of("address", Form::Object(&ADDRESS)),
];

const FREQUENCY: [Field; 4] = [
    Field::needed("type", Form::OneOf(&FREQUENCIES)),
    Field::of("intervalWeek", Form::Count),
    Field::of("intervalMonth", Form::Count),
    Field::of("executionDay", Form::Count),
];

const PERIODIC: [Field; 6] = [
    Field::needed("frequency", Form::Object(&FREQUENCY)),
    Field::of("numberOfPayments", Form::Count),
    Field::of("nextPaymentDateTime", Form::UnixMillis),
    Field::of("nextPaymentAmount", Form::Money("amount")),
    Field::of("finalPaymentDateTime", Form::UnixMillis),
    Field::of("finalPaymentAmount", Form::Money("amount")),
];

const RATE: [Field; 4] = [
    Field::needed("unitCurrency", Form::Currency),
    Field::of("rate", Form::Number),
    Field::needed("rateType", Form::OneOf(&["ACTUAL", "AGREED", "INDICATIVE"])),
    Field::of("foreignExchangeContractReference", Form::Text),
];

const INTERNATIONAL: [Field; 5] = [
    Field::needed("currencyOfTransfer", Form::Currency),
    Field::of("exchangeRateInformation", Form::Object(&RATE)),
    Field::of("purpose", Form::Text),
    Field::of("priority", Form::OneOf(&["NORMAL", "URGENT"])),
    Field::of("chargeBearer", Form::OneOf(&["DEBT", "CRED", "SHAR", "SLEV"])),
];

/// What every payment may have besides. The id is only checked: Yapily's own client cuts a UUID with its dashes into
/// it, whatever the prose says of letters and digits.
const FIELDS: [Field; 10] = [
    Field::needed("paymentIdempotencyId", Form::Text),
    Field::of("contextType", Form::OneOf(&CONTEXTS)),
    Field::of("purposeCode", Form::Letters(4)),
    Field::needed("payee", Form::Object(&PAYEE)),
    Field::of("payer", Form::Object(&PAYER)),
    Field::of("periodicPayment", Form::Object(&PERIODIC)),
    Field::of("internationalPayment", Form::Object(&INTERNATIONAL)),
    Field::of("paymentDateTime", Form::UnixMillis),
    Field::of("paymentDueDate", Form::Day),
    Field::of("readRefundAccount", Form::Flag),
];

/// The longest `paymentIdempotencyId`, in characters.
const MAX_IDEMPOTENCY_ID: usize = 35;

/// A payment that was read.
pub(super) struct Payment {
    /// What an institution needs to be able to do for it.
    pub features: FeatureRequest,
    /// What its customer sees.
    pub kind: Kind,
}

/// How the two endpoints differ.
pub(super) struct Dress {
    /// The object with the amount: `amount`, or `amountDetails` on hosted pages.
    pub amount: &'static str,
    /// The number in it.
    pub number: &'static str,
    /// The longest reference, in characters.
    pub reference: usize,
    /// Whether what a type needs has a place in the body.
    pub types: Types,
}

/// Whether a body has fields for what the types of payments need.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Types {
    /// It has.
    Dressed,
    /// Hosted pages have none.
    Bare,
}

/// How `paymentRequest` is written.
pub(super) const CLASSIC: Dress = Dress { amount: "amount", number: "amount", reference: 18, types: Types::Dressed };

/// Reads a payment.
///
/// # Errors
/// With the path of the first field that breaks a rule.
pub(super) fn read(request: &Object, dress: &Dress) -> Result<Payment, Invalid> {
    forms::check(request, &FIELDS)?;
    limited(request, "paymentIdempotencyId", MAX_IDEMPOTENCY_ID)?;
    let payment_type = forms::one_of(request, "type", &features::payment_types())?;
    if dress.types == Types::Dressed {
        check_type(request, &payment_type)?;
    }
    let amount = forms::read_money(&request.needed_object(dress.amount)?, dress.number)?;
    let payee = request.needed_object("payee")?.needed_text("name")?;
    let reference = limited(request, "reference", dress.reference)?;
    Ok(Payment { features: features::of_payment(&payment_type), kind: Kind::Payment { amount, payee, reference } })
}

/// What a type of payment needs is there.
fn check_type(request: &Object, payment_type: &str) -> Result<(), Invalid> {
    let missing = |object: &Object, name: &str| {
        Err(Invalid::new(object.at(name), super::json::REQUIRED).hint(format!("{payment_type} needs it")))
    };
    if payment_type.ends_with("_SCHEDULED_PAYMENT") && request.checked_moment("paymentDateTime")?.is_none() {
        return missing(request, "paymentDateTime");
    }
    if payment_type.ends_with("_PERIODIC_PAYMENT") && request.raw("periodicPayment").is_none() {
        return missing(request, "periodicPayment");
    }
    if payment_type.starts_with("INTERNATIONAL_") {
        if request.raw("internationalPayment").is_none() {
            return missing(request, "internationalPayment");
        }
        let payee = request.needed_object("payee")?;
        if payee.raw("address").is_none() {
            return missing(&payee, "address");
        }
    }
    Ok(())
}

/// A text with an end; empty where it is absent.
fn limited(request: &Object, name: &str, most: usize) -> Result<String, Invalid> {
    let text = request.text(name)?.unwrap_or_default();
    if text.chars().count() > most {
        return Err(Invalid::new(request.at(name), format!("is longer than {most} characters")));
    }
    Ok(text)
}
