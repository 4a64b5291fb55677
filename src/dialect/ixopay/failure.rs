//! Why a transaction failed: IXOPAY's codes, with their sentences (contracts/ixopay.md, section 9).

use serde::Serialize;

use crate::domain::{Cause, FinalOutcome, Outcome, ProviderRefusal};

/// A code of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Its number.
    pub number: u16,
    /// Its sentence.
    pub message: &'static str,
}

const fn code(number: u16, message: &'static str) -> Code {
    Code { number, message }
}

impl Code {
    /// The call could not be done, for a reason that has no code of its own.
    pub const REQUEST_FAILED: Self = code(1000, "Request failed");
    /// A field breaks a rule.
    pub const INVALID_DATA: Self = code(1002, "Invalid request data");
    /// The signature is not the shared secret's.
    pub const INVALID_SIGNATURE: Self = code(1004, "Invalid signature");
    /// The body is no JSON object.
    pub const INVALID_BODY: Self = code(1005, "Invalid request body");
    /// The transaction before it does not allow this one.
    pub const LOGICAL: Self = code(1006, "Logical error");
    /// The gateway lacks something.
    pub const SYSTEM: Self = code(1008, "Unexpected system error");
    /// A limit on calls has been reached.
    pub const TOO_MANY: Self = code(1009, "Too many requests");
    /// The store does not answer.
    pub const MAINTENANCE: Self = code(1010, "System maintenance");
    /// The customer said no.
    pub const USER_CANCELLED: Self = code(2002, "User cancelled");
    /// The bank could not or would not.
    pub const DECLINED: Self = code(2003, "Transaction declined");
    /// Nobody finished it in time.
    pub const EXPIRED: Self = code(2005, "Transaction expired");
    /// The merchant withdrew it.
    pub const CANCELLED: Self = code(2012, "Transaction cancelled");
    /// The bank could not be asked.
    pub const UNAVAILABLE: Self = code(3003, "Temporary unavailable");
    /// The bank's answer was lost.
    pub const COMMUNICATION: Self = code(3005, "Communication error");
    /// The merchant's own id has been used before.
    pub const DUPLICATE: Self = code(3004, "Duplicate transaction ID");
    /// There is no such transaction.
    pub const NOT_FOUND: Self = code(8001, "Transaction not found");
}

/// Why a transaction failed, with the bank's own words where it had any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The code.
    pub code: Code,
    /// The bank's `error` and `error_description`.
    pub bank: Option<ProviderRefusal>,
}

impl Failure {
    /// What a final outcome says. `None` when it is a success.
    pub fn of(final_outcome: &FinalOutcome) -> Option<Self> {
        let code = match (final_outcome.outcome, &final_outcome.cause) {
            (Outcome::Paid | Outcome::Authorised | Outcome::Done, _) => return None,
            (Outcome::Cancelled, Cause::Merchant) => Code::CANCELLED,
            (Outcome::Cancelled, _) => Code::USER_CANCELLED,
            (Outcome::Failed, Cause::Provider(Some(error))) => of_bank(error),
            (Outcome::Failed, _) => Code::DECLINED,
            (Outcome::Expired, _) => Code::EXPIRED,
        };
        Some(Self { code, bank: final_outcome.refusal().cloned() })
    }

    /// Whether somebody chose it: the customer or the merchant.
    pub(super) fn is_a_choice(&self) -> bool {
        self.code == Code::USER_CANCELLED || self.code == Code::CANCELLED
    }

    /// As answers list it: the code is a number.
    pub(super) fn listed(&self) -> Listed<'_> {
        Listed {
            error_message: self.code.message,
            error_code: self.code.number,
            adapter_message: self.bank.as_ref().and_then(ProviderRefusal::description),
            adapter_code: self.bank.as_ref().map(ProviderRefusal::code),
        }
    }
}

/// The code of a bank's error: its own trouble, and what cannot be done to the transaction before, are known from its
/// no.
fn of_bank(error: &ProviderRefusal) -> Code {
    match error.code() {
        "temporarily_unavailable" => Code::UNAVAILABLE,
        "answer_lost" | "answer_unreadable" => Code::COMMUNICATION,
        "operation_not_possible" => Code::LOGICAL,
        _ => Code::DECLINED,
    }
}

/// A member of `errors`.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed<'a> {
    pub error_message: &'a str,
    pub error_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter_code: Option<&'a str>,
}

/// The body of a refusal: no transaction came of the call, so there is no `uuid`, and no callback ever.
///
/// # Errors
/// When it cannot be written as JSON, which no text is known to do.
pub fn rejection(message: &str, code: Code) -> serde_json::Result<String> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Rejection<'a> {
        success: bool,
        error_message: &'a str,
        error_code: u16,
    }
    serde_json::to_string(&Rejection { success: false, error_message: message, error_code: code.number })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::UnixMillis;

    fn failure(outcome: Outcome, cause: Cause) -> Option<Failure> {
        Failure::of(&FinalOutcome { outcome, at: UnixMillis::from_millis(0), cause, instrument: None })
    }

    #[test]
    fn every_end_has_a_code() {
        let error = ProviderRefusal::new("server_error", Some("Out to lunch."));
        let [away, lost, unread, odd] =
            ["temporarily_unavailable", "answer_lost", "answer_unreadable", "operation_not_possible"]
                .map(|code| ProviderRefusal::new(code, None));
        for (outcome, cause, number, bank) in [
            (Outcome::Cancelled, Cause::Customer, 2002, None),
            (Outcome::Cancelled, Cause::Provider(Some(error.clone())), 2002, Some(&error)),
            (Outcome::Cancelled, Cause::Merchant, 2012, None),
            (Outcome::Failed, Cause::Provider(Some(error.clone())), 2003, Some(&error)),
            (Outcome::Failed, Cause::Provider(Some(away.clone())), 3003, Some(&away)),
            (Outcome::Failed, Cause::Provider(Some(lost.clone())), 3005, Some(&lost)),
            (Outcome::Failed, Cause::Provider(Some(unread.clone())), 3005, Some(&unread)),
            (Outcome::Failed, Cause::Provider(Some(odd.clone())), 1006, Some(&odd)),
            (Outcome::Failed, Cause::Provider(None), 2003, None),
            (Outcome::Expired, Cause::Time, 2005, None),
        ] {
            let failure = failure(outcome, cause.clone()).unwrap();
            assert_eq!((failure.code.number, failure.bank.as_ref()), (number, bank), "{outcome:?} {cause:?}");
        }
        for outcome in [Outcome::Paid, Outcome::Authorised] {
            assert_eq!(failure(outcome, Cause::Provider(None)), None);
        }
    }

    #[test]
    fn refusals_are_the_contracts() {
        for (message, code, expected) in [
            (
                "The transaction ID '20190823062178' already exists!",
                Code::DUPLICATE,
                r#"{"success":false,"errorMessage":"The transaction ID '20190823062178' already exists!","errorCode":3004}"#,
            ),
            (
                "amount: 'amount' is required",
                Code::INVALID_DATA,
                r#"{"success":false,"errorMessage":"amount: 'amount' is required","errorCode":1002}"#,
            ),
            (
                Code::NOT_FOUND.message,
                Code::NOT_FOUND,
                r#"{"success":false,"errorMessage":"Transaction not found","errorCode":8001}"#,
            ),
        ] {
            assert_eq!(rejection(message, code).unwrap(), expected);
        }
    }
}
