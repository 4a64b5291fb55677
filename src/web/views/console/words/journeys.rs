//! Sentences about journeys.

pub const TITLE: &str = "Journeys";
pub const NEW: &str = "New link";
pub const NEW_LEDE: &str =
    "A payment link for one customer. You get its address, its QR code, and the URL of each outcome.";
pub const MAKE: &str = "Make the link";
pub const FIND: &str = "Id, reference (yours or the provider’s), or name=text of the metadata";
pub const STATUS: &str = "Status";
pub const ANY: &str = "any";
pub const NOT_RETURNED: &str = "paid, but not returned";
pub const MISMATCH: &str = "differs from what was asked";
pub const NOTE_PREFIX: &str = "Note begins with";
pub const NOT_BACK: &str = "not returned";
pub const DIALECT: &str = "Dialect";
pub const PROVIDER: &str = "Provider";
pub const FROM: &str = "Opened from (UTC)";
pub const TO: &str = "Opened until (UTC)";
pub const SEARCH: &str = "Search";
pub const NONE: &str = "No journey has been opened yet.";
pub const NONE_FOUND: &str = "No journey was found.";
pub const STOPPED: &str = "This page has looked at 2,000 journeys and stopped. There may be more: go on with the older ones, or narrow the dates.";
pub const OLDER: &str = "Older journeys";
pub const EXPORT: &str = "Export as CSV (at most 10,000, of the newest 50,000)";
pub const OPENED: &str = "Opened (UTC)";
pub const AMOUNT: &str = "Amount";
pub const CURRENCY: &str = "Currency";
pub const NOTE: &str = "Note";
pub const NOTE_LABEL: &str = "Note that the customer sees (optional)";
pub const REFERENCE_LABEL: &str = "Your reference (optional)";
pub const CALLBACK: &str = "Where the customer comes back to";
pub const BY_DEFAULT: &str = "The callbacks that are used by default";
pub const HOURS: &str = "Hours until it expires";
pub const CAPTURE_WHEN: &str = "When the money is collected";
pub const CAPTURE_AUTOMATIC: &str = "At once";
pub const CAPTURE_MANUAL: &str = "When you capture it";
pub const PROVIDER_LABEL: &str = "Provider";
pub const FIRST_PROVIDER: &str = "The first that takes this payment";
pub const LANGUAGE: &str = "Language of the customer’s pages";
pub const USUAL_LANGUAGE: &str = "As your settings and the customer’s browser have it";
pub const METADATA: &str = "Metadata (optional)";
pub const METADATA_HINT: &str =
    "One name=text on each line. The customer does not see it; webhooks and the API have it.";
pub const LINK: &str = "The customer’s link";
pub const OPEN: &str = "Open it as your customer would";
pub const QR: &str = "QR code of the link";
pub const CANCEL: &str = "Cancel this link";
pub const CAPTURE: &str = "Capture";
pub const CAPTURE_AMOUNT: &str = "Amount to capture";
pub const VOID: &str = "Release the reservation";
pub const REFUND: &str = "Refund";
pub const REFUND_AMOUNT: &str = "Amount to refund";
pub const TIMELINE: &str = "What happened";
pub const URLS: &str = "Where the customer is handed back";
pub const OUTCOME: &str = "Outcome";
pub const OPENS: &str = "Opens";
pub const DELIVERIES: &str = "What your servers were sent";
pub const NO_DELIVERY: &str =
    "Nothing: this journey has no background callback and no webhook endpoint, or nothing has happened yet.";
pub const RELOAD: &str = "Reload";
pub const LIVE: &str = "This page brings what is new by itself for ten minutes, where scripts run.";
pub const ALL: &str = "All journeys";
pub const MAY_BE_PAYING: &str = "It may be being paid at its provider, which has not said that it is closed. It ends by itself when the provider says so.";

pub fn one(id: &str) -> String {
    format!("Journey {id}")
}

/// An event of the timeline; its word in `/v1` where it has no other.
pub fn event(event: &str) -> &str {
    match event {
        "opened" => "Opened",
        "left" => "Sent out to the provider",
        "returned" => "Came back",
        "try_failed" => "The try failed",
        "led_on" => "Led on",
        "handed_back_early" => "Handed back before the proof",
        "concluded" => "Concluded",
        "handed_back" => "Handed back",
        "asked_again" => "Asked again",
        "confirmed" => "Confirmed",
        "consumed" => "Consumed",
        "revoked" => "Revoked",
        "redeemed" => "One-time token redeemed",
        "resumed" => "Resume handle redeemed, by an app that was installed first",
        other => other,
    }
}

/// An attempt at a delivery to this place.
pub fn attempt(place: &str) -> String {
    format!("Sent to {place}")
}

/// An operation, such as `refund of 2.00 EUR`.
pub fn operation(kind: &str, amount: &str) -> String {
    if amount.is_empty() { kind.to_owned() } else { format!("{kind} of {amount}") }
}

pub fn ended(outcome: &str) -> String {
    format!("The journey has ended as {outcome}.")
}
