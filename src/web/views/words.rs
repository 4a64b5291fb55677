//! Every sentence that a page says, in English.
//!
//! Templates hold no words of their own: a language is this file again. A sentence with a name in it is a function,
//! since languages differ in where the name goes.

use crate::domain::ProviderRefusal;

/// Why a payment failed, to the customer, by the bank's `error`.
///
/// Says nothing about money that only a bank can know.
pub fn reason(error: &str) -> &'static str {
    match error {
        own if ProviderRefusal::CUSTOMERS_OWN.contains(&own) => "You declined the payment at your bank.",
        "insufficient_funds" => "There is not enough money in the account.",
        other => trouble(other).unwrap_or("Your bank did not accept the payment."),
    }
}

/// What people read of an error that is not a decision, whatever it was about: whose fault it is decides the sentence.
/// `None` of a plain refusal.
fn trouble(error: &str) -> Option<&'static str> {
    Some(match error {
        ours if ProviderRefusal::REQUESTERS_OWN.contains(&ours) => {
            "There is a problem with this shop’s connection to the bank."
        }
        "server_error" | "temporarily_unavailable" => "Your bank is not available at the moment.",
        "consent_required" => "Your bank needs you to sign in and confirm once more.",
        ProviderRefusal::MALFORMED => "Your bank’s answer could not be read.",
        "answer_lost" => "Your bank did not answer in time.",
        "answer_unreadable" => "We could not read your bank’s answer.",
        "invalid_grant" => "The bank’s confirmation was no longer valid.",
        _ => return None,
    })
}

/// Ends a sentence; a name that ends in a full stop ends it already.
fn ended_by_full_stop(mut sentence: String) -> String {
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}

/// What stands on every page.
pub(super) mod demo;
pub(super) mod without_browser;

pub(super) mod layout {
    pub const LANG: &str = "en";
    pub const BRAND: &str = "Handback";
}

pub(super) mod checkout {
    pub const EYEBROW: &str = "Payment to";
    pub const ASKED_BY: &str = "Requested by";
    pub const CANCEL: &str = "Cancel";
    pub const TRY_AGAIN: &str = "Try again";
    pub const FAILED: &str = "The payment did not go through.";
    pub const NO_BANK: &str = "Payment is not available right now. Please try again later.";

    pub fn title(payee: &str, amount: &str) -> String {
        format!("Pay {amount} to {payee}")
    }

    pub fn pay(amount: &str) -> String {
        format!("Pay {amount}")
    }

    pub const PAY_WITH: &str = "Pay with";

    pub fn next_there(merchant: &str) -> String {
        super::ended_by_full_stop(format!("You confirm the payment there, and come back to {merchant}"))
    }

    pub fn next(merchant: &str, bank: &str) -> String {
        super::ended_by_full_stop(format!("You confirm the payment at {bank}, and come back to {merchant}"))
    }
}

/// What happened to a link; its sentences serve wherever an outcome is shown.
pub mod ended {
    pub(crate) const PAID: &str = "Payment complete";
    pub(crate) const CANCELLED: &str = "Payment cancelled";
    pub(crate) const WITHDRAWN: &str = "Link withdrawn";
    pub(crate) const FAILED: &str = "Payment failed";
    pub(crate) const EXPIRED: &str = "Link expired";
    pub(crate) const CANCELLED_SENTENCE: &str = "This payment was cancelled before it was made.";
    pub(crate) const CLOSE: &str = "You can close this window.";
    pub(crate) const LOOK_THERE: &str = super::problem::OVER_HINT;
    pub(crate) const TO: &str = "To";
    pub(crate) const AMOUNT: &str = "Amount";
    pub(crate) const NOTE: &str = "For";

    /// The customer has paid.
    pub fn paid(payee: &str, amount: &str) -> String {
        super::ended_by_full_stop(format!("You have paid {amount} to {payee}"))
    }

    /// The merchant took the link back.
    pub fn withdrawn(merchant: &str) -> String {
        format!("{merchant} has withdrawn this payment link. There is nothing to pay here any more.")
    }

    /// Nobody paid in time.
    pub fn expired(merchant: &str) -> String {
        format!("The time to pay has run out. Please ask {merchant} for a new link.")
    }

    /// The label of the link back to the merchant.
    pub fn back_to(merchant: &str) -> String {
        format!("Back to {merchant}")
    }
}

pub(super) mod session {
    pub use super::checkout::{ASKED_BY, CANCEL, EYEBROW, title};
    pub const AT_THIS_BANK: &str = "Pay at your bank";

    pub fn away(bank: &str) -> String {
        super::ended_by_full_stop(super::consent::away(Some(bank)))
    }

    pub fn next(merchant: &str) -> String {
        super::checkout::next(merchant, "your bank")
    }
}

/// Consents: choosing a bank, a bank that cannot be reached, and how it ended.
pub mod consent {
    use crate::domain::ProviderRefusal;

    pub(crate) const CHOOSE: &str = "Choose your bank";
    pub(crate) const AT_YOUR_BANK: &str = "You decide at your bank.";
    pub(crate) const FIND: &str = "Find your bank";
    pub(crate) const SEARCH: &str = "Search";
    pub(crate) const NONE_FOUND: &str = "No bank of this name is offered here.";
    pub(crate) const NONE_OFFERED: &str = "No bank is available right now. Please try again later.";
    pub(crate) const SHOW_ALL: &str = "Show all banks";
    pub(crate) const CANCEL: &str = "Cancel";
    pub(crate) const AWAY_SENTENCE: &str = "Nothing has happened yet. Please try again in a moment.";
    pub(crate) const TRY_AGAIN: &str = "Try again";
    pub(crate) const CHOOSE_ANOTHER: &str = "Choose another bank";
    pub(crate) const ASKED_BY: &str = "Requested by";
    pub(crate) const MATTER: &str = "For";
    pub(crate) const ACCOUNT_ACCESS: &str = "Reading your accounts";
    pub(crate) const AMOUNT: &str = "Amount";
    pub(crate) const PAYEE: &str = "To";
    pub(crate) const REFERENCE: &str = "For";
    pub(crate) const BANK: &str = "Bank";
    pub(crate) const CLOSE: &str = "You can close this window.";
    pub(crate) const LOOK_THERE: &str = super::problem::OVER_HINT;
    pub(crate) const AGREED: &str = "You have agreed";
    pub(crate) const REFUSED: &str = "You have not agreed";
    pub(crate) const FAILED: &str = "Something went wrong";
    pub(crate) const WITHDRAWN: &str = "Request withdrawn";
    pub(crate) const EXPIRED: &str = "Request expired";

    /// Who asks to read accounts.
    pub fn accounts(merchant: &str) -> String {
        format!("{merchant} asks to read your bank accounts.")
    }

    /// Who asks for a payment.
    pub fn payment(merchant: &str, amount: &str, payee: &str) -> String {
        super::ended_by_full_stop(format!("{merchant} asks you to pay {amount} to {payee}"))
    }

    /// The bank cannot be reached.
    pub fn away(bank: Option<&str>) -> String {
        format!("{} cannot be reached", bank.unwrap_or("Your bank"))
    }

    /// The customer lets somebody read accounts.
    pub fn agreed_to_access(merchant: &str, last_day: &str) -> String {
        format!(
            "{merchant} can now read your accounts until {last_day}. Withdraw this any time in {merchant} or at your bank."
        )
    }

    /// The customer agreed to a payment, which is made by others.
    pub fn agreed_to_payment(amount: &str, payee: &str) -> String {
        super::ended_by_full_stop(format!("You have agreed to pay {amount} to {payee}"))
    }

    /// The customer said no.
    pub fn refused(merchant: &str) -> String {
        format!("You declined, and {merchant} has been given nothing.")
    }

    /// The merchant ended it.
    pub fn withdrawn(merchant: &str) -> String {
        format!("{merchant} has withdrawn this request. There is nothing left to decide.")
    }

    /// Nobody decided in time, or it has run out.
    pub fn expired(merchant: &str) -> String {
        format!("This request has expired. Please ask {merchant} for a new link.")
    }

    /// Why a consent failed, to the customer, by the bank's `error`.
    pub fn reason(error: &str) -> &'static str {
        match error {
            own if ProviderRefusal::CUSTOMERS_OWN.contains(&own) => "You declined at your bank.",
            other => super::trouble(other).unwrap_or("Your bank did not accept this."),
        }
    }
}

pub(super) mod waiting {
    pub const TITLE: &str = "One moment";
    pub const SENTENCE: &str = "We are waiting for the bank’s answer.";
    pub const LEAVING: &str = "Taking you to your bank";
    pub const LEAVING_SENTENCE: &str = "Your bank is getting ready for you.";
    pub const NOTHING_TO_DO: &str = "You do not need to do anything. This page moves on by itself.";
    pub const LONG: &str = "This takes longer than usual. Please keep this page open: nothing is lost, and there is no \
                            need to start again.";
}

/// Between the bank and the redirect home.
pub(super) mod returning {
    pub const TITLE: &str = "Back from your bank";
    pub const READING: &str = "One moment: we are reading your bank’s answer.";
    pub const NEEDS_SCRIPT: &str = "This step needs JavaScript.";
    pub const SWITCH_ON: &str = "Your bank has put its answer where only your browser can read it. Please switch \
                                 JavaScript on for this site, and reload this page.";
    pub const CANNOT: &str = "If you cannot, open the link again in another browser. Nothing has been lost.";
    pub const TAKING_ON: &str = "One moment: we are taking you on.";
    pub const PRESS: &str = "Nothing is lost. Press the button, unless this page moves on by itself.";
    pub const CONTINUE: &str = "Continue";
    pub const STORE_AWAY: &str = "We cannot reach our records right now.";
    pub const BANK_LATE: &str = "We are checking your bank’s answer.";
    pub const TRY_AGAIN: &str = "Try again";
}

/// The way into an app.
pub mod app_return {
    pub(crate) use super::ended::back_to as title;
    pub(crate) const ATTEMPT: &str = "If the app does not open by itself, press the button.";
    pub(crate) const PRESS: &str = "Press the button to go on in the app.";
    pub(crate) const EITHER: &str = "Go on in the app if you have it on this device, or else in the browser.";
    pub(crate) const ELSEWHERE: &str = "Continue in the browser";

    /// The customer is home before the bank has said anything that counts.
    pub fn unconfirmed(merchant: &str) -> String {
        format!("Your bank has not confirmed yet. {merchant} will tell you as soon as it has.")
    }

    /// What the button says.
    pub fn open(merchant: &str) -> String {
        format!("Open {merchant}")
    }
}

pub(super) mod problem {
    pub const GO_BACK: &str = "Go back one page and try again.";
    pub const UNKNOWN_LINK: &str = "We do not know this link";
    pub const UNKNOWN_LINK_SENTENCE: &str = "The link is incomplete, or it is too old.";
    pub const UNKNOWN_LINK_HINT: &str = "Open it again from the shop or the message that brought you here.";
    pub const UNKNOWN_RETURN: &str = "We cannot match this answer";
    pub const UNKNOWN_RETURN_SENTENCE: &str = "The bank’s answer does not belong to anything in progress here.";
    pub const UNKNOWN_RETURN_HINT: &str = "Open the link again to see the current status.";
    pub const OVER: &str = "This page has expired";
    pub const OVER_SENTENCE: &str = "It led back to an app, and was valid for a few minutes only.";
    pub const OVER_HINT: &str = "Open the app or the shop where you started to see how this ended.";
    pub const PAYMENT_OVER: &str = "This payment is over";
    pub const PAYMENT_OVER_SENTENCE: &str = "There is nothing to pay here any more.";
    pub const ANSWERED: &str = "Your bank’s answer has been received before";
    pub const ANSWERED_SENTENCE: &str = "There is nothing more to do on this page.";
    pub const NOT_USABLE: &str = "Your bank’s answer cannot be used";
    pub const NOT_USABLE_SENTENCE: &str = "Something in it is missing or wrong. Nothing has been decided by it.";
    pub const GO_ON: &str = "You can go on from here, and try again if need be.";
    pub const CONTINUE: &str = "Continue";
    pub const OTHER_BROWSER: &str = "Please continue in the browser you started in";
    pub const OTHER_BROWSER_SENTENCE: &str =
        "This was started in another browser, and the shop asks that it ends there.";
    pub const OTHER_BROWSER_HINT: &str = "Open the link again in that browser.";
    pub const CANNOT_CANCEL: &str = "This payment cannot be cancelled here";
    pub const CANNOT_CANCEL_SENTENCE: &str = "The shop does not allow it for this link.";
    pub const NO_SUCH_PAGE: &str = "Page not found";
    pub const NO_SUCH_PAGE_SENTENCE: &str = "There is no page at this address.";
    pub const NO_SUCH_PAGE_HINT: &str = "Check the address, or open the link you were given again.";
    pub const WRONG_METHOD: &str = "This page cannot be used in this way";
    pub const WRONG_METHOD_SENTENCE: &str = "The page exists, but not for this kind of request.";
    pub const UNREADABLE: &str = "We could not read this request";
    pub const UNREADABLE_SENTENCE: &str = "Something in it is missing, or it was sent twice.";
    pub const STORE_AWAY: &str = "Just a moment";
    pub const STORE_AWAY_SENTENCE: &str = "We cannot reach our records right now.";
    pub const STORE_AWAY_HINT: &str = "Nothing is lost. Please keep this page open.";
    pub const TOO_OFTEN: &str = "Too many tries";
    pub const TOO_OFTEN_SENTENCE: &str = "This link has been tried too often.";
    pub const TOO_OFTEN_HINT: &str = "Ask the merchant for a new link.";
    pub const OUR_FAULT: &str = "Something went wrong on our side";
    pub const OUR_FAULT_SENTENCE: &str = "We could not finish this step.";
    pub const OUR_FAULT_HINT: &str = "Open the link again to see the current status.";

    pub fn retry(seconds: u32) -> String {
        match seconds {
            0 | 1 => "This page tries again by itself every second.".to_owned(),
            more => format!("This page tries again by itself every {more} seconds."),
        }
    }
}

pub(super) mod sandbox {
    pub const BANK: &str = "Test bank";
    pub const BANNER: &str = "This is a test bank. No money moves.";
    pub const TITLE: &str = "Confirm the payment";
    pub const CONSENT_TO_PAYMENT: &str = "Agree to a payment";
    pub const CONSENT_TO_ACCESS: &str = "Share your account data";
    pub const ACCESS: &str = "Your accounts, their balances and their transactions can be read from now on. No real account \
                              is read.";
    pub const TO: &str = "To";
    pub const FOR: &str = "For";
    pub const ASKED_BY: &str = "Requested by";
    pub const APPROVE: &str = "Approve";
    pub const DECLINE: &str = "Decline";
    pub const OTHERS: &str = "Other answers";
    pub const ERROR: &str = "Answer with an error";
    pub const SEND_ERROR: &str = "Send this error";
    pub const SLOW: &str = "Approve, but the bank answers slowly";
    pub const SEND_SLOW: &str = "Approve slowly";
    pub const FAIL: &str = "Approve, then the payment fails";
    pub const FAIL_CONSENT: &str = "Approve, then the bank goes back on it";
    pub const SEND_FAIL: &str = "Approve and fail";
    pub const NEVER: &str = "Never come back";
    pub const THREE_SECONDS: &str = "after 3 seconds";
    pub const THIRTY_SECONDS: &str = "after 30 seconds";
    pub const NEVER_TITLE: &str = "The bank does not send you back";
    pub const NEVER_SENTENCE: &str = "As asked: this is where a real customer would be stranded. The payment stays open \
                                      until its link expires; open the link again to go on.";

    pub fn asked_by(client_id: &str, redirect_uri: &str) -> String {
        format!("Requested by {client_id}, to return to {redirect_uri}")
    }
}

pub(super) mod parameters {
    pub const TITLE: &str = "What came back";
    pub const LEDE: &str = "This page stands in for your app. It shows what its callback received.";
    pub const NAME: &str = "Parameter";
    pub const VALUE: &str = "Value";
    pub const DECODED: &str = "Decoded";
    pub const EMPTY: &str = "empty";
    pub const NONE: &str = "No parameters came with this visit.";
    pub const FRAGMENT: &str = "behind #";
    pub const FRAGMENT_NOTE: &str = "Only the browser sees what stands behind #; a script on this page adds it above.";
    pub const REDEEM: &str = "Redeem the one-time token";
    pub const REDEEM_NOTE: &str = "Your app does this with its API key. A second time answers 410.";
    pub const REDEEMED: &str = "One-time token";
    pub const REDEEMED_LEDE: &str = "This is what the app learns when it redeems the token.";
    pub const ANSWER: &str = "Answer";
    pub const AGAIN: &str = "Make another payment";
}

pub(super) mod front {
    pub const TITLE: &str = "Handback";
    pub const LEDE: &str = "A callback gateway for payments and bank consent.";
    pub const WHAT: &str = "It takes a customer’s browser to a checkout page or a bank, and hands it back to the URL that the \
                            merchant chose, with the outcome: at once, and once.";
    pub const DEMO: &str = "Try a payment";
    pub const API: &str = "API description";
}
