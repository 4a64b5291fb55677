//! The fields of a call, by name: one that is not among them is refused where it resembles one that is, or one that
//! stands elsewhere.
//!
//! SecPaid ignores fields that it does not know, and so does this dialect, as clients send more than is read. But a
//! `callbackUrl` that nobody reads sends a customer to another place than its sender thinks.

use crate::dialect::Fields;
use crate::domain::{Invalid, Settings};

/// What `createLink` and `createSplitLink` read.
const READ: [&str; 19] = [
    "amount",
    "recipient_note",
    "callback_url",
    "params_in",
    "payment_endpoint",
    "payment_endpoint_form",
    "payment_endpoint_on_cancel",
    "cancellable",
    "is_cancellation",
    "bank_transfer",
    "is_encryption",
    "encryption_key",
    "bank_statement_description",
    "is_qr_link",
    "one_time_token",
    "extra_outcomes",
    "recipients",
    "split_type",
    "expires_in",
];

/// What only a saved callback has.
const SAVED: [&str; 7] = ["web", "ios", "android", "android_package", "fallback", "app_links", "on_request"];

/// Refuses a field that would be ignored although it names one of ours.
///
/// # Errors
/// With the field, and where it can be said what is meant.
pub fn check(fields: &Fields) -> Result<(), Invalid> {
    let said = fields.iter().filter(|(_, text)| !text.is_empty()).map(|(name, _)| name);
    said.filter(|name| !READ.contains(name)).try_for_each(check_other)
}

fn check_other(name: &str) -> Result<(), Invalid> {
    // Where a split link's recipients stand one by one.
    if name.starts_with("recipients[") {
        return Ok(());
    }
    let refused = |rule: &str, hint: String| Err(Invalid::new(name, rule).hint(hint));
    let meant = |own: &&&str| folded(own) == folded(name.split('[').next().unwrap_or_default());
    if let Some(own) = READ.iter().find(meant) {
        let hint = if name.contains('[') { "send one text, or a JSON array, as" } else { "write" };
        return refused("is not a field of this call", format!("{hint} {own}"));
    }
    if let Some(own) = SAVED.iter().find(meant) {
        return refused(
            "belongs to a saved callback, not to a link",
            format!("save {own} with POST /v1/profile/callbacks, and give the callback's index"),
        );
    }
    match Settings::NAMES.iter().find(meant) {
        Some(own) => {
            refused("is a setting of the profile, not of a link", format!("set {own} with PATCH /v1/profile/settings"))
        }
        None => Ok(()),
    }
}

/// A name without what languages write differently in it.
fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(name: &str, text: &str) -> Result<(), Invalid> {
        check(&Fields::from_pairs([(name.to_owned(), text.to_owned())]).unwrap())
    }

    #[test]
    fn a_field_that_names_one_of_ours_is_never_swallowed() {
        for (name, meant) in [
            ("callbackUrl", "callback_url"),
            ("Callback_URL", "callback_url"),
            ("callback-url", "callback_url"),
            ("callback_url[]", "callback_url"),
            ("paramsIn", "params_in"),
            ("paymentEndpoint", "payment_endpoint"),
            ("oneTimeToken", "one_time_token"),
            ("ios", "ios"),
            ("app_links", "app_links"),
            ("on_request", "on_request"),
            ("signed_returns", "signed_returns"),
            ("sameBrowser", "same_browser"),
        ] {
            let invalid = check_one(name, "x").unwrap_err();
            assert_eq!(invalid.field(), name);
            assert!(invalid.hint_text().unwrap().contains(meant), "{invalid}");
        }
    }

    #[test]
    fn a_field_that_names_nothing_of_ours_is_ignored_as_the_contract_has_it() {
        for name in READ.into_iter().chain(["user_id", "plugin_version", "recipients[0][token]", "urls", "x"]) {
            assert_eq!(check_one(name, "x"), Ok(()), "{name}");
        }
        assert_eq!(check_one("callbackUrl", ""), Ok(()), "nothing is said");
    }
}
