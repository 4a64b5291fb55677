//! The simulator: how a merchant says what the test bank shall do, by a word in `extraData.overrideResult` or by an
//! amount (contracts/ixopay.md, section 10). Other banks do not listen.

use super::{Kept, Kind};
use crate::domain::{Amount, Invalid, Journey};

/// The name of the test bank.
pub(super) const SANDBOX: &str = "sandbox";

/// The part of a payment that is taken back.
pub(super) const CHARGEBACK: &str = "successChargeback";

/// The words for a debit; a preauthorisation knows all but the last, which is about a payment taken back.
const DEBIT: [&str; 12] = [
    "redirect",
    "redirectSuccess",
    "redirectError",
    "redirectCancel",
    "redirectPendingSuccess",
    "redirectPendingError",
    "pending",
    "pendingSuccess",
    "pendingError",
    "success",
    "error",
    CHARGEBACK,
];

/// The words for a registration; `failed` is `error`.
const REGISTER: [&str; 7] =
    ["redirect", "redirectSuccess", "redirectError", "redirectCancel", "success", "error", "failed"];

/// The words for a refund.
const REFUND: [&str; 2] = ["pending", "error"];

/// The amounts that are as good as a word, whatever their currency.
const AMOUNTS: [(&str, &str); 11] = [
    ("3.61", "error"),
    ("3.62", "redirect"),
    ("3.63", "redirectError"),
    ("3.64", "pending"),
    ("3.65", "pendingSuccess"),
    ("3.66", "pendingError"),
    ("3.67", "redirectPendingSuccess"),
    ("3.68", "redirectPendingError"),
    ("3.69", "redirectCancel"),
    ("3.73", CHARGEBACK),
    // The word is `successError`, of which the error is not played: see `part`.
    ("3.74", "success"),
];

/// Whether a journey is the test bank's to conclude, now or later, without its customer.
pub fn is_played_at_once(journey: &Journey) -> bool {
    journey.opening().provider == SANDBOX && Kept::of(journey).sandbox.is_some_and(|part| !part.starts_with("redirect"))
}

/// The part that the test bank is asked to play. `None` leaves it to the customer at its page.
///
/// An amount counts for debits and preauthorisations alone, and is never refused: it may be a real one.
///
/// # Errors
/// When the word is not one of this kind's, or is `successError`: a payment that is proven stays paid here.
pub(super) fn part(kind: Kind, word: Option<&str>, amount: Option<Amount>) -> Result<Option<&'static str>, Invalid> {
    let known = words(kind);
    let part = match word {
        Some(word) => Some(named(word, known)?),
        None if matches!(kind, Kind::Debit | Kind::Preauthorize) => {
            of_amount(amount).filter(|word| known.contains(word))
        }
        None => None,
    };
    Ok(match part {
        Some("redirect") => None,
        Some("failed") => Some("error"),
        part => part,
    })
}

fn words(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Debit => &DEBIT,
        Kind::Preauthorize => &DEBIT[..DEBIT.len() - 1],
        Kind::Register => &REGISTER,
        Kind::Refund => &REFUND,
        Kind::Payout | Kind::Capture | Kind::Void | Kind::Deregister | Kind::Chargeback | Kind::ChargebackReversal => {
            &[]
        }
    }
}

fn named(word: &str, known: &'static [&'static str]) -> Result<&'static str, Invalid> {
    let refused = |rule: &str| Invalid::new("extraData.overrideResult", rule);
    if word == "successError" {
        return Err(refused("is successError, and a payment that has succeeded stays so here")
            .hint("successChargeback is a payment that is taken back later"));
    }
    let found = known.iter().find(|known| **known == word).copied();
    found.ok_or_else(|| match known {
        [] => refused("has no meaning for this kind of transaction"),
        known => refused("is not one of the simulator's words").hint(format!("known are {}", known.join(", "))),
    })
}

fn of_amount(amount: Option<Amount>) -> Option<&'static str> {
    let text = amount?.shortest();
    AMOUNTS.iter().find(|(amount, _)| *amount == text).map(|(_, word)| *word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;

    fn by_word(kind: Kind, word: &str) -> Result<Option<&'static str>, Invalid> {
        part(kind, Some(word), None)
    }

    fn by_amount(kind: Kind, amount: &str) -> Option<&'static str> {
        part(kind, None, Some(Amount::parse(amount, Currency::EUR).unwrap())).unwrap()
    }

    #[test]
    fn every_word_of_the_table_is_played_but_one() {
        for word in [
            "pending",
            "pendingSuccess",
            "pendingError",
            "redirectSuccess",
            "redirectPendingSuccess",
            "redirectPendingError",
            "redirectError",
            "redirectCancel",
            "error",
            "success",
        ] {
            assert_eq!(by_word(Kind::Debit, word), Ok(Some(word)));
            assert_eq!(by_word(Kind::Preauthorize, word), Ok(Some(word)));
        }
        for (kind, word, expected) in [
            (Kind::Debit, "redirect", None),
            (Kind::Debit, "successChargeback", Some("successChargeback")),
            (Kind::Register, "redirectSuccess", Some("redirectSuccess")),
            (Kind::Register, "redirectError", Some("redirectError")),
            (Kind::Register, "redirectCancel", Some("redirectCancel")),
            (Kind::Register, "error", Some("error")),
            (Kind::Register, "failed", Some("error")),
            (Kind::Register, "success", Some("success")),
            (Kind::Refund, "pending", Some("pending")),
            (Kind::Refund, "error", Some("error")),
        ] {
            assert_eq!(by_word(kind, word), Ok(expected), "{kind:?} {word}");
        }
    }

    #[test]
    fn other_words_are_refused_with_those_there_are() {
        for (kind, word) in [
            (Kind::Debit, "successError"),
            (Kind::Debit, "Success"),
            (Kind::Debit, ""),
            (Kind::Preauthorize, "successChargeback"),
            (Kind::Register, "pending"),
            (Kind::Refund, "success"),
            (Kind::Capture, "error"),
        ] {
            assert_eq!(by_word(kind, word).unwrap_err().field(), "extraData.overrideResult", "{kind:?} {word}");
        }
        assert!(by_word(Kind::Refund, "x").unwrap_err().to_string().ends_with("known are pending, error"));
    }

    #[test]
    fn the_special_amounts_are_the_table_and_no_amount_is_refused() {
        for (amount, word) in [
            ("3.61", Some("error")),
            ("3.62", None),
            ("3.63", Some("redirectError")),
            ("3.64", Some("pending")),
            ("3.65", Some("pendingSuccess")),
            ("3.66", Some("pendingError")),
            ("3.67", Some("redirectPendingSuccess")),
            ("3.68", Some("redirectPendingError")),
            ("3.69", Some("redirectCancel")),
            ("3.73", Some("successChargeback")),
            ("3.74", Some("success")),
            ("3.610", Some("error")),
            ("3.6", None),
            ("9.99", None),
        ] {
            assert_eq!(by_amount(Kind::Debit, amount), word, "{amount}");
        }
        assert_eq!(by_amount(Kind::Preauthorize, "3.73"), None);
        assert_eq!(by_amount(Kind::Payout, "3.61"), None);
        let amount = Amount::parse("3.61", Currency::EUR).ok();
        assert_eq!(part(Kind::Debit, Some("redirectCancel"), amount), Ok(Some("redirectCancel")), "a word goes first");
    }
}
